/*
 * Reads lines of the log: the inverse of base/log/log.h. A line can be hostile.
 * No text is copied until the caller asks for a value.
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log/log.h"

/* Octets of a line, which are the caller's. */
struct log_span {
	const char *text;
	size_t len;
};

/* A pair as it stands in the line. */
struct log_pair {
	struct log_span key;
	struct log_span raw; /* the value; if it is quoted, what is between the quotes, with \xNN */
	bool quoted;
};

/* A line that is being read. */
struct log_line {
	struct log_span time; /* "2026-01-31T12:00:00.250Z", the digits unchecked against the calendar */
	struct log_span event;
	struct log_span rest; /* pairs that have not been read */
};

/*
 * Begins to read a line of len octets, without its line feed. The line begins with its time, or
 * with what syslog puts before it, which must end with the name of a server and "[NUMBER]: ",
 * as in "ftgate-smtpd[123]: ", at the first ": " of the line, so that no value of another
 * program's line can look like one of ours. Returns false if it is no line of the log.
 */
bool log_line_begin(struct log_line *line, const char *text, size_t len);

/* The same for an entry of the journal, which begins with the event. line->time is empty. */
bool log_line_begin_entry(struct log_line *line, const char *text, size_t len);

/*
 * Reads the next pair. Returns 1, 0 at the end of the line, or -1 at octets that log_event() does not write: then the
 * line was not written whole by this log. Values longer than LOG_VALUE_MAX are such octets, too.
 */
int log_line_next(struct log_line *line, struct log_pair *pair);

/* Writes the value with its escapes resolved, and a NUL after them. Returns its octets, of which any can be NUL. */
size_t log_pair_value(const struct log_pair *pair, char value[LOG_VALUE_MAX + 1]);

/* Is the pair's key this one? */
bool log_pair_is(const struct log_pair *pair, const char *key);

#endif
