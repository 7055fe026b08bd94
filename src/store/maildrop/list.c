/* The messages of a Maildir in the order of their arrival, and the folder of each. Blocks. */
#include "store/maildrop/list.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "store/maildrop/duplicates.h"
#include "store/maildrop/name.h"
#include "store/maildrop/scan.h"

/* The identity of a message: its arrival, and the part of its name that does not change. */
struct key {
	uint64_t arrival;
	const char *base;
	size_t len;
};

static int
compare_keys(const struct key *one, const struct key *other)
{
	if (one->arrival != other->arrival)
		return one->arrival < other->arrival ? -1 : 1;
	int order = memcmp(one->base, other->base, one->len < other->len ? one->len : other->len);
	if (order != 0)
		return order;
	return (one->len > other->len) - (one->len < other->len);
}

/* By key; those with one key in some order that depends on their names alone. */
static int
compare(const void *one, const void *other, void *context)
{
	const struct drop_list *list = context;
	const struct drop_message *a = one, *b = other;
	if (a->arrival != b->arrival)
		return a->arrival < b->arrival ? -1 : 1;
	const char *name = drop_list_name(list, a), *other_name = drop_list_name(list, b);
	const struct key key = { a->arrival, name, a->base_len }, other_key = { b->arrival, other_name, b->base_len };
	int order = compare_keys(&key, &other_key);
	if (order == 0)
		order = b->folder - a->folder;
	return order != 0 ? order : strcmp(name, other_name);
}

static void
sort(struct drop_list *list)
{
	if (list->count > 1)
		qsort_r(list->messages, list->count, sizeof *list->messages, compare, list);
}

/* The sizes replace the arrivals. */
static int
take_sizes(struct drop_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct drop_message *message = &list->messages[i];
		const struct drop_name told = drop_name_parse(drop_list_name(list, message));
		message->size = told.wire_size;
		message->unseen = true;
		if (told.surrogate != DROP_UNTOLD && drop_list_set_surrogate(list, message, told.surrogate) < 0)
			return -1;
		message->untold = message->size == DROP_UNTOLD || message->unseen;
	}
	return 0;
}

/* Gives back the memory that was taken ahead. */
static void
trim(struct drop_list *list)
{
	char *names = realloc(list->names, list->names_len);
	struct drop_message *messages = realloc(list->messages, list->count * sizeof *list->messages);
	if (names != NULL) {
		list->names = names;
		list->names_room = list->names_len;
	}
	if (messages != NULL) {
		list->messages = messages;
		list->room = list->count;
	}
}

int
drop_list_read(struct drop_list *list, const struct drop_folders *folders)
{
	if (drop_scan(list, folders) < 0)
		return -1;
	sort(list);
	if (drop_separate_duplicates(list, folders))
		sort(list);
	if (list->count > 0)
		trim(list);
	return take_sizes(list);
}

/* The message of this name; NULL if it is none of these. */
static struct drop_message *
find(const struct drop_list *list, const struct key *key)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct drop_message *message = &list->messages[middle];
		const char *name = drop_list_name(list, message);
		const struct key other = { drop_name_parse(name).arrival, name, message->base_len };
		int order = compare_keys(key, &other);
		if (order == 0)
			return message;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool
is_where_it_was(const struct drop_list *list, const struct drop_message *message, const struct drop_list *fresh,
    const struct drop_message *named)
{
	return message->folder == named->folder &&
	    strcmp(drop_list_name(list, message), drop_list_name(fresh, named)) == 0;
}

/*
 * Finds out which messages the names of a fresh list are of, and which have none. Of several names of one message the
 * last is taken, but a message whose own name still exists keeps it: the other name may be another file with the same
 * UNIQUE.
 */
static void
match(struct drop_list *list, struct drop_list *fresh)
{
	for (size_t i = 0; i < list->count; i++)
		list->messages[i].matched = list->messages[i].settled = false;
	for (size_t i = 0; i < fresh->count; i++) {
		struct drop_message *named = &fresh->messages[i];
		const struct key key = { named->arrival, drop_list_name(fresh, named), named->base_len };
		struct drop_message *message = find(list, &key);
		named->match = SIZE_MAX;
		if (message == NULL || message->settled)
			continue;
		named->match = (size_t)(message - list->messages);
		message->matched = true;
		message->settled = is_where_it_was(list, message, fresh, named);
	}
}

/* Messages that have no name any more keep the one they had. */
static int
keep_others(const struct drop_list *list, struct drop_list *fresh)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct drop_message *message = &list->messages[i];
		if (message->matched)
			continue;
		if (drop_scan_add(fresh, message->folder, drop_list_name(list, message), message->len) < 0)
			return -1;
		fresh->messages[fresh->count - 1].match = i;
	}
	return 0;
}

/* The names of the fresh list become those of the list. */
static void
take_names(struct drop_list *list, struct drop_list *fresh)
{
	for (size_t i = 0; i < fresh->count; i++) {
		const struct drop_message *named = &fresh->messages[i];
		if (named->match == SIZE_MAX)
			continue;
		list->messages[named->match].name = named->name;
		list->messages[named->match].len = named->len;
		list->messages[named->match].folder = named->folder;
	}
	char *names = list->names;
	list->names = fresh->names;
	list->names_len = fresh->names_len;
	list->names_room = fresh->names_room;
	fresh->names = names;
}

int
drop_list_refresh(struct drop_list *list, const struct drop_folders *folders)
{
	struct drop_list fresh = { 0 };
	int result = drop_scan(&fresh, folders);
	if (result == 0) {
		match(list, &fresh);
		result = keep_others(list, &fresh);
	}
	if (result == 0)
		take_names(list, &fresh);
	drop_list_free(&fresh);
	return result;
}

int
drop_list_set_surrogate(struct drop_list *list, struct drop_message *message, uint64_t size)
{
	if (list->surrogates == NULL && size != 0) {
		list->surrogates = calloc(list->count, sizeof *list->surrogates);
		if (list->surrogates == NULL)
			return -1;
	}
	if (list->surrogates != NULL)
		list->surrogates[message - list->messages] = size;
	message->unseen = false;
	return 0;
}

void
drop_list_free(struct drop_list *list)
{
	int error = errno;
	free(list->names);
	free(list->messages);
	free(list->surrogates);
	*list = (struct drop_list) { 0 };
	errno = error;
}
