/* An LMTP server of mailboxes: so many deliveries at a time, each with a deadline, and none while it is down. */
#include "relay/lmtp_server.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/log/log.h"
#include "relay/client/verdict.h"

static int64_t
now(const struct lmtp_server *server)
{
	return server->pool->dialer->now(server->pool->dialer);
}

static void
defer(struct lmtp_handover *handover, const char *cause)
{
	struct transport *t = &handover->transport;
	for (size_t i = 0; i < t->count; i++) {
		t->recipients[i].settled = true;
		t->recipients[i].result = TRANSPORT_LATER;
		t->recipients[i].verdict = verdict_write(
		    FTG_NOTICE_UNREACHABLE, handover->server->address.channel.host, cause);
	}
	handover->done(handover);
}

static const char *
cause_of(const struct lmtp_server *server)
{
	return server->breaker.cause != NULL ? server->breaker.cause : "no memory";
}

static struct lmtp_handover *
take_first(struct lmtp_server *server)
{
	struct lmtp_handover *first = server->first;
	server->first = first->next;
	return first;
}

/* Those that wait would only wait longer. */
static void
defer_waiting(struct lmtp_server *server)
{
	while (server->first != NULL && breaker_is_open(&server->breaker, now(server)))
		defer(take_first(server), cause_of(server));
}

/* Whether any server of the worker is down. */
static void
publish(const struct lmtp_server *server, bool down)
{
	bool any = down;
	if (server->down != NULL) {
		*server->down += down ? 1U : -1U;
		any = *server->down > 0;
	}
	if (server->stats != NULL)
		server->stats->mailboxes_down = any;
}

static void
open_breaker(struct lmtp_server *server, const struct transport *t)
{
	struct verdict verdict = { .detail = "no answer" };
	unsigned times = server->breaker.failures < 8 ? server->breaker.failures : 8;
	int64_t wait = (int64_t)LMTP_DOWN_MIN << times;
	wait = wait < LMTP_DOWN_MAX ? wait : LMTP_DOWN_MAX;
	for (size_t i = 0; i < t->count; i++) {
		if (t->recipients[i].result == TRANSPORT_DONE || t->recipients[i].verdict == NULL)
			continue;
		(void)verdict_read(&verdict, t->recipients[i].verdict);
		break;
	}
	if (!breaker_open(&server->breaker, now(server) + wait, verdict.detail))
		return;
	publish(server, true);
	log_begin("next-hop-down");
	log_put("next", t->server);
	log_put("detail", verdict.detail);
	log_end();
}

static void
close_breaker(struct lmtp_server *server, const struct transport *t)
{
	if (!breaker_close(&server->breaker))
		return;
	publish(server, false);
	log_event("next-hop-up", "next", t->server, NULL);
}

static void start_waiting(struct lmtp_server *server);

/* Has it timed out while the server answered others? Then a mailbox or a message is slow, and not the server. */
static bool
is_slow_alone(const struct lmtp_handover *handover)
{
	return handover->transport.answered && handover->answers != handover->server->answers;
}

static void
on_done(struct transport *t)
{
	struct lmtp_handover *handover = t->owner;
	struct lmtp_server *server = handover->server;
	server->active--;
	server->probing = false;
	if (t->answered && !t->timed_out) {
		server->answers++;
		close_breaker(server, t);
	} else if (!is_slow_alone(handover)) {
		open_breaker(server, t);
	}
	handover->done(handover);
	defer_waiting(server);
	start_waiting(server);
}

static void
start(struct lmtp_server *server, struct lmtp_handover *handover)
{
	server->active++;
	server->probing = breaker_has_failed(&server->breaker);
	handover->answers = server->answers;
	handover->transport.done = on_done;
	handover->transport.owner = handover;
	transport_start(&handover->transport, server->pool);
}

static void
start_waiting(struct lmtp_server *server)
{
	while (server->first != NULL && server->active < LMTP_DELIVERIES && !server->probing)
		start(server, take_first(server));
}

/* Those that have waited until their deadline. The list is in the order of deadlines. */
static void
on_watch(struct chore *chore)
{
	struct lmtp_server *server = (struct lmtp_server *)(void *)((char *)chore -
	    offsetof(struct lmtp_server, watch));
	while (server->first != NULL && server->first->transport.deadline <= now(server))
		defer(take_first(server), "too many deliveries wait for the server");
	if (server->first != NULL)
		server->clock->soon(server->clock, chore);
}

static void
wait(struct lmtp_server *server, struct lmtp_handover *handover)
{
	handover->next = NULL;
	if (server->first == NULL)
		server->first = handover;
	else
		server->last->next = handover;
	server->last = handover;
	server->clock->soon(server->clock, &server->watch);
}

void
lmtp_server_open(
    struct lmtp_server *server, struct client_pool *pool, struct clock *clock, const struct channel_address *address)
{
	*server = (struct lmtp_server) {
		.pool = pool,
		.clock = clock,
		.address = { .channel = *address },
		.watch = { .run = on_watch },
	};
}

void
lmtp_server_close(struct lmtp_server *server)
{
	if (server->clock != NULL)
		server->clock->forget(server->clock, &server->watch);
	(void)breaker_close(&server->breaker);
}

void
lmtp_server_send(struct lmtp_server *server, struct lmtp_handover *handover)
{
	handover->server = server;
	handover->transport.address = server->address;
	if (breaker_is_open(&server->breaker, now(server)) || server->probing)
		defer(handover, cause_of(server));
	else if (server->active < LMTP_DELIVERIES)
		start(server, handover);
	else
		wait(server, handover);
}
