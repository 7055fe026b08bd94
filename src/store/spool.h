/* A message file under way into Maildirs and the relay queue: made in a tmp/, linked and synced into each. Blocks. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text/field_edits.h"
#include "port/mailbox.h"
#include "queue/queue.h"
#include "store/mail_folder.h"
#include "store/maildir.h"

enum { SPOOL_PATH_SIZE = MAILDIR_PATH_SIZE + NAME_MAX + 32 };

#define SPOOL_UNCOUNTED UINT64_MAX /* a surrogate whose size could not be found out: who reads the message counts it */

struct spool {
	struct mail_folder *mail;      /* the folder of all mail; is checked when the file is made in a mailbox */
	int folder;                    /* its descriptor */
	int file;                      /* -1: none yet, or closed */
	bool named;                    /* the file has its name in tmp/ */
	bool staged;                   /* by spool_stage() */
	unsigned long long size;       /* octets in the file */
	unsigned long long wire_size;  /* octets with CRLF for each line end; set by the caller */
	unsigned long long local_wire; /* of them those that are for mailboxes here alone; set by the caller */
	uint64_t surrogate;            /* the same of its surrogate; 0: it needs none; set by the caller */
	/* All differ from the first one, whose tmp/ holds the file. Without a mailbox the queue's tmp/ does. */
	const struct mailbox *mailboxes;
	size_t count;
	const struct queue *queue;
	struct queue_entry *entry;    /* goes into the queue if it has recipients; there is one, or a mailbox */
	char name[NAME_MAX + 1];      /* unique; the sizes are added to it in new/, as ,S= ,W= and ,U= */
	char failed[SPOOL_PATH_SIZE]; /* after a failure: the failed operation */
	struct spool *copy;           /* the same message for others, with another header; NULL: none */
};

/*
 * Adds octets to the file, which is made first, and so is a Maildir that is missing. Returns 0, or -1 with errno and
 * failed; nothing is left of the message then.
 */
int spool_write(struct spool *spool, const char *bytes, size_t len);

/*
 * Syncs the file and the envelope of the entry, gives the file a name in new/ of each mailbox and in the queue, and
 * syncs these folders; the same for its copies. The message is then visible and durable. The queue comes last, since a
 * message that has been sent cannot be recalled, and its claims end when all entries are durable. Returns 0, or -1 with
 * errno and failed; nothing is left of the message then, in no mailbox and not in the queue.
 */
int spool_publish(struct spool *spool);

/*
 * Writes the message with changes to its header into a new file that takes the place of the old one. Before the first
 * spool_write() its octets, len of them, are all of the message; else they are in the file, and len is 0. Sets sizes
 * and the local_prefix_len of the entry. Returns 0, or -1 with errno and failed; nothing is left of the message then.
 */
int spool_edit(struct spool *spool, const struct field_edits *edits, const char *octets, size_t len);

/*
 * Writes a message that is in its file to the file of a copy: local, whose lines end with LF,
 * in place of its lines for mailboxes here, then the header with changes, then the body, which
 * is not read where the file system can copy. Sets sizes and local_prefix_len of the copy.
 * Returns 0, or -1 with errno and failed of the copy, of which nothing is left then.
 */
int spool_copy(struct spool *copy, const struct spool *from, const char *local, const struct field_edits *edits);

/*
 * Syncs and closes the file, if it is open; nothing can be written to it then.
 * Returns 0, or -1 with errno and failed; the file remains.
 */
int spool_sync(struct spool *spool);

/*
 * Takes all steps of spool_publish() for a message without a mailbox but to give the envelope its name and to sync the
 * folder, and not for its copies. The file remains open if it is. If the entry has no recipients yet, the file alone is
 * synced. Returns 0, or -1 with errno and failed; spool_drop() removes what has been made.
 */
int spool_stage(struct spool *spool);

/*
 * Writes and syncs the envelope of a staged message again, whose entry has other
 * recipients now, or has some. Returns 0, or -1 with errno and failed.
 */
int spool_restage(struct spool *spool);

/*
 * spool_edit.c needs these of spool.c: makes the file; records a failure that
 * concerns it, and returns -1; removes its name.
 */
int spool_open_file(struct spool *spool);
int spool_fail(struct spool *spool);
int spool_unlink(struct spool *spool);

/* Removes what exists of a message that has not been published, but not its copies. Keeps errno. */
void spool_drop(struct spool *spool);

/* Has the message recipients in the queue? */
bool spool_is_relayed(const struct spool *spool);

#endif
