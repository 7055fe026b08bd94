/* Jobs of a kind that must not take all threads: so many at a time, the others wait, and clients take turns. */
#ifndef PORT_JOB_QUEUE_H
#define PORT_JOB_QUEUE_H

#include <stddef.h>

#include "base/clock.h"
#include "port/job.h"

enum {
	JOB_QUEUE_MAX = 8,     /* jobs of a queue that run at a time, at most */
	JOB_QUEUE_LINES = 256, /* clients that take turns; more share a line */
};

struct job_queue;

struct job_slot {
	struct job job;
	struct job_queue *queue;
	struct job *running; /* NULL: free */
};

/* The jobs that wait of the addresses whose keys fall on this line. */
struct job_line {
	struct job *first, *last;
	struct job_line *next; /* in turn, if it is not empty */
};

/*
 * For the loop's thread. The jobs of an address wait behind each other, those of different addresses take turns: a
 * client with a thousand jobs delays another by one of them. When the turn of a job comes, it is dropped if its owner
 * is gone or if it has waited too long.
 */
struct job_queue {
	struct executor executor; /* to which jobs are given */
	struct executor *below;   /* runs them */
	unsigned limit;
	struct clock *clock; /* NULL: jobs wait for as long as need be */
	int64_t wait;        /* milliseconds that a job with an owner may wait from its start */
	struct job_slot slots[JOB_QUEUE_MAX];
	struct job_line lines[JOB_QUEUE_LINES];
	struct job_line *first, *last; /* the lines that are not empty, in their turn */
};

/* At most limit jobs, JOB_QUEUE_MAX at most, run at a time. below must outlive the queue. */
void job_queue_open(struct job_queue *queue, struct executor *below, unsigned limit);

/* Drops jobs that have waited for so many milliseconds since they were started. clock must outlive the queue. */
void job_queue_limit_wait(struct job_queue *queue, struct clock *clock, int64_t wait);

/* How many jobs run? */
unsigned job_queue_running(const struct job_queue *queue);

#endif
