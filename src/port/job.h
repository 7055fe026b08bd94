/* Work that blocks (disk, database, password hash): done off the loop, its end told on the loop. */
#ifndef PORT_JOB_H
#define PORT_JOB_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Embedded in whatever the work is about, and owned by it. work() runs once, on any thread, and touches nothing that
 * the loop may touch meanwhile. done() runs once after it, on the loop, and may free the job.
 */
struct job {
	void (*work)(struct job *job);
	void (*done)(struct job *job);
	struct job *next; /* for whoever lets it wait */
};

/* The client whose session has begun a job. It outlives the job. For the loop's thread. */
struct job_owner {
	uint64_t key; /* of the client's address: the same for all sessions of an address */
	bool gone;    /* the client has closed its half of the connection, or all of it */
};

/* Who runs jobs: the thread pool of a worker process, or a test, which runs them in line or late. Never fails. */
struct executor {
	void (*start)(struct executor *executor, struct job *job);
};

#endif
