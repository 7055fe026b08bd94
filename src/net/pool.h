/* A pool of threads that run the jobs of a loop: those of one kind, so that no other kind can take its threads. */
#ifndef NET_POOL_H
#define NET_POOL_H

#include <uv.h>

#include "port/job.h"

enum { POOL_THREADS_MAX = 16 };

/*
 * A loop has as many as it needs. Jobs are started on the loop's thread, where their end is reported, too; the queues
 * between are under the lock, and so is stopping. Everything else is for the loop's thread.
 */
struct pool {
	struct executor executor;
	uv_async_t ended; /* some job has ended */
	uv_mutex_t lock;
	uv_cond_t wanted;
	struct job *first, *last; /* that wait for a thread */
	struct job *done, *done_last;
	unsigned waiting; /* jobs that wait for a thread */
	unsigned idle;    /* threads that wait for a job, those that were just woken included */
	bool stopping;
	unsigned threads;   /* at most */
	unsigned started;   /* of them */
	unsigned under_way; /* jobs whose end has not been reported */
	uv_thread_t thread[POOL_THREADS_MAX];
};

/* Threads are started when they are needed, so many at most. Returns 0, or an error of libuv. */
int pool_open(struct pool *pool, uv_loop_t *loop, unsigned threads);

/* Ends the threads. No job is under way. The caller must still close the handle of the loop. */
void pool_close(struct pool *pool);

#endif
