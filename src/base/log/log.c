/* The log: one line per event, in English regardless of the language of the replies. */
#include "base/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log/journal.h"
#include "base/log/log_plain.h"
#include "base/log/log_writer.h"
#include "base/log/stats.h"
#include "base/text/printable.h"

enum {
	STAMP_LEN = sizeof "2026-01-31T12:00:00.250Z" - 1,
	LINE_SIZE = LOG_WRITE_MAX,
	FILE_MODE = 0600,
};

static void run_flush(struct chore *chore);

static struct log_writer console = LOG_WRITER(STDERR_FILENO), file = LOG_WRITER(-1);

static struct {
	struct log_writer *writer; /* NULL: the journal */
	char path[PATH_MAX];       /* of the file */
	struct clock *clock;
	struct chore chore;
	struct stats_slot *stats; /* where lost lines are counted; NULL: nowhere */
	unsigned long lost;       /* lines that could not be written and have not been reported */
	size_t used;              /* octets in the buffer, which holds whole lines */
	char buffer[LOG_WRITE_MAX];
	size_t len; /* of the line that is being composed; room for its end is always left */
	char line[LINE_SIZE];
	struct journal_entry entry; /* the same line for the journal */
	time_t second;              /* that the stamp shows */
	char stamp[STAMP_LEN + 1];
} state = {
	.writer = &console,
	.chore = { .run = run_flush },
	.second = -1,
};

void
log_open(int descriptor, struct clock *clock)
{
	state.clock = clock;
	state.writer = &console;
	log_writer_open(&console, descriptor);
}

void
log_set_clock(struct clock *clock)
{
	state.clock = clock;
}

void
log_count_lost(struct stats_slot *slot)
{
	state.stats = slot;
}

/* O_NONBLOCK is for the case that the path is that of a FIFO. */
static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, FILE_MODE);
}

int
log_use_file(const char *path)
{
	size_t len = strlen(path);
	errno = ENAMETOOLONG;
	if (len >= sizeof state.path)
		return -1;
	int descriptor = open_file(path);
	if (descriptor < 0)
		return -1;
	log_flush();
	memcpy(state.path, path, len + 1);
	log_writer_open(&file, descriptor);
	state.writer = &file;
	return 0;
}

int
log_use_journal(const char *path)
{
	if (journal_open(path) < 0)
		return -1;
	log_flush();
	state.writer = NULL;
	return 0;
}

/* What is in the buffer belongs into the old file. */
void
log_reopen(void)
{
	if (state.writer != &file)
		return;
	log_flush();
	int old = file.named, descriptor = open_file(state.path);
	if (descriptor < 0) {
		log_event("log-kept", "file", state.path, "detail", strerror(errno), NULL);
		return;
	}
	log_writer_open(&file, descriptor);
	close(old);
}

static void
lose(unsigned long lines)
{
	state.lost += lines;
	stats_add(state.stats, STAT_LOG_LOST, lines);
}

static bool
put(const char *bytes, size_t len)
{
	if (len >= LINE_SIZE - state.len)
		return false;
	memcpy(state.line + state.len, bytes, len);
	state.len += len;
	return true;
}

static bool
put_octet_quoted(unsigned char octet)
{
	static const char hex[] = "0123456789ABCDEF";
	const char escaped[] = { '\\', 'x', hex[octet >> 4], hex[octet & 15] };
	if (log_is_plain(octet) || octet == ' ' || octet == '=')
		return put((const char[]) { (char)octet }, 1);
	return put(escaped, sizeof escaped);
}

static bool
put_quoted(const char *value, size_t len)
{
	bool fits = put("\"", 1);
	for (size_t i = 0; i < len; i++)
		fits = fits && put_octet_quoted((unsigned char)value[i]);
	return fits && put("\"", 1);
}

static bool
put_value(const char *value, size_t len)
{
	if (len > LOG_VALUE_MAX)
		len = LOG_VALUE_MAX;
	bool plain = len > 0;
	for (size_t i = 0; i < len && plain; i++)
		plain = log_is_plain((unsigned char)value[i]);
	return plain ? put(value, len) : put_quoted(value, len);
}

/* A pair that does not fit is left out as a whole. */
void
log_put_octets(const char *key, const char *value, size_t len)
{
	size_t before = state.len;
	if ((before > 0 && !put(" ", 1)) || !put(key, strlen(key)) || !put("=", 1) || !put_value(value, len))
		state.len = before;
	else if (state.writer == NULL)
		journal_put(&state.entry, key, value, len < LOG_VALUE_MAX ? len : LOG_VALUE_MAX);
}

void
log_put(const char *key, const char *value)
{
	if (value != NULL)
		log_put_octets(key, value, strlen(value));
}

void
log_put_number(const char *key, long long value)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%lld", value);
	log_put_octets(key, text, (size_t)len);
}

void
log_put_list(va_list pairs)
{
	for (const char *key; (key = va_arg(pairs, const char *)) != NULL;)
		log_put(key, va_arg(pairs, const char *));
}

/* The clock is read in user space (vDSO); the calendar is computed once a second. */
static const char *
make_stamp(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	if (time.tv_sec != state.second) {
		struct tm tm;
		gmtime_r(&time.tv_sec, &tm);
		strftime(state.stamp, sizeof state.stamp, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		state.second = time.tv_sec;
	}
	long milliseconds = time.tv_nsec / 1000000;
	char *digits = state.stamp + STAMP_LEN - sizeof "000Z" + 1;
	digits[0] = (char)('0' + milliseconds / 100);
	digits[1] = (char)('0' + milliseconds / 10 % 10);
	digits[2] = (char)('0' + milliseconds % 10);
	return state.stamp;
}

static void
compose_begin(const char *event)
{
	state.len = 0;
	if (state.writer != NULL)
		put(make_stamp(), STAMP_LEN);
	else
		journal_begin(&state.entry, event);
	log_put("event", event);
}

/* Reports to the journal how many lines were lost, before the next one. */
static void
report_lost_to_journal(void)
{
	if (state.lost == 0)
		return;
	compose_begin("log-lost");
	log_put_number("lines", (long long)state.lost);
	if (journal_send(&state.entry, state.line, state.len))
		state.lost = 0;
}

const char *
log_show_path(const char *path)
{
	return path != NULL && *path == '\0' ? "<>" : path;
}

void
log_begin(const char *event)
{
	if (state.writer == NULL)
		report_lost_to_journal();
	compose_begin(event);
}

static void
write_line(void)
{
	state.line[state.len++] = '\n';
	if (state.used + state.len > sizeof state.buffer)
		log_flush();
	memcpy(state.buffer + state.used, state.line, state.len);
	state.used += state.len;
	if (state.clock == NULL)
		log_flush();
	else
		state.clock->soon(state.clock, &state.chore);
}

void
log_end(void)
{
	if (state.writer != NULL)
		write_line();
	else if (!journal_send(&state.entry, state.line, state.len))
		lose(1);
}

void
log_event(const char *event, ...)
{
	va_list pairs;
	va_start(pairs, event);
	log_begin(event);
	log_put_list(pairs);
	log_end();
	va_end(pairs);
}

/* Characters that a terminal may show, and line feeds, stand as they are. */
static void
put_printable(const char *text, size_t len)
{
	bool shown, fits = true;
	for (size_t at = 0, octets; at < len && fits; at += octets) {
		octets = printable_next(text + at, len - at, &shown);
		if (shown || text[at] == '\n')
			fits = put(text + at, octets);
		for (size_t i = 0; i < octets && !shown && text[at] != '\n'; i++)
			fits = fits && put_octet_quoted((unsigned char)text[at + i]);
	}
}

void
log_print(const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	state.len = 0;
	put_printable(text, strnlen(text, sizeof text));
	if (state.writer == &console) {
		write_line();
		return;
	}
	state.line[state.len++] = '\n';
	log_writer_write(&console, state.line, state.len, true);
}

/* Writes how many lines were lost, and keeps the line in the making. False if the reader does not even read that. */
static bool
report_lost(void)
{
	char pending[LINE_SIZE];
	size_t len = state.len;
	memcpy(pending, state.line, len);
	compose_begin("log-lost");
	log_put_number("lines", (long long)state.lost);
	state.line[state.len++] = '\n';
	bool written = log_writer_mend(state.writer) &&
	    log_writer_write(state.writer, state.line, state.len, false) == state.len;
	memcpy(state.line, pending, len);
	state.len = len;
	if (written)
		state.lost = 0;
	return written;
}

static unsigned long
count_lines(const char *bytes, size_t len)
{
	unsigned long lines = 0;
	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	return lines;
}

void
log_flush(void)
{
	int before = errno;
	size_t done = 0;
	if (state.writer == NULL) {
		report_lost_to_journal();
		return;
	}
	if ((state.lost == 0 || report_lost()) && state.used > 0)
		done = log_writer_write(state.writer, state.buffer, state.used, true);
	lose(count_lines(state.buffer + done, state.used - done));
	state.used = 0;
	errno = before;
}

static void
run_flush(struct chore *chore)
{
	(void)chore;
	log_flush();
}
