/* An entry of the relay queue: the envelope of a message, and the state of each recipient. */
#include "port/queue_entry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text/ascii.h"

static void
free_recipient(struct queue_recipient *recipient)
{
	free(recipient->address);
	free(recipient->sender);
	free(recipient->orcpt);
	free(recipient->reply);
}

struct queue_recipient *
queue_entry_add(struct queue_entry *entry, const char *address)
{
	if (entry->count == entry->room) {
		size_t room = entry->room == 0 ? 1 : 2 * entry->room;
		if (room > QUEUE_RECIPIENTS_MAX)
			return NULL;
		struct queue_recipient *recipients = reallocarray(entry->recipients, room, sizeof *recipients);
		if (recipients == NULL)
			return NULL;
		entry->recipients = recipients;
		entry->room = room;
	}
	char *copy = address == NULL ? NULL : strndup(address, QUEUE_TEXT_MAX);
	if (copy == NULL && address != NULL)
		return NULL;
	struct queue_recipient *added = &entry->recipients[entry->count++];
	*added = (struct queue_recipient) { .address = copy };
	return added;
}

struct queue_recipient *
queue_entry_find(const struct queue_entry *entry, const char *address)
{
	for (size_t i = 0; i < entry->count; i++)
		if (strcmp(entry->recipients[i].address, address) == 0)
			return &entry->recipients[i];
	return NULL;
}

void
queue_entry_cut(struct queue_entry *entry, size_t count)
{
	while (entry->count > count)
		free_recipient(&entry->recipients[--entry->count]);
}

void
queue_entry_remove(
    struct queue_entry *entry, bool (*is_other)(const void *context, const char *address), const void *context)
{
	size_t kept = 0;
	for (size_t i = 0; i < entry->count; i++) {
		struct queue_recipient recipient = entry->recipients[i];
		if (is_other(context, recipient.address))
			continue;
		entry->recipients[i] = entry->recipients[kept];
		entry->recipients[kept++] = recipient;
	}
	queue_entry_cut(entry, kept);
}

const char *
queue_sender(const struct queue_entry *entry, const struct queue_recipient *recipient)
{
	return recipient->sender != NULL ? recipient->sender : entry->sender;
}

const char *
queue_domain(const struct queue_recipient *recipient)
{
	const char *at = strrchr(recipient->address, '@');
	return at == NULL ? "" : at + 1;
}

int64_t
queue_next(const struct queue_entry *entry)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < entry->count; i++)
		if (entry->recipients[i].state == QUEUE_WAITING && entry->recipients[i].next < next)
			next = entry->recipients[i].next;
	return next;
}

bool
queue_is_waiting(const struct queue_entry *entry)
{
	return queue_next(entry) != INT64_MAX;
}

bool
queue_set_text(char **text, const char *octets, size_t len, size_t max)
{
	char *copy = NULL;
	if (octets != NULL && (copy = strndup(octets, len < max ? len : max)) == NULL)
		return false;
	for (char *at = copy; at != NULL && *at != '\0'; at++)
		if (ascii_is_control(*at))
			*at = ' ';
	free(*text);
	*text = copy;
	return true;
}

void
queue_entry_clear(struct queue_entry *entry)
{
	queue_entry_cut(entry, 0);
	free(entry->recipients);
	free(entry->session);
	free(entry->sender);
	free(entry->user);
	free(entry->language);
	free(entry->envid);
	free(entry->message_id);
	if (entry->claimed)
		close(entry->lock);
	*entry = (struct queue_entry) { 0 };
}
