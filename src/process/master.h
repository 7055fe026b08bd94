/* The master process: starts workers, and others in place of those that die. It reads nothing from the network. */
#ifndef PROCESS_MASTER_H
#define PROCESS_MASTER_H

#include <stdbool.h>

#include "base/stats.h"

enum { MASTER_WORKERS_MAX = 256 };

/* What a worker process is told of itself. */
struct master_place {
	unsigned number; /* from 0; that of the relay comes behind those of the workers */
	int report;      /* the pipe's end for struct report */
};

struct master {
	unsigned workers;
	bool relay; /* there is one process more, which sends mail on */
	struct stats *stats;
	unsigned grace; /* seconds that workers may go on after SIGTERM */
	/* What a worker does: returns its exit status. Signals are blocked when it begins. */
	int (*work)(void *context, const struct master_place *place);
	/* Called in the master when the worker at a place has ended, however it did. */
	void (*ended)(void *context, unsigned number);
	/* Called in a worker before it begins: gives back what is the master's alone. */
	void (*leave)(void *context);
	/* Called when the server is to stop: closes the listening sockets. */
	void (*stop)(void *context);
	void *context;
};

/* Lets the signals wait that master_run() sees to, so that none is lost, or kills, before it does. */
void master_hold_signals(void);

/* Runs until SIGTERM or SIGINT. Returns the exit status of the server. */
int master_run(const struct master *master);

#endif
