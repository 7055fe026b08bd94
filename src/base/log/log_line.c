/* Reads lines of the log: the inverse of base/log/log.h. */
#include "base/log/log_line.h"

#include <string.h>

#include "base/log/log_plain.h"

enum { ESCAPE_LEN = sizeof "\\xNN" - 1 };

static const char stamp_form[] = "0000-00-00T00:00:00.000Z";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_stamp(const char *text, size_t len)
{
	if (len < sizeof stamp_form - 1)
		return false;
	for (size_t i = 0; i < sizeof stamp_form - 1; i++)
		if (stamp_form[i] == '0' ? !is_digit(text[i]) : text[i] != stamp_form[i])
			return false;
	return true;
}

static bool
is_key(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

static bool
ends_with(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && memcmp(text + len - n, word, n) == 0 && (len == n || text[len - n - 1] == ' ');
}

/* Octets of "Jan 31 12:00:00 mx ftgate-smtpd[123]: " at the start of a line; 0: none. */
static size_t
syslog_prefix(const char *text, size_t len)
{
	const char *colon = memmem(text, len, ": ", 2);
	size_t end = colon != NULL ? (size_t)(colon - text) : 0, at = end;
	if (end > 0 && text[end - 1] == ']') {
		for (at = end - 1; at > 0 && is_digit(text[at - 1]);)
			at--;
		if (at == 0 || at == end - 1 || text[at - 1] != '[')
			return 0;
		at--;
	}
	return ends_with(text, at, "ftgate-smtpd") || ends_with(text, at, "ftgate-pop3d") ||
	        ends_with(text, at, "ftgate-mapd")
	    ? end + 2
	    : 0;
}

/* The value of "\xNN" at text; -1 if it is none. The log writes upper-case digits. */
static int
read_escape(const char *text, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	if (len < ESCAPE_LEN || text[0] != '\\' || text[1] != 'x')
		return -1;
	const char *high = memchr(hex, text[2], 16), *low = memchr(hex, text[3], 16);
	return high == NULL || low == NULL ? -1 : (int)(16 * (high - hex) + (low - hex));
}

/* Octets of the unit at text within quotes: itself, or an escape of an octet that is never itself; 0: neither. */
static size_t
quoted_unit(const char *text, size_t len, bool *needs_quotes)
{
	bool plain = log_is_plain((unsigned char)*text);
	if (plain || *text == ' ' || *text == '=') {
		*needs_quotes = *needs_quotes || !plain;
		return 1;
	}
	int octet = read_escape(text, len);
	*needs_quotes = true;
	return octet < 0 || octet == ' ' || octet == '=' || log_is_plain((unsigned char)octet) ? 0 : ESCAPE_LEN;
}

/* Reads what follows an opening quote. Returns its octets with the closing one; 0 if the log does not write it so. */
static size_t
read_quoted(const char *text, size_t len, struct log_span *raw)
{
	bool needs_quotes = false;
	size_t at = 0, units = 0;
	for (size_t step; at < len && text[at] != '"'; at += step, units++)
		if (units == LOG_VALUE_MAX || (step = quoted_unit(text + at, len - at, &needs_quotes)) == 0)
			return 0;
	*raw = (struct log_span) { text, at };
	return at < len && (needs_quotes || units == 0) ? at + 1 : 0;
}

static size_t
read_plain(const char *text, size_t len, struct log_span *raw)
{
	size_t at = 0;
	while (at < len && at <= LOG_VALUE_MAX && log_is_plain((unsigned char)text[at]))
		at++;
	*raw = (struct log_span) { text, at };
	return at <= LOG_VALUE_MAX ? at : 0;
}

/* Reads "key=value", which a space or the end of the line follows. Returns its octets; 0: there is none. */
static size_t
read_pair(struct log_pair *pair, const char *text, size_t len)
{
	size_t at = 0;
	*pair = (struct log_pair) { .key = { text, 0 } };
	while (at < len && is_key(text[at]))
		at++;
	if (at == 0 || at + 1 >= len || text[at] != '=')
		return 0;
	pair->key.len = at;
	pair->quoted = text[++at] == '"';
	at += pair->quoted;
	size_t used = pair->quoted ? read_quoted(text + at, len - at, &pair->raw)
	                           : read_plain(text + at, len - at, &pair->raw);
	at += used;
	return used == 0 || (at < len && text[at] != ' ') ? 0 : at;
}

bool
log_pair_is(const struct log_pair *pair, const char *key)
{
	return pair->key.len == strlen(key) && memcmp(pair->key.text, key, pair->key.len) == 0;
}

static bool
read_event(struct log_line *line, const char *text, size_t len)
{
	struct log_pair event;
	size_t used = read_pair(&event, text, len);
	line->rest = (struct log_span) { text + used, len - used };
	line->event = event.raw;
	return used > 0 && !event.quoted && log_pair_is(&event, "event");
}

bool
log_line_begin(struct log_line *line, const char *text, size_t len)
{
	size_t prefix = is_stamp(text, len) ? 0 : syslog_prefix(text, len);
	size_t start = prefix + sizeof stamp_form - 1;
	if (!is_stamp(text + prefix, len - prefix) || start == len || text[start] != ' ')
		return false;
	line->time = (struct log_span) { text + prefix, sizeof stamp_form - 1 };
	return read_event(line, text + start + 1, len - start - 1);
}

bool
log_line_begin_entry(struct log_line *line, const char *text, size_t len)
{
	line->time = (struct log_span) { text, 0 };
	return read_event(line, text, len);
}

int
log_line_next(struct log_line *line, struct log_pair *pair)
{
	struct log_span *rest = &line->rest;
	if (rest->len == 0)
		return 0;
	size_t used = rest->text[0] == ' ' ? read_pair(pair, rest->text + 1, rest->len - 1) : 0;
	if (used == 0)
		return -1;
	*rest = (struct log_span) { rest->text + 1 + used, rest->len - 1 - used };
	return 1;
}

size_t
log_pair_value(const struct log_pair *pair, char value[LOG_VALUE_MAX + 1])
{
	const char *raw = pair->raw.text;
	size_t len = 0;
	for (size_t at = 0; at < pair->raw.len && len < LOG_VALUE_MAX; len++) {
		int octet = pair->quoted ? read_escape(raw + at, pair->raw.len - at) : -1;
		value[len] = octet >= 0 ? (char)octet : raw[at];
		at += octet >= 0 ? ESCAPE_LEN : 1;
	}
	value[len] = '\0';
	return len;
}
