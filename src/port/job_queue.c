/* Jobs of a kind that must not take all threads: so many at a time, the others wait, and clients take turns. */
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

static struct job_line *
line_of(struct job_queue *queue, const struct job *job)
{
	uint64_t key = job->owner == NULL ? 0 : job->owner->key;
	return &queue->lines[key % JOB_QUEUE_LINES];
}

/* Puts a line behind the others that wait for their turn. */
static void
append_line(struct job_queue *queue, struct job_line *line)
{
	line->next = NULL;
	if (queue->first == NULL)
		queue->first = line;
	else
		queue->last->next = line;
	queue->last = line;
}

static void
append(struct job_queue *queue, struct job *job)
{
	struct job_line *line = line_of(queue, job);
	job->next = NULL;
	if (line->first == NULL) {
		line->first = job;
		append_line(queue, line);
	} else {
		line->last->next = job;
	}
	line->last = job;
}

/* Takes the first job of the line whose turn it is. NULL: none waits. */
static struct job *
take_first(struct job_queue *queue)
{
	struct job_line *line = queue->first;
	if (line == NULL)
		return NULL;
	struct job *job = line->first;
	queue->first = line->next;
	line->first = job->next;
	if (line->first != NULL)
		append_line(queue, line);
	return job;
}

static uint32_t
time_of(const struct job_queue *queue)
{
	return (uint32_t)queue->clock->now(queue->clock);
}

static bool
is_in_vain(const struct job_queue *queue, const struct job *job)
{
	if (job->owner == NULL)
		return false;
	return job->owner->gone || (queue->clock != NULL && (int32_t)(time_of(queue) - job->deadline) >= 0);
}

/* Takes the next job that is worth running, and drops those before it. */
static struct job *
take_next(struct job_queue *queue)
{
	struct job *job;
	while ((job = take_first(queue)) != NULL && is_in_vain(queue, job)) {
		job->dropped = true;
		job->done(job);
	}
	return job;
}

static struct job_slot *
find_slot(struct job_queue *queue)
{
	for (unsigned i = 0; i < queue->limit; i++)
		if (queue->slots[i].running == NULL)
			return &queue->slots[i];
	return NULL;
}

/* Fills the free slots. Jobs that are dropped or end meanwhile may start others, which wait behind. */
static void
run_next(struct job_queue *queue)
{
	while (find_slot(queue) != NULL) {
		struct job *job = take_next(queue);
		if (job == NULL)
			return;
		struct job_slot *slot = find_slot(queue);
		if (slot == NULL) {
			append(queue, job);
			return;
		}
		run(slot, job);
	}
}

/* The next one begins before the end of this one is reported, which may free it, or start another. */
static void
done(struct job *job)
{
	struct job_slot *slot = (struct job_slot *)(void *)job;
	struct job_queue *queue = slot->queue;
	struct job *ended = slot->running;
	slot->running = NULL;
	run_next(queue);
	ended->done(ended);
}

static void
start(struct executor *executor, struct job *job)
{
	struct job_queue *queue = (struct job_queue *)(void *)executor;
	job->dropped = false;
	if (queue->clock != NULL)
		job->deadline = time_of(queue) + (uint32_t)queue->wait;
	append(queue, job);
	run_next(queue);
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

void
job_queue_limit_wait(struct job_queue *queue, struct clock *clock, int64_t wait)
{
	queue->clock = clock;
	queue->wait = wait;
}

unsigned
job_queue_running(const struct job_queue *queue)
{
	unsigned running = 0;
	for (unsigned i = 0; i < queue->limit; i++)
		running += queue->slots[i].running != NULL;
	return running;
}
