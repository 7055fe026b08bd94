/* Mail to other servers: who may send it, and the entry of a message in the relay queue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
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
needs_utf8(const struct envelope *envelope, const struct queue_entry *entry)
{
	bool needed = envelope->utf8;
	for (size_t i = 0; i < entry->count && !needed; i++) {
		const char *address = entry->recipients[i].address;
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

/* What the entries of a message have in common. */
static bool
complete(const struct smtp_session *s, struct queue_entry *entry, const char *sender)
{
	entry->arrival = s->config->now();
	entry->account = s->account;
	entry->utf8 = needs_utf8(&s->envelope, entry);
	entry->eightbit = s->envelope.eightbit;
	return set(&entry->session, s->peer.session) && set(&entry->sender, sender) && set(&entry->user, s->user);
}

/* The ID is unique: no token holds a "u", so a token, "u" and the number of the transaction cannot be another token. */
bool
relaying_complete(struct smtp_session *s)
{
	const struct envelope *envelope = &s->envelope;

	envelope_sort_members(&s->envelope);
	if (!envelope_need_relay(&s->envelope) || !add_all_delivered(s))
		return false;
	struct queue_entry *relay = envelope->relay;
	snprintf(relay->id, sizeof relay->id, "%su%u", s->peer.session, s->transactions);
	relay->ret = envelope->dsn.ret;
	return complete(s, relay, envelope->sender) && set(&relay->language, language_of(s)) &&
	    set(&relay->envid, envelope->dsn.envid);
}

/* The ID of the message, "v" and the number of the list. A list has no language, and parameters of its own for DSNs. */
static bool
complete_list(const struct smtp_session *s, struct list_message *list, unsigned number)
{
	const struct queue_entry *relay = s->envelope.relay;
	char sender[ADDRESS_TEXT_SIZE] = "";

	if (s->envelope.sender[0] != '\0')
		list_message_sender(sender, &list->list, s->envelope.utf8);
	snprintf(list->entry.id, sizeof list->entry.id, "%.*sv%u", QUEUE_ID_SIZE - 12, relay->id, number);
	return complete(s, &list->entry, sender) && set(&list->entry.message_id, relay->message_id) &&
	    list_message_write(list, sender, s->envelope.utf8);
}

bool
relaying_add_lists(struct smtp_session *s)
{
	const struct envelope *envelope = &s->envelope;
	struct delivery *delivery = s->message.delivery;
	size_t count = 0;

	if (list_messages_count(envelope->lists) == 0)
		return true;
	struct delivery_copy *copies = calloc(list_messages_count(envelope->lists), sizeof *copies);
	bool added = copies != NULL;
	for (size_t i = 0; i < list_messages_count(envelope->lists) && added; i++) {
		struct list_message *list = envelope->lists->all[i];
		if (list->count == 0 && list->entry.count == 0)
			continue;
		added = complete_list(s, list, (unsigned)i + 1);
		copies[count++] = (struct delivery_copy) { list->mailboxes, list->count, &list->entry, list->local,
			&list->edits };
	}
	added = added && delivery->ops->copy(delivery, copies, count);
	free(copies);
	return added;
}
