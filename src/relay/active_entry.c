/* One entry of the queue while it is claimed: its recipients are sent, recorded and reported, step by step. */
#include "relay/active_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address.h"
#include "base/log/log.h"
#include "relay/dsn/dsn_report.h"
#include "relay/queue_log.h"

enum {
	TROUBLE_WAIT = 60, /* seconds after which an entry is tried again when this server is in trouble */
	SHARE_WAIT = 600,  /* and when it was not woken for a share */
	DOWN_WAIT = 3600,  /* or because the server is back */
	CLAIM_WAIT = 25,   /* milliseconds until an entry that another process has claimed may be free */
};

static int64_t
now(const struct active_entry *active)
{
	return queue_config_now(active->config);
}

static struct active_entry *
of_job(struct job *job)
{
	return (struct active_entry *)(void *)((char *)job - offsetof(struct active_entry, job));
}

static void
job_done(struct job *job)
{
	struct active_entry *active = of_job(job);
	manager_event_post(active->events, &active->event);
}

static enum active_need
start_job(struct active_entry *active, enum active_state state, void (*work)(struct job *job))
{
	active->state = state;
	active->job = (struct job) { .work = work, .done = job_done };
	active->config->jobs->start(active->config->jobs, &active->job);
	return ACTIVE_NEEDS_NOTHING;
}

static void
claim_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->error = queue_claim(&active->config->queue, active->item->id, &active->entry) < 0 ? errno : 0;
}

static void
record_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->error = queue_record(&active->config->queue, &active->entry) < 0 ? errno : 0;
}

static void
remove_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->error = queue_remove(&active->config->queue, &active->entry) < 0 ? errno : 0;
}

static void
log_failure(const struct active_entry *active, const char *what)
{
	log_event("queue-failed", "id", active->item->id, "what", what, "detail", strerror(active->error), NULL);
}

struct active_entry *
active_entry_new(const struct queue_manager_config *config, struct manager_events *events, struct schedule_item *item)
{
	struct active_entry *active = calloc(1, sizeof *active);
	if (active == NULL)
		return NULL;
	active->event.kind = MANAGER_ENTRY;
	active->woken.kind = MANAGER_WOKEN;
	active->events = events;
	active->config = config;
	active->item = item;
	(void)start_job(active, ACTIVE_CLAIMING, claim_work);
	return active;
}

static void
free_attempts(struct active_entry *active)
{
	for (struct attempt *attempt = active->attempts, *next; attempt != NULL; attempt = next) {
		next = attempt->next;
		attempt_free(attempt);
	}
	active->attempts = NULL;
}

void
active_entry_free(struct active_entry *active)
{
	free_attempts(active);
	free(active->mailboxes);
	queue_entry_clear(&active->entry);
	free(active);
}

static void
defer(struct active_entry *active)
{
	active->later = now(active) + TROUBLE_WAIT;
}

void
active_entry_fail(struct active_entry *active, int error, const char *what)
{
	active->error = error;
	log_failure(active, what);
	defer(active);
}

bool
active_entry_is_due(const struct active_entry *active, size_t number)
{
	const struct queue_recipient *recipient = &active->entry.recipients[number];
	return recipient->state == QUEUE_WAITING && !active->entry.held && !active->stopping &&
	    (active->requested || recipient->next <= active->claimed);
}

enum active_place
active_entry_place(const struct active_entry *active, size_t recipient)
{
	return active->mailboxes != NULL ? active->mailboxes[recipient].place : ACTIVE_ELSEWHERE;
}

bool
active_entry_is_over(const struct active_entry *active)
{
	const struct queue_manager_config *config = active->config;
	const struct queue_entry *entry = &active->entry;
	if (entry->arrival + config->expire <= now(active))
		return true;
	if (config->delay_notice == 0 || entry->arrival + config->delay_notice > now(active))
		return false;
	for (size_t i = 0; i < entry->count; i++)
		if (entry->recipients[i].state == QUEUE_WAITING && entry->recipients[i].attempts == 0)
			return true;
	return false;
}

static enum active_need
end(struct active_entry *active, int64_t due)
{
	active->state = ACTIVE_ENDED;
	active->due = due;
	return ACTIVE_NEEDS_END;
}

static enum active_need
end_gone(struct active_entry *active)
{
	active->gone = true;
	return end(active, INT64_MAX);
}

static enum active_need
end_in_trouble(struct active_entry *active, const char *what)
{
	log_failure(active, what);
	return end(active, active->config->now() + 1000 * TROUBLE_WAIT);
}

static enum active_need
end_by_directory(struct active_entry *active)
{
	log_event("queue-failed", "id", active->item->id, "what", "plan", "detail", active->question.base.detail, NULL);
	return end(active, active->config->now() + 1000 * TROUBLE_WAIT);
}

/* Mostly the session that the entry comes from, until it is durable. */
static enum active_need
end_busy(struct active_entry *active)
{
	struct schedule_item *item = active->item;
	int64_t wait = CLAIM_WAIT << item->busy;
	if (wait < 1000)
		item->busy++;
	return end(active, active->config->now() + wait);
}

static void
on_answer(struct directory_question *question)
{
	struct active_entry *active = (struct active_entry *)(void *)((char *)question -
	    offsetof(struct active_entry, question));
	bool late = active->answer == ACTIVE_ASKED;
	active->answer = ACTIVE_ANSWERED;
	if (late)
		manager_event_post(active->events, &active->event);
}

/*
 * Must the directory be asked for this recipient? A hosted domain may have its
 * mailboxes at the server that the configuration names.
 */
static bool
may_have_mailbox(const struct active_entry *active, size_t recipient)
{
	return active->entry.recipients[recipient].mailbox || !store_is_here(active->config->stores->configured);
}

/* Queries the next recipient. Returns false if the answer comes later. */
static bool
ask(struct active_entry *active)
{
	struct directory *directory = active->config->directory;
	const char *text = active->entry.recipients[active->asked].address;
	if (active->answer == ACTIVE_ANSWERED)
		return true;
	active->question = (struct recipient_question) { .base = { .done = on_answer } };
	if (address_parse(&active->question.address, text, strlen(text), false, true) != ADDRESS_OK) {
		active->question.base.verdict = DIRECTORY_NO_DOMAIN;
		return true;
	}
	directory->ops->recipient(directory, &active->question);
	if (active->answer == ACTIVE_UNASKED)
		active->answer = ACTIVE_ASKED;
	return active->answer == ACTIVE_ANSWERED;
}

/*
 * Mail that was accepted for an account is delivered even if the account may not receive any more. If the account was
 * removed, the configured server decides, if there is one.
 */
static void
find_place(struct active_entry *active, struct active_mailbox *to)
{
	const struct recipient *found = &active->question.recipient;
	struct stores *stores = active->config->stores;
	to->place = ACTIVE_ELSEWHERE;
	if (found->domain.relayed || active->question.base.verdict == DIRECTORY_NO_DOMAIN)
		return;
	bool known = found->kind == RECIPIENT_ACCOUNT && found->mailbox.address[0] != '\0';
	to->account = found->mailbox.account;
	to->quota = found->mailbox.quota;
	to->store = known ? stores_find(stores, found->mailbox.store) : stores->configured;
	to->place = to->store != NULL ? ACTIVE_AT_STORE : ACTIVE_UNFIT;
	if (!known && store_is_here(stores->configured))
		to->place = ACTIVE_NOWHERE;
}

/* If the directory fails, the store is unknown and the entry is deferred. */
static enum active_need
plan(struct active_entry *active)
{
	for (; active->asked < active->entry.count; active->asked++) {
		if (!active_entry_is_due(active, active->asked) || !may_have_mailbox(active, active->asked))
			continue;
		if (!ask(active))
			return ACTIVE_NEEDS_NOTHING;
		active->answer = ACTIVE_UNASKED;
		if (active->question.base.verdict == DIRECTORY_FAILED)
			return end_by_directory(active);
		find_place(active, &active->mailboxes[active->asked]);
	}
	active->state = ACTIVE_SENDING;
	return ACTIVE_NEEDS_PLAN;
}

static bool
has_mailboxes(const struct active_entry *active)
{
	for (size_t i = 0; i < active->entry.count; i++)
		if (may_have_mailbox(active, i))
			return true;
	return false;
}

static enum active_need
begin_plan(struct active_entry *active)
{
	active->state = ACTIVE_PLANNING;
	if (!has_mailboxes(active)) {
		active->asked = active->entry.count;
		return plan(active);
	}
	active->mailboxes = calloc(active->entry.count, sizeof *active->mailboxes);
	if (active->mailboxes != NULL)
		return plan(active);
	active->error = ENOMEM;
	return end_in_trouble(active, "plan");
}

static enum active_need
claimed(struct active_entry *active)
{
	switch (active->error) {
	case 0:
		active->item->busy = 0;
		active->item->unread = false;
		active->item->held = active->entry.held;
		active->item->arrival = active->entry.arrival;
		active->claimed = now(active);
		return begin_plan(active);
	case ENOENT: return end_gone(active);
	case EWOULDBLOCK: return end_busy(active);
	case EBADMSG: log_event("queue-damaged", "id", active->item->id, NULL); return end(active, INT64_MAX);
	default: return end_in_trouble(active, "claim");
	}
}

/* Counts an outcome for a recipient, by where the mailbox is. */
static void
count(const struct active_entry *active, const struct queue_recipient *recipient, enum stats_item local,
    enum stats_item remote)
{
	bool here = active_entry_place(active, (size_t)(recipient - active->entry.recipients)) != ACTIVE_ELSEWHERE;
	stats_add(active->config->stats, here ? local : remote, 1);
}

static void
defer_recipient(struct active_entry *active, struct queue_recipient *recipient, const struct transport *t)
{
	const struct queue_manager_config *config = active->config;
	int64_t last = active->entry.arrival + config->expire;
	int64_t next = now(active) + queue_config_back_off(config, recipient->attempts);
	if (now(active) >= last) {
		recipient->state = QUEUE_EXPIRED;
		count(active, recipient, STAT_LOCAL_EXPIRED, STAT_EXPIRED);
		queue_log_outcome(&active->entry, recipient, "bounced", t, now(active));
		return;
	}
	recipient->next = next < last ? next : last;
	count(active, recipient, STAT_LOCAL_DEFERRED, STAT_DEFERRED);
	queue_log_outcome(&active->entry, recipient, "deferred", t, now(active));
}

static void
apply(struct active_entry *active, struct queue_recipient *recipient, enum transport_result result, const char *verdict,
    const struct transport *t)
{
	recipient->attempts++;
	if (verdict != NULL)
		(void)queue_set_text(&recipient->reply, verdict, strlen(verdict), QUEUE_REPLY_MAX);
	active->dirty = true;
	switch (result) {
	case TRANSPORT_DONE:
		recipient->state = QUEUE_DELIVERED;
		if (t == NULL)
			break; /* the delivery to a local mailbox has counted and logged it */
		count(active, recipient, STAT_DELIVERED, STAT_RELAYED);
		queue_log_outcome(&active->entry, recipient, "relayed", t, now(active));
		break;
	case TRANSPORT_FAILED:
		recipient->state = QUEUE_FAILED;
		count(active, recipient, STAT_LOCAL_BOUNCED, STAT_BOUNCED);
		queue_log_outcome(&active->entry, recipient, "bounced", t, now(active));
		break;
	case TRANSPORT_LATER: defer_recipient(active, recipient, t); break;
	}
}

/* A run was requested, and these recipients were not tried: they stay due, but those that were tried wait again. */
static void
keep_due(struct active_entry *active, const struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count && active->requested; i++) {
		struct queue_recipient *recipient = &active->entry.recipients[attempt->recipients[i]];
		if (recipient->next <= active->claimed)
			continue;
		recipient->next = active->claimed;
		active->dirty = true;
	}
}

/* If the server sends DSNs itself, it reports success. */
static void
apply_attempt(struct active_entry *active, const struct attempt *attempt)
{
	const struct transport *t = &attempt->transport;
	for (size_t i = 0; i < attempt->count; i++) {
		struct queue_recipient *recipient = &active->entry.recipients[attempt->recipients[i]];
		switch (attempt->results) {
		case ATTEMPT_NOTHING: break;
		case ATTEMPT_COMMON: apply(active, recipient, attempt->result, attempt->verdict, NULL); break;
		case ATTEMPT_TRANSPORT:
			if (t->recipients[i].result == TRANSPORT_DONE && t->dsn)
				recipient->noticed |= DSN_SUCCESS;
			apply(active, recipient, t->recipients[i].result, t->recipients[i].verdict, t);
			break;
		}
	}
}

static void
apply_ended(struct active_entry *active)
{
	for (struct attempt **at = &active->attempts; *at != NULL;) {
		struct attempt *attempt = *at;
		if (attempt->state != ATTEMPT_ENDED) {
			at = &attempt->next;
			continue;
		}
		*at = attempt->next;
		if (attempt->results == ATTEMPT_NOTHING)
			keep_due(active, attempt);
		apply_attempt(active, attempt);
		attempt_free(attempt);
	}
}

static int64_t
earlier(const struct active_entry *active, int64_t next, int64_t time)
{
	return time > now(active) && time < next ? time : next;
}

/*
 * A parked entry is resumed when a share is free. It must be checked earlier if a DSN is due, or if the entry expires.
 */
static int64_t
parked_time(const struct active_entry *active)
{
	const struct queue_manager_config *config = active->config;
	int64_t arrival = active->entry.arrival;
	int64_t next = now(active) + (active->waits ? SHARE_WAIT : DOWN_WAIT);
	if (config->delay_notice > 0)
		next = earlier(active, next, arrival + config->delay_notice);
	return earlier(active, next, arrival + config->expire);
}

/* The time of the recipients that were not due when the entry was claimed, or are deferred; the others are parked. */
static int64_t
next_recipient_time(const struct active_entry *active)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < active->entry.count; i++) {
		const struct queue_recipient *recipient = &active->entry.recipients[i];
		if (recipient->state == QUEUE_WAITING && recipient->next > active->claimed && recipient->next < next)
			next = recipient->next;
	}
	return next;
}

/* When the entry is due again, in milliseconds since 1970. */
static int64_t
next_time(const struct active_entry *active)
{
	const struct queue_entry *entry = &active->entry;
	int64_t next = INT64_MAX;
	if (!entry->held)
		next = notification_time(active->config, entry, next_recipient_time(active));
	if (active->waits || active->down)
		next = earlier(active, next, parked_time(active));
	if (active->later != 0)
		next = earlier(active, next, active->later);
	return next == INT64_MAX ? INT64_MAX : 1000 * next;
}

static void
on_notified(void *owner)
{
	struct active_entry *active = owner;
	manager_event_post(active->events, &active->event);
}

/* The directory may be gone while the process stops. */
static bool
start_notification(struct active_entry *active)
{
	if (active->mute || !notification_is_due(active->config, &active->entry))
		return false;
	active->state = ACTIVE_NOTIFYING;
	if (!active->stopping)
		active->notification = notification_start(active->config, &active->entry, on_notified, active);
	if (active->notification != NULL)
		return true;
	active->state = ACTIVE_SENDING;
	active->mute = true;
	defer(active);
	return false;
}

static void
notified(struct active_entry *active)
{
	if (notification_finish(active->notification, &active->entry)) {
		active->dirty = true;
	} else {
		active->mute = true;
		defer(active);
	}
	active->notification = NULL;
	active->state = ACTIVE_SENDING;
}

static bool
is_any_under_way(const struct active_entry *active)
{
	for (const struct attempt *attempt = active->attempts; attempt != NULL; attempt = attempt->next)
		if (attempt->state != ATTEMPT_NEW)
			return true;
	return false;
}

/* The claim is not held for attempts that only wait. */
static void
drop_waiting(struct active_entry *active)
{
	active->waits = active->waits || active->attempts != NULL;
	for (const struct attempt *attempt = active->attempts; attempt != NULL; attempt = attempt->next)
		keep_due(active, attempt);
	free_attempts(active);
}

/* Record known results first; otherwise the message would be sent again. */
static enum active_need
send_on(struct active_entry *active)
{
	apply_ended(active);
	if (!active->dirty && is_any_under_way(active))
		return ACTIVE_NEEDS_NOTHING;
	if (!active->dirty)
		drop_waiting(active);
	if (active->dirty) {
		active->dirty = false;
		return start_job(active, ACTIVE_RECORDING, record_work);
	}
	if (start_notification(active))
		return ACTIVE_NEEDS_NOTHING;
	if (queue_is_waiting(&active->entry) || active->later != 0)
		return end(active, next_time(active));
	return start_job(active, ACTIVE_REMOVING, remove_work);
}

static enum active_need
recorded(struct active_entry *active)
{
	if (active->error == 0) {
		active->state = ACTIVE_SENDING;
		return send_on(active);
	}
	log_failure(active, "record");
	active->state = ACTIVE_STUCK;
	return ACTIVE_NEEDS_TIME;
}

static enum active_need
removed(struct active_entry *active)
{
	return active->error == 0 || active->error == ENOENT ? end_gone(active) : end_in_trouble(active, "remove");
}

/* An attempt may end while a job reads the entry: its results must wait. */
enum active_need
active_entry_step(struct active_entry *active, enum active_cause cause)
{
	if (cause == ACTIVE_ATTEMPT && active->state != ACTIVE_SENDING)
		return ACTIVE_NEEDS_NOTHING;
	switch (active->state) {
	case ACTIVE_CLAIMING: return claimed(active);
	case ACTIVE_PLANNING: return plan(active);
	case ACTIVE_SENDING: return send_on(active);
	case ACTIVE_RECORDING: return recorded(active);
	case ACTIVE_STUCK: return start_job(active, ACTIVE_RECORDING, record_work);
	case ACTIVE_NOTIFYING: notified(active); return send_on(active);
	case ACTIVE_REMOVING: return removed(active);
	case ACTIVE_ENDED: break;
	}
	return ACTIVE_NEEDS_END;
}
