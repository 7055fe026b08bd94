/* Hands one message to a server at one address, on a connection of the pool or a new one. */
#include "relay/client/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "relay/client/client.h"
#include "relay/client/client_pool.h"
#include "relay/client/verdict.h"

enum {
	RECONNECTS = 100
}; /* of a message, after the server has ended a connection without a result for all recipients */

static void on_done(struct client *client);

/* Without a connection. */
static void
fail(struct transport *t, enum ftg_id reason, const char *why)
{
	const char *server = t->address.name != NULL ? t->address.name : t->address.channel.host;
	for (size_t i = 0; i < t->count; i++) {
		struct transport_recipient *recipient = &t->recipients[i];
		if (recipient->settled)
			continue;
		recipient->settled = true;
		recipient->verdict = verdict_write(reason, server, why);
	}
	t->done(t);
}

struct transport_manner
transport_next_manner(const struct transport *t)
{
	struct transport_manner manner = t->manner;
	const struct transport_address *to = &t->address;
	if (t->without_tls || (manner.tls == TRANSPORT_TLS_STARTTLS && to->demand == TRANSPORT_DEMAND_CLEAR)) {
		manner.tls = TRANSPORT_TLS_NONE;
	} else if (manner.tls == TRANSPORT_TLS_STARTTLS && to->demand != TRANSPORT_DEMAND_NONE) {
		manner.tls = TRANSPORT_TLS_REQUIRED;
		manner.unverified = to->demand == TRANSPORT_DEMAND_TLS;
		manner.tlsa = to->tlsa;
		manner.names = to->demand == TRANSPORT_DEMAND_NAMES ? to->names : NULL;
	}
	return manner;
}

/*
 * TLS with a server that is not asked for a certificate protects from listeners only: better in the clear than not at
 * all, unless the DNS demands TLS.
 */
static bool
may_do_without_tls(const struct transport *t)
{
	return t->manner.tls == TRANSPORT_TLS_STARTTLS && t->manner.user == NULL &&
	    t->address.demand == TRANSPORT_DEMAND_NONE;
}

static void
dial(struct transport *t)
{
	t->messages = 0;
	t->timed_out = false;
	if (client_new(t->pool->dialer, t->pool->disk, t, on_done) == NULL)
		fail(t, FTG_NOTICE_UNREACHABLE, strerror(ENOMEM));
}

/* Nothing was said about the message on the last connection. */
static void
start_over(struct transport *t)
{
	t->begun = t->dsn = t->answered = false;
	dial(t);
}

static void
give_up_tls(struct transport *t)
{
	struct client_pool *pool = t->pool;
	struct verdict verdict = { .detail = "" };
	const char *text = t->recipients[0].verdict;
	if (text != NULL)
		(void)verdict_read(&verdict, text);
	if (tls_failures_add(&pool->tls_failures, &t->address.channel, pool->dialer->now(pool->dialer)))
		log_event("next-hop-tls-failed", "next", t->server, "detail", verdict.detail, NULL);
	t->without_tls = true;
}

/* The results of another connection replace those of TLS. */
static void
forget_results(struct transport *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct transport_recipient *recipient = &t->recipients[i];
		free(recipient->verdict);
		recipient->verdict = NULL;
		recipient->result = TRANSPORT_LATER;
		recipient->settled = recipient->accepted = recipient->taken = false;
	}
}

static void
on_done(struct client *client)
{
	struct transport *t = client_transport(client);
	bool falls_back = client_tls_failed(client) && may_do_without_tls(t) && !t->without_tls;
	if (falls_back || client_is_stale(client)) {
		if (falls_back)
			give_up_tls(t);
		client_close(client);
		forget_results(t);
		start_over(t);
	} else if (client_is_unfinished(client) && t->reconnects++ < RECONNECTS) {
		client_close(client);
		dial(t);
	} else {
		if (client_is_unfinished(client))
			client_give_up(client);
		client_pool_put(t->pool, client, t->messages + 1);
		t->done(t);
	}
}

/* Why nothing may be sent to the address; NULL: it may. */
static const char *
why_forbidden(const struct transport *t)
{
	if (t->manner.tls != TRANSPORT_TLS_STARTTLS)
		return NULL;
	switch (t->address.demand) {
	case TRANSPORT_DEMAND_UNKNOWN: return "the DNS has not answered the question for its TLSA records";
	case TRANSPORT_DEMAND_NO_DANE: return "its policy demands TLSA records, and it has none that can be used";
	case TRANSPORT_DEMAND_DANE_OFF: return "TLSA records are demanded, and not asked for: see dane in relay";
	default: return NULL;
	}
}

void
transport_start(struct transport *t, struct client_pool *pool)
{
	struct client *idle;
	int64_t now = pool->dialer->now(pool->dialer);
	t->pool = pool;
	t->without_tls = may_do_without_tls(t) && tls_failures_has(&pool->tls_failures, &t->address.channel, now);
	t->begun = t->dsn = t->answered = t->timed_out = t->dialled = t->turned_away = false;
	t->naming = TRANSPORT_NAMING_ALL;
	t->most = 0;
	t->reconnects = 0;
	t->tls[0] = '\0';
	t->verified = NULL;
	forget_results(t);
	if (t->deadline == 0)
		t->deadline = now + t->times.whole;
	const char *forbidden = why_forbidden(t);
	if (forbidden != NULL) {
		fail(t, FTG_NOTICE_NO_TLS, forbidden);
		return;
	}
	t->dialled = true;
	idle = client_pool_take(pool, t, &t->messages);
	if (idle != NULL)
		client_reuse(idle, t, on_done);
	else
		dial(t);
}
