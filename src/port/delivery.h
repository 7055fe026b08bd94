/* A message on its way into mailboxes and the relay queue: octets are buffered, what blocks is a job. A narrow seam. */
#ifndef PORT_DELIVERY_H
#define PORT_DELIVERY_H

#include "port/directory.h"
#include "port/job.h"
#include "port/queue_entry.h"

#include <stdbool.h>
#include <stddef.h>

enum delivery_result {
	DELIVERY_OK,         /* on stable storage in every mailbox and in the queue: file and directory synced */
	DELIVERY_OVER_QUOTA, /* no mailbox has room for the message by its quota: #3.14 */
	DELIVERY_FULL,       /* no space left (ENOSPC, EDQUOT), or less than is to be kept free: #3.16 */
	DELIVERY_ACCESS,     /* the Maildir cannot be opened or written: #3.15 */
	DELIVERY_FAILED,     /* anything else: #3.22 */
};

struct delivery {
	const struct delivery_ops *ops;
};

/* Makes deliveries: Maildirs, or a stand-in for tests. */
struct delivery_agent {
	/*
	 * begin() needs an entry of the queue in any case, complete but for recipients where nobody is elsewhere: those whose
	 * mailboxes do not take the message, while others do, are put into it.
	 */
	bool leftovers;
	/*
	 * Begins a delivery to count mailboxes, which are copied, and to the relay queue, NULL where nobody is elsewhere.
	 * The entry must be complete but for skip and size, which the delivery sets, and stay until it is freed. Does not
	 * block or touch the disk. NULL when memory is out.
	 */
	struct delivery *(*begin)(
	    struct delivery_agent *agent, const struct mailbox *mailboxes, size_t count, struct queue_entry *relay);
	/*
	 * Is less of the disk free than is to be kept free? By a figure of about a second ago: does not block. What this
	 * lets pass is looked at again when it is written.
	 */
	bool (*is_full)(struct delivery_agent *agent, struct executor *executor);
	/*
	 * Finds out whether a message of so many octets would fit: OVER_QUOTA if it does in none of the mailboxes, for
	 * one that is to go to several may take each of them over its quota once. done() is called on the loop; the
	 * mailboxes must stay until then.
	 */
	void (*check_room)(struct delivery_agent *agent, struct executor *executor, const struct mailbox *mailboxes,
	    size_t count, uint64_t size, void (*done)(void *context, enum delivery_result result), void *context);
	/*
	 * Has what waits in the relay queue for a domain, or for it and those below it, be tried now: OK once that has been
	 * ordered, for it lasts. done() as above.
	 */
	void (*run_queue)(struct delivery_agent *agent, struct executor *executor, const char *domain, bool below,
	    void (*done)(void *context, enum delivery_result result), void *context);
};

struct delivery_ops {
	/* Adds octets to the message, as they came: lines end with CRLF, which Maildirs keep as LF. False when memory is out. */
	bool (*append)(struct delivery *delivery, const char *bytes, size_t len);
	/* What has been appended so far is for mailboxes alone; the message as it is relayed begins here. */
	void (*begin_relayed)(struct delivery *delivery);
	/* Is enough buffered that flush should run before more is appended? Small messages never need it. */
	bool (*wants_flush)(const struct delivery *delivery);
	/*
	 * Starts writing what is buffered; nothing may be appended until done() is called on the loop, which is the last
	 * that this flush does: done() may append, flush again, commit or abandon. After a failure only abandon is left.
	 */
	void (*flush)(struct delivery *delivery, struct executor *executor,
	    void (*done)(void *context, enum delivery_result result), void *context);
	/*
	 * For who wants to look at the whole message before it is shown to anyone. spool() writes the rest of it; nothing
	 * may be appended from then on. Once done() has said OK, file() is a descriptor of it, as it is to be stored: with
	 * the trace lines, and with LF for CRLF. It is read by pread(), on any thread, is only lent, and lasts until commit
	 * or abandon, one of which must follow. A message that nobody looks at is committed without it.
	 */
	void (*spool)(struct delivery *delivery, struct executor *executor,
	    void (*done)(void *context, enum delivery_result result), void *context);
	int (*file)(const struct delivery *delivery);
	/*
	 * Makes the message durable and visible in every mailbox and in the relay queue, or in none that the caller is
	 * told of. The delivery is freed before done() is called.
	 */
	void (*commit)(struct delivery *delivery, struct executor *executor,
	    void (*done)(void *context, enum delivery_result result), void *context);
	/* Drops the message and its traces and frees the delivery; not while flush, spool or commit is under way. */
	void (*abandon)(struct delivery *delivery, struct executor *executor);
};

#endif
