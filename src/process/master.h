/* The master process: starts workers, and others in place of those that die or hang. It reads nothing from the network. */
#ifndef PROCESS_MASTER_H
#define PROCESS_MASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log/stats.h"
#include "base/system/workers.h"
#include "process/watchdog.h"

/* The number of a worker process and its way to report; a worker that is started in place of another has its number. */
struct worker_slot {
	unsigned number; /* from 0; the queue process has the number after the last worker's */
	int report;      /* descriptor, for struct report */
};

/* The settings of master_run(). All that it points at must outlive the call. */
struct master {
	unsigned workers; /* at most WORKERS_MAX */
	bool relay;       /* there is one process more, which sends the mail of the queue */
	struct stats *stats;
	unsigned grace;                 /* seconds that workers may go on after SIGTERM; then they are killed */
	struct watchdog_terms watchdog; /* a worker that hangs is aborted */
	/* The life of a worker, in its process: returns its exit status. Signals are blocked when it begins. */
	int (*work)(void *context, const struct worker_slot *slot);
	/* Called in the master when the worker of a number has ended, however it did. */
	void (*ended)(void *context, unsigned number);
	/* Called in a worker before it begins: closes the descriptors that only the master uses. */
	void (*leave)(void *context);
	/* Called when the server stops: closes the listening sockets. */
	void (*stop)(void *context);
	void *context;
};

/* Blocks the signals that master_run() reads, so that none is lost, or kills, before it does. */
void master_hold_signals(void);

/*
 * Runs until SIGTERM or SIGINT and the end of all workers. A second one shortens the grace: sessions end then unless a
 * job of theirs is under way, which keeps the rest of the grace. Returns the exit status of the server.
 */
int master_run(const struct master *master);

#endif
