/* The envelope of a transaction. */
#include "smtp/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span
envelope_spell(char text[ADDRESS_TEXT_SIZE], struct span written, const struct address *address)
{
	if (!address->utf8 || address->null)
		return written;
	address_write(text, address->local, address->domain);
	return (struct span) { text, strlen(text) };
}

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

/* Adds an address to the set; *is_new says whether it was missing. False when memory is out. */
static bool
note(struct envelope *envelope, const char *address, bool *is_new)
{
	int added = text_set_add(&envelope->seen, address, strlen(address));
	*is_new = added > 0;
	return added >= 0;
}

static bool
add_here(struct envelope *envelope, const struct mailbox *mailbox, unsigned notify)
{
	struct mailbox added = *mailbox;
	bool is_new;
	added.notify = notify;
	return note(envelope, mailbox->address, &is_new) && (!is_new || add_mailbox(envelope, &added));
}

static bool
set_text(char **text, const char *value)
{
	return value == NULL || queue_set_text(text, value, strlen(value), QUEUE_TEXT_MAX);
}

/* The DSN parameters of the recipient apply to each address that its mail goes to (RFC 3461 section 5.2.7). */
static bool
add_elsewhere(struct envelope *envelope, const struct address *address, const struct dsn_recipient *asked,
    const char *sender, bool member)
{
	char text[ADDRESS_TEXT_SIZE];
	bool is_new;

	address_write(text, address->local, address->domain);
	if (!envelope_need_relay(envelope) || !note(envelope, text, &is_new))
		return false;
	if (!is_new)
		return true;
	struct queue_recipient *added = queue_entry_add(envelope->relay, text);
	if (added == NULL || !set_text(&added->sender, sender))
		return false;
	added->member = member;
	if (asked == NULL)
		return true;
	added->notify = asked->notify;
	return set_text(&added->orcpt, asked->orcpt);
}

/* When memory is out, a mailbox may be in the envelope twice: the delivery handles that. */
static void
note_all(struct envelope *envelope)
{
	bool is_new;

	text_set_clear(&envelope->seen);
	for (size_t i = 0; i < envelope->count; i++)
		(void)note(envelope, envelope->mailboxes[i].address, &is_new);
	for (size_t i = 0; envelope->relay != NULL && i < envelope->relay->count; i++)
		(void)note(envelope, envelope->relay->recipients[i].address, &is_new);
}

/* Removes the recipient that could not be added whole. */
static void
remove_last(struct envelope *envelope, size_t count, size_t relayed)
{
	envelope->count = count;
	if (relayed == 0)
		drop_relay(envelope);
	else
		queue_entry_cut(envelope->relay, relayed);
	note_all(envelope);
	if (--envelope->rcpts > 0)
		return;
	free(envelope->first);
	envelope->first = NULL;
}

/* A list is where the author's mail is delivered (RFC 3461 section 5.2.7.3): a DSN about a member would say who is in it. */
static unsigned
notify_of(const struct dsn_recipient *asked, bool list)
{
	if (list)
		return DSN_NEVER;
	return asked != NULL ? asked->notify : 0;
}

bool
envelope_add(struct envelope *envelope, struct span address, const struct expansion *targets, const char *sender)
{
	const size_t count = envelope->count, relayed = envelope->relay != NULL ? envelope->relay->count : 0;
	const struct dsn_recipient *asked = dsn_find(&envelope->dsn, envelope->rcpts);
	const bool list = targets->list.local[0] != '\0';
	bool added = true;

	if (envelope->first == NULL && (envelope->first = strndup(address.text, address.len)) == NULL)
		return false;
	envelope->rcpts++;
	for (size_t i = 0; i < targets->count && added; i++)
		added = add_here(envelope, &targets->mailboxes[i], notify_of(asked, list));
	if (added && (targets->count > 0 || list))
		added = dsn_keep_address(&envelope->dsn, envelope->rcpts - 1, address);
	for (size_t i = 0; i < targets->elsewhere_count && added; i++)
		added = add_elsewhere(envelope, &targets->elsewhere[i], list ? NULL : asked, sender, list);
	if (!added)
		remove_last(envelope, count, relayed);
	return added;
}

/* A list among the addresses: no address begins with a space. */
static size_t
write_list(char text[ADDRESS_MAX + 2], const struct address *list)
{
	return (size_t)snprintf(text, ADDRESS_MAX + 2, " %s@%s", list->local, list->domain);
}

bool
envelope_has_list(const struct envelope *envelope, const struct address *list)
{
	char text[ADDRESS_MAX + 2];
	return text_set_has(&envelope->seen, text, write_list(text, list));
}

void
envelope_note_list(struct envelope *envelope, const struct address *list)
{
	char text[ADDRESS_MAX + 2];
	(void)text_set_add(&envelope->seen, text, write_list(text, list));
}

bool
envelope_has_mailbox(const struct envelope *envelope, const char *address)
{
	return text_set_has(&envelope->seen, address, strlen(address));
}

void
envelope_clear(struct envelope *envelope)
{
	free(envelope->mailboxes);
	free(envelope->sender);
	free(envelope->first);
	free(envelope->lines);
	text_set_clear(&envelope->seen);
	dsn_clear(&envelope->dsn);
	drop_relay(envelope);
	*envelope = (struct envelope) { 0 };
}
