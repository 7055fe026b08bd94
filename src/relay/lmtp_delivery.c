/* Delivers into the mailboxes of another server, by LMTP (RFC 2033): Dovecot, for one. */
#include "relay/lmtp_delivery.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address.h"
#include "port/queue_entry.h"
#include "relay/client/transport_entry.h"
#include "relay/client/verdict.h"
#include "relay/queue_log.h"

struct lmtp_delivery {
	struct delivery delivery;
	struct lmtp_agent *agent;
	struct delivery *spool; /* of the other agent: the message in its file */
	struct queue_entry *entry;
	struct job job;
	struct executor *executor;
	delivery_done *done;
	void *context;
	struct lmtp_handover handover;
	int64_t deadline; /* of the other server, by the dialer's clock, from the commit on */
	bool copied;      /* copies go into the queue */
	bool staged;
	struct delivery_outcome outcome; /* to be reported, with this detail, when nothing is left in the queue */
	char detail[DELIVERY_DETAIL_SIZE];
	size_t count;
	struct transport_recipient *recipients;
	struct mailbox *mailboxes;
};

static struct lmtp_delivery *
of_delivery(struct delivery *delivery)
{
	return (struct lmtp_delivery *)delivery;
}

static struct lmtp_delivery *
of_job(struct job *job)
{
	return (struct lmtp_delivery *)(void *)((char *)job - offsetof(struct lmtp_delivery, job));
}

static struct lmtp_delivery *
of_handover(struct lmtp_handover *handover)
{
	return (struct lmtp_delivery *)(void *)((char *)handover - offsetof(struct lmtp_delivery, handover));
}

static int64_t
now(const struct lmtp_agent *agent)
{
	return agent->server.pool->dialer->now(agent->server.pool->dialer);
}

static void
free_delivery(struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->recipients[i].verdict);
	free(d->recipients);
	free(d->mailboxes);
	free(d);
}

static bool
append(struct delivery *delivery, const char *bytes, size_t len)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	d->entry->size += len;
	return d->spool->ops->append(d->spool, bytes, len);
}

static void
begin_relayed(struct delivery *delivery)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	d->entry->size = 0;
	d->spool->ops->begin_relayed(d->spool);
}

static void
edit(struct delivery *delivery, const struct field_edits *edits)
{
	struct delivery *spool = of_delivery(delivery)->spool;
	spool->ops->edit(spool, edits);
}

/* The mailboxes of copies are left to the queue: SMTP and LMTP answer for one message, and this one is sent first. */
static bool
copy(struct delivery *delivery, const struct delivery_copy *copies, size_t count)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	struct delivery_copy *queued = calloc(count + 1, sizeof *queued);
	bool copied = queued != NULL;
	for (size_t i = 0; copied && i < count; i++) {
		queued[i] = copies[i];
		queued[i].count = 0;
		for (size_t j = 0; copied && j < copies[i].count; j++) {
			const struct mailbox *mailbox = &copies[i].mailboxes[j];
			struct queue_recipient *added = queue_entry_add(copies[i].entry, mailbox->address);
			copied = added != NULL;
			if (added != NULL)
				added->notify = mailbox->notify;
		}
	}
	copied = copied && d->spool->ops->copy(d->spool, queued, count);
	d->copied = count > 0;
	free(queued);
	return copied;
}

static void
copy_mailboxes(struct lmtp_delivery *d, const struct mailbox *mailboxes, size_t count)
{
	for (d->count = 0; d->count < count; d->count++) {
		d->mailboxes[d->count] = mailboxes[d->count];
		d->recipients[d->count].address = d->mailboxes[d->count].address;
	}
}

/* No recipient has a verdict before the commit. */
static void
narrow(struct delivery *delivery, const struct mailbox *mailboxes, size_t count)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	assert(count <= d->count);
	copy_mailboxes(d, mailboxes, count);
}

static bool
wants_flush(const struct delivery *delivery)
{
	const struct delivery *spool = ((const struct lmtp_delivery *)delivery)->spool;
	return spool->ops->wants_flush(spool);
}

static void
flush(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	struct delivery *spool = of_delivery(delivery)->spool;
	spool->ops->flush(spool, executor, done, context);
}

static void
spool_it(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	struct delivery *spool = of_delivery(delivery)->spool;
	spool->ops->spool(spool, executor, done, context);
}

static int
file(const struct delivery *delivery)
{
	const struct delivery *spool = ((const struct lmtp_delivery *)delivery)->spool;
	return spool->ops->file(spool);
}

/* Reports the outcome; the delivery is freed before. */
static void
finish(struct lmtp_delivery *d, const struct delivery_outcome *outcome)
{
	char detail[DELIVERY_DETAIL_SIZE];
	delivery_done *done = d->done;
	void *context = d->context;
	snprintf(detail, sizeof detail, "%s", outcome->detail);
	free_delivery(d);
	done(context, &(struct delivery_outcome) { outcome->result, detail });
}

/* One line for each recipient whose delivery was tried here and did not succeed. */
static void
log_left(const struct lmtp_delivery *d)
{
	int64_t now = d->agent->now();
	for (size_t i = 0; i < d->entry->count; i++) {
		const struct queue_recipient *recipient = &d->entry->recipients[i];
		if (recipient->attempts > 0)
			queue_log_outcome(
			    d->entry, recipient, recipient->state == QUEUE_FAILED ? "bounced" : "deferred", NULL, now);
	}
}

static void
on_unstaged(void *context, const struct delivery_outcome *outcome)
{
	struct lmtp_delivery *d = context;
	const struct delivery_outcome told = d->outcome;
	(void)outcome;
	d->spool->ops->abandon(d->spool, d->executor);
	finish(d, &told);
}

/* The message is not needed any more, or never was. What was written for the queue is removed before the client knows. */
static void
give_up(struct lmtp_delivery *d, enum delivery_result result, const char *detail)
{
	snprintf(d->detail, sizeof d->detail, "%s", detail);
	d->outcome = (struct delivery_outcome) { result, d->detail };
	if (d->staged)
		d->spool->ops->unstage(d->spool, d->executor, on_unstaged, d);
	else
		on_unstaged(d, NULL);
}

/* The queue has the recipients that the server did not accept the message for. */
static void
on_queued(void *context, const struct delivery_outcome *outcome)
{
	struct lmtp_delivery *d = context;
	if (outcome->result == DELIVERY_OK)
		log_left(d);
	finish(d, outcome);
}

/* The recipient of this address among those whose success would have been reported; NULL: none. */
static struct queue_recipient *
find_delivered(const struct lmtp_delivery *d, const char *address)
{
	struct queue_recipient *found = queue_entry_find(d->entry, address);
	return found != NULL && found->state == QUEUE_DELIVERED ? found : NULL;
}

/*
 * Adds a recipient that the server did not accept the message for to the queue, with its NOTIFY; ORCPT is kept if the
 * client named the mailbox itself and asked for a report of success. False when memory is out.
 */
static bool
leave_over(struct lmtp_delivery *d, size_t number)
{
	const struct transport_recipient *from = &d->recipients[number];
	int64_t now = d->agent->now();
	struct queue_recipient *to = find_delivered(d, from->address);
	if (to == NULL && queue_entry_find(d->entry, from->address) != NULL)
		return true;
	if (to == NULL && (to = queue_entry_add(d->entry, from->address)) == NULL)
		return false;
	to->notify |= d->mailboxes[number].notify;
	if (to->notify != DSN_NEVER)
		to->notify &= ~(unsigned)DSN_NEVER; /* it stands alone (RFC 3461 section 4.1) */
	to->state = from->result == TRANSPORT_FAILED ? QUEUE_FAILED : QUEUE_WAITING;
	to->attempts = 1;
	to->next = now + d->agent->retry;
	return from->verdict == NULL ||
	    queue_set_text(&to->reply, from->verdict, strlen(from->verdict), QUEUE_REPLY_MAX);
}

/* The result if no recipient was accepted: the server's reply, sent to the client as 4xx in any case. */
static enum delivery_result
result_of(const struct transport_recipient *recipient)
{
	struct verdict verdict;
	if (recipient->verdict == NULL || !verdict_read(&verdict, recipient->verdict) ||
	    verdict.reason != FTG_NOTICE_SAID)
		return DELIVERY_FAILED;
	if (strncmp(verdict.detail, "452 4.2.2", 9) == 0 || strncmp(verdict.detail, "552", 3) == 0)
		return DELIVERY_OVER_QUOTA;
	return recipient->result == TRANSPORT_FAILED ? DELIVERY_ACCESS : DELIVERY_FAILED;
}

static size_t
count_taken(const struct lmtp_delivery *d)
{
	size_t taken = 0;
	for (size_t i = 0; i < d->count; i++)
		taken += d->recipients[i].result == TRANSPORT_DONE;
	return taken;
}

static void
log_accepted(const struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->recipients[i].result == TRANSPORT_DONE)
			delivery_log(
			    d->agent->stats, d->entry, &d->mailboxes[i], d->recipients[i].verdict, d->agent->now());
}

/* Takes recipients out of the entry that would be reported to the sender as delivered; the order of the others stays. */
static void
drop_delivered(struct queue_entry *entry)
{
	size_t kept = 0;
	for (size_t i = 0; i < entry->count; i++) {
		struct queue_recipient recipient = entry->recipients[i];
		if (recipient.state == QUEUE_DELIVERED)
			continue;
		entry->recipients[i] = entry->recipients[kept];
		entry->recipients[kept++] = recipient;
	}
	queue_entry_cut(entry, kept);
}

/*
 * The entry names recipients as the client did, the server by mailbox: if it did not accept all mailboxes, it is
 * unknown which recipients have the message, and none is reported as delivered. False when memory is out.
 */
static bool
keep_rest(struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->recipients[i].result != TRANSPORT_DONE && !leave_over(d, i))
			return false;
	drop_delivered(d->entry);
	return true;
}

/* Some have the message, so the rest goes into the queue however late it is: what can be written is written (stage). */
static void
queue_rest(struct lmtp_delivery *d, bool is_changed)
{
	if (is_changed)
		d->spool->ops->restage(d->spool);
	d->spool->ops->commit(d->spool, d->executor, 0, on_queued, d);
}

static void
on_sent(struct lmtp_handover *handover)
{
	struct lmtp_delivery *d = of_handover(handover);
	size_t taken = count_taken(d);
	const char *verdict = d->recipients[0].verdict;
	if (taken == 0) {
		give_up(d, result_of(&d->recipients[0]), verdict != NULL ? verdict : strerror(ENOMEM));
		return;
	}
	log_accepted(d);
	if (taken < d->count && !keep_rest(d))
		give_up(d, DELIVERY_FAILED, strerror(ENOMEM));
	else if (d->entry->count == 0 && !d->copied)
		give_up(d, DELIVERY_OK, "");
	else
		queue_rest(d, taken < d->count);
}

static void
check_utf8(struct job *job)
{
	struct transport *t = &of_job(job)->handover.transport;
	t->utf8 = transport_needs_utf8(t);
}

static void
on_utf8_checked(struct job *job)
{
	struct lmtp_delivery *d = of_job(job);
	lmtp_server_send(&d->agent->server, &d->handover);
}

static void
open_transport(struct lmtp_delivery *d)
{
	struct transport *t = &d->handover.transport;
	int timeout = (int)d->agent->timeout;
	*t = transport_for_entry(d->entry, &d->agent->route->manner, d->agent->hostname);
	t->times = (struct transport_times) { timeout, timeout, timeout, timeout };
	t->deadline = d->deadline;
	t->message = d->spool->ops->file(d->spool);
	t->recipients = d->recipients;
	t->count = d->count;
	d->handover.done = on_sent;
}

/* Only if the client asked for SMTPUTF8 must the header be read, which is a job. */
static void
on_spooled(void *context, const struct delivery_outcome *outcome)
{
	struct lmtp_delivery *d = context;
	if (outcome->result != DELIVERY_OK) {
		give_up(d, outcome->result, outcome->detail);
		return;
	}
	open_transport(d);
	d->job = (struct job) { .work = check_utf8, .done = on_utf8_checked };
	if (d->entry->utf8) {
		d->executor->start(d->executor, &d->job);
	} else {
		check_utf8(&d->job);
		on_utf8_checked(&d->job);
	}
}

/*
 * Does the queue get a part of the message, or can it? A queue that does not work is found out before the other server has
 * the message, which cannot be recalled then, and would come again with each attempt of the client.
 */
static bool
needs_queue(const struct lmtp_delivery *d)
{
	return d->entry->count > 0 || d->copied || d->count > 1;
}

static void
commit(struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	d->executor = executor;
	d->done = done;
	d->context = context;
	d->deadline = now(d->agent) + (timeout < d->agent->timeout ? timeout : d->agent->timeout);
	if (d->count == 0)
		d->spool->ops->commit(d->spool, executor, timeout, on_queued, d);
	else if ((d->staged = needs_queue(d)))
		d->spool->ops->stage(d->spool, executor, timeout, on_spooled, d);
	else
		d->spool->ops->spool(d->spool, executor, on_spooled, d);
}

static void
abandon(struct delivery *delivery, struct executor *executor)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	d->spool->ops->abandon(d->spool, executor);
	free_delivery(d);
}

static const struct delivery_ops ops = {
	.append = append,
	.begin_relayed = begin_relayed,
	.edit = edit,
	.copy = copy,
	.narrow = narrow,
	.wants_flush = wants_flush,
	.flush = flush,
	.spool = spool_it,
	.file = file,
	.commit = commit,
	.abandon = abandon,
};

static bool
name_recipients(struct lmtp_delivery *d, const struct mailbox *mailboxes, size_t count)
{
	d->recipients = calloc(count + 1, sizeof *d->recipients);
	d->mailboxes = calloc(count + 1, sizeof *d->mailboxes);
	if (d->recipients == NULL || d->mailboxes == NULL)
		return false;
	copy_mailboxes(d, mailboxes, count);
	return true;
}

static struct delivery *
begin(struct delivery_agent *base, const struct mailbox *mailboxes, size_t count, struct queue_entry *entry)
{
	struct lmtp_agent *agent = (struct lmtp_agent *)base;
	struct lmtp_delivery *d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->delivery.ops = &ops;
	d->agent = agent;
	d->entry = entry;
	if (name_recipients(d, mailboxes, count) &&
	    (d->spool = agent->spool->begin(agent->spool, NULL, 0, entry)) != NULL)
		return &d->delivery;
	free_delivery(d);
	return NULL;
}

static bool
is_full(struct delivery_agent *base, struct executor *executor)
{
	struct delivery_agent *spool = ((struct lmtp_agent *)base)->spool;
	return spool->is_full(spool, executor);
}

/* Whether there is room in a mailbox is for the other server to say. */
static void
check_space(struct delivery_agent *base, struct executor *executor, const struct mailbox *mailboxes, size_t count,
    uint64_t size, delivery_done *done, void *context)
{
	struct delivery_agent *spool = ((struct lmtp_agent *)base)->spool;
	(void)mailboxes;
	(void)count;
	spool->check_space(spool, executor, NULL, 0, size, done, context);
}

static void
run_queue(struct delivery_agent *base, struct executor *executor, const char *domain, bool below, delivery_done *done,
    void *context)
{
	struct delivery_agent *spool = ((struct lmtp_agent *)base)->spool;
	spool->run_queue(spool, executor, domain, below, done, context);
}

void
lmtp_agent_open(struct lmtp_agent *agent, struct client_pool *pool, struct clock *clock)
{
	struct channel_address address = { .port = agent->route->port };
	snprintf(address.host, sizeof address.host, "%s", agent->route->host);
	agent->agent = (struct delivery_agent) {
		.begin = begin,
		.is_full = is_full,
		.check_space = check_space,
		.run_queue = run_queue,
	};
	lmtp_server_open(&agent->server, pool, clock, &address);
	agent->server.stats = agent->stats;
}

void
lmtp_agent_close(struct lmtp_agent *agent)
{
	lmtp_server_close(&agent->server);
}
