/* Runs jobs in the thread pool of libuv. */
#include "net/jobs.h"

#include <stdio.h>
#include <stdlib.h>

struct work {
	uv_work_t request;
	struct jobs *jobs;
	struct job *job;
};

static void
run(uv_work_t *request)
{
	struct job *job = ((struct work *)request)->job;
	job->work(job);
}

static void
finish(uv_work_t *request, int status)
{
	struct work *work = (struct work *)request;
	struct jobs *jobs = work->jobs;
	struct job *job = work->job;
	(void)status;
	free(work);
	job->done(job);
	jobs->after(jobs);
}

/* Without memory for a place in the queue the work is done here and now. */
static void
start(struct executor *executor, struct job *job)
{
	struct jobs *jobs = (struct jobs *)executor;
	struct work *work = malloc(sizeof *work);
	if (work != NULL) {
		*work = (struct work) { .jobs = jobs, .job = job };
		if (uv_queue_work(jobs->loop, &work->request, run, finish) == 0)
			return;
		free(work);
	}
	job->work(job);
	job->done(job);
	jobs->after(jobs);
}

void
jobs_open(struct jobs *jobs, uv_loop_t *loop, void (*after)(struct jobs *jobs))
{
	char threads[12];
	*jobs = (struct jobs) { .executor = { .start = start }, .loop = loop, .after = after };
	snprintf(threads, sizeof threads, "%d", JOBS_THREADS);
	setenv("UV_THREADPOOL_SIZE", threads, 0);
}
