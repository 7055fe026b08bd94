/* What has become of each message for each recipient. */
#include "cmd/ctl/trace/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const result_words[RESULT_STATES] = {
	[RESULT_UNKNOWN] = "unknown",
	[RESULT_QUEUED] = "queued",
	[RESULT_DEFERRED] = "deferred",
	[RESULT_DELIVERED] = "delivered",
	[RESULT_RELAYED] = "relayed",
	[RESULT_BOUNCED] = "bounced",
	[RESULT_LATER] = "refused-for-now",
	[RESULT_REFUSED] = "refused",
};

static char *
copy_of(const struct event *event, const char *key)
{
	char value[EVENT_VALUE_SIZE];
	event_get(event, key, value);
	return strdup(value);
}

static void
free_result(struct result *result)
{
	free(result->message);
	free(result->message_id);
	free(result->from);
	free(result->to);
	free(result->ref);
	free(result->detail);
}

/* By the code of the reply that the client got. The log does not say which set of codes it had; published is the default. */
static bool
is_temporary(const struct event *event)
{
	char said[EVENT_VALUE_SIZE];
	enum ftg_id id = event_get(event, "said", said) ? ftg_id_find(said) : event_reply(event);
	return id != FTG_IDS && ftg_row(id)->code[FTG_PUBLISHED].reply[0] == '4';
}

/* The state that an event reports; RESULT_STATES: none. */
static enum result_state
state_of(const struct event *event)
{
	static const struct {
		const char *name;
		enum result_state state;
	} states[] = {
		{ "message", RESULT_UNKNOWN },
		{ "queued", RESULT_QUEUED },
		{ "deferred", RESULT_DEFERRED },
		{ "delivered", RESULT_DELIVERED },
		{ "relayed", RESULT_RELAYED },
		{ "bounced", RESULT_BOUNCED },
	};
	char value[EVENT_VALUE_SIZE];
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (event_is(event, states[i].name))
			return states[i].state;
	if ((event->kind != EVENT_REPLY && !event_is(event, "undelivered")) || !event_get(event, "from", value))
		return RESULT_STATES;
	return is_temporary(event) ? RESULT_LATER : RESULT_REFUSED;
}

static bool
fill(struct result *result, const struct event *event)
{
	char value[EVENT_VALUE_SIZE];
	bool has_id = event->kind != EVENT_REPLY && event_get(event, "id", value);
	result->message = copy_of(event, has_id ? "id" : "session");
	result->message_id = copy_of(event, "message-id");
	result->from = copy_of(event, "from");
	result->to = copy_of(event, event_is(event, "delivered") ? "mailbox" : "to");
	result->ref = copy_of(event, "ref");
	result->detail = copy_of(
	    event, result->state == RESULT_BOUNCED && event_get(event, "reply", value) ? "reply" : "next");
	event_get(event, "again", value);
	result->again = event_seconds(value);
	return result->message != NULL && result->message_id != NULL && result->from != NULL && result->to != NULL &&
	    result->ref != NULL && result->detail != NULL;
}

static bool
add(struct results *results, const struct story_event *kept, const struct event *event, size_t order)
{
	enum result_state state = state_of(event);
	if (state == RESULT_STATES)
		return true;
	if (results->count == results->room) {
		size_t room = results->room == 0 ? 16 : 2 * results->room;
		struct result *grown = reallocarray(results->result, room, sizeof *grown);
		if (grown == NULL)
			return false;
		results->result = grown;
		results->room = room;
	}
	struct result *result = &results->result[results->count++];
	*result = (struct result) { .state = state, .order = order };
	memcpy(result->time, kept->time, sizeof result->time);
	return fill(result, event);
}

static int
by_recipient(const void *a, const void *b)
{
	const struct result *first = a, *second = b;
	int order = strcmp(first->message, second->message);
	if (order == 0)
		order = strcasecmp(first->to, second->to);
	return order != 0 ? order : first->order < second->order ? -1 : first->order > second->order;
}

static int
by_path(const void *a, const void *b)
{
	const struct result *first = a, *second = b;
	int order = strcasecmp(first->from, second->from);
	if (order == 0)
		order = strcasecmp(first->to, second->to);
	return order != 0 ? order : first->order < second->order ? -1 : first->order > second->order;
}

static int
by_order(const void *a, const void *b)
{
	const struct result *first = a, *second = b;
	return first->order < second->order ? -1 : first->order > second->order;
}

/* A refusal is an end of its own; else the last state of a message for a recipient counts. */
static bool
replaces(const struct result *next, const struct result *last)
{
	return next->state != RESULT_REFUSED && next->state != RESULT_LATER && last->state != RESULT_REFUSED &&
	    last->state != RESULT_LATER && strcmp(next->message, last->message) == 0 &&
	    strcasecmp(next->to, last->to) == 0;
}

/* The acceptance of a message says nothing beside what became of it for a recipient, which has the same ID. */
static bool
is_stated_otherwise(const struct results *results, size_t number)
{
	const struct result *result = &results->result[number];
	return result->state == RESULT_UNKNOWN && number + 1 < results->count &&
	    strcmp(result->message, results->result[number + 1].message) == 0 && result[1].state != RESULT_LATER &&
	    result[1].state != RESULT_REFUSED;
}

/* A recipient that was refused for now, and later accepted from the same sender. */
static bool
has_come_later(const struct results *results, size_t number)
{
	const struct result *result = &results->result[number], *next = result + 1;
	return result->state == RESULT_LATER && number + 1 < results->count &&
	    strcasecmp(result->from, next->from) == 0 && strcasecmp(result->to, next->to) == 0;
}

static bool
is_replaced(const struct results *results, size_t number)
{
	return number + 1 < results->count && replaces(&results->result[number + 1], &results->result[number]);
}

/* Sorts, and removes the results that another one makes needless. */
static void
reduce(struct results *results, int (*compare)(const void *a, const void *b),
    bool (*is_needless)(const struct results *results, size_t number))
{
	size_t kept = 0;
	if (results->count > 0)
		qsort(results->result, results->count, sizeof *results->result, compare);
	for (size_t i = 0; i < results->count; i++) {
		struct result result = results->result[i];
		if (is_needless(results, i))
			free_result(&result);
		else
			results->result[kept++] = result;
	}
	results->count = kept;
}

bool
results_find(struct results *results, const struct story *story)
{
	struct event event;
	bool fine = true;
	for (size_t i = 0; i < story->count && fine; i++) {
		const struct story_event *kept = &story->event[i];
		if (event_read_text(&event, (struct log_span) { kept->text, kept->len }))
			fine = add(results, kept, &event, i);
	}
	if (!fine)
		return false;
	reduce(results, by_recipient, is_replaced);
	reduce(results, by_recipient, is_stated_otherwise);
	reduce(results, by_path, has_come_later);
	if (results->count > 0)
		qsort(results->result, results->count, sizeof *results->result, by_order);
	return true;
}

void
results_clear(struct results *results)
{
	for (size_t i = 0; i < results->count; i++)
		free_result(&results->result[i]);
	free(results->result);
	*results = (struct results) { 0 };
}
