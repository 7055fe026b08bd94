/* Asks for a run of the relay queue by a job. */
#include "queue/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"

struct queue_job {
	struct job job;
	const struct queue *queue;
	struct queue_run run;
	int error; /* 0: none */
	delivery_done *done;
	void *context;
	char name[];
};

static void
work(struct job *job)
{
	struct queue_job *asked = (struct queue_job *)job;
	asked->error = queue_request_run(asked->queue, &asked->run) < 0 ? errno : 0;
}

static void
done(struct job *job)
{
	struct queue_job *asked = (struct queue_job *)job;
	if (asked->error != 0)
		log_event("queue-failed", "domain", asked->name, "detail", strerror(asked->error), NULL);
	delivery_finish(asked->done, asked->context, asked->error == 0 ? DELIVERY_OK : DELIVERY_FAILED);
	free(asked);
}

void
queue_ask(const struct queue *queue, const struct queue_run *run, struct executor *executor, delivery_done *tell,
    void *context)
{
	size_t len = strlen(run->name);
	struct queue_job *asked = malloc(sizeof *asked + len + 1);
	if (asked == NULL) {
		delivery_finish(tell, context, DELIVERY_FAILED);
		return;
	}
	*asked = (struct queue_job) {
		.job = { .work = work, .done = done },
		.queue = queue,
		.run = { run->reach, asked->name },
		.done = tell,
		.context = context,
	};
	memcpy(asked->name, run->name, len + 1);
	executor->start(executor, &asked->job);
}
