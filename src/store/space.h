/* Is there room for a message: by the quotas of its mailboxes, on the disk? */
#ifndef STORE_SPACE_H
#define STORE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "port/delivery.h"

/* These block. Is so much of the file system free for us that a folder is on? What cannot be told is taken for yes. */
bool space_is_free(int folder, long long min_free);

/*
 * How much of a file system is free, for questions that may not block. A figure older than a second has a job look again
 * while it is told once more, so asking makes no system call of its own. Used on the loop alone.
 */
struct space_gauge {
	struct job job;
	int folder;
	uint64_t found; /* by the job */
	uint64_t free;  /* octets; UINT64_MAX where that cannot be told */
	int64_t since;  /* seconds, of a clock that only goes on */
	bool looking;
};

/* Looks for the first time, which blocks. Not to be closed while a job looks. */
void space_gauge_open(struct space_gauge *gauge, int folder);
uint64_t space_gauge_read(struct space_gauge *gauge, struct executor *executor);

/* Has one of the mailboxes at least room for a message of so many octets? One that cannot be read has. */
bool space_fits_quota(int folder, const struct mailbox *mailboxes, size_t count, uint64_t size);

/* Records that a message has come into each of them. */
void space_count_message(int folder, const struct mailbox *mailboxes, size_t count, uint64_t size);

struct space_question {
	int folder; /* of all mail */
	long long min_free;
	const struct mailbox *mailboxes; /* they stay until done() */
	size_t count;
	uint64_t size;
};

/* Finds out all of it by a job: OK, OVER_QUOTA or FULL; FAILED when memory is out. */
void space_check(const struct space_question *question, struct executor *executor, delivery_done *done, void *context);

#endif
