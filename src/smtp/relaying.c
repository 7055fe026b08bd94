/* Mail to other servers: who may send it, and the entry of a message in the relay queue. */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "port/router.h"
#include "smtp/internal.h"

/* A user without the right to send has been refused at MAIL. */
bool
relaying_is_allowed(const struct smtp_session *s)
{
	return s->user != NULL || (s->access & ACCESS_RELAY) != 0;
}

bool
relaying_has_route(const struct smtp_session *s, const char *domain)
{
	const struct router *router = s->config->router;

	return router == NULL || router->has_route(router, domain);
}

/* The language of the session, for DSNs to the sender; NULL: none. */
static const char *
language_of(const struct smtp_session *s)
{
	const struct ftg_voice voice = s->outlet->voice(s->outlet);

	return voice.catalog != NULL ? ftg_catalog_tag(voice.catalog, voice.language) : NULL;
}

/* An alias may lead to an address that needs SMTPUTF8. */
static bool
needs_utf8(const struct envelope *envelope)
{
	bool needed = envelope->utf8;
	for (size_t i = 0; i < envelope->relay->count && !needed; i++) {
		const char *address = envelope->relay->recipients[i].address;
		needed = !ascii_is_all(address, strlen(address));
	}
	return needed;
}

static bool
set(char **text, const char *value)
{
	return value == NULL || queue_set_text(text, value, strlen(value), QUEUE_TEXT_MAX);
}

static bool
add_delivered(struct queue_entry *relay, const struct dsn_recipient *asked)
{
	if (queue_entry_find(relay, asked->address) != NULL)
		return true;
	struct queue_recipient *added = queue_entry_add(relay, asked->address);
	if (added == NULL)
		return false;
	added->state = QUEUE_DELIVERED;
	added->notify = asked->notify;
	return set(&added->orcpt, asked->orcpt);
}

/*
 * Recipients with NOTIFY=SUCCESS whose mailbox is here go into the queue as delivered, so that the queue manager sends
 * the DSN.
 */
static bool
add_all_delivered(struct smtp_session *s)
{
	struct envelope *envelope = &s->envelope;
	const struct dsn *dsn = &envelope->dsn;

	if (envelope->sender[0] == '\0')
		return true;
	for (size_t i = 0; i < dsn->count; i++)
		if (dsn->recipients[i].address != NULL && !add_delivered(envelope->relay, &dsn->recipients[i]))
			return false;
	return true;
}

/* The ID is unique: no token holds a "u", so a token, "u" and the number of the transaction cannot be another token. */
bool
relaying_complete(struct smtp_session *s)
{
	const struct envelope *envelope = &s->envelope;

	if (!envelope_need_relay(&s->envelope) || !add_all_delivered(s))
		return false;
	struct queue_entry *relay = envelope->relay;
	snprintf(relay->id, sizeof relay->id, "%su%u", s->peer.session, s->transactions);
	relay->arrival = s->config->now();
	relay->account = s->account;
	relay->utf8 = needs_utf8(envelope);
	relay->eightbit = envelope->eightbit;
	relay->ret = envelope->dsn.ret;
	return set(&relay->session, s->peer.session) && set(&relay->sender, envelope->sender) &&
	    set(&relay->user, s->user) && set(&relay->language, language_of(s)) &&
	    set(&relay->envid, envelope->dsn.envid);
}
