/* One attempt to send some recipients of an entry to one next hop: its servers are looked up, and tried by address. */
#include "relay/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/client/transport_entry.h"
#include "relay/client/verdict.h"

void
attempt_write_server_key(char key[ATTEMPT_KEY_SIZE], const struct channel_address *address)
{
	snprintf(key, ATTEMPT_KEY_SIZE, "@%s:%u", address->host, address->port);
}

/*
 * Recipients of a domain, or of all domains of a route, share a connection. No domain begins with a bracket or an "@".
 */
void
attempt_write_name_key(
    char key[ATTEMPT_KEY_SIZE], enum active_place place, const struct route *route, const char *domain)
{
	if (place != ACTIVE_ELSEWHERE && (route == NULL || route->host == NULL))
		snprintf(key, ATTEMPT_KEY_SIZE, "[]:%d", (int)place);
	else if (route == NULL || route->mx)
		snprintf(key, ATTEMPT_KEY_SIZE, "%s", domain);
	else
		snprintf(key, ATTEMPT_KEY_SIZE, "[%s]:%u", route->host, route->port);
}

/* Of a server that no route speaks of. */
static const struct transport_manner stranger = { .tls = TRANSPORT_TLS_STARTTLS };

struct attempt *
attempt_new(const struct queue_manager_config *config, struct manager_events *events, struct queue_entry *entry,
    struct destination *name, const struct route *route, const char *domain)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);
	if (attempt == NULL)
		return NULL;
	attempt->domain = strdup(domain);
	if (attempt->domain == NULL) {
		free(attempt);
		return NULL;
	}
	attempt->event.kind = MANAGER_ATTEMPT;
	attempt->events = events;
	attempt->config = config;
	attempt->entry = entry;
	attempt->route = route != NULL && !route->mx ? route : NULL;
	attempt->manner = route != NULL ? &route->manner : &stranger;
	attempt->by_route = route != NULL;
	attempt->name = name;
	attempt->transport.message = -1;
	name->refs++;
	return attempt;
}

static void
free_transport(struct attempt *attempt)
{
	struct transport *t = &attempt->transport;
	for (size_t i = 0; i < t->count && t->recipients != NULL; i++)
		free(t->recipients[i].verdict);
	free(t->recipients);
	t->recipients = NULL;
	if (t->message >= 0)
		close(t->message);
	t->message = -1;
}

static void
free_hop(struct attempt *attempt)
{
	if (attempt->hop != NULL)
		next_hop_clear(attempt->hop);
	free(attempt->hop);
	attempt->hop = NULL;
}

void
attempt_free(struct attempt *attempt)
{
	free_transport(attempt);
	attempt_set_blocked(attempt, NULL);
	attempt->name->refs--;
	free_hop(attempt);
	free(attempt->domain);
	free(attempt->recipients);
	free(attempt->verdict);
	free(attempt);
}

bool
attempt_add(struct attempt *attempt, size_t recipient)
{
	if (attempt->count == attempt->room) {
		size_t room = attempt->room == 0 ? 4 : 2 * attempt->room;
		size_t *recipients = reallocarray(attempt->recipients, room, sizeof *recipients);
		if (recipients == NULL)
			return false;
		attempt->recipients = recipients;
		attempt->room = room;
	}
	attempt->recipients[attempt->count++] = recipient;
	return true;
}

static void
come_to(struct attempt *attempt, enum attempt_state state)
{
	attempt->state = state;
	manager_event_post(attempt->events, &attempt->event);
}

static void
close_message(struct attempt *attempt)
{
	if (attempt->transport.message >= 0)
		close(attempt->transport.message);
	attempt->transport.message = -1;
}

void
attempt_end(struct attempt *attempt)
{
	close_message(attempt);
	attempt->state = ATTEMPT_ENDED;
}

void
attempt_end_all(struct attempt *attempt, enum transport_result result, const char *verdict)
{
	char *copy = verdict != NULL ? strdup(verdict) : NULL;
	free(attempt->verdict);
	attempt->verdict = copy;
	attempt->result = result;
	attempt->results = ATTEMPT_COMMON;
	attempt_end(attempt);
}

void
attempt_end_unmade(struct attempt *attempt)
{
	attempt->results = ATTEMPT_NOTHING;
	attempt_end(attempt);
}

static void
end_by_reason(struct attempt *attempt, enum transport_result result, enum ftg_id reason, const char *detail)
{
	char *verdict = verdict_write(reason, attempt->route != NULL ? attempt->route->host : attempt->domain, detail);
	attempt_end_all(attempt, result, verdict);
	free(verdict);
}

void
attempt_end_without_route(struct attempt *attempt)
{
	end_by_reason(attempt, TRANSPORT_FAILED, FTG_NOTICE_NO_ROUTE, "");
}

bool
attempt_end_without_store(struct attempt *attempt)
{
	bool gone = attempt->place == ACTIVE_NOWHERE;
	if (!gone && attempt->place != ACTIVE_UNFIT)
		return false;
	char *verdict = verdict_write(gone ? FTG_NOTICE_SAID : FTG_NOTICE_UNREACHABLE, attempt->config->world.hostname,
	    gone ? "550 5.1.1 the mailbox has been removed" : "the directory names no store of the mailbox");
	attempt_end_all(attempt, gone ? TRANSPORT_FAILED : TRANSPORT_LATER, verdict);
	free(verdict);
	return true;
}

bool
attempt_is_here(const struct attempt *attempt)
{
	return attempt->place == ACTIVE_AT_STORE && attempt->route->host == NULL;
}

void
attempt_set_blocked(struct attempt *attempt, struct destination *blocked)
{
	if (blocked != NULL)
		blocked->refs++;
	if (attempt->blocked != NULL)
		attempt->blocked->refs--;
	attempt->blocked = blocked;
}

static void
on_found(struct next_hop *hop)
{
	come_to(hop->owner, ATTEMPT_FOUND);
}

void
attempt_look_up(struct attempt *attempt)
{
	attempt->state = ATTEMPT_LOOKING_UP;
	free_hop(attempt);
	attempt->hop = calloc(1, sizeof *attempt->hop);
	if (attempt->hop == NULL) {
		come_to(attempt, ATTEMPT_FOUND);
		return;
	}
	attempt->hop->world = &attempt->config->world;
	attempt->hop->done = on_found;
	attempt->hop->owner = attempt;
	attempt->hop->fixed = attempt->manner->tls != TRANSPORT_TLS_STARTTLS;
	attempt->hop->dane_only = attempt->manner->dane_only;
	next_hop_find(attempt->hop, attempt->route, attempt->domain);
}

/* If the DNS does not know a route's server, the configuration here is at fault, and the message is deferred. */
bool
attempt_check_next_hop(struct attempt *attempt)
{
	enum next_hop_outcome outcome = attempt->hop != NULL ? attempt->hop->outcome : NEXT_HOP_FAILED;
	if (attempt->route != NULL && outcome != NEXT_HOP_FOUND)
		outcome = NEXT_HOP_FAILED;
	switch (outcome) {
	case NEXT_HOP_FOUND: return true;
	case NEXT_HOP_NO_DOMAIN: end_by_reason(attempt, TRANSPORT_FAILED, FTG_NOTICE_NO_DOMAIN, ""); break;
	case NEXT_HOP_NO_ROUTE: end_by_reason(attempt, TRANSPORT_FAILED, FTG_NOTICE_NO_ROUTE, ""); break;
	case NEXT_HOP_LOOP: end_by_reason(attempt, TRANSPORT_FAILED, FTG_NOTICE_LOOP, ""); break;
	case NEXT_HOP_NO_POLICY: end_by_reason(attempt, TRANSPORT_LATER, FTG_NOTICE_NO_TLS, attempt->hop->error); break;
	case NEXT_HOP_FAILED:
		end_by_reason(attempt, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE,
		    attempt->hop != NULL ? "its address is not to be had from the DNS" : strerror(ENOMEM));
		break;
	}
	return false;
}

static void
on_sent(struct transport *transport)
{
	struct attempt *attempt = transport->owner;
	attempt->tried = true;
	attempt->results = ATTEMPT_TRANSPORT;
	attempt->answered = attempt->answered || transport->answered;
	attempt->timed_out = transport->timed_out;
	come_to(attempt, ATTEMPT_TRIED);
}

static bool
open_transport(struct attempt *attempt)
{
	const struct queue_manager_config *config = attempt->config;
	struct transport *t = &attempt->transport;
	*t = transport_for_entry(attempt->entry, attempt->manner, config->world.hostname);
	t->sender = attempt->sender;
	t->times = config->times;
	t->message = -1;
	t->done = on_sent;
	t->owner = attempt;
	t->recipients = calloc(attempt->count, sizeof *t->recipients);
	t->count = attempt->count;
	for (size_t i = 0; i < attempt->count && t->recipients != NULL; i++) {
		const struct queue_recipient *from = &attempt->entry->recipients[attempt->recipients[i]];
		t->recipients[i] = (struct transport_recipient) {
			.address = from->address, .orcpt = from->orcpt, .notify = from->notify
		};
	}
	return t->recipients != NULL;
}

static struct attempt *
of_job(struct job *job)
{
	return (struct attempt *)(void *)((char *)job - offsetof(struct attempt, job));
}

static void
open_work(struct job *job)
{
	struct attempt *attempt = of_job(job);
	struct transport *t = &attempt->transport;
	t->message = queue_open_message(&attempt->config->queue, attempt->entry);
	if (t->message >= 0)
		t->utf8 = transport_needs_utf8(t);
	else
		attempt->verdict = verdict_write(
		    FTG_NOTICE_UNREACHABLE, attempt->config->world.hostname, strerror(errno));
}

static void
send_now(struct attempt *attempt)
{
	attempt->state = ATTEMPT_SENDING;
	attempt->transport.address = attempt->hop->addresses[attempt->address];
	transport_start(&attempt->transport, attempt->config->pool);
}

static void
on_open(struct job *job)
{
	struct attempt *attempt = of_job(job);
	attempt->results = ATTEMPT_COMMON;
	if (attempt->transport.message >= 0)
		send_now(attempt);
	else
		come_to(attempt, ATTEMPT_TRIED);
}

/* The message is opened for the first address; the deadline of the transport holds for all of them. */
void
attempt_send(struct attempt *attempt)
{
	if (attempt->transport.message >= 0) {
		send_now(attempt);
		return;
	}
	attempt->state = ATTEMPT_OPENING;
	attempt->result = TRANSPORT_LATER;
	attempt->results = ATTEMPT_COMMON;
	if (!open_transport(attempt)) {
		come_to(attempt, ATTEMPT_TRIED);
		return;
	}
	attempt->job = (struct job) { .work = open_work, .done = on_open };
	attempt->config->jobs->start(attempt->config->jobs, &attempt->job);
}

bool
attempt_may_go_on(const struct attempt *attempt)
{
	return attempt->results == ATTEMPT_TRANSPORT && !attempt->transport.begun &&
	    attempt->address + 1 < attempt->hop->count;
}
