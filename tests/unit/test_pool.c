/* Pools of threads: jobs of one do not wait for those of another, and every end is reported on the loop. */
#include "process/pools.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>

#include "support/fake_clock.h"

enum { JOBS = 40 };

static uv_loop_t loop;
static struct pools pools;
static struct job jobs[JOBS];
static sem_t gate;
static pthread_t loop_thread;
static unsigned done_count;
static bool elsewhere; /* an end was reported by another thread */

static void
wait_at_gate(struct job *job)
{
	(void)job;
	sem_wait(&gate);
}

static void
work_at_once(struct job *job)
{
	(void)job;
	elsewhere = elsewhere || pthread_equal(pthread_self(), loop_thread);
}

static void
note_done(struct job *job)
{
	(void)job;
	done_count++;
	elsewhere = elsewhere || !pthread_equal(pthread_self(), loop_thread);
}

static void
set_up(void)
{
	loop_thread = pthread_self();
	sem_init(&gate, 0, 0);
	uv_loop_init(&loop);
	cr_assert_eq(pools_open(&pools, &loop, &fake_clock), 0);
}

TestSuite(pool, .init = set_up, .timeout = 60);

static void
start(struct executor *executor, int from, int to, void (*work)(struct job *job))
{
	for (int i = from; i < to; i++) {
		jobs[i] = (struct job) { .work = work, .done = note_done };
		executor->start(executor, &jobs[i]);
	}
}

static void
run_until_done(unsigned count)
{
	while (done_count < count)
		uv_run(&loop, UV_RUN_ONCE);
}

static void
open_gate(int count)
{
	for (int i = 0; i < count; i++)
		sem_post(&gate);
}

Test(pool, every_end_is_reported_on_the_loop_and_every_job_is_done_elsewhere)
{
	start(pools_disk(&pools), 0, JOBS, work_at_once);
	run_until_done(JOBS);
	cr_expect_not(elsewhere);
	cr_expect_eq(pools_under_way(&pools, POOL_DISK), 0);
	pools_close(&pools);
}

Test(pool, no_kind_waits_for_another)
{
	start(pools_executor(&pools, JOB_INSPECTION), 0, 30, wait_at_gate);
	start(pools_executor(&pools, JOB_PASSWORD), 30, 31, work_at_once);
	run_until_done(1);
	start(pools_executor(&pools, JOB_GREYLIST), 31, 32, work_at_once);
	start(pools_disk(&pools), 32, 40, work_at_once);
	run_until_done(1 + 1 + 8);
	open_gate(30);
	run_until_done(JOBS);
	pools_close(&pools);
}

Test(pool, deliveries_to_many_mailboxes_leave_threads_to_others)
{
	start(pools_executor(&pools, JOB_SPREADING), 0, 30, wait_at_gate);
	start(pools_executor(&pools, JOB_INSPECTION), 30, 36, wait_at_gate);
	start(pools_disk(&pools), 36, JOBS, work_at_once);
	run_until_done(JOBS - 36);
	open_gate(36);
	run_until_done(JOBS);
	pools_close(&pools);
}

Test(pool, threads_are_started_when_they_are_needed_and_no_more_than_there_may_be)
{
	struct pool *pool = &pools.pool[POOL_HASHING];
	cr_expect_eq(pool->started, 1);
	start(&pool->executor, 0, JOBS, wait_at_gate);
	cr_expect_eq(pool->started, 2);
	cr_expect_eq(pools_under_way(&pools, POOL_HASHING), JOBS);
	open_gate(JOBS);
	run_until_done(JOBS);
	pools_close(&pools);
}
