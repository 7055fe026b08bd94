/* Delivery of messages into mailboxes and the relay queue. A port: Maildirs and LMTP implement it. */
#ifndef PORT_DELIVERY_H
#define PORT_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log/stats.h"
#include "base/text/field_edits.h"
#include "port/job.h"
#include "port/mailbox.h"
#include "port/queue_entry.h"

enum {
	DELIVERY_DETAIL_SIZE = 768,       /* octets of a detail with its NUL */
	DELIVERY_TIMEOUT = 8 * 60 * 1000, /* milliseconds: a client waits ten minutes (RFC 5321 section 4.5.3.2.6) */
};

enum delivery_result {
	DELIVERY_OK,         /* on stable storage in every mailbox and in the queue: file and folders synced */
	DELIVERY_OVER_QUOTA, /* no mailbox has room for the message by its quota: #3.14 */
	DELIVERY_FULL,       /* no space left (ENOSPC, EDQUOT), or less than must be kept free: #3.16 */
	DELIVERY_ACCESS,     /* a mailbox cannot be opened or written: #3.15 */
	DELIVERY_FAILED,     /* anything else: #3.22 */
};

struct delivery_outcome {
	enum delivery_result result;
	const char
	    *detail; /* the cause of a failure, for the log: a path and errno's text, or a peer's reply; "": none */
};

/* Called once, on the loop. The outcome lasts until it returns. */
typedef void delivery_done(void *context, const struct delivery_outcome *outcome);

/* Reports a result without a detail. */
void delivery_finish(delivery_done *done, void *context, enum delivery_result result);

/*
 * Counts and logs that a message is in a mailbox: event=delivered with the entry's session, ID, sender and Message-ID,
 * the address of the mailbox, size in octets and delay in seconds; reply is the other server's, NULL for a mailbox
 * here. now is in seconds since 1970. On the loop.
 */
void delivery_log(struct stats_slot *stats, const struct queue_entry *entry, const struct mailbox *mailbox,
    const char *reply, int64_t now);

/*
 * Logs for each recipient that waits that the message is in the relay queue for
 * it: event=queued, keys as above. On the loop.
 */
void delivery_log_queued(const struct queue_entry *entry);

struct delivery {
	const struct delivery_ops *ops;
};

/* The message for other recipients, with a header of its own: that of a list for its members. */
struct delivery_copy {
	const struct mailbox *mailboxes; /* the first one is there once */
	size_t count;
	struct queue_entry *entry;       /* as in delivery_agent.begin(); with an ID of its own */
	const char *local;               /* the lines for mailboxes here, which end with LF; "": none */
	const struct field_edits *edits; /* to the header; fields are added behind local */
};

/* Makes deliveries. The functions are called on the loop, do not block and use no disk unless they say so. */
struct delivery_agent {
	/*
	 * Begins a delivery to count mailboxes, which are copied, and to the recipients of entry, which may be none.
	 * entry must be complete but for local_prefix_len and size, which the delivery sets; the delivery may add
	 * recipients whose mailbox accepts the message later, and puts the entry into the relay queue if it has any.
	 * entry must outlive the delivery. Returns NULL when memory is out.
	 */
	struct delivery *(*begin)(
	    struct delivery_agent *agent, const struct mailbox *mailboxes, size_t count, struct queue_entry *entry);
	/*
	 * Is less of the disk free than must be kept free? Answers by a figure of about a second ago; a message that
	 * passes is checked again when it is written.
	 */
	bool (*is_full)(struct delivery_agent *agent, struct executor *executor);
	/*
	 * Finds out by a job whether a message of so many octets fits: OVER_QUOTA if it fits into
	 * none of the mailboxes. A message for several mailboxes may take each of them over its
	 * quota once. The mailboxes must last until done().
	 */
	void (*check_space)(struct delivery_agent *agent, struct executor *executor, const struct mailbox *mailboxes,
	    size_t count, uint64_t size, delivery_done *done, void *context);
	/*
	 * Has the queue manager retry now the messages for a domain, and if below is set those for the domains below
	 * it: OK once the request is on disk.
	 */
	void (*run_queue)(struct delivery_agent *agent, struct executor *executor, const char *domain, bool below,
	    delivery_done *done, void *context);
};

struct delivery_ops {
	/* Adds octets to the message as they came, lines with CRLF. False when memory is out. */
	bool (*append)(struct delivery *delivery, const char *bytes, size_t len);
	/* The octets appended so far are for mailboxes only; the message as it is relayed begins here. */
	void (*begin_relayed)(struct delivery *delivery);
	/*
	 * The next spool() or commit() makes these changes to the header first: all of the message has been appended.
	 * They must last until it is done. Fields are added behind what was appended before begin_relayed().
	 */
	void (*edit)(struct delivery *delivery, const struct field_edits *edits);
	/*
	 * The next commit() also stores these copies of the message, as it is after all edits: together with it, and
	 * all or nothing. The message itself is not stored if it has no recipients. The array is copied, what it points
	 * to must last until the commit is done. False when memory is out.
	 */
	bool (*copy)(struct delivery *delivery, const struct delivery_copy *copies, size_t count);
	/*
	 * May this mailbox forward the message, as Sieve at another server does? NULL: no mailbox does. The caller then
	 * excludes such mailboxes by narrow(), before commit(): the delivery is for these mailboxes only, a part of
	 * those of begin(), in the same order.
	 */
	bool (*sends_on)(const struct delivery *delivery, const struct mailbox *mailbox);
	void (*narrow)(struct delivery *delivery, const struct mailbox *mailboxes, size_t count);
	/* Is so much buffered that flush should run before more is appended? Small messages never need it. */
	bool (*wants_flush)(const struct delivery *delivery);
	/*
	 * Writes the buffer, by a job. Nothing may be appended until done() is called, which is the last step of this
	 * flush: done() may append, flush again, commit or abandon. After a failure only abandon is legal.
	 */
	void (*flush)(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context);
	/*
	 * For inspecting the whole message before it is visible. spool() writes the rest of it, by
	 * a job; nothing may be appended from then on. After done() with OK, file() is a descriptor
	 * of the message as it is stored: with the trace lines, and with LF for CRLF. It is read by
	 * pread() on any thread, remains the delivery's, and lasts until the next spool, commit or
	 * abandon. Commit or abandon must follow. Without an inspection, commit needs no spool().
	 */
	void (*spool)(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context);
	int (*file)(const struct delivery *delivery);
	/*
	 * For a message that goes to another server before it is in the queue, without a mailbox here: spool(), and all
	 * steps of commit() but the last one, by a job. The message, its copies and their entries are then on stable
	 * storage, and nobody sees them. commit() shows them, also after timeout, which is as for commit(); it writes
	 * the envelope of the message again if restage() has said that its recipients are others now.
	 */
	void (*stage)(
	    struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context);
	void (*restage)(struct delivery *delivery);
	/* Removes the message and what stage() has made, by a job, instead of commit(): abandon() must follow. */
	void (*unstage)(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context);
	/*
	 * Makes the message durable and visible in every mailbox and in the relay queue, or reports failure, and logs
	 * one line for each mailbox (delivery_log) and each recipient in the queue. timeout is in milliseconds from
	 * this call, waiting for a thread or a peer included: a delivery that has not begun to make the message visible
	 * by then fails. The delivery is freed before done() is called.
	 */
	void (*commit)(
	    struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context);
	/* Removes the message and frees the delivery; not while flush, spool or commit is under way. */
	void (*abandon)(struct delivery *delivery, struct executor *executor);
};

/* Appends octets whose lines end with LF. False when memory is out. */
bool delivery_append_lines(struct delivery *delivery, const char *octets, size_t len);

#endif
