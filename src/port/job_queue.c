/* Jobs of a kind that must not take all threads: so many at a time, the others wait their turn. */
#include "port/job_queue.h"

#include <stddef.h>

static void
work(struct job *job)
{
	struct job *running = ((struct job_slot *)(void *)job)->running;
	running->work(running);
}

static void
run(struct job_slot *slot, struct job *job)
{
	slot->running = job;
	slot->queue->below->start(slot->queue->below, &slot->job);
}

static struct job *
take_first(struct job_queue *queue)
{
	struct job *job = queue->first;
	if (job != NULL)
		queue->first = job->next;
	return job;
}

/* The next one begins before this one is told, which may free it, or start another. */
static void
done(struct job *job)
{
	struct job_slot *slot = (struct job_slot *)(void *)job;
	struct job *ended = slot->running, *next = take_first(slot->queue);
	slot->running = NULL;
	if (next != NULL)
		run(slot, next);
	ended->done(ended);
}

static struct job_slot *
find_slot(struct job_queue *queue)
{
	for (unsigned i = 0; i < queue->limit; i++)
		if (queue->slots[i].running == NULL)
			return &queue->slots[i];
	return NULL;
}

static void
start(struct executor *executor, struct job *job)
{
	struct job_queue *queue = (struct job_queue *)(void *)executor;
	struct job_slot *slot = find_slot(queue);
	if (slot != NULL) {
		run(slot, job);
		return;
	}
	job->next = NULL;
	if (queue->first == NULL)
		queue->first = job;
	else
		queue->last->next = job;
	queue->last = job;
}

void
job_queue_open(struct job_queue *queue, struct executor *below, unsigned limit)
{
	*queue = (struct job_queue) {
		.executor = { .start = start },
		.below = below,
		.limit = limit < JOB_QUEUE_MAX ? limit : JOB_QUEUE_MAX,
	};
	for (unsigned i = 0; i < JOB_QUEUE_MAX; i++)
		queue->slots[i] = (struct job_slot) { .job = { .work = work, .done = done }, .queue = queue };
}
