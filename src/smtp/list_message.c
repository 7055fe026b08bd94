/* The message of a list: its members, its sender and its fields (RFC 2919, RFC 2369). */
#include "smtp/list_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

enum { URL_SIZE = 3 * ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 2, FIELD_SIZE = URL_SIZE + 16 };

/* Writes octets of a local part; those that are not in the set become a sign and two digits. Returns how many are written. */
static size_t
write_octets(char *to, const char *local, const char *others, char sign)
{
	static const char digits[] = "0123456789ABCDEF";
	char *at = to;

	for (; *local != '\0'; local++) {
		unsigned char octet = (unsigned char)*local;
		if (ascii_is_alnum(octet) || strchr(others, octet) != NULL) {
			*at++ = *local;
		} else {
			*at++ = sign;
			*at++ = digits[octet >> 4];
			*at++ = digits[octet & 15];
		}
	}
	*at = '\0';
	return (size_t)(at - to);
}

/* Has a local part the form of a dot-atom? */
static bool
has_dots_between(const char *local)
{
	size_t len = strlen(local);
	return len > 0 && local[0] != '.' && local[len - 1] != '.' && strstr(local, "..") == NULL;
}

/*
 * The name of a list need not be a dot-atom of ASCII: other octets are written as =XX, and so is "=". The dots of a name that
 * is quoted because of them are, too.
 */
static void
write_id(char id[LIST_ID_MAX + 1], const struct address *list)
{
	char text[URL_SIZE];
	size_t len = write_octets(text, list->local, has_dots_between(list->local) ? "-_.+" : "-_+", '=');

	snprintf(text + len, sizeof text - len, ".%s", list->domain);
	if (strlen(text) > LIST_ID_MAX)
		text[0] = '\0';
	memcpy(id, text, strlen(text) + 1);
}

static struct list_message *
new_message(const struct address *list)
{
	struct list_message *message = calloc(1, sizeof *message);

	if (message == NULL)
		return NULL;
	message->list = *list;
	address_write(message->name, list->local, list->domain);
	write_id(message->id, list);
	return message;
}

static void
free_message(struct list_message *message)
{
	free(message->mailboxes);
	queue_entry_clear(&message->entry);
	field_edits_clear(&message->edits);
	free(message);
}

struct list_message *
list_messages_add(struct list_messages **messages, const struct address *list)
{
	size_t count = list_messages_count(*messages), room = *messages != NULL ? (*messages)->room : 0;

	if (count == room) {
		room = room == 0 ? 1 : 2 * room;
		struct list_messages *grown = realloc(*messages, sizeof *grown + room * sizeof(struct list_message *));
		if (grown == NULL)
			return NULL;
		if (count == 0)
			grown->posted = false;
		grown->count = count;
		grown->room = room;
		*messages = grown;
	}
	struct list_message *added = new_message(list);
	if (added != NULL)
		(*messages)->all[(*messages)->count++] = added;
	return added;
}

void
list_messages_cut(struct list_messages *messages, size_t count)
{
	while (list_messages_count(messages) > count)
		free_message(messages->all[--messages->count]);
}

void
list_messages_free(struct list_messages *messages)
{
	list_messages_cut(messages, 0);
	free(messages);
}

bool
list_message_add(struct list_message *message, const struct mailbox *mailbox)
{
	if (message->count == message->room) {
		size_t room = message->room == 0 ? 4 : 2 * message->room;
		struct mailbox *mailboxes = reallocarray(message->mailboxes, room, sizeof *mailboxes);
		if (mailboxes == NULL)
			return false;
		message->mailboxes = mailboxes;
		message->room = room;
	}
	message->mailboxes[message->count] = *mailbox;
	message->mailboxes[message->count++].notify = DSN_FAILURE;
	return true;
}

/* The list is the sender, so the author's DSN parameters do not apply (RFC 3461 section 5.2.7.3). */
bool
list_message_add_elsewhere(struct list_message *message, const char *address)
{
	struct queue_recipient *added = queue_entry_add(&message->entry, address);

	if (added == NULL)
		return false;
	added->notify = DSN_FAILURE;
	message->elsewhere++;
	return true;
}

void
list_message_remove(
    struct list_message *message, bool (*is_other)(const void *context, const char *address), const void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < message->count; i++)
		if (!is_other(context, message->mailboxes[i].address))
			message->mailboxes[kept++] = message->mailboxes[i];
	message->count = kept;
	queue_entry_remove(&message->entry, is_other, context);
	message->elsewhere = message->entry.count;
}

void
list_message_empty(struct list_message *message)
{
	message->count = 0;
	queue_entry_cut(&message->entry, 0);
	message->elsewhere = 0;
}

bool
list_message_has_id(const struct list_message *message, const char *value, size_t len)
{
	const char *open = memrchr(value, '<', len);
	const char *close = open != NULL ? memchr(open, '>', (size_t)(value + len - open)) : NULL;
	const char *id = open != NULL ? open + 1 : value;
	size_t id_len = (size_t)((close != NULL ? close : value + len) - id);

	return id_len > 0 && id_len == strlen(message->id) && ascii_equal(id, message->id, id_len);
}

void
list_message_sender(char text[ADDRESS_TEXT_SIZE], const struct address *list, bool utf8)
{
	struct address sender = *list;

	directory_name_bounces(&sender);
	bool fits = utf8 || ascii_is_all(sender.local, strlen(sender.local));
	address_write(text, fits ? sender.local : "postmaster", list->domain);
}

/* The path of a mailto URL (RFC 6068): whoever may post to the list, mail to this address reaches it. */
static void
write_post(char field[FIELD_SIZE], const struct address *list)
{
	static const char scheme[] = "<mailto:";
	const size_t begin = sizeof scheme - 1;

	memcpy(field, scheme, begin);
	size_t len = begin + write_octets(field + begin, list->local, "-._~!$'*+", '%');
	snprintf(field + len, FIELD_SIZE - len, "@%s>", list->domain);
}

/* A change that the field's form does not permit is left out: the message is not worse than without it. */
static bool
add(struct field_edits *edits, const char *name, const char *value)
{
	return field_edits_add(edits, name, value, (int)edits->added_count) == 0 || errno != ENOMEM;
}

static bool
replace(struct field_edits *edits, const char *name, const char *value)
{
	bool removed = field_edits_remove(edits, name, 0) == 0 || errno != ENOMEM;
	return removed && (*value == '\0' || add(edits, name, value));
}

/* As trace.c does it: several mailboxes share a file, and must not be told of each other. */
static void
write_local(struct list_message *message, const char *sender, bool utf8)
{
	const char *address = message->count == 1 ? message->mailboxes[0].address : "";
	size_t len = 0;

	message->local[0] = '\0';
	if (message->count > 0)
		len = (size_t)snprintf(message->local, sizeof message->local, "Return-Path: <%s>\n", sender);
	if (*address != '\0' && (utf8 || ascii_is_all(address, strlen(address))))
		snprintf(message->local + len, sizeof message->local - len, "Delivered-To: %s\n", address);
}

bool
list_message_write(struct list_message *message, const char *sender, bool utf8)
{
	struct field_edits *edits = &message->edits;
	char id[LIST_ID_MAX + 3] = "", post[FIELD_SIZE];

	edits->utf8 = utf8;
	if (message->id[0] != '\0')
		snprintf(id, sizeof id, "<%s>", message->id);
	write_post(post, &message->list);
	write_local(message, sender, utf8);
	return add(edits, "Delivered-To", message->name) && replace(edits, "List-Id", id) &&
	    replace(edits, "List-Post", post) && replace(edits, "Precedence", "list");
}
