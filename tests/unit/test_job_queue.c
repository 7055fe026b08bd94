/* The queue of jobs. */
#include "port/job_queue.h"

#include <criterion/criterion.h>

#include "support/fake_clock.h"

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

static struct job_owner owners[3] = { { .key = 1 }, { .key = 2 }, { .key = 3 } };

static void
start_for(int job, int owner)
{
	jobs[job].owner = &owners[owner];
	queue.executor.start(&queue.executor, &jobs[job]);
}

static void
end_all(void)
{
	for (unsigned i = 0; i < begun_count; i++)
		end(i);
}

static void
expect_worked(const unsigned *order, unsigned count)
{
	cr_assert_eq(worked_count, count);
	for (unsigned i = 0; i < count; i++)
		cr_expect_eq(worked[i], order[i], "%u: %u", i, worked[i]);
}

Test(job_queue, clients_take_turns)
{
	static const unsigned order[] = { 0, 1, 2, 5, 6, 3, 4 };
	for (int i = 0; i < 5; i++)
		start_for(i, 0);
	start_for(5, 1);
	start_for(6, 2);
	end_all();
	expect_worked(order, JOBS);
}

Test(job_queue, job_of_a_client_that_has_gone_is_dropped_and_its_end_reported)
{
	static const unsigned order[] = { 0, 1, 6 };
	for (int i = 0; i < 6; i++)
		start_for(i, 0);
	start_for(6, 1);
	owners[0].gone = true;
	end_all();
	expect_worked(order, 3);
	cr_expect_eq(ended_count, JOBS);
	for (int i = 0; i < JOBS; i++)
		cr_expect_eq(jobs[i].dropped, i >= 2 && i < 6);
}

Test(job_queue, job_that_has_waited_for_too_long_is_dropped)
{
	static const unsigned order[] = { 0, 1, 3 };
	job_queue_limit_wait(&queue, &fake_clock, 20000);
	for (int i = 0; i < 3; i++)
		start_for(i, 0);
	fake_clock_pass(1000);
	start_for(3, 0);
	fake_clock_pass(19000);
	end_all();
	expect_worked(order, 3);
	cr_expect(jobs[2].dropped);
	cr_expect_not(jobs[3].dropped);
}

Test(job_queue, job_without_an_owner_is_never_dropped)
{
	job_queue_limit_wait(&queue, &fake_clock, 20000);
	for (int i = 0; i < JOBS; i++)
		queue.executor.start(&queue.executor, &jobs[i]);
	fake_clock_pass(60000);
	end_all();
	cr_expect_eq(worked_count, JOBS);
}

static void
start_another(struct job *job)
{
	note_done(job);
	queue.executor.start(&queue.executor, &jobs[JOBS - 1]);
}

Test(job_queue, completion_may_start_another_job)
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
