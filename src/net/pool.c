/* A pool of threads that run the jobs of a loop: those of one kind, so that no other kind can take its threads. */
#include "net/pool.h"

#include <signal.h>
#include <stddef.h>

static void
append(struct job **first, struct job **last, struct job *job)
{
	job->next = NULL;
	if (*first == NULL)
		*first = job;
	else
		(*last)->next = job;
	*last = job;
}

/* The next job; NULL when the pool is closed. Called and returns with the lock held. */
static struct job *
wait_for_job(struct pool *pool)
{
	pool->idle++;
	while (pool->first == NULL && !pool->stopping)
		uv_cond_wait(&pool->wanted, &pool->lock);
	pool->idle--;
	struct job *job = pool->first;
	if (job == NULL)
		return NULL;
	pool->first = job->next;
	pool->waiting--;
	return job;
}

static void
run_thread(void *context)
{
	struct pool *pool = context;
	struct job *job;
	uv_mutex_lock(&pool->lock);
	while ((job = wait_for_job(pool)) != NULL) {
		uv_mutex_unlock(&pool->lock);
		job->work(job);
		uv_mutex_lock(&pool->lock);
		append(&pool->done, &pool->done_last, job);
		uv_async_send(&pool->ended);
	}
	uv_mutex_unlock(&pool->lock);
}

/* Signals are for the loop's thread. */
static int
start_thread(struct pool *pool)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = uv_thread_create(&pool->thread[pool->started], run_thread, pool);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pool->started += error == 0;
	return error;
}

/* Jobs that end meanwhile are reported in the next turn, so that connections get theirs. */
static void
on_ended(uv_async_t *async)
{
	struct pool *pool = async->data;
	uv_mutex_lock(&pool->lock);
	struct job *job = pool->done, *next;
	pool->done = NULL;
	uv_mutex_unlock(&pool->lock);
	for (; job != NULL; job = next) {
		next = job->next;
		pool->under_way--;
		job->done(job);
	}
}

static void
start(struct executor *executor, struct job *job)
{
	struct pool *pool = (struct pool *)(void *)executor;
	pool->under_way++;
	uv_mutex_lock(&pool->lock);
	append(&pool->first, &pool->last, job);
	bool wanted = ++pool->waiting > pool->idle;
	uv_cond_signal(&pool->wanted);
	uv_mutex_unlock(&pool->lock);
	if (wanted && pool->started < pool->threads)
		start_thread(pool);
}

/* The first thread is started at once: without one, no job would ever end. */
int
pool_open(struct pool *pool, uv_loop_t *loop, unsigned threads)
{
	*pool = (struct pool) {
		.executor = { .start = start },
		.ended.data = pool,
		.threads = threads < POOL_THREADS_MAX ? threads : POOL_THREADS_MAX,
	};
	int error = uv_mutex_init(&pool->lock);
	if (error == 0)
		error = uv_cond_init(&pool->wanted);
	if (error == 0)
		error = uv_async_init(loop, &pool->ended, on_ended);
	return error == 0 ? start_thread(pool) : error;
}

void
pool_close(struct pool *pool)
{
	uv_mutex_lock(&pool->lock);
	pool->stopping = true;
	uv_cond_broadcast(&pool->wanted);
	uv_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++)
		uv_thread_join(&pool->thread[i]);
	uv_cond_destroy(&pool->wanted);
	uv_mutex_destroy(&pool->lock);
}
