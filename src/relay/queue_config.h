/* The configuration of the queue manager, shared by all its parts. */
#ifndef RELAY_QUEUE_CONFIG_H
#define RELAY_QUEUE_CONFIG_H

#include <ftgate/reply.h>

#include "base/log/stats.h"
#include "port/delivery.h"
#include "port/directory.h"
#include "queue/queue.h"
#include "relay/client/client_pool.h"
#include "relay/client/next_hop.h"
#include "relay/stores.h"

/* Immutable while the manager runs. Times are seconds, but for now() and those of the transport. */
struct queue_manager_config {
	struct queue queue;
	struct next_hop_world world;
	const struct routes *routes;
	struct client_pool *pool;
	struct executor *jobs;
	struct directory *directory;     /* knows the mailboxes of senders and recipients */
	struct delivery_agent *delivery; /* accepts DSNs, and mail for mailboxes here */
	struct stores *stores;           /* of mailboxes */
	const char *contact;             /* named in DSNs; "" for none */
	const char *locale;              /* folder of the translations of explanations; NULL: none */
	struct transport_times times;
	int64_t retry, retry_max, expire;
	int64_t delay_notice;    /* 0: none */
	unsigned max_deliveries; /* attempts at a time; some are kept for users' mail: see admission.h */
	unsigned max_per_server; /* of them to one domain, and to one address */
	struct stats_slot *stats;
	struct stats_queue *figures; /* that queue_manager_measure() writes; NULL: none */
	int64_t (*now)(void);        /* milliseconds since 1970 */
	/* The voice of a language tag; that of the process for "" and for a language that is not loaded. */
	struct ftg_voice (*voice)(void *context, const char *language);
	/* Requests queue_manager_turn() within so many milliseconds; replaces an earlier request. */
	void (*alarm)(void *context, int64_t wait);
	/* Called when queue_manager_stop() is complete. */
	void (*stopped)(void *context);
	void *context;
};

/* Seconds since 1970. */
static inline int64_t
queue_config_now(const struct queue_manager_config *config)
{
	return config->now() / 1000;
}

/* Seconds until the next attempt after so many that failed: retry, doubled each time up to retry_max. */
static inline int64_t
queue_config_back_off(const struct queue_manager_config *config, unsigned attempts)
{
	int64_t wait = config->retry, most = config->retry_max;
	for (unsigned i = 1; i < attempts && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}

#endif
