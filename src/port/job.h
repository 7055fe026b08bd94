/* Work that blocks (disk, database, password hash): done by a thread, its end reported on the loop. */
#ifndef PORT_JOB_H
#define PORT_JOB_H

#include <stdbool.h>
#include <stdint.h>

/* The client whose session has begun a job. It outlives the job. For the loop's thread. */
struct job_owner {
	uint64_t key; /* of the client's address: the same for all sessions of an address */
	bool gone;    /* the client has closed its half of the connection, or all of it */
};

/*
 * Embedded in whatever the work is about, and owned by it. work() runs once, on any thread, and touches nothing that
 * the loop may touch meanwhile. done() runs once after it, on the loop, and may free the job. A job with an owner may be
 * dropped while it waits: then done() is called alone, with dropped set, and the result is a temporary failure.
 */
struct job {
	void (*work)(struct job *job);
	void (*done)(struct job *job);
	const struct job_owner *owner; /* NULL: never dropped, and behind all others of the kind that have none */
	uint32_t deadline;             /* for the executor that lets it wait: milliseconds modulo 2^32 */
	bool dropped;
	struct job *next; /* likewise */
};

/* Runs jobs: the thread pool of a worker process, or a test, which runs them in line or late. Never fails. */
struct executor {
	void (*start)(struct executor *executor, struct job *job);
};

#endif
