/* The text of a rejection by SPF (#4.59), and the result that a policy service has found. */
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "smtp/policy/header_check.h"
#include "smtp/policy/service.h"

/* The domain that the text comes from: that of the sender, else the name in EHLO or HELO (RFC 7208 section 2.4). */
static const char *
domain_of(const struct smtp_session *s)
{
	const char *at = s->envelope.sender != NULL ? strrchr(s->envelope.sender, '@') : NULL;

	if (at != NULL)
		return at + 1;
	return s->name != NULL ? s->name : s->peer.address;
}

size_t
spf_words(char words[SPF_WORDS_SIZE], const struct smtp_session *s, const char *text)
{
	int len = snprintf(words, SPF_WORDS_SIZE, "%.*s: \"", ADDRESS_DOMAIN_MAX, domain_of(s));
	size_t start = (size_t)len;

	len += snprintf(words + start, SPF_WORDS_SIZE - start, "%s\"", *text != '\0' ? text : "SPF fail");
	for (char *quote = words + start; (quote = strchr(quote, '"')) < words + len - 1; quote++)
		*quote = '\'';
	return (size_t)len;
}

/* Reads "key=value" and the semicolon behind it (RFC 7208 section 9.1). Returns the offset behind; len if there is none. */
static size_t
read_pair(const char *text, size_t len, struct span *key, struct span *value)
{
	size_t at = field_skip_comments(text, len), equals = at;

	while (equals < len && text[equals] != '=')
		equals++;
	size_t end = equals;
	for (bool quoted = false; end < len && (quoted || text[end] != ';'); end++) {
		if (text[end] == '\\' && quoted)
			end += end + 1 < len;
		else if (text[end] == '"')
			quoted = !quoted;
	}
	*key = (struct span) { text + at, equals - at };
	*value = (struct span) { text + (equals < len ? equals + 1 : len), end > equals ? end - equals - 1 : 0 };
	return end < len ? end + 1 : len;
}

static bool
is_word(struct span span, const char *word)
{
	return span.len == strlen(word) && ascii_equal(span.text, word, span.len);
}

/* Is it the field of a sender that has passed? The result for the name in EHLO says nothing about the sender. */
static bool
has_passed(const char *line, size_t len)
{
	static const char begin[] = "Received-SPF: pass";
	size_t at = sizeof begin - 1;
	struct span key, value;

	if (len <= at || !ascii_equal(line, begin, at) || strchr(" (", line[at]) == NULL)
		return false;
	while (at < len) {
		at += read_pair(line + at, len - at, &key, &value);
		if (is_word(key, "identity"))
			return is_word(value, "mailfrom");
	}
	return false;
}

bool
spf_has_passed(const struct smtp_session *s)
{
	const char *end;

	for (const char *at = s->envelope.lines; at != NULL && *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		if (has_passed(at, (size_t)(end - at) - 1))
			return true;
	}
	return false;
}
