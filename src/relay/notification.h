/* Notifies the sender of an entry: writes a DSN, and delivers it to the sender's mailbox here, or queues it. */
#ifndef RELAY_NOTIFICATION_H
#define RELAY_NOTIFICATION_H

#include "relay/queue_config.h"

struct notification;

/* Must the sender be notified of any recipient now? Not of an entry that is held. */
bool notification_is_due(const struct queue_manager_config *config, const struct queue_entry *entry);

/* Seconds since 1970 at which the sender must be notified of a delay, if that is after now and before next; else next. */
int64_t notification_time(const struct queue_manager_config *config, const struct queue_entry *entry, int64_t next);

/*
 * Starts to notify the sender; the entry must not change until done() is called on the loop, which may be before this
 * returns. Returns NULL when memory is out; nothing has happened then.
 */
struct notification *notification_start(
    const struct queue_manager_config *config, const struct queue_entry *entry, void (*done)(void *owner), void *owner);

/*
 * After done(): marks in the entry what the sender was notified of, or never can be, and returns true; or returns false: the
 * DSN must be tried again later. Frees the notification.
 */
bool notification_finish(struct notification *notification, struct queue_entry *entry);

#endif
