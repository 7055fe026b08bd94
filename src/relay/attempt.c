/* One delivery: some recipients of an entry, to one destination; and when it may begin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/directory.h"
#include "relay/queue_log.h"
#include "relay/queue_manager_internal.h"
#include "relay/transport_entry.h"
#include "relay/verdict.h"

static struct attempt *
of_job(struct job *job)
{
	return (struct attempt *)(void *)((char *)job - offsetof(struct attempt, job));
}

static struct attempt *
of_next_hop(struct next_hop *hop)
{
	return (struct attempt *)(void *)((char *)hop - offsetof(struct attempt, hop));
}

/* Recipients that one server takes go there at once. */
static void
write_key(char key[KEY_SIZE], const struct route *route, const char *domain)
{
	if (route == NULL)
		snprintf(key, KEY_SIZE, "%s", domain);
	else
		snprintf(key, KEY_SIZE, "[%s]:%u", route->host, route->port);
}

static struct attempt *
attempt_find(struct active_entry *active, const struct route *route, const char *domain)
{
	char key[KEY_SIZE];
	write_key(key, route, domain);
	for (struct attempt *attempt = active->attempts; attempt != NULL; attempt = attempt->next)
		if (strcmp(attempt->key, key) == 0)
			return attempt;
	struct attempt *attempt = calloc(1, sizeof *attempt);
	if (attempt == NULL || (attempt->domain = strdup(domain)) == NULL ||
	    (attempt->recipients = calloc(active->entry.count, sizeof *attempt->recipients)) == NULL) {
		if (attempt != NULL)
			free(attempt->domain);
		free(attempt);
		return NULL;
	}
	memcpy(attempt->key, key, sizeof attempt->key);
	attempt->active = active;
	attempt->route = route;
	attempt->next = active->attempts;
	active->attempts = attempt;
	return attempt;
}

bool
attempt_add(struct active_entry *active, size_t recipient, bool hosted)
{
	const struct queue_manager_config *config = active->manager->config;
	const char *domain = queue_domain(&active->entry.recipients[recipient]);
	const struct route *route = hosted ? &config->routes->mailboxes : route_find(config->routes, domain);
	struct attempt *attempt = attempt_find(active, route, domain);
	if (attempt != NULL)
		attempt->recipients[attempt->count++] = recipient;
	return attempt != NULL;
}

void
attempts_free(struct active_entry *active)
{
	for (struct attempt *attempt = active->attempts, *next; attempt != NULL; attempt = next) {
		next = attempt->next;
		free(attempt->domain);
		free(attempt->recipients);
		free(attempt);
	}
	active->attempts = NULL;
}

static void
put_off(const struct active_entry *active, struct queue_recipient *recipient, int64_t next)
{
	const struct queue_manager_config *config = active->manager->config;
	int64_t now = queue_manager_now(active->manager), end = active->entry.arrival + config->expire;
	if (now >= end) {
		recipient->state = QUEUE_EXPIRED;
		stats_add(config->stats, STAT_BOUNCED, 1);
		queue_log_outcome(&active->entry, recipient, "bounced", queue_manager_now(active->manager));
		return;
	}
	recipient->next = next < end ? next : end;
	stats_add(config->stats, STAT_DEFERRED, 1);
	queue_log_outcome(&active->entry, recipient, "deferred", queue_manager_now(active->manager));
}

/* What came of an attempt. */
static void
settle(
    struct active_entry *active, struct queue_recipient *recipient, enum transport_result result, const char *verdict)
{
	const struct queue_manager *manager = active->manager;
	recipient->attempts++;
	if (verdict != NULL)
		(void)queue_set_text(&recipient->reply, verdict, strlen(verdict), QUEUE_REPLY_MAX);
	active->dirty = true;
	switch (result) {
	case TRANSPORT_DONE:
		recipient->state = QUEUE_DELIVERED;
		stats_add(manager->config->stats, STAT_RELAYED, 1);
		queue_log_outcome(&active->entry, recipient, "relayed", queue_manager_now(active->manager));
		break;
	case TRANSPORT_FAILED:
		recipient->state = QUEUE_FAILED;
		stats_add(manager->config->stats, STAT_BOUNCED, 1);
		queue_log_outcome(&active->entry, recipient, "bounced", queue_manager_now(active->manager));
		break;
	case TRANSPORT_LATER:
		put_off(active, recipient,
		    queue_manager_now(manager) + queue_manager_back_off(manager, recipient->attempts));
		break;
	}
}

/* It has not been reached: for a while nobody tries again. */
static void
note_failure(struct attempt *attempt, const char *verdict)
{
	struct destination *destination = attempt->destination;
	struct queue_manager *manager = attempt->active->manager;
	destination->failures++;
	destination->down_until = queue_manager_now(manager) + queue_manager_back_off(manager, destination->failures);
	free(destination->verdict);
	destination->verdict = verdict != NULL ? strdup(verdict) : NULL;
}

static void
note_success(struct attempt *attempt)
{
	attempt->destination->failures = 0;
	attempt->destination->down_until = 0;
}

/* The first who waits for a destination is due. */
static void
wake_first(struct queue_manager *manager, struct destination *destination)
{
	struct schedule_item *parked = destination->first;
	destination_unpark(parked);
	parked->again = parked->again || parked->busy;
	if (!parked->busy)
		schedule_set(&manager->schedule, parked, 0);
}

/* The next has its turn, or all of them where they need not wait for it. */
static void
release(struct attempt *attempt)
{
	struct queue_manager *manager = attempt->active->manager;
	struct destination *destination = attempt->destination;
	destination->active--;
	attempt->destination = NULL;
	attempt->active->open--;
	if (destination->first != NULL)
		wake_first(manager, destination);
	while (destination->first != NULL && destination->down_until > queue_manager_now(manager))
		wake_first(manager, destination);
}

static void
free_transport(struct attempt *attempt)
{
	struct transport *t = &attempt->transport;
	for (size_t i = 0; i < t->count && t->recipients != NULL; i++)
		free(t->recipients[i].verdict);
	free(t->recipients);
	t->recipients = NULL;
}

/* A sender who wants to hear of success hears it from the next server, where that knows how. */
static void
settle_sent(struct attempt *attempt)
{
	struct transport *t = &attempt->transport;
	for (size_t i = 0; i < t->count; i++) {
		struct queue_recipient *recipient = &attempt->active->entry.recipients[attempt->recipients[i]];
		if (t->recipients[i].result == TRANSPORT_DONE && t->dsn)
			recipient->noticed |= DSN_SUCCESS;
		settle(attempt->active, recipient, t->recipients[i].result, t->recipients[i].verdict);
	}
	if (!attempt->answered)
		note_failure(attempt, t->recipients[0].verdict);
	else
		note_success(attempt);
	free_transport(attempt);
}

static void
settle_all(struct attempt *attempt)
{
	const char *name = attempt->route != NULL ? attempt->route->host : attempt->domain;
	char *verdict = verdict_write(attempt->reason, name, attempt->detail);
	for (size_t i = 0; i < attempt->count; i++)
		settle(attempt->active, &attempt->active->entry.recipients[attempt->recipients[i]], attempt->result,
		    verdict);
	if (attempt->result == TRANSPORT_LATER)
		note_failure(attempt, verdict);
	free(verdict);
}

void
attempts_settle(struct active_entry *active)
{
	while (active->ended != NULL) {
		struct attempt *attempt = active->ended;
		active->ended = attempt->next_waiting;
		if (attempt->sent)
			settle_sent(attempt);
		else
			settle_all(attempt);
		release(attempt);
	}
}

static void
finish(struct attempt *attempt)
{
	struct active_entry *active = attempt->active;
	struct queue_manager *manager = active->manager;
	attempt->next_waiting = active->ended;
	active->ended = attempt;
	manager->deliveries--;
	active->open++; /* those that begin now may end now, and must not end the active */
	attempts_start_waiting(manager);
	active->open--;
	active_entry_proceed(active);
}

static void
finish_unsent(struct attempt *attempt, enum transport_result result, enum ftg_id reason, const char *detail)
{
	attempt->result = result;
	attempt->reason = reason;
	attempt->detail = detail;
	finish(attempt);
}

static void
finish_sent(struct attempt *attempt)
{
	if (attempt->transport.message >= 0)
		close(attempt->transport.message);
	attempt->sent = true;
	finish(attempt);
}

static void try_address(struct attempt *attempt);

static void
tried(struct transport *transport)
{
	struct attempt *attempt = transport->owner;
	attempt->answered = attempt->answered || transport->answered;
	if (!transport->begun && ++attempt->address < attempt->hop.count)
		try_address(attempt);
	else
		finish_sent(attempt);
}

static void
try_address(struct attempt *attempt)
{
	attempt->transport.address = attempt->hop.addresses[attempt->address];
	transport_start(&attempt->transport, attempt->active->manager->config->pool);
}

/* The transport keeps its deadline from one address to the next. */
static void
prepared(struct job *job)
{
	struct attempt *attempt = of_job(job);
	struct transport *t = &attempt->transport;
	t->done = tried;
	t->owner = attempt;
	attempt->address = 0;
	if (t->message >= 0)
		try_address(attempt);
	else
		finish_sent(attempt);
}

static void
prepare(struct job *job)
{
	struct attempt *attempt = of_job(job);
	struct transport *t = &attempt->transport;
	const struct queue_manager_config *config = attempt->active->manager->config;
	t->message = queue_open_message(&config->queue, &attempt->active->entry);
	if (t->message >= 0)
		t->utf8 = transport_needs_utf8(t);
	else
		t->recipients[0].verdict = verdict_write(
		    FTG_NOTICE_UNREACHABLE, config->world.hostname, strerror(errno));
}

static bool
open_transport(struct attempt *attempt)
{
	static const struct transport_manner stranger = { .tls = TRANSPORT_TLS_STARTTLS };
	const struct queue_entry *entry = &attempt->active->entry;
	const struct queue_manager_config *config = attempt->active->manager->config;
	const struct transport_manner *manner = attempt->route != NULL ? &attempt->route->manner : &stranger;
	attempt->transport = transport_for_entry(entry, manner, config->world.hostname);
	attempt->transport.times = config->times;
	attempt->transport.recipients = calloc(attempt->count, sizeof *attempt->transport.recipients);
	attempt->transport.count = attempt->count;
	for (size_t i = 0; i < attempt->count && attempt->transport.recipients != NULL; i++) {
		const struct queue_recipient *from = &entry->recipients[attempt->recipients[i]];
		attempt->transport.recipients[i] = (struct transport_recipient) {
			.address = from->address, .orcpt = from->orcpt, .notify = from->notify
		};
	}
	return attempt->transport.recipients != NULL;
}

/* A smarthost that the DNS does not know is a fault of this server, and passes. */
static enum next_hop_outcome
outcome_of(const struct attempt *attempt)
{
	return attempt->route != NULL && attempt->hop.outcome != NEXT_HOP_FOUND ? NEXT_HOP_FAILED
	                                                                        : attempt->hop.outcome;
}

static void
found(struct next_hop *hop)
{
	struct attempt *attempt = of_next_hop(hop);
	const struct queue_manager_config *config = attempt->active->manager->config;
	switch (outcome_of(attempt)) {
	case NEXT_HOP_FOUND:
		attempt->job = (struct job) { .work = prepare, .done = prepared };
		if (open_transport(attempt))
			config->jobs->start(config->jobs, &attempt->job);
		else
			finish_unsent(attempt, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, strerror(ENOMEM));
		break;
	case NEXT_HOP_NO_DOMAIN: finish_unsent(attempt, TRANSPORT_FAILED, FTG_NOTICE_NO_DOMAIN, ""); break;
	case NEXT_HOP_NO_ROUTE: finish_unsent(attempt, TRANSPORT_FAILED, FTG_NOTICE_NO_ROUTE, ""); break;
	case NEXT_HOP_LOOP: finish_unsent(attempt, TRANSPORT_FAILED, FTG_NOTICE_LOOP, ""); break;
	case NEXT_HOP_FAILED:
		finish_unsent(
		    attempt, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, "its address is not to be had from the DNS");
		break;
	}
}

static void
start(struct attempt *attempt)
{
	const struct queue_manager_config *config = attempt->active->manager->config;
	attempt->hop.world = &config->world;
	attempt->hop.done = found;
	next_hop_find(&attempt->hop, attempt->route, attempt->domain);
}

static void
start_or_wait(struct attempt *attempt)
{
	struct queue_manager *manager = attempt->active->manager;
	attempt->destination->active++;
	attempt->active->open++;
	attempt->next_waiting = NULL;
	if (manager->first_waiting == NULL)
		manager->first_waiting = attempt;
	else
		manager->last_waiting->next_waiting = attempt;
	manager->last_waiting = attempt;
	attempts_start_waiting(manager);
}

/* So many deliveries at a time in all. One that ends as soon as it begins comes back here, and leaves the next to the loop. */
void
attempts_start_waiting(struct queue_manager *manager)
{
	if (manager->starting)
		return;
	manager->starting = true;
	while (manager->first_waiting != NULL && manager->deliveries < manager->config->max_deliveries) {
		struct attempt *attempt = manager->first_waiting;
		manager->first_waiting = attempt->next_waiting;
		manager->deliveries++;
		start(attempt);
	}
	manager->starting = false;
}

void
attempts_drop_waiting(struct queue_manager *manager)
{
	while (manager->first_waiting != NULL) {
		struct attempt *attempt = manager->first_waiting;
		manager->first_waiting = attempt->next_waiting;
		release(attempt);
		active_entry_proceed(attempt->active);
	}
}

/* One that has just failed is not asked again for each entry; the first time is recorded, to be seen in the queue. */
static void
skip(struct attempt *attempt, const struct destination *destination)
{
	struct active_entry *active = attempt->active;
	int64_t down = destination->down_until;
	for (size_t i = 0; i < attempt->count; i++) {
		struct queue_recipient *recipient = &active->entry.recipients[attempt->recipients[i]];
		bool over = active->entry.arrival + active->manager->config->expire <=
		    queue_manager_now(active->manager);
		if (recipient->attempts == 0 || over) {
			settle(active, recipient, TRANSPORT_LATER, destination->verdict);
			recipient->next = down < recipient->next ? recipient->next : down;
		} else {
			active->later = active->later == 0 || down < active->later ? down : active->later;
		}
	}
}

static void
admit(struct attempt *attempt)
{
	struct active_entry *active = attempt->active;
	struct queue_manager *manager = active->manager;
	const struct queue_manager_config *config = manager->config;
	struct destination *destination = destination_get(&manager->destinations, attempt->key);
	if (manager->stopping)
		return;
	if (destination == NULL) {
		active->later = queue_manager_now(manager) + AGAIN_LATER;
	} else if (attempt->route == NULL && !config->routes->mx) {
		attempt->destination = destination;
		attempt->result = TRANSPORT_FAILED;
		attempt->reason = FTG_NOTICE_NO_ROUTE;
		attempt->detail = "";
		settle_all(attempt);
		attempt->destination = NULL;
	} else if (destination->down_until > queue_manager_now(manager) && !active->wished) {
		skip(attempt, destination);
	} else if (destination->active >= config->max_per_server) {
		active->parked = true;
		if (active->item->parked == NULL)
			destination_park(destination, active->item);
	} else {
		attempt->destination = destination;
		start_or_wait(attempt);
	}
}

/* A attempt may end at once, but the active is working until all have begun: a job would read what others still change. */
void
attempts_start(struct active_entry *active)
{
	for (struct attempt *attempt = active->attempts; attempt != NULL; attempt = attempt->next)
		admit(attempt);
}
