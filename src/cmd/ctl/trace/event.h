/* One event of the log, as trace looks at it. */
#ifndef CMD_CTL_TRACE_EVENT_H
#define CMD_CTL_TRACE_EVENT_H

#include <ftgate/reply.h>

#include "base/log/log_line.h"

enum { EVENT_PAIRS_MAX = 32, EVENT_VALUE_SIZE = LOG_VALUE_MAX + 1 };

/* How an event is linked to others, by its name. */
enum event_kind {
	EVENT_SESSION,   /* about a session as a whole */
	EVENT_CHECK,     /* before a reply or the acceptance of a message that it is about */
	EVENT_REPLY,     /* a refusal */
	EVENT_MESSAGE,   /* the acceptance of a message */
	EVENT_RECIPIENT, /* what becomes of a message for one recipient */
	EVENT_ENTRY,     /* about a message in the queue, or a DSN for it */
};

/* Points into the line. */
struct event {
	enum event_kind kind;
	struct log_span name;
	struct log_pair pair[EVENT_PAIRS_MAX];
	size_t count;
};

/*
 * Reads a line as log_line_begin() does, or with a stamp an entry of the journal. *time is set to its time, 24 octets, and
 * *text to what follows it. False if it is no line of the log.
 */
bool event_read(struct event *event, const char *stamp, struct log_span *time, struct log_span *text);

/* Reads what event_read() set *text to. */
bool event_read_text(struct event *event, struct log_span text);

/* Copies the value of a key, and a NUL; the null reverse-path, of "from", is "<>". False, and value is "", if the event has none. */
bool event_get(const struct event *event, const char *key, char value[EVENT_VALUE_SIZE]);

/* The seconds that a value says; 0 if it is no number from 1 to 2^31 - 1. */
long event_seconds(const char *value);

/* Is it an event of that name? */
bool event_is(const struct event *event, const char *name);

/* The reply that the event names by its ID or reference; FTG_IDS: none. */
enum ftg_id event_reply(const struct event *event);

#endif
