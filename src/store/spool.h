/* A message file under way into Maildirs and the relay queue: made in a tmp/, linked and synced into each. Blocks. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <limits.h>

#include "port/mailbox.h"
#include "queue/queue.h"

struct spool {
	int folder;                   /* of all mail */
	int file;                     /* -1: none yet */
	unsigned long long size;      /* octets in the file */
	unsigned long long wire_size; /* octets with CRLF for each line end; set by the caller */
	/* Each is a different one than the first, whose tmp/ holds the file; where there is none, that of the queue does. */
	const struct mailbox *mailboxes;
	size_t count;
	const struct queue *queue;
	struct queue_entry *relay; /* NULL: nobody is elsewhere. There is one, or a mailbox, or more */
	char name[NAME_MAX + 1];   /* unique; the sizes are added to it in new/, as ,S= and ,W= */
};

/*
 * Each returns 0, or -1 with errno; after a failure nothing is left of the message, in no mailbox and not in the queue.
 *
 * spool_write makes the file if need be, and a Maildir that is missing, and adds octets to it. spool_publish syncs the
 * file and the envelope of what is relayed, gives it a name in new/ of each mailbox and in the queue, and syncs these
 * folders: the message is then visible and durable. The queue comes last, for what is sent cannot be called back.
 */
int spool_write(struct spool *spool, const char *bytes, size_t len);
int spool_publish(struct spool *spool);

/* Removes the file, unless it has been published. */
void spool_drop(struct spool *spool);

#endif
