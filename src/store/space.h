/* Is there room for a message: by the quotas of its mailboxes, on the disk? */
#ifndef STORE_SPACE_H
#define STORE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "port/delivery.h"

/* Is so much free of the file system of a folder? Yes, if that cannot be found out. Blocks. */
bool space_is_free(int folder, long long min_free);

/*
 * How much of a file system is free, for callers that must not block. If the figure is older than a second, a job reads
 * it again while the old one is returned: asking makes no system call. Used on the loop alone.
 */
struct space_gauge {
	struct job job;
	int folder;
	uint64_t found; /* by the job */
	uint64_t free;  /* octets; UINT64_MAX if that cannot be found out */
	int64_t since;  /* seconds of a monotonic clock */
	bool looking;
};

/* Reads the first figure, which blocks. The gauge must outlive its job. */
void space_gauge_open(struct space_gauge *gauge, int folder);

/* Octets that are free, as of about a second ago. A new reading is of the file system of the folder. */
uint64_t space_gauge_read(struct space_gauge *gauge, int folder, struct executor *executor);

/* Has at least one of the mailboxes room for a message of so many octets? One that cannot be read has. Blocks. */
bool space_fits_quota(int folder, const struct mailbox *mailboxes, size_t count, uint64_t size);

/* Adds a message to the quota of each mailbox. Blocks. */
void space_count_message(int folder, const struct mailbox *mailboxes, size_t count, uint64_t size);

struct space_question {
	int folder; /* of all mail */
	int disk;   /* a folder of the file system */
	long long min_free;
	const struct mailbox *mailboxes; /* must last until done() */
	size_t count;
	uint64_t size;
};

/* Finds out all of it by a job: OK, OVER_QUOTA or FULL; FAILED when memory is out. */
void space_check(const struct space_question *question, struct executor *executor, delivery_done *done, void *context);

#endif
