/* A message file under way into Maildirs: made in tmp/ of the first, linked and synced into new/ of each. Blocks. */
#ifndef MAIL_SPOOL_H
#define MAIL_SPOOL_H

#include "mail/directory.h"

#include <limits.h>

struct spool {
	int folder;                      /* of all mail */
	int file;                        /* -1: none yet */
	unsigned long long size;         /* octets in the file */
	unsigned long long wire_size;    /* octets with CRLF for each line end; set by the caller */
	size_t count;                    /* of mailboxes; at least 1, each a different one than the first */
	const struct mailbox *mailboxes; /* the first one's tmp/ holds the file */
	char name[NAME_MAX + 1];         /* unique; the sizes are added to it in new/, as ,S= and ,W= */
};

/*
 * Each returns 0, or -1 with errno; after a failure nothing is left of the message, in no mailbox.
 *
 * spool_write makes the file if need be, and a Maildir that is missing, and adds octets to it. spool_publish syncs the
 * file, gives it a name in new/ of each mailbox, and syncs these folders: the message is then visible and durable.
 */
int spool_write(struct spool *spool, const char *bytes, size_t len);
int spool_publish(struct spool *spool);

/* Removes the file, unless it has been published. */
void spool_drop(struct spool *spool);

#endif
