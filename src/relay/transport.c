/* Hands one message to a server at one address, on a connection of the pool or a new one. */
#include "relay/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay/client.h"
#include "relay/client_pool.h"
#include "relay/verdict.h"

static void dial(struct transport *t);

/* Without memory for a connection. */
static void
fail(struct transport *t, int error)
{
	for (size_t i = 0; i < t->count; i++) {
		struct transport_recipient *recipient = &t->recipients[i];
		free(recipient->verdict);
		recipient->result = TRANSPORT_LATER;
		recipient->settled = true;
		recipient->verdict = verdict_write(FTG_NOTICE_UNREACHABLE, t->address.channel.host, strerror(error));
	}
	t->done(t);
}

/* TLS with a server that is not asked for a certificate protects from listeners only: better in the clear than not at all. */
static bool
may_do_without_tls(const struct transport *t, const struct client *client)
{
	return client_tls_failed(client) && t->manner.tls == TRANSPORT_TLS_STARTTLS && !t->without_tls;
}

static void
on_done(struct client *client)
{
	struct transport *t = client_transport(client);
	bool stale = client_is_stale(client);
	if (stale || may_do_without_tls(t, client)) {
		t->without_tls = !stale;
		client_close(client);
		dial(t);
		return;
	}
	client_pool_put(t->pool, client, t->messages + 1);
	t->done(t);
}

static void
dial(struct transport *t)
{
	enum transport_tls tls = t->without_tls ? TRANSPORT_TLS_NONE : t->manner.tls;
	t->messages = 0;
	t->begun = t->dsn = t->answered = t->timed_out = false;
	if (client_new(t->pool->dialer, t->pool->disk, t, tls, on_done) == NULL)
		fail(t, ENOMEM);
}

void
transport_start(struct transport *t, struct client_pool *pool)
{
	struct client *idle;
	t->pool = pool;
	t->without_tls = false;
	t->begun = t->dsn = t->answered = t->timed_out = false;
	if (t->deadline == 0)
		t->deadline = pool->dialer->now(pool->dialer) + t->times.whole;
	idle = client_pool_take(pool, t, &t->messages);
	if (idle != NULL)
		client_reuse(idle, t, on_done);
	else
		dial(t);
}
