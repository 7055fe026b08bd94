/* Jobs of a kind that must not take all threads: so many at a time, the others wait their turn. */
#ifndef PORT_JOB_QUEUE_H
#define PORT_JOB_QUEUE_H

#include "port/job.h"

enum { JOB_QUEUE_MAX = 8 };

struct job_queue;

struct job_slot {
	struct job job;
	struct job_queue *queue;
	struct job *running; /* NULL: free */
};

/* For the loop's thread. */
struct job_queue {
	struct executor executor; /* to which jobs are given */
	struct executor *below;   /* who runs them */
	unsigned limit;
	struct job_slot slots[JOB_QUEUE_MAX];
	struct job *first, *last; /* that wait */
};

/* At most limit jobs, JOB_QUEUE_MAX at most, run at a time. below must outlive the queue. */
void job_queue_open(struct job_queue *queue, struct executor *below, unsigned limit);

#endif
