/* Delivers into mailboxes of this server, and of others, such as Dovecot, by LMTP (RFC 2033). */
#include "relay/lmtp_internal.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/queue_entry.h"
#include "relay/client/transport_entry.h"

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

static int64_t
now(const struct lmtp_agent *agent)
{
	return agent->stores.pool->dialer->now(agent->stores.pool->dialer);
}

static void
free_delivery(struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->recipients[i].verdict);
	free(d->recipients);
	free(d->remotes);
	free(d->here);
	free(d->unfit);
	free(d->copies_here);
	free(d->parts);
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

/* Leaves a remote mailbox of a copy to the queue. */
static bool
queue_mailbox(struct queue_entry *entry, const struct mailbox *mailbox)
{
	struct queue_recipient *added = queue_entry_add(entry, mailbox->address);
	if (added == NULL)
		return false;
	added->notify = mailbox->notify;
	added->mailbox = true;
	return true;
}

/* Divides the mailboxes of a copy; those here go to the array, which has room, and *count is how many it has. */
static bool
divide_copy(struct lmtp_delivery *d, struct delivery_copy *copy, size_t *count)
{
	size_t all = copy->count;
	const struct mailbox *mailboxes = copy->mailboxes;
	copy->mailboxes = d->copies_here + *count;
	copy->count = 0;
	for (size_t i = 0; i < all; i++) {
		const struct store *store = stores_find(&d->agent->stores, mailboxes[i].store);
		if (store == NULL && errno == ENOMEM)
			return false;
		if (store != NULL && store_is_here(store))
			d->copies_here[*count + copy->count++] = mailboxes[i];
		else if (!queue_mailbox(copy->entry, &mailboxes[i]))
			return false;
	}
	*count += copy->count;
	return true;
}

/*
 * Leaves the remote mailboxes of copies to the queue: SMTP and LMTP answer for one message, and this one is sent first.
 */
static bool
copy(struct delivery *delivery, const struct delivery_copy *copies, size_t count)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	size_t all = 0, here = 0;
	for (size_t i = 0; i < count; i++)
		all += copies[i].count;
	struct delivery_copy *divided = calloc(count + 1, sizeof *divided);
	d->copies_here = calloc(all + 1, sizeof *d->copies_here);
	bool copied = divided != NULL && d->copies_here != NULL;
	for (size_t i = 0; copied && i < count; i++) {
		divided[i] = copies[i];
		copied = divide_copy(d, &divided[i], &here);
	}
	copied = copied && d->spool->ops->copy(d->spool, divided, count);
	d->copied = count > 0;
	d->copied_here = here > 0;
	free(divided);
	return copied;
}

/* Leaves a mailbox with an unfit store name to the queue: the other mailboxes are not affected. */
static void
note_unfit(struct lmtp_delivery *d, const struct mailbox *mailbox)
{
	d->unfit[d->unfit_count++] = *mailbox;
	snprintf(d->detail, sizeof d->detail, "delivery of %s: %.100s", mailbox->address, mailbox->store);
}

/* Divides mailboxes by where they are. False when memory is out. */
static bool
divide(struct lmtp_delivery *d, const struct mailbox *mailboxes, size_t count, bool here_too)
{
	d->count = d->unfit_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct store *store = stores_find(&d->agent->stores, mailboxes[i].store);
		if (store == NULL && errno == ENOMEM)
			return false;
		if (store == NULL)
			note_unfit(d, &mailboxes[i]);
		else if (!store_is_here(store))
			d->remotes[d->count++] = (struct remote) { mailboxes[i], store, i };
		else if (here_too)
			d->here[d->here_count++] = mailboxes[i];
	}
	return true;
}

/* Sieve at another server may forward a message. */
static bool
sends_on(const struct delivery *delivery, const struct mailbox *mailbox)
{
	struct lmtp_agent *agent = ((const struct lmtp_delivery *)delivery)->agent;
	const struct store *store = stores_find(&agent->stores, mailbox->store);
	return store == NULL || !store_is_here(store);
}

/* The stores of all of them are known already. */
static void
narrow(struct delivery *delivery, const struct mailbox *mailboxes, size_t count)
{
	(void)divide(of_delivery(delivery), mailboxes, count, false);
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

static void
on_unstaged(void *context, const struct delivery_outcome *outcome)
{
	struct lmtp_delivery *d = context;
	const struct delivery_outcome told = d->outcome;
	(void)outcome;
	d->spool->ops->abandon(d->spool, d->executor);
	finish(d, &told);
}

/*
 * The message is not needed any more, or never was; detail NULL: it is known already. The files for the queue are
 * removed before the client gets the reply.
 */
static void
give_up(struct lmtp_delivery *d, enum delivery_result result, const char *detail)
{
	if (detail != NULL)
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
		lmtp_log_left(d);
	finish(d, outcome);
}

/* Some have the message, so the rest goes into the queue however late it is: what can be written is written (stage). */
static void
queue_rest(struct lmtp_delivery *d, bool is_changed)
{
	if (is_changed)
		d->spool->ops->restage(d->spool);
	d->spool->ops->commit(d->spool, d->executor, 0, on_queued, d);
}

/* All servers have answered. */
static void
all_sent(struct lmtp_delivery *d)
{
	size_t accepted = lmtp_count_accepted(d);
	const char *verdict = d->recipients[0].verdict;
	if (accepted == 0) {
		give_up(d, lmtp_result(d), verdict != NULL ? verdict : strerror(ENOMEM));
		return;
	}
	lmtp_log_accepted(d);
	bool is_changed = accepted < d->count || d->unfit_count > 0;
	if (is_changed && !lmtp_keep_rest(d))
		give_up(d, DELIVERY_FAILED, strerror(ENOMEM));
	else if (d->entry->count == 0 && !d->copied)
		give_up(d, DELIVERY_OK, "");
	else
		queue_rest(d, is_changed);
}

static void
end_part(struct lmtp_delivery *d)
{
	if (--d->pending == 0)
		all_sent(d);
}

static void
on_sent(struct lmtp_handover *handover)
{
	end_part(((struct lmtp_part *)(void *)handover)->delivery);
}

static void
check_utf8(struct job *job)
{
	struct lmtp_delivery *d = of_job(job);
	for (size_t i = 0; i < d->part_count; i++) {
		struct transport *t = &d->parts[i].handover.transport;
		t->utf8 = transport_needs_utf8(t);
	}
}

/* Sends the message to all servers at the same time: a server that is slow or down delays only its own mailboxes. */
static void
on_utf8_checked(struct job *job)
{
	struct lmtp_delivery *d = of_job(job);
	d->pending = d->part_count + 1;
	for (size_t i = 0; i < d->part_count; i++)
		lmtp_server_send(&d->parts[i].store->server, &d->parts[i].handover);
	end_part(d);
}

static void
open_transport(struct lmtp_part *part)
{
	struct lmtp_delivery *d = part->delivery;
	struct transport *t = &part->handover.transport;
	int timeout = (int)d->agent->timeout;
	*t = transport_for_entry(d->entry, &part->store->route.manner, d->agent->hostname);
	t->times = (struct transport_times) { timeout, timeout, timeout, timeout };
	t->deadline = d->deadline;
	t->message = d->spool->ops->file(d->spool);
	t->recipients = d->recipients + part->first;
	t->count = part->count;
	part->handover.done = on_sent;
}

static int
compare(const void *one, const void *other)
{
	const struct remote *a = one, *b = other;
	if (a->store != b->store)
		return (uintptr_t)a->store < (uintptr_t)b->store ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Makes a part for each server. False when memory is out. */
static bool
make_parts(struct lmtp_delivery *d)
{
	qsort(d->remotes, d->count, sizeof *d->remotes, compare);
	d->parts = calloc(d->count, sizeof *d->parts);
	for (size_t i = 0; i < d->count && d->parts != NULL; i++) {
		d->recipients[i].address = d->remotes[i].mailbox.address;
		if (i == 0 || d->remotes[i].store != d->remotes[i - 1].store)
			d->parts[d->part_count++] = (struct lmtp_part) {
				.delivery = d, .store = d->remotes[i].store, .first = i
			};
		d->parts[d->part_count - 1].count++;
	}
	return d->parts != NULL;
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
	for (size_t i = 0; i < d->part_count; i++)
		open_transport(&d->parts[i]);
	d->job = (struct job) { .work = check_utf8, .done = on_utf8_checked };
	if (d->entry->utf8) {
		d->executor->start(d->executor, &d->job);
	} else {
		check_utf8(&d->job);
		on_utf8_checked(&d->job);
	}
}

/*
 * Does the queue get a part of the message, or can it? A queue that does not work is found out before the other server
 * has the message, which cannot be recalled then, and would come again with each attempt of the client.
 */
static bool
needs_queue(const struct lmtp_delivery *d)
{
	return d->entry->count > 0 || d->copied || d->count > 1;
}

/*
 * If some mailboxes are local, the message is stored in them and accepted, whatever the other servers would reply.
 * These get it from the queue, which begins at once.
 */
static bool
is_for_mailboxes_here(const struct lmtp_delivery *d)
{
	return d->here_count > 0 || d->copied_here;
}

/* Does the queue have a recipient that does not have the message? The others are in it for their DSN alone. */
static bool
is_relayed(const struct lmtp_delivery *d)
{
	for (size_t i = 0; i < d->entry->count; i++)
		if (d->entry->recipients[i].state != QUEUE_DELIVERED)
			return true;
	return false;
}

/* Does no other recipient get the message? It is then deferred. */
static bool
is_all_unfit(const struct lmtp_delivery *d)
{
	return d->unfit_count > 0 && d->count + d->here_count == 0 && !d->copied && !is_relayed(d);
}

static void
commit(struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context)
{
	struct lmtp_delivery *d = of_delivery(delivery);
	bool is_direct = d->count > 0 && !is_for_mailboxes_here(d);
	d->executor = executor;
	d->done = done;
	d->context = context;
	d->deadline = now(d->agent) + (timeout < d->agent->timeout ? timeout : d->agent->timeout);
	if (is_all_unfit(d))
		give_up(d, DELIVERY_FAILED, NULL);
	else if (is_direct ? !make_parts(d) || !lmtp_keep_unfit(d) : d->count + d->unfit_count > 0 && !lmtp_keep_all(d))
		give_up(d, DELIVERY_FAILED, strerror(ENOMEM));
	else if (!is_direct)
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
	.sends_on = sends_on,
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
	d->remotes = calloc(count + 1, sizeof *d->remotes);
	d->here = calloc(count + 1, sizeof *d->here);
	d->unfit = calloc(count + 1, sizeof *d->unfit);
	return d->recipients != NULL && d->remotes != NULL && d->here != NULL && d->unfit != NULL &&
	    divide(d, mailboxes, count, true);
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
	    (d->spool = agent->spool->begin(agent->spool, d->here, d->here_count, entry)) != NULL)
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

static bool
are_all_here(struct lmtp_agent *agent, const struct mailbox *mailboxes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct store *store = stores_find(&agent->stores, mailboxes[i].store);
		if (store == NULL || !store_is_here(store))
			return false;
	}
	return true;
}

/* The other server checks the room in its mailboxes. */
static void
check_space(struct delivery_agent *base, struct executor *executor, const struct mailbox *mailboxes, size_t count,
    uint64_t size, delivery_done *done, void *context)
{
	struct lmtp_agent *agent = (struct lmtp_agent *)base;
	bool here = are_all_here(agent, mailboxes, count);
	agent->spool->check_space(
	    agent->spool, executor, here ? mailboxes : NULL, here ? count : 0, size, done, context);
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
	agent->agent = (struct delivery_agent) {
		.begin = begin,
		.is_full = is_full,
		.check_space = check_space,
		.run_queue = run_queue,
	};
	agent->stores.stats = agent->stats;
	stores_open(&agent->stores, agent->route, pool, clock);
}

void
lmtp_agent_close(struct lmtp_agent *agent)
{
	stores_close(&agent->stores);
}
