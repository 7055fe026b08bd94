/* Writes the text of a rejection by SPF (#4.59). */
#include <stdio.h>
#include <string.h>

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
