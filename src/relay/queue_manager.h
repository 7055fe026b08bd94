/* Sends the messages of the relay queue: one manager for a queue, on a loop. */
#ifndef RELAY_QUEUE_MANAGER_H
#define RELAY_QUEUE_MANAGER_H

#include "relay/queue_config.h"

struct queue_manager;

/* Returns NULL when memory is out. The configuration must outlive the manager. */
struct queue_manager *queue_manager_new(const struct queue_manager_config *config);

/* Frees it; not while anything is under way. Takes NULL. */
void queue_manager_free(struct queue_manager *manager);

/* Reads the queue. From now on the caller reports changes of its folders. */
void queue_manager_start(struct queue_manager *manager);

/* An envelope is new or has changed; there is a request for a run in its folder. A turn follows. */
void queue_manager_entry_changed(struct queue_manager *manager, const char *id);
void queue_manager_run_requested(struct queue_manager *manager);

/* Handles pending events and starts due attempts. The manager acts only here. */
void queue_manager_turn(struct queue_manager *manager);

/*
 * Continues to count the entries, a bounded part of them at a time, and publishes the counts once all have been looked at.
 * To be called once a second.
 */
void queue_manager_measure(struct queue_manager *manager);

/* Starts nothing more; stopped() follows once nothing is under way. */
void queue_manager_stop(struct queue_manager *manager);

#endif
