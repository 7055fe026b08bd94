/* The envelope of a transaction. */
#include "smtp/envelope.h"

#include <stdlib.h>
#include <string.h>

bool
envelope_open(struct envelope *envelope, struct span sender, bool utf8)
{
	char *copy = strndup(sender.text, sender.len);

	if (copy == NULL)
		return false;
	envelope_clear(envelope);
	envelope->sender = copy;
	envelope->utf8 = utf8;
	return true;
}

static bool
holds(const struct envelope *envelope, const struct mailbox *mailbox)
{
	for (size_t i = 0; i < envelope->count; i++)
		if (mailbox_equal(&envelope->mailboxes[i], mailbox))
			return true;
	return false;
}

static bool
add_mailbox(struct envelope *envelope, const struct mailbox *mailbox)
{
	if (envelope->count == envelope->room) {
		size_t room = envelope->room == 0 ? 1 : 2 * envelope->room;
		struct mailbox *mailboxes = reallocarray(envelope->mailboxes, room, sizeof *mailboxes);
		if (mailboxes == NULL)
			return false;
		envelope->mailboxes = mailboxes;
		envelope->room = room;
	}
	envelope->mailboxes[envelope->count++] = *mailbox;
	return true;
}

static void
drop_relay(struct envelope *envelope)
{
	if (envelope->relay != NULL)
		queue_entry_clear(envelope->relay);
	free(envelope->relay);
	envelope->relay = NULL;
}

bool
envelope_need_relay(struct envelope *envelope)
{
	if (envelope->relay == NULL)
		envelope->relay = calloc(1, sizeof *envelope->relay);
	return envelope->relay != NULL;
}

/* What was asked for the recipient is asked for each address that its mail goes on to (RFC 3461 section 5.2.7). */
static bool
add_relayed(struct envelope *envelope, const struct address *address, const struct dsn_recipient *asked)
{
	char text[ADDRESS_TEXT_SIZE];

	if (!envelope_need_relay(envelope))
		return false;
	address_write(text, address->local, address->domain);
	if (queue_entry_find(envelope->relay, text) != NULL)
		return true;
	struct queue_recipient *added = queue_entry_add(envelope->relay, text);
	if (added == NULL || asked == NULL)
		return added != NULL;
	added->notify = asked->notify;
	return asked->orcpt == NULL || queue_set_text(&added->orcpt, asked->orcpt, strlen(asked->orcpt), DSN_ORCPT_MAX);
}

bool
envelope_add(struct envelope *envelope, struct span address, const struct recipient *recipient)
{
	struct envelope_mark before = envelope_mark(envelope);
	const struct dsn_recipient *asked = dsn_find(&envelope->dsn, envelope->rcpts);
	bool added = true;

	if (envelope->first == NULL && (envelope->first = strndup(address.text, address.len)) == NULL)
		return false;
	envelope->rcpts++;
	for (size_t i = 0; i < recipient->count && added; i++)
		added = holds(envelope, &recipient->mailboxes[i]) || add_mailbox(envelope, &recipient->mailboxes[i]);
	if (added && recipient->count > 0)
		added = dsn_keep_address(&envelope->dsn, envelope->rcpts - 1, address);
	for (size_t i = 0; i < recipient->elsewhere_count && added; i++)
		added = add_relayed(envelope, &recipient->elsewhere[i], asked);
	if (!added)
		envelope_take_back(envelope, before);
	return added;
}

struct envelope_mark
envelope_mark(const struct envelope *envelope)
{
	return (struct envelope_mark) { envelope->count, envelope->relay != NULL ? envelope->relay->count : 0 };
}

void
envelope_take_back(struct envelope *envelope, struct envelope_mark before)
{
	envelope->count = before.mailboxes;
	if (before.relayed == 0)
		drop_relay(envelope);
	else
		queue_entry_cut(envelope->relay, before.relayed);
	if (--envelope->rcpts > 0)
		return;
	free(envelope->first);
	envelope->first = NULL;
}

void
envelope_clear(struct envelope *envelope)
{
	free(envelope->mailboxes);
	free(envelope->sender);
	free(envelope->first);
	free(envelope->lines);
	dsn_clear(&envelope->dsn);
	drop_relay(envelope);
	*envelope = (struct envelope) { 0 };
}
