/* One delivery: some recipients of an entry, to one destination; and when it may begin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message/header.h"
#include "relay/queue_manager_internal.h"
#include "relay/verdict.h"

static struct leg *
of_job(struct job *job)
{
	return (struct leg *)(void *)((char *)job - offsetof(struct leg, job));
}

static struct leg *
of_hop(struct hop *hop)
{
	return (struct leg *)(void *)((char *)hop - offsetof(struct leg, hop));
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

static struct leg *
leg_find(struct visit *visit, const struct route *route, const char *domain)
{
	char key[KEY_SIZE];
	write_key(key, route, domain);
	for (struct leg *leg = visit->legs; leg != NULL; leg = leg->next)
		if (strcmp(leg->key, key) == 0)
			return leg;
	struct leg *leg = calloc(1, sizeof *leg);
	if (leg == NULL || (leg->domain = strdup(domain)) == NULL ||
	    (leg->recipients = calloc(visit->entry.count, sizeof *leg->recipients)) == NULL) {
		if (leg != NULL)
			free(leg->domain);
		free(leg);
		return NULL;
	}
	memcpy(leg->key, key, sizeof leg->key);
	leg->visit = visit;
	leg->route = route;
	leg->next = visit->legs;
	visit->legs = leg;
	return leg;
}

/* Accounts of a domain that is hosted here may have their mailboxes at another server. */
static const struct route *
route_of(const struct runner_config *config, const char *name)
{
	struct directory *directory = config->directory;
	struct domain domain;
	bool elsewhere = config->routes->mailboxes.host != NULL;
	if (elsewhere && directory->ops->domain(directory, name, &domain) == DIRECTORY_FOUND && !domain.relayed)
		return &config->routes->mailboxes;
	return route_find(config->routes, name);
}

bool
leg_add(struct visit *visit, size_t recipient)
{
	const char *domain = queue_domain(&visit->entry.recipients[recipient]);
	struct leg *leg = leg_find(visit, route_of(visit->runner->config, domain), domain);
	if (leg != NULL)
		leg->recipients[leg->count++] = recipient;
	return leg != NULL;
}

void
legs_free(struct visit *visit)
{
	for (struct leg *leg = visit->legs, *next; leg != NULL; leg = next) {
		next = leg->next;
		free(leg->domain);
		free(leg->recipients);
		free(leg);
	}
	visit->legs = NULL;
}

static void
put_off(const struct visit *visit, struct queue_recipient *recipient, int64_t next)
{
	const struct runner_config *config = visit->runner->config;
	int64_t now = runner_now(visit->runner), end = visit->entry.arrival + config->expire;
	if (now >= end) {
		recipient->state = QUEUE_EXPIRED;
		figure_add(config->figures, FIGURE_BOUNCED, 1);
		event_outcome(visit, recipient, "bounced");
		return;
	}
	recipient->next = next < end ? next : end;
	figure_add(config->figures, FIGURE_DEFERRED, 1);
	event_outcome(visit, recipient, "deferred");
}

/* What came of an attempt. */
static void
settle(struct visit *visit, struct queue_recipient *recipient, enum transport_result result, const char *verdict)
{
	const struct runner *runner = visit->runner;
	recipient->attempts++;
	if (verdict != NULL)
		(void)queue_set_text(&recipient->reply, verdict, strlen(verdict), QUEUE_REPLY_MAX);
	visit->dirty = true;
	switch (result) {
	case TRANSPORT_DONE:
		recipient->state = QUEUE_DELIVERED;
		figure_add(runner->config->figures, FIGURE_RELAYED, 1);
		event_outcome(visit, recipient, "relayed");
		break;
	case TRANSPORT_FAILED:
		recipient->state = QUEUE_FAILED;
		figure_add(runner->config->figures, FIGURE_BOUNCED, 1);
		event_outcome(visit, recipient, "bounced");
		break;
	case TRANSPORT_LATER:
		put_off(visit, recipient, runner_now(runner) + runner_back_off(runner, recipient->attempts));
		break;
	}
}

/* It has not been reached: for a while nobody tries again. */
static void
note_failure(struct leg *leg, const char *verdict)
{
	struct destination *destination = leg->destination;
	struct runner *runner = leg->visit->runner;
	destination->failures++;
	destination->down_until = runner_now(runner) + runner_back_off(runner, destination->failures);
	free(destination->verdict);
	destination->verdict = verdict != NULL ? strdup(verdict) : NULL;
}

static void
note_success(struct leg *leg)
{
	leg->destination->failures = 0;
	leg->destination->down_until = 0;
}

/* The first who waits for a destination is due. */
static void
wake_first(struct runner *runner, struct destination *destination)
{
	struct schedule_item *parked = destination->first;
	destination_unpark(parked);
	parked->again = parked->again || parked->busy;
	if (!parked->busy)
		schedule_set(&runner->schedule, parked, 0);
}

/* The next has its turn, or all of them where they need not wait for it. */
static void
release(struct leg *leg)
{
	struct runner *runner = leg->visit->runner;
	struct destination *destination = leg->destination;
	destination->active--;
	leg->destination = NULL;
	leg->visit->open--;
	if (destination->first != NULL)
		wake_first(runner, destination);
	while (destination->first != NULL && destination->down_until > runner_now(runner))
		wake_first(runner, destination);
}

static void
free_transport(struct leg *leg)
{
	struct transport *t = &leg->transport;
	for (size_t i = 0; i < t->count && t->recipients != NULL; i++)
		free(t->recipients[i].verdict);
	free(t->recipients);
	t->recipients = NULL;
}

/* A sender who wants to hear of success hears it from the next server, where that knows how. */
static void
settle_sent(struct leg *leg)
{
	struct transport *t = &leg->transport;
	for (size_t i = 0; i < t->count; i++) {
		struct queue_recipient *recipient = &leg->visit->entry.recipients[leg->recipients[i]];
		if (t->recipients[i].result == TRANSPORT_DONE && t->dsn)
			recipient->noticed |= DSN_SUCCESS;
		settle(leg->visit, recipient, t->recipients[i].result, t->recipients[i].verdict);
	}
	if (t->silent)
		note_failure(leg, t->recipients[0].verdict);
	else
		note_success(leg);
	free_transport(leg);
}

static void
settle_all(struct leg *leg)
{
	const char *name = leg->route != NULL ? leg->route->host : leg->domain;
	char *verdict = verdict_write(leg->reason, name, leg->detail);
	for (size_t i = 0; i < leg->count; i++)
		settle(leg->visit, &leg->visit->entry.recipients[leg->recipients[i]], leg->result, verdict);
	if (leg->result == TRANSPORT_LATER)
		note_failure(leg, verdict);
	free(verdict);
}

void
legs_settle(struct visit *visit)
{
	while (visit->ended != NULL) {
		struct leg *leg = visit->ended;
		visit->ended = leg->next_waiting;
		if (leg->sent)
			settle_sent(leg);
		else
			settle_all(leg);
		release(leg);
	}
}

static void
finish(struct leg *leg)
{
	struct visit *visit = leg->visit;
	struct runner *runner = visit->runner;
	leg->next_waiting = visit->ended;
	visit->ended = leg;
	runner->deliveries--;
	visit->open++; /* those that begin now may end now, and must not end the visit */
	legs_start_waiting(runner);
	visit->open--;
	visit_proceed(visit);
}

static void
finish_unsent(struct leg *leg, enum transport_result result, enum ftg_id reason, const char *detail)
{
	leg->result = result;
	leg->reason = reason;
	leg->detail = detail;
	finish(leg);
}

static void
delivered(struct job *job)
{
	struct leg *leg = of_job(job);
	leg->sent = true;
	finish(leg);
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7F)
			return false;
	return true;
}

/* Has the header letters beyond ASCII? What cannot be read has none. */
static bool
header_is_ascii(int message, uint64_t skip)
{
	char block[8192];
	size_t read = 0;
	ssize_t got;
	while (read < HEADER_MAX &&
	    (got = TEMP_FAILURE_RETRY(pread(message, block, sizeof block, (off_t)(skip + read)))) > 0) {
		const char *end = memmem(block, (size_t)got, "\n\n", 2);
		if (!is_ascii(block, end != NULL ? (size_t)(end - block) : (size_t)got))
			return false;
		if (end != NULL)
			break;
		read += (size_t)got;
	}
	return true;
}

/* A client may ask for SMTPUTF8 where it need not be: only what has need of it is refused by a server without it. */
static bool
needs_utf8(const struct leg *leg)
{
	const struct transport *t = &leg->transport;
	if (!is_ascii(t->sender, strlen(t->sender)))
		return true;
	for (size_t i = 0; i < t->count; i++)
		if (!is_ascii(t->recipients[i].address, strlen(t->recipients[i].address)))
			return true;
	return t->utf8 && !header_is_ascii(t->message, t->skip);
}

static void
deliver(struct job *job)
{
	struct leg *leg = of_job(job);
	struct transport *t = &leg->transport;
	const struct runner_config *config = leg->visit->runner->config;
	t->message = queue_open_message(&config->queue, &leg->visit->entry);
	if (t->message < 0) {
		char *verdict = verdict_write(FTG_NOTICE_UNREACHABLE, config->world.hostname, strerror(errno));
		t->recipients[0].verdict = verdict;
		return;
	}
	t->utf8 = needs_utf8(leg);
	transport_run(t, config->dialer);
	close(t->message);
}

static bool
open_transport(struct leg *leg)
{
	static const struct transport_manner stranger = { .tls = TRANSPORT_TLS_STARTTLS };
	const struct queue_entry *entry = &leg->visit->entry;
	const struct runner_config *config = leg->visit->runner->config;
	leg->transport = (struct transport) {
		.manner = leg->route != NULL ? leg->route->manner : stranger,
		.times = config->times,
		.places = leg->hop.places,
		.place_count = leg->hop.place_count,
		.sender = entry->sender,
		.utf8 = entry->utf8,
		.eightbit = entry->eightbit,
		.ret = entry->ret,
		.envid = entry->envid,
		.skip = entry->skip,
		.size = entry->size,
		.recipients = calloc(leg->count, sizeof *leg->transport.recipients),
		.count = leg->count,
	};
	leg->transport.manner.hostname = config->world.hostname;
	for (size_t i = 0; i < leg->count && leg->transport.recipients != NULL; i++) {
		const struct queue_recipient *from = &entry->recipients[leg->recipients[i]];
		leg->transport.recipients[i] = (struct transport_recipient) {
			.address = from->address, .orcpt = from->orcpt, .notify = from->notify
		};
	}
	return leg->transport.recipients != NULL;
}

/* A smarthost that the DNS does not know is a fault of this server, and passes. */
static enum hop_outcome
outcome_of(const struct leg *leg)
{
	return leg->route != NULL && leg->hop.outcome != HOP_FOUND ? HOP_FAILED : leg->hop.outcome;
}

static void
found(struct hop *hop)
{
	struct leg *leg = of_hop(hop);
	const struct runner_config *config = leg->visit->runner->config;
	switch (outcome_of(leg)) {
	case HOP_FOUND:
		leg->job = (struct job) { .work = deliver, .done = delivered };
		if (open_transport(leg))
			config->jobs->start(config->jobs, &leg->job);
		else
			finish_unsent(leg, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, strerror(ENOMEM));
		break;
	case HOP_NO_DOMAIN: finish_unsent(leg, TRANSPORT_FAILED, FTG_NOTICE_NO_DOMAIN, ""); break;
	case HOP_NO_ROUTE: finish_unsent(leg, TRANSPORT_FAILED, FTG_NOTICE_NO_ROUTE, ""); break;
	case HOP_LOOP: finish_unsent(leg, TRANSPORT_FAILED, FTG_NOTICE_LOOP, ""); break;
	case HOP_FAILED:
		finish_unsent(
		    leg, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, "its address is not to be had from the DNS");
		break;
	}
}

static void
start(struct leg *leg)
{
	const struct runner_config *config = leg->visit->runner->config;
	leg->hop.world = &config->world;
	leg->hop.done = found;
	hop_find(&leg->hop, leg->route, leg->domain);
}

static void
start_or_wait(struct leg *leg)
{
	struct runner *runner = leg->visit->runner;
	leg->destination->active++;
	leg->visit->open++;
	leg->next_waiting = NULL;
	if (runner->first_waiting == NULL)
		runner->first_waiting = leg;
	else
		runner->last_waiting->next_waiting = leg;
	runner->last_waiting = leg;
	legs_start_waiting(runner);
}

/* So many deliveries at a time in all. One that ends as soon as it begins comes back here, and leaves the next to the loop. */
void
legs_start_waiting(struct runner *runner)
{
	if (runner->starting)
		return;
	runner->starting = true;
	while (runner->first_waiting != NULL && runner->deliveries < runner->config->max_deliveries) {
		struct leg *leg = runner->first_waiting;
		runner->first_waiting = leg->next_waiting;
		runner->deliveries++;
		start(leg);
	}
	runner->starting = false;
}

void
legs_drop_waiting(struct runner *runner)
{
	while (runner->first_waiting != NULL) {
		struct leg *leg = runner->first_waiting;
		runner->first_waiting = leg->next_waiting;
		release(leg);
		visit_proceed(leg->visit);
	}
}

/* One that has just failed is not asked again for each entry; the first time is recorded, to be seen in the queue. */
static void
skip(struct leg *leg, const struct destination *destination)
{
	struct visit *visit = leg->visit;
	int64_t down = destination->down_until;
	for (size_t i = 0; i < leg->count; i++) {
		struct queue_recipient *recipient = &visit->entry.recipients[leg->recipients[i]];
		bool over = visit->entry.arrival + visit->runner->config->expire <= runner_now(visit->runner);
		if (recipient->attempts == 0 || over) {
			settle(visit, recipient, TRANSPORT_LATER, destination->verdict);
			recipient->next = down < recipient->next ? recipient->next : down;
		} else {
			visit->later = visit->later == 0 || down < visit->later ? down : visit->later;
		}
	}
}

static void
admit(struct leg *leg)
{
	struct visit *visit = leg->visit;
	struct runner *runner = visit->runner;
	const struct runner_config *config = runner->config;
	struct destination *destination = destination_get(&runner->destinations, leg->key);
	if (runner->stopping)
		return;
	if (destination == NULL) {
		visit->later = runner_now(runner) + AGAIN_LATER;
	} else if (leg->route == NULL && !config->routes->mx) {
		leg->destination = destination;
		leg->result = TRANSPORT_FAILED;
		leg->reason = FTG_NOTICE_NO_ROUTE;
		leg->detail = "";
		settle_all(leg);
		leg->destination = NULL;
	} else if (destination->down_until > runner_now(runner) && !visit->wished) {
		skip(leg, destination);
	} else if (destination->active >= config->max_per_server) {
		visit->parked = true;
		if (visit->item->parked == NULL)
			destination_park(destination, visit->item);
	} else {
		leg->destination = destination;
		start_or_wait(leg);
	}
}

/* A leg may end at once, but the visit is working until all have begun: a job would read what others still change. */
void
legs_start(struct visit *visit)
{
	for (struct leg *leg = visit->legs; leg != NULL; leg = leg->next)
		admit(leg);
}
