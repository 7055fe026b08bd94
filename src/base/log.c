/* The log: one line per event, on standard error, in English regardless of the language of the replies. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/printable.h"

enum {
	STAMP_LEN = sizeof "2026-01-31T12:00:00.250Z" - 1,
	LINE_SIZE = LOG_WRITE_MAX,
	PATIENCE_MAX = 1000,  /* milliseconds in which a reader that has stopped may go on, before lines are dropped */
	PATIENCE_SHARE = 100, /* one millisecond of patience is regained in so many */
};

static void run_flush(struct chore *chore);

static struct {
	int named;    /* the descriptor that log_open() got */
	int writable; /* the one that is written to: the same, or one of our own that does not block; -1: none yet */
	mode_t mode;
	bool cut; /* the last line was written in part */
	struct clock *clock;
	struct chore chore;
	int64_t spent;      /* patience is what has passed since then, divided by PATIENCE_SHARE */
	unsigned long lost; /* lines that could not be written and have not been reported */
	size_t used;        /* octets in the buffer, which holds whole lines */
	char buffer[LOG_WRITE_MAX];
	size_t len; /* of the line that is being composed; room for its end is always left */
	char line[LINE_SIZE];
	time_t second; /* that the stamp shows */
	char stamp[STAMP_LEN + 1];
} state = {
	.named = STDERR_FILENO,
	.writable = -1,
	.chore = { .run = run_flush },
	.spent = INT64_MIN / 2,
	.second = -1,
};

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/*
 * O_NONBLOCK belongs to the open file description, which we share with our parent and its other children. A pipe and a
 * terminal can be opened once more, with a description of our own. Returns -1 if that fails, and for other files.
 */
static int
open_own(int descriptor, mode_t mode)
{
	char path[sizeof "/proc/self/fd/" + 16];
	if (!S_ISFIFO(mode) && !S_ISCHR(mode))
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void
open_writable(void)
{
	struct stat status = { 0 };
	fstat(state.named, &status);
	int own = open_own(state.named, status.st_mode);
	state.mode = status.st_mode;
	state.writable = own >= 0 ? own : state.named;
}

static void
close_own(void)
{
	if (state.writable >= 0 && state.writable != state.named)
		close(state.writable);
	state.writable = -1;
}

void
log_open(int descriptor, struct clock *clock)
{
	int before = errno;
	if (descriptor != state.named)
		close_own();
	state.named = descriptor;
	state.clock = clock;
	if (state.writable < 0)
		open_writable();
	errno = before;
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

/* May an octet be in a value without quotes? Graphic ASCII but the quote, "=" and the backslash: a bit for each octet. */
static bool
is_plain(unsigned char octet)
{
	static const uint32_t plain[8] = { 0, 0xDFFFFFFA, 0xEFFFFFFF, 0x7FFFFFFF };
	return plain[octet / 32] >> octet % 32 & 1;
}

static bool
put_octet_quoted(unsigned char octet)
{
	static const char hex[] = "0123456789ABCDEF";
	const char escaped[] = { '\\', 'x', hex[octet >> 4], hex[octet & 15] };
	if (is_plain(octet) || octet == ' ' || octet == '=')
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
		plain = is_plain((unsigned char)value[i]);
	return plain ? put(value, len) : put_quoted(value, len);
}

/* A pair that does not fit is left out as a whole. */
void
log_put_octets(const char *key, const char *value, size_t len)
{
	size_t before = state.len;
	if (!put(" ", 1) || !put(key, strlen(key)) || !put("=", 1) || !put_value(value, len))
		state.len = before;
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

void
log_begin(const char *event)
{
	state.len = 0;
	put(make_stamp(), STAMP_LEN);
	log_put("event", event);
}

void
log_end(void)
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
	log_end();
}

/*
 * How long the reader may be waited for: not at all while lines are lost; otherwise PATIENCE_MAX, of which each wait takes
 * its part, so that a reader that is always slow costs one part in PATIENCE_SHARE of our time.
 */
static int64_t
find_patience(int64_t time)
{
	int64_t patience = (time - state.spent) / PATIENCE_SHARE;
	if (state.lost > 0)
		return 0;
	return patience < PATIENCE_MAX ? patience : PATIENCE_MAX;
}

static void
spend_patience(int64_t time, int64_t waited)
{
	int64_t full = time - PATIENCE_MAX * PATIENCE_SHARE;
	state.spent = (state.spent > full ? state.spent : full) + waited * PATIENCE_SHARE;
}

/* Waits until the reader has room, or writing would return an error. False if patience is out before. */
static bool
wait_for_room(void)
{
	struct pollfd reader = { .fd = state.writable, .events = POLLOUT };
	int64_t start = now(), patience = find_patience(start), left = patience;
	int found;
	while ((found = poll(&reader, 1, left > 0 ? (int)left : 0)) < 0 && errno == EINTR)
		left = patience - (now() - start);
	spend_patience(start, now() - start);
	return found > 0;
}

/*
 * Writes without blocking: poll(2) has found room, but another process may have filled it by now. Linux before 6.5 does
 * not support RWF_NOWAIT for pipes; there, and only if we could not open the pipe ourselves, that process would block
 * us.
 */
static ssize_t
write_some(const char *bytes, size_t len)
{
	const struct iovec part = { (char *)(uintptr_t)bytes, len };
	if (S_ISSOCK(state.mode))
		return send(state.writable, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (S_ISFIFO(state.mode)) {
		ssize_t written = pwritev2(state.writable, &part, 1, -1, RWF_NOWAIT);
		if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
			return written;
	}
	return write(state.writable, bytes, len);
}

/* Returns the octets written, fewer than len if the reader has stopped or cannot be written to. */
static size_t
write_out(const char *bytes, size_t len)
{
	size_t done = 0;
	if (state.writable < 0)
		open_writable();
	if (state.writable < 0)
		return 0;
	while (done < len && wait_for_room()) {
		ssize_t written = write_some(bytes + done, len - done);
		if (written > 0)
			done += (size_t)written;
		else if (written < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	if (done > 0)
		state.cut = done < len;
	return done;
}

/* Writes how many lines were lost, and keeps the line in the making. False if the reader does not even read that. */
static bool
report_lost(void)
{
	char pending[LINE_SIZE];
	size_t len = state.len;
	memcpy(pending, state.line, len);
	log_begin("log-lost");
	log_put_number("lines", (long long)state.lost);
	state.line[state.len++] = '\n';
	bool written = (!state.cut || write_out("\n", 1) == 1) && write_out(state.line, state.len) == state.len;
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
	if ((state.lost == 0 || report_lost()) && state.used > 0)
		done = write_out(state.buffer, state.used);
	state.lost += count_lines(state.buffer + done, state.used - done);
	state.used = 0;
	errno = before;
}

static void
run_flush(struct chore *chore)
{
	(void)chore;
	log_flush();
}
