/* The queue of jobs. */
#include "port/job_queue.h"

#include <criterion/criterion.h>

enum { JOBS = 7 };

/* A executor that keeps jobs until the test ends them. */
static struct job *begun[JOBS + 1];
static unsigned begun_count, running, most;

static void
begin(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	begun[begun_count++] = job;
	running++;
	most = running > most ? running : most;
}

static void
end(unsigned number)
{
	running--;
	begun[number]->done(begun[number]);
}

static struct job jobs[JOBS];
static unsigned worked[JOBS + 1], ended[JOBS + 1], worked_count, ended_count;

static void
note_work(struct job *job)
{
	worked[worked_count++] = (unsigned)(job - jobs);
}

static void
note_done(struct job *job)
{
	ended[ended_count++] = (unsigned)(job - jobs);
}

static struct executor below = { .start = begin };
static struct job_queue queue;

static void
set_up(void)
{
	job_queue_open(&queue, &below, 2);
	for (int i = 0; i < JOBS; i++)
		jobs[i] = (struct job) { .work = note_work, .done = note_done };
}

TestSuite(job_queue, .init = set_up);

Test(job_queue, runs_two_at_a_time_in_their_order)
{
	for (int i = 0; i < JOBS; i++)
		queue.executor.start(&queue.executor, &jobs[i]);
	cr_expect_eq(begun_count, 2);
	for (unsigned i = 0; i < JOBS; i++)
		end(i);
	cr_expect_eq(begun_count, JOBS);
	cr_expect_eq(most, 2);
	for (unsigned i = 0; i < JOBS; i++) {
		cr_expect_eq(worked[i], i);
		cr_expect_eq(ended[i], i);
	}
	queue.executor.start(&queue.executor, &jobs[0]);
	cr_expect_eq(worked_count, JOBS + 1, "an empty queue waits for nothing");
}

static void
start_another(struct job *job)
{
	note_done(job);
	queue.executor.start(&queue.executor, &jobs[JOBS - 1]);
}

Test(job_queue, an_end_may_start_another_job)
{
	jobs[0].done = start_another;
	for (int i = 0; i < 4; i++)
		queue.executor.start(&queue.executor, &jobs[i]);
	for (unsigned i = 0; i < 5; i++)
		end(i);
	cr_expect_eq(ended_count, 5);
	cr_expect_eq(worked[4], JOBS - 1);
	cr_expect_eq(most, 2);
}
