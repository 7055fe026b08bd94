/*
 * Whether another connection follows one that the server has ended. Some servers disconnect after a number of refused
 * recipients: those that they accepted are then named alone, and if that fails too, one in each transaction.
 */
#include "relay/client/client_internal.h"

static void
mark_taken(const struct client *c)
{
	for (size_t i = 0; i < c->transport->count; i++) {
		struct transport_recipient *recipient = &c->transport->recipients[i];
		recipient->taken = recipient->accepted && !recipient->settled;
	}
}

/* The recipient of the transaction that failed is deferred, for it may be the reason. It is the first without a result. */
static void
settle_named(struct client *c)
{
	size_t at = 0;
	while (c->transport->recipients[at].settled)
		at++;
	client_settle_one(c, &c->transport->recipients[at]);
}

/* Decides whom the next connection names after one on which no message was accepted. False: there is no use in another. */
static bool
narrow(struct client *c)
{
	struct transport *t = c->transport;
	switch (t->naming) {
	case TRANSPORT_NAMING_ALL:
		if (c->accepted == 0 || !c->refused)
			return false;
		mark_taken(c);
		t->naming = TRANSPORT_NAMING_TAKEN;
		return true;
	case TRANSPORT_NAMING_TAKEN: t->naming = TRANSPORT_NAMING_ONE; return true;
	case TRANSPORT_NAMING_ONE: settle_named(c); return true;
	}
	return false;
}

bool
client_resume(struct client *c)
{
	bool named = c->state == CLIENT_RCPT || c->state == CLIENT_DATA;
	bool next = c->state == CLIENT_MAIL && c->delivered;
	if (!c->broken_off || (!named && !next))
		return false;
	if (!c->delivered && !narrow(c))
		return false;
	c->unfinished = client_is_any_left(c);
	return c->unfinished;
}
