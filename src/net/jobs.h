/* Runs jobs in the thread pool of libuv. */
#ifndef NET_JOBS_H
#define NET_JOBS_H

#include <uv.h>

#include "port/job.h"

enum {
	JOBS_THREADS = 8
}; /* syncing threads in all: more bring nothing, one is stuck at a fifth of what the disk can do */

struct jobs {
	struct executor executor;
	uv_loop_t *loop;
	void (*after)(struct jobs *jobs); /* called when a job is done */
};

/* To be called before anything else uses the pool of the process. */
void jobs_open(struct jobs *jobs, uv_loop_t *loop, void (*after)(struct jobs *jobs));

#endif
