/* The beginning of a session with another server: greeting, EHLO, STARTTLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "relay/transport_internal.h"

static bool
greet(struct exchange *e)
{
	if (exchange_read(e, e->transport->times.reply) && e->reply.code / 100 == 2)
		return true;
	exchange_put_off(e);
	return false;
}

/* The words of a line of the answer to EHLO: what is behind its keyword, or NULL where that is another. */
static const char *
parameter_of(const char *line, size_t len, const char *keyword)
{
	size_t n = strlen(keyword);
	if (len < n || strncasecmp(line, keyword, n) != 0)
		return NULL;
	return len == n || line[n] == ' ' || line[n] == '=' ? line + n + (len > n) : NULL;
}

static void
take_size(struct exchange *e, const char *text)
{
	char *end;
	unsigned long long size = strtoull(text, &end, 10);
	e->size_max = ascii_is_digit(*text) && (*end == '\n' || *end == '\0' || *end == ' ') ? size : 0;
}

static void
take_mechanisms(struct exchange *e, const char *text, size_t len)
{
	snprintf(e->mechanisms, sizeof e->mechanisms, "%.*s", (int)len, text);
}

static void
take_extension(struct exchange *e, const char *line, size_t len)
{
	static const struct {
		const char *keyword;
		enum extension extension;
	} known[] = { { "PIPELINING", EXTENSION_PIPELINING }, { "8BITMIME", EXTENSION_8BITMIME },
		{ "SMTPUTF8", EXTENSION_SMTPUTF8 }, { "DSN", EXTENSION_DSN }, { "SIZE", EXTENSION_SIZE },
		{ "STARTTLS", EXTENSION_STARTTLS }, { "AUTH", EXTENSION_AUTH } };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char *parameter = parameter_of(line, len, known[i].keyword);
		if (parameter == NULL)
			continue;
		e->extensions |= known[i].extension;
		if (known[i].extension == EXTENSION_SIZE)
			take_size(e, parameter);
		if (known[i].extension == EXTENSION_AUTH)
			take_mechanisms(e, parameter, len - (size_t)(parameter - line));
	}
}

/* The first line is the server's name and words (RFC 5321 4.1.1.1). */
static void
take_extensions(struct exchange *e)
{
	const char *line = strchr(e->reply.text, '\n');
	e->extensions = 0;
	e->size_max = 0;
	e->mechanisms[0] = '\0';
	while (line != NULL) {
		const char *end = strchrnul(++line, '\n');
		take_extension(e, line, (size_t)(end - line));
		line = *end == '\n' ? end : NULL;
	}
}

static int
say_hello(struct exchange *e, const char *verb)
{
	const char *hostname = e->transport->manner.hostname;
	if (!peer_put(&e->peer, e->transport->times.reply, "%s %s", verb, hostname) ||
	    !exchange_read(e, e->transport->times.reply))
		return 0;
	return e->reply.code / 100;
}

/* HELO where EHLO is not known, but not in place of a connection that has to be safe. */
static bool
hello(struct exchange *e)
{
	bool lmtp = e->transport->manner.protocol == TRANSPORT_LMTP;
	int class = say_hello(e, lmtp ? "LHLO" : "EHLO");
	take_extensions(e);
	if (class == 5 && !lmtp) {
		class = say_hello(e, "HELO");
		e->extensions = 0;
	}
	if (class == 2)
		return true;
	exchange_put_off(e);
	return false;
}

static bool
encrypt(struct exchange *e)
{
	const struct transport_manner *manner = &e->transport->manner;
	const char *name = e->place->name != NULL ? e->place->name : e->place->place.address;
	const struct channel_tls tls = {
		.name = name,
		.authorities = manner->authorities != NULL ? manner->authorities : "",
		.verify = !manner->unverified && manner->tls >= TRANSPORT_TLS_REQUIRED,
	};
	char error[CHANNEL_ERROR_SIZE];
	struct channel *channel = e->peer.channel;
	if (!channel->ops->encrypt(channel, &tls, e->transport->times.connect, error)) {
		e->peer.fault = "TLS failed";
		e->tls_failed = true;
		exchange_settle(e, TRANSPORT_LATER, FTG_NOTICE_NO_TLS, error);
		return false;
	}
	e->peer.at = e->peer.used = 0; /* what came before TLS may be anybody's */
	e->secure = true;
	return true;
}

/* STARTTLS, and EHLO again: what was said in the clear does not count (RFC 3207 section 4.2). */
static bool
start_tls(struct exchange *e)
{
	bool required = e->transport->manner.tls == TRANSPORT_TLS_REQUIRED;
	if (!(e->extensions & EXTENSION_STARTTLS)) {
		if (required)
			exchange_settle(e, TRANSPORT_LATER, FTG_NOTICE_NO_TLS, "STARTTLS is not offered");
		return !required;
	}
	if (exchange_ask(e, "STARTTLS") != 2) {
		if (required || e->peer.fault != NULL)
			exchange_settle(e, TRANSPORT_LATER, FTG_NOTICE_NO_TLS, "STARTTLS is refused");
		return !required && e->peer.fault == NULL;
	}
	return encrypt(e) && hello(e);
}

bool
exchange_open(struct exchange *e)
{
	const struct transport_manner *manner = &e->transport->manner;
	if (manner->tls == TRANSPORT_TLS_IMPLICIT && !encrypt(e))
		return false;
	if (!greet(e) || !hello(e))
		return false;
	if (manner->tls != TRANSPORT_TLS_NONE && !e->secure && !start_tls(e))
		return false;
	return manner->user == NULL || exchange_login(e);
}
