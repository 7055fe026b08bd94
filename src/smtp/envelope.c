/* The envelope of a transaction. */
#include "smtp/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/ascii.h"

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
		unsigned room = envelope->room == 0 ? 1 : 2 * envelope->room;
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

/* One that is no member of a list: no address begins with a tab. */
static size_t
write_named(char text[ADDRESS_TEXT_SIZE + 1], const char *address)
{
	return (size_t)snprintf(text, ADDRESS_TEXT_SIZE + 1, "\t%s", address);
}

/* The same for an address that is no member of a list. That it is a member, too, is found out at the end. */
static bool
note_named(struct envelope *envelope, const char *address, bool *is_new)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	bool unseen;

	(void)write_named(text, address);
	return note(envelope, text, is_new) && note(envelope, address, &unseen);
}

static bool
is_named(const void *context, const char *address)
{
	const struct envelope *envelope = context;
	char text[ADDRESS_TEXT_SIZE + 1];
	return text_set_has(&envelope->seen, text, write_named(text, address));
}

static bool
add_here(struct envelope *envelope, const struct mailbox *mailbox, const struct dsn_recipient *asked)
{
	struct mailbox added = *mailbox;
	bool is_new;

	added.notify = asked != NULL ? asked->notify : 0;
	return note_named(envelope, mailbox->address, &is_new) && (!is_new || add_mailbox(envelope, &added));
}

static bool
set_text(char **text, const char *value)
{
	return value == NULL || queue_set_text(text, value, strlen(value), QUEUE_TEXT_MAX);
}

/* The DSN parameters of the recipient apply to each address that its mail goes to (RFC 3461 section 5.2.7). */
static bool
add_elsewhere(struct envelope *envelope, const struct expansion_target *target, const struct dsn_recipient *asked,
    const char *sender)
{
	char text[ADDRESS_TEXT_SIZE];
	bool is_new;

	address_write(text, target->address.local, target->address.domain);
	if (!envelope_need_relay(envelope) || !note_named(envelope, text, &is_new))
		return false;
	if (!is_new)
		return true;
	struct queue_recipient *added = queue_entry_add(envelope->relay, text);
	if (added == NULL || (!target->relayed && !set_text(&added->sender, sender)))
		return false;
	if (asked == NULL)
		return true;
	added->notify = asked->notify;
	return set_text(&added->orcpt, asked->orcpt);
}

static bool
add_member(struct envelope *envelope, struct list_message *list, const struct mailbox *mailbox)
{
	bool is_new;
	return note(envelope, mailbox->address, &is_new) && (!is_new || list_message_add(list, mailbox));
}

static bool
add_member_elsewhere(struct envelope *envelope, struct list_message *list, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];
	bool is_new;

	address_write(text, address->local, address->domain);
	return note(envelope, text, &is_new) && (!is_new || list_message_add_elsewhere(list, text));
}

/* A list among the addresses: no address begins with a space. */
static size_t
write_list(char text[ADDRESS_MAX + 2], const struct address *list)
{
	return (size_t)snprintf(text, ADDRESS_MAX + 2, " %s@%s", list->local, list->domain);
}

static void
note_members(struct envelope *envelope, const struct list_message *list)
{
	bool is_new;

	envelope_note_list(envelope, &list->list);
	for (size_t i = 0; i < list->count; i++)
		(void)note(envelope, list->mailboxes[i].address, &is_new);
	for (size_t i = 0; i < list->entry.count; i++)
		(void)note(envelope, list->entry.recipients[i].address, &is_new);
}

/* When memory is out, a mailbox may be in the envelope twice: the delivery handles that. */
static void
note_all(struct envelope *envelope)
{
	bool is_new;

	text_set_clear(&envelope->seen);
	for (size_t i = 0; i < envelope->count; i++)
		(void)note_named(envelope, envelope->mailboxes[i].address, &is_new);
	for (size_t i = 0; envelope->relay != NULL && i < envelope->relay->count; i++)
		(void)note_named(envelope, envelope->relay->recipients[i].address, &is_new);
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		note_members(envelope, envelope->lists->all[i]);
}

/* How much an envelope has. */
struct mark {
	size_t count, relayed, lists;
};

/* Removes the recipient that could not be added whole. */
static void
remove_last(struct envelope *envelope, const struct mark *before)
{
	envelope->count = before->count;
	if (before->relayed == 0)
		drop_relay(envelope);
	else
		queue_entry_cut(envelope->relay, before->relayed);
	list_messages_cut(envelope->lists, before->lists);
	note_all(envelope);
	if (--envelope->rcpts > 0)
		return;
	free(envelope->first);
	envelope->first = NULL;
}

static struct list_message *
find_list(const struct envelope *envelope, const struct address *list)
{
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++) {
		struct list_message *message = envelope->lists->all[i];
		if (strcmp(message->list.local, list->local) == 0 && strcmp(message->list.domain, list->domain) == 0)
			return message;
	}
	return NULL;
}

/* The message of a list, made if need be; NULL when memory is out. Only a list that is known is looked for. */
static struct list_message *
open_list(struct envelope *envelope, const struct address *list)
{
	struct list_message *found = envelope_has_list(envelope, list) ? find_list(envelope, list) : NULL;

	if (found == NULL && (found = list_messages_add(&envelope->lists, list)) != NULL)
		envelope_note_list(envelope, list);
	return found;
}

/* Adds the targets that are members of a list, which has this number among the lists of the targets. */
static bool
add_members(struct envelope *envelope, const struct expansion *targets, unsigned number)
{
	struct list_message *list = open_list(envelope, &targets->lists[number - 1]);
	bool added = list != NULL;

	for (size_t i = 0; i < targets->count && added; i++)
		if (targets->mailboxes[i].list == number)
			added = add_member(envelope, list, &targets->mailboxes[i]);
	for (size_t i = 0; i < targets->elsewhere_count && added; i++)
		if (targets->elsewhere[i].list == number)
			added = add_member_elsewhere(envelope, list, &targets->elsewhere[i].address);
	return added;
}

static bool
add_targets(
    struct envelope *envelope, const struct expansion *targets, const struct dsn_recipient *asked, const char *sender)
{
	bool added = true;

	for (size_t i = 0; i < targets->count && added; i++)
		if (targets->mailboxes[i].list == 0)
			added = add_here(envelope, &targets->mailboxes[i], asked);
	for (size_t i = 0; i < targets->elsewhere_count && added; i++)
		if (targets->elsewhere[i].list == 0)
			added = add_elsewhere(envelope, &targets->elsewhere[i], asked, sender);
	for (size_t i = 0; i < targets->list_count && added; i++)
		added = add_members(envelope, targets, (unsigned)i + 1);
	return added;
}

bool
envelope_add(struct envelope *envelope, struct span address, const struct expansion *targets, const char *sender)
{
	const struct mark before = { envelope->count, envelope->relay != NULL ? envelope->relay->count : 0,
		list_messages_count(envelope->lists) };
	const struct dsn_recipient *asked = dsn_find(&envelope->dsn, envelope->rcpts);

	if (envelope->first == NULL && (envelope->first = strndup(address.text, address.len)) == NULL)
		return false;
	envelope->rcpts++;
	bool added = add_targets(envelope, targets, asked, sender);
	/*
	 * Mail for a list is delivered to it (RFC 3461 section 5.2.7.3): a DSN about a member would say who is in it.
	 */
	if (added && (targets->count > 0 || targets->list_count > 0))
		added = dsn_keep_address(&envelope->dsn, envelope->rcpts - 1, address);
	if (!added)
		remove_last(envelope, &before);
	return added;
}

bool
envelope_note_greylisted(struct envelope *envelope, struct span address)
{
	if (envelope->greylisted == NULL)
		envelope->greylisted = strndup(address.text, address.len);
	return envelope->greylisted != NULL;
}

void
envelope_sort_members(struct envelope *envelope)
{
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		list_message_remove(envelope->lists->all[i], is_named, envelope);
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

/* An address of RCPT as it is compared: no address begins with a CR. Returns its octets, 0 if it has no such form. */
static size_t
write_rcpt(char text[ADDRESS_TEXT_SIZE + 1], const struct address *address)
{
	char key[ADDRESS_LOCAL_MAX + 1];

	if (*address->domain == '\0' || !address_key(key, address->local) || *key == '\0')
		return 0;
	return (size_t)snprintf(text, ADDRESS_TEXT_SIZE + 1, "\r%s@%s", key, address->domain);
}

void
envelope_note_rcpt(struct envelope *envelope, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	size_t len = write_rcpt(text, address);

	if (len > 0)
		(void)text_set_add(&envelope->seen, text, len);
}

bool
envelope_has_rcpt(const struct envelope *envelope, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	size_t len = write_rcpt(text, address);

	return len > 0 && text_set_has(&envelope->seen, text, len);
}

/* One that has had the message: no address begins with a LF. That of a target elsewhere may be in upper case. */
static size_t
write_returned(char text[ADDRESS_TEXT_SIZE + 1], const char *address)
{
	size_t len = (size_t)snprintf(text, ADDRESS_TEXT_SIZE + 1, "\n%s", address);

	for (char *at = text; *at != '\0'; at++)
		*at = ascii_lower(*at);
	return len;
}

void
envelope_note_returned(struct envelope *envelope, const struct address *address)
{
	char written[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE + 1];

	address_write(written, address->local, address->domain);
	(void)text_set_add(&envelope->seen, text, write_returned(text, written));
}

bool
envelope_is_returned(const struct envelope *envelope, const char *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	return text_set_has(&envelope->seen, text, write_returned(text, address));
}

void
envelope_remove_mailboxes(struct envelope *envelope,
    bool (*is_other)(const void *context, const struct mailbox *mailbox), const void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < envelope->count; i++)
		if (!is_other(context, &envelope->mailboxes[i]))
			envelope->mailboxes[kept++] = envelope->mailboxes[i];
	envelope->count = kept;
}

size_t
envelope_count_mailboxes(const struct envelope *envelope)
{
	size_t count = envelope->count;

	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		count += envelope->lists->all[i]->count;
	return count;
}

size_t
envelope_count_addresses(const struct envelope *envelope)
{
	size_t count = envelope_count_mailboxes(envelope) + (envelope->relay != NULL ? envelope->relay->count : 0);

	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		count += envelope->lists->all[i]->elsewhere;
	return count;
}

size_t
envelope_count_new(const struct envelope *envelope, const struct expansion *targets)
{
	size_t count = 0;
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < targets->count; i++)
		count += !envelope_has_mailbox(envelope, targets->mailboxes[i].address);
	for (size_t i = 0; i < targets->elsewhere_count; i++) {
		address_write(text, targets->elsewhere[i].address.local, targets->elsewhere[i].address.domain);
		count += !envelope_has_mailbox(envelope, text);
	}
	return count;
}

bool
envelope_has_recipients(const struct envelope *envelope)
{
	bool has = envelope->count > 0 || (envelope->relay != NULL && envelope->relay->count > 0);

	for (size_t i = 0; i < list_messages_count(envelope->lists) && !has; i++)
		has = envelope->lists->all[i]->count > 0 || envelope->lists->all[i]->elsewhere > 0;
	return has;
}

void
envelope_clear(struct envelope *envelope)
{
	free(envelope->mailboxes);
	free(envelope->sender);
	free(envelope->first);
	free(envelope->greylisted);
	free(envelope->lines);
	list_messages_free(envelope->lists);
	text_set_clear(&envelope->seen);
	dsn_clear(&envelope->dsn);
	drop_relay(envelope);
	*envelope = (struct envelope) { 0 };
}
