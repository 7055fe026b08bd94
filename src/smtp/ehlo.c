/* The answers to EHLO and HELO, which list for programs what this server offers. */
#include <stdio.h>
#include <string.h>

#include "smtp/internal.h"

enum { ANSWER_MAX = 2048, VALUE_MAX = FTG_LINE_MAX - sizeof "250-XLANG\r\n" };

static void
size_value(const struct smtp_session *s, char value[VALUE_MAX])
{
	if (s->config->max_message_size != 0)
		snprintf(value, VALUE_MAX, " %zu", s->config->max_message_size);
}

static void
xlang_value(const struct smtp_session *s, char value[VALUE_MAX])
{
	xlang_names(s, value, VALUE_MAX);
}

static bool
has_strict_codes(const struct smtp_session *s)
{
	return s->config->profile == FTG_STRICT;
}

static void
auth_value(const struct smtp_session *s, char value[VALUE_MAX])
{
	auth_names(s, value);
}

static bool
expn_is_offered(const struct smtp_session *s)
{
	return lookup_is_allowed(s, s->config->expn);
}

static bool
etrn_is_offered(const struct smtp_session *s)
{
	return lookup_is_allowed(s, s->config->etrn);
}

/*
 * Not to strangers: their own server reports success when it has passed the message on (RFC 3461 section 5.2.2), and a
 * forged sender with NOTIFY=SUCCESS gets no mail. A client of a submission listener will log in before MAIL.
 */
bool
ehlo_offers_dsn(const struct smtp_session *s)
{
	return s->config->dsn_anyone || relaying_is_allowed(s) || s->config->auth_required;
}

/* In the order of the answer. offered NULL: always. value NULL: the keyword has none. */
static const struct keyword {
	const char *word;
	bool (*offered)(const struct smtp_session *s);
	void (*value)(const struct smtp_session *s, char value[VALUE_MAX]);
} keywords[] = {
	{ "PIPELINING", NULL, NULL },
	{ "SIZE", NULL, size_value },
	{ "8BITMIME", NULL, NULL },
	{ "CHUNKING", NULL, NULL },
	{ "DSN", ehlo_offers_dsn, NULL },
	{ "SMTPUTF8", NULL, NULL },
	{ "STARTTLS", starttls_is_offered, NULL },
	{ "AUTH", auth_is_offered, auth_value },
	{ "EXPN", expn_is_offered, NULL },
	{ "ETRN", etrn_is_offered, NULL },
	{ "XLANG", xlang_is_offered, xlang_value },
	{ "ENHANCEDSTATUSCODES", has_strict_codes, NULL },
};

/* Appends a line to the answer if it fits. Returns the new length. */
static size_t
add_line(char answer[ANSWER_MAX], size_t len, const char *word, const char *value)
{
	int n = snprintf(answer + len, ANSWER_MAX - len, "250-%s%s\r\n", word, value);
	return n > 0 && (size_t)n < ANSWER_MAX - len ? len + (size_t)n : len;
}

void
ehlo_answer(const struct smtp_session *s)
{
	char answer[ANSWER_MAX];
	size_t last = 0;
	size_t len = add_line(answer, 0, s->config->hostname, "");

	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		char value[VALUE_MAX] = "";
		if (keywords[i].offered != NULL && !keywords[i].offered(s))
			continue;
		if (keywords[i].value != NULL)
			keywords[i].value(s, value);
		last = len;
		len = add_line(answer, len, keywords[i].word, value);
	}
	answer[last + strlen("250")] = ' ';
	s->outlet->send(s->outlet, answer, len);
}

void
helo_answer(const struct smtp_session *s)
{
	char answer[ANSWER_MAX];
	size_t len = add_line(answer, 0, s->config->hostname, "");

	answer[strlen("250")] = ' ';
	s->outlet->send(s->outlet, answer, len);
}
