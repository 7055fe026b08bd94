/* The outcome of a message that went to LMTP servers: which mailboxes have it, and which get it from the queue. */
#include <stdlib.h>
#include <string.h>

#include "relay/client/verdict.h"
#include "relay/lmtp_internal.h"
#include "relay/queue_log.h"

size_t
lmtp_count_accepted(const struct lmtp_delivery *d)
{
	size_t accepted = 0;
	for (size_t i = 0; i < d->count; i++)
		accepted += d->recipients[i].result == TRANSPORT_DONE;
	return accepted;
}

void
lmtp_log_accepted(const struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->recipients[i].result == TRANSPORT_DONE)
			delivery_log(d->agent->stats, d->entry, &d->remotes[i].mailbox, d->recipients[i].verdict,
			    d->agent->now());
}

void
lmtp_log_left(const struct lmtp_delivery *d)
{
	int64_t now = d->agent->now();
	for (size_t i = 0; i < d->entry->count; i++) {
		const struct queue_recipient *recipient = &d->entry->recipients[i];
		if (recipient->attempts > 0)
			queue_log_outcome(
			    d->entry, recipient, recipient->state == QUEUE_FAILED ? "bounced" : "deferred", NULL, now);
	}
}

static size_t
first_of_all(const struct lmtp_delivery *d)
{
	size_t first = 0;
	for (size_t i = 1; i < d->count; i++)
		if (d->remotes[i].order < d->remotes[first].order)
			first = i;
	return first;
}

enum delivery_result
lmtp_result(const struct lmtp_delivery *d)
{
	struct verdict verdict;
	const struct transport_recipient *recipient = &d->recipients[first_of_all(d)];
	if (recipient->verdict == NULL || !verdict_read(&verdict, recipient->verdict) ||
	    verdict.reason != FTG_NOTICE_SAID)
		return DELIVERY_FAILED;
	if (strncmp(verdict.detail, "452 4.2.2", 9) == 0 || strncmp(verdict.detail, "552", 3) == 0)
		return DELIVERY_OVER_QUOTA;
	return recipient->result == TRANSPORT_FAILED ? DELIVERY_ACCESS : DELIVERY_FAILED;
}

/* The recipient of this address among those whose success would have been reported; NULL: none. */
static struct queue_recipient *
find_delivered(const struct lmtp_delivery *d, const char *address)
{
	struct queue_recipient *found = queue_entry_find(d->entry, address);
	return found != NULL && found->state == QUEUE_DELIVERED ? found : NULL;
}

/*
 * Adds a mailbox to the queue, with its NOTIFY; ORCPT is kept if the client named the mailbox itself and asked for a
 * report of success. NULL when memory is out, or if the queue has the address anyway: *known is then set.
 */
static struct queue_recipient *
leave_over(struct lmtp_delivery *d, const struct mailbox *mailbox, bool *known)
{
	struct queue_recipient *to = find_delivered(d, mailbox->address);
	*known = to == NULL && queue_entry_find(d->entry, mailbox->address) != NULL;
	if (*known || (to == NULL && (to = queue_entry_add(d->entry, mailbox->address)) == NULL))
		return NULL;
	to->mailbox = true;
	to->notify |= mailbox->notify;
	if (to->notify != DSN_NEVER)
		to->notify &= ~(unsigned)DSN_NEVER; /* it stands alone (RFC 3461 section 4.1) */
	to->state = QUEUE_WAITING;
	return to;
}

static bool
leave_result(struct lmtp_delivery *d, size_t number)
{
	bool known;
	const struct transport_recipient *from = &d->recipients[number];
	struct queue_recipient *to = leave_over(d, &d->remotes[number].mailbox, &known);
	if (to == NULL)
		return known;
	to->state = from->result == TRANSPORT_FAILED ? QUEUE_FAILED : QUEUE_WAITING;
	to->attempts = 1;
	to->next = d->agent->now() + d->agent->retry;
	return from->verdict == NULL ||
	    queue_set_text(&to->reply, from->verdict, strlen(from->verdict), QUEUE_REPLY_MAX);
}

/* Is the address that of a mailbox here, which gets the message with this commit? */
static bool
is_here(const struct lmtp_delivery *d, const char *address)
{
	for (size_t i = 0; i < d->here_count; i++)
		if (strcmp(d->here[i].address, address) == 0)
			return true;
	return false;
}

/*
 * The entry names recipients as the client did, the servers by mailbox: if not all mailboxes
 * have the message, it is unknown which recipients have it, and only those that are mailboxes
 * here are reported as delivered. The order of the others stays.
 */
static void
drop_delivered(struct lmtp_delivery *d)
{
	size_t kept = 0;
	struct queue_entry *entry = d->entry;
	for (size_t i = 0; i < entry->count; i++) {
		struct queue_recipient recipient = entry->recipients[i];
		if (recipient.state == QUEUE_DELIVERED && !is_here(d, recipient.address))
			continue;
		entry->recipients[i] = entry->recipients[kept];
		entry->recipients[kept++] = recipient;
	}
	queue_entry_cut(entry, kept);
}

bool
lmtp_keep_rest(struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->recipients[i].result != TRANSPORT_DONE && !leave_result(d, i))
			return false;
	drop_delivered(d);
	return true;
}

static bool
leave_untried(struct lmtp_delivery *d, const struct mailbox *mailbox)
{
	bool known;
	return leave_over(d, mailbox, &known) != NULL || known;
}

bool
lmtp_keep_unfit(struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->unfit_count; i++)
		if (!leave_untried(d, &d->unfit[i]))
			return false;
	return true;
}

bool
lmtp_keep_all(struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (!leave_untried(d, &d->remotes[i].mailbox))
			return false;
	if (!lmtp_keep_unfit(d))
		return false;
	drop_delivered(d);
	return true;
}
