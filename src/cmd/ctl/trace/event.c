/* One event of the log, as trace looks at it. */
#include "cmd/ctl/trace/event.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum event_kind kind;
} kinds[] = {
	{ "reply", EVENT_REPLY },
	{ "message", EVENT_MESSAGE },
	{ "delivered", EVENT_RECIPIENT },
	{ "queued", EVENT_RECIPIENT },
	{ "relayed", EVENT_RECIPIENT },
	{ "deferred", EVENT_RECIPIENT },
	{ "bounced", EVENT_RECIPIENT },
	{ "undelivered", EVENT_RECIPIENT },
	{ "dsn", EVENT_ENTRY },
	{ "dsn-deferred", EVENT_ENTRY },
	{ "dsn-lost", EVENT_ENTRY },
	{ "queue-failed", EVENT_ENTRY },
	{ "queue-damaged", EVENT_ENTRY },
	{ "expanded", EVENT_CHECK },
	{ "listed", EVENT_CHECK },
	{ "blocklist-failed", EVENT_CHECK },
	{ "dns-failed", EVENT_CHECK },
	{ "greylisted", EVENT_CHECK },
	{ "greylist-failed", EVENT_CHECK },
	{ "service", EVENT_CHECK },
	{ "filter", EVENT_CHECK },
	{ "edited", EVENT_CHECK },
	{ "inspection-failed", EVENT_CHECK },
	{ "delivery-failed", EVENT_CHECK },
};

bool
event_is(const struct event *event, const char *name)
{
	return event->name.len == strlen(name) && memcmp(event->name.text, name, event->name.len) == 0;
}

static enum event_kind
kind_of(const struct event *event)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (event_is(event, kinds[i].name))
			return kinds[i].kind;
	return EVENT_SESSION;
}

/* Pairs beyond the limit are dropped; the log writes fewer. */
static bool
read_pairs(struct event *event, struct log_line *line)
{
	struct log_pair pair;
	int found;
	event->name = line->event;
	event->kind = kind_of(event);
	event->count = 0;
	while ((found = log_line_next(line, &pair)) == 1)
		if (event->count < EVENT_PAIRS_MAX)
			event->pair[event->count++] = pair;
	return found == 0;
}

bool
event_read(struct event *event, const char *stamp, struct log_span *time, struct log_span *text)
{
	struct log_line line;
	if (log_line_begin(&line, text->text, text->len)) {
		const char *start = line.time.text + line.time.len + 1;
		*time = line.time;
		*text = (struct log_span) { start, (size_t)(text->text + text->len - start) };
		return read_pairs(event, &line);
	}
	if (stamp == NULL || !log_line_begin_entry(&line, text->text, text->len))
		return false;
	*time = (struct log_span) { stamp, strlen(stamp) };
	return read_pairs(event, &line);
}

bool
event_read_text(struct event *event, struct log_span text)
{
	struct log_line line;
	return log_line_begin_entry(&line, text.text, text.len) && read_pairs(event, &line);
}

/* The null reverse-path is "<>"; older logs have it as "" in some events. */
static void
read_path(const char *key, char value[EVENT_VALUE_SIZE])
{
	if (strcmp(key, "from") == 0 && value[0] == '\0')
		snprintf(value, EVENT_VALUE_SIZE, "<>");
}

bool
event_get(const struct event *event, const char *key, char value[EVENT_VALUE_SIZE])
{
	value[0] = '\0';
	for (size_t i = 0; i < event->count; i++)
		if (log_pair_is(&event->pair[i], key)) {
			log_pair_value(&event->pair[i], value);
			read_path(key, value);
			return true;
		}
	return false;
}

long
event_seconds(const char *value)
{
	char *end;
	errno = 0;
	long seconds = strtol(value, &end, 10);
	return errno == 0 && *end == '\0' && seconds > 0 && seconds <= INT32_MAX ? seconds : 0;
}

enum ftg_id
event_reply(const struct event *event)
{
	char value[EVENT_VALUE_SIZE];
	if (event->kind == EVENT_REPLY && event_get(event, "id", value) && ftg_id_find(value) != FTG_IDS)
		return ftg_id_find(value);
	if (event_get(event, "ref", value))
		for (enum ftg_id id = 0; id < FTG_IDS; id++)
			if (strcmp(ftg_row(id)->ref, value) == 0)
				return id;
	return FTG_IDS;
}
