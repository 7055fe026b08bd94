/*
 * A delivery that may go to several stores: shared by its steps (lmtp_delivery.c) and their outcome (lmtp_outcome.c).
 */
#ifndef RELAY_LMTP_INTERNAL_H
#define RELAY_LMTP_INTERNAL_H

#include "relay/lmtp_delivery.h"

/* A mailbox at another server. */
struct remote {
	struct mailbox mailbox;
	struct store *store;
	size_t order; /* in the envelope */
};

/* The recipients at one server. They are adjacent in the array. */
struct lmtp_part {
	struct lmtp_handover handover;
	struct lmtp_delivery *delivery;
	struct store *store;
	size_t first, count;
};

struct lmtp_delivery {
	struct delivery delivery;
	struct lmtp_agent *agent;
	struct delivery *spool; /* of the other agent: the message in its file, and in the mailboxes here */
	struct queue_entry *entry;
	struct job job;
	struct executor *executor;
	delivery_done *done;
	void *context;
	int64_t deadline; /* of the other servers, by the dialer's clock, from the commit on */
	bool copied;      /* copies go into the queue */
	bool copied_here; /* copies go into mailboxes here */
	bool staged;
	struct delivery_outcome outcome; /* to be reported, with this detail, when nothing is left in the queue */
	char detail[DELIVERY_DETAIL_SIZE];
	size_t count; /* mailboxes elsewhere, by store from commit() on */
	struct remote *remotes;
	struct transport_recipient *recipients;
	struct mailbox *here; /* mailboxes here */
	size_t here_count;
	struct mailbox *unfit; /* mailboxes that name a store that cannot be one */
	size_t unfit_count;
	struct mailbox *copies_here; /* those of the copies */
	struct lmtp_part *parts;
	size_t part_count, pending; /* parts without results, and one more while parts are started */
};

/* How many mailboxes elsewhere have the message now. Logs one line for each. */
size_t lmtp_count_accepted(const struct lmtp_delivery *d);
void lmtp_log_accepted(const struct lmtp_delivery *d);

/* Logs a line for each recipient whose delivery was tried here and did not succeed. */
void lmtp_log_left(const struct lmtp_delivery *d);

/*
 * The result if no recipient was accepted: the reply of the first recipient's
 * server, which the client gets as 4xx in any case.
 */
enum delivery_result lmtp_result(const struct lmtp_delivery *d);

/*
 * Adds the recipients for which no server accepted the message to the queue entry, and removes the delivered recipients
 * whose success is not known. False when memory is out.
 */
bool lmtp_keep_rest(struct lmtp_delivery *d);

/*
 * Adds the unfit mailboxes to the entry: the queue has them until their store is corrected. False when memory is out.
 */
bool lmtp_keep_unfit(struct lmtp_delivery *d);

/*
 * Adds these and all recipients elsewhere, which have not been tried, and removes the same as lmtp_keep_rest(). False when
 * memory is out.
 */
bool lmtp_keep_all(struct lmtp_delivery *d);

#endif
