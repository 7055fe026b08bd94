/* The log: one line per event, on standard error, in English whatever the language of the replies. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	STAMP_LEN = sizeof "2026-01-31T12:00:00.250Z" - 1,
	LINE_SIZE = LOG_WRITE_MAX,
	STALL_MAX = 1000, /* milliseconds to wait for a reader that does not read */
};

static void run_flush(struct chore *chore);

static struct {
	int descriptor;
	struct clock *clock;
	struct chore chore;
	unsigned long lost; /* lines that could not be written */
	size_t lines;       /* whole lines in the buffer */
	size_t used;        /* their octets */
	char buffer[LOG_WRITE_MAX];
	size_t len; /* of the line in the making; room for its end is always left */
	char line[LINE_SIZE];
	time_t second; /* that the stamp shows */
	char stamp[STAMP_LEN + 1];
} state = { .descriptor = STDERR_FILENO, .chore = { .run = run_flush }, .second = -1 };

void
log_open(int descriptor, struct clock *clock)
{
	state.descriptor = descriptor;
	state.clock = clock;
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

/* May an octet stand in a value without quotes? */
static bool
is_plain(unsigned char octet)
{
	return octet > 0x20 && octet < 0x7F && octet != '"' && octet != '\\' && octet != '=';
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

/* A pair that does not fit is left out whole. */
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

/* The clock is read in user space (vDSO); the calendar is reckoned once a second. */
static void
put_stamp(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != state.second) {
		struct tm tm;
		gmtime_r(&now.tv_sec, &tm);
		strftime(state.stamp, sizeof state.stamp, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		state.second = now.tv_sec;
	}
	long milliseconds = now.tv_nsec / 1000000;
	char *digits = state.stamp + STAMP_LEN - sizeof "000Z" + 1;
	digits[0] = (char)('0' + milliseconds / 100);
	digits[1] = (char)('0' + milliseconds / 10 % 10);
	digits[2] = (char)('0' + milliseconds % 10);
	put(state.stamp, STAMP_LEN);
}

static void
tell_lost(void)
{
	unsigned long lost = state.lost;
	state.lost = 0;
	log_begin("log-lost");
	log_put_number("lines", (long long)lost);
	log_end();
}

void
log_begin(const char *event)
{
	if (state.lost > 0)
		tell_lost();
	state.len = 0;
	put_stamp();
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
	state.lines++;
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

static bool
wait_writable(void)
{
	struct pollfd reader = { .fd = state.descriptor, .events = POLLOUT };
	return poll(&reader, 1, STALL_MAX) > 0 || errno == EINTR;
}

static bool
write_all(const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(state.descriptor, bytes, len);
		if (written >= 0) {
			bytes += written;
			len -= (size_t)written;
		} else if (errno != EINTR && (errno != EAGAIN || !wait_writable())) {
			return false;
		}
	}
	return true;
}

void
log_flush(void)
{
	int before = errno;
	if (state.used > 0 && !write_all(state.buffer, state.used))
		state.lost += state.lines;
	state.used = 0;
	state.lines = 0;
	errno = before;
}

static void
run_flush(struct chore *chore)
{
	(void)chore;
	log_flush();
}
