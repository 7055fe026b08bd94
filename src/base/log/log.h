/* The log: one line per event, in English regardless of the language of the replies. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"

#include <stdarg.h>
#include <stddef.h>

/*
 * A line is an RFC 3339 time in UTC, "event=NAME", and further key=value pairs:
 *   2026-01-31T12:00:00.250Z event=refused session=1hqk3c9 ref=#4.28 id=ERR_SMTP_NO_MAILBOX
 * A value that is empty or holds a space, a quote, "=" or an octet that is not printable ASCII is written in quotes; quotes,
 * backslashes and octets that are not printable ASCII are escaped as \xNN. So no value can end a line or forge a key.
 * Longer values than LOG_VALUE_MAX are cut.
 *
 * Lines are buffered and written whole, at most LOG_WRITE_MAX octets at a time, so that those of several processes on
 * one pipe or file never mix. A process has one log, and one of its
 * threads uses it.
 *
 * A reader that stops reading does not stop the process: it is waited for once, for a second; then lines are dropped and
 * counted until it reads again, when "event=log-lost lines=N" takes their place. The journal is never waited for.
 */
enum {
	LOG_WRITE_MAX = 4096, /* PIPE_BUF: what a pipe takes in one piece */
	LOG_VALUE_MAX = 512,  /* octets of a value that are shown */
};

struct stats_slot;

/*
 * Sets where lines go (by default to standard error), and the clock that calls log_flush() soon; NULL: each line is
 * written at once. The descriptor stays the caller's and must stay open; its flags are not changed. A pipe or a terminal
 * is opened once more, which may need the rights of the user who made it: call this before privileges are dropped.
 */
void log_open(int descriptor, struct clock *clock);

/* Changes the clock alone. */
void log_set_clock(struct clock *clock);

/* Counts lines that are lost in a slot of the statistics from now on (STAT_LOG_LOST); NULL: nowhere. */
void log_count_lost(struct stats_slot *slot);

/*
 * Events go to the end of a file from now on, which is made with the mode 0600 if it does not exist. Call it with the rights
 * with which log_reopen() will be called. Returns 0, or -1 with errno; the log then stays where it is.
 */
int log_use_file(const char *path);

/*
 * Events go to the journal of systemd from now on, to the socket at a path, as entries with a field for each pair (see
 * base/log/journal.h). Returns 0, or -1 with the errno of journal_open(); the log then stays where it is.
 */
int log_use_journal(const char *path);

/*
 * Opens the file of log_use_file() anew, if the log goes to one, after that was renamed. If it cannot be opened, the old
 * one stays in use, and gets the event log-kept.
 */
void log_reopen(void);

/* Logs an event: its name, then keys and values in turn, then NULL. A pair whose value is NULL is left out. */
void log_event(const char *event, ...) __attribute__((sentinel));

/*
 * A line for the person who starts the program, without its line feed; it may hold others. It goes to the descriptor of
 * log_open(), also if events go to a file or to the journal. Octets that are unsafe on a
 * terminal are escaped as \xNN. Cut at LOG_WRITE_MAX octets.
 */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The path of an envelope as the log has it: the null reverse-path, which is "", as "<>", since an empty value would look as
 * if it were unknown (ftgate-log(7)). NULL stays NULL. The result is the argument or static.
 */
const char *log_show_path(const char *path);

/*
 * Log an event in pieces, all on one line: its name, any number of pairs, and its end, before which nothing is written.
 * log_put_list() takes pairs as log_event() does.
 */
void log_begin(const char *event);
void log_put(const char *key, const char *value);
void log_put_octets(const char *key, const char *value, size_t len);

/* Further pairs, and the end of the event. */
void log_put_number(const char *key, long long value);
void log_put_list(va_list pairs);
void log_end(void);

/* Writes the buffer, or drops it if the reader has stopped. Call it before the process ends. errno is kept. */
void log_flush(void);

#endif
