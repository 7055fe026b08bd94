/* Sends what waits in the relay queue: one manager a queue, on a loop. */
#ifndef RELAY_QUEUE_MANAGER_H
#define RELAY_QUEUE_MANAGER_H

#include <ftgate/reply.h>

#include "base/stats.h"
#include "port/delivery.h"
#include "queue/queue.h"
#include "relay/client_pool.h"
#include "relay/next_hop.h"

/* Times are seconds, but for now() and those of the transport. */
struct queue_manager_config {
	struct queue queue;
	struct next_hop_world world;
	const struct routes *routes;
	struct client_pool *pool;
	struct executor *jobs;
	struct directory *directory;     /* knows who of the senders is here */
	struct delivery_agent *delivery; /* takes DSNs */
	const char *contact;             /* named in DSNs; "" for nobody */
	struct transport_times times;
	int64_t retry, retry_max, expire;
	int64_t delay_notice; /* 0: none */
	unsigned max_deliveries, max_per_server;
	struct stats_slot *stats;
	int64_t (*now)(void); /* milliseconds since 1970 */
	/* The voice of a language, a tag; "" and such that are not there are that of the process. */
	struct ftg_voice (*voice)(void *context, const char *language);
	/* Asks for queue_manager_turn() after so many milliseconds at the latest; what was asked before does not count any more. */
	void (*alarm)(void *context, int64_t wait);
	/* Told when queue_manager_stop() has come to its end. */
	void (*stopped)(void *context);
	void *context;
};

struct queue_manager;

/* NULL when memory is out. The configuration must stay. */
struct queue_manager *queue_manager_new(const struct queue_manager_config *config);

/* Not while anything is under way. */
void queue_manager_free(struct queue_manager *manager);

/* Begins: reads the queue, whose folders are watched from now on. */
void queue_manager_start(struct queue_manager *manager);

/* An envelope is new or has changed; a wish has been left in the folder of wishes. */
void queue_manager_tell_changed(struct queue_manager *manager, const char *id);
void queue_manager_tell_wished(struct queue_manager *manager);

/* Does what is due. */
void queue_manager_turn(struct queue_manager *manager);

/* Begins nothing more; stopped() follows once nothing is under way. */
void queue_manager_stop(struct queue_manager *manager);

#endif
