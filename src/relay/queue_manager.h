/* Sends what waits in the relay queue: one runner a queue, on a loop. */
#ifndef RELAY_QUEUE_MANAGER_H
#define RELAY_QUEUE_MANAGER_H

#include <ftgate/reply.h>

#include "base/stats.h"
#include "port/delivery.h"
#include "queue/queue.h"
#include "relay/next_hop.h"

/* Times are seconds, but for now() and those of the transport. */
struct runner_config {
	struct queue queue;
	struct hop_world world;
	const struct routes *routes;
	struct dialer *dialer;
	struct job_runner *jobs;
	struct directory *directory;     /* knows who of the senders is here */
	struct delivery_agent *delivery; /* takes notices */
	const char *contact;             /* named in notices; "" for nobody */
	struct transport_times times;
	int64_t retry, retry_max, expire;
	int64_t delay_notice; /* 0: none */
	unsigned max_deliveries, max_per_server;
	struct figures_slot *figures;
	int64_t (*now)(void); /* milliseconds since 1970 */
	/* The voice of a language, a tag; "" and such that are not there are that of the process. */
	struct ftg_voice (*voice)(void *context, const char *language);
	/* Asks for runner_turn() after so many milliseconds at the latest; what was asked before does not count any more. */
	void (*alarm)(void *context, int64_t wait);
	/* Told when runner_stop() has come to its end. */
	void (*stopped)(void *context);
	void *context;
};

struct runner;

/* NULL when memory is out. The configuration must stay. */
struct runner *runner_new(const struct runner_config *config);

/* Not while anything is under way. */
void runner_free(struct runner *runner);

/* Begins: reads the queue, whose folders are watched from now on. */
void runner_start(struct runner *runner);

/* An envelope is new or has changed; a wish has been left in the folder of wishes. */
void runner_tell_changed(struct runner *runner, const char *id);
void runner_tell_wished(struct runner *runner);

/* Does what is due. */
void runner_turn(struct runner *runner);

/* Begins nothing more; stopped() follows once nothing is under way. */
void runner_stop(struct runner *runner);

#endif
