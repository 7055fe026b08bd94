/* The beginning of a session of the client: greeting, EHLO, STARTTLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text/ascii.h"
#include "relay/client/client_internal.h"

/* The server has not replied about the message: another address, or a later attempt, may succeed. */
static void
defer(struct client *c)
{
	c->transport->turned_away = c->reply.code / 100 == 4;
	client_defer(c);
	c->state = CLIENT_ENDED;
}

/* The parameters in a line of the reply to EHLO; NULL if its keyword is another one. */
static const char *
parameter_of(const char *line, size_t len, const char *keyword)
{
	size_t n = strlen(keyword);
	if (len < n || strncasecmp(line, keyword, n) != 0)
		return NULL;
	return len == n || line[n] == ' ' || line[n] == '=' ? line + n + (len > n) : NULL;
}

static void
read_size(struct client *c, const char *text)
{
	char *end;
	unsigned long long size = strtoull(text, &end, 10);
	c->size_max = ascii_is_digit(*text) && (*end == '\n' || *end == '\0' || *end == ' ') ? size : 0;
}

/* Servers have a line "AUTH=" for clients from before RFC 2554 beside the one of today, and the two may differ. */
static void
add_mechanisms(struct client *c, const char *names, size_t len)
{
	size_t used = strlen(c->mechanisms);
	if (used + len + 2 > sizeof c->mechanisms)
		return;
	snprintf(c->mechanisms + used, sizeof c->mechanisms - used, "%s%.*s", used > 0 ? " " : "", (int)len, names);
}

static void
read_extension(struct client *c, const char *line, size_t len)
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
		c->extensions |= known[i].extension;
		if (known[i].extension == EXTENSION_SIZE)
			read_size(c, parameter);
		if (known[i].extension == EXTENSION_AUTH)
			add_mechanisms(c, parameter, len - (size_t)(parameter - line));
	}
}

/* The first line is the server's name and greeting (RFC 5321 4.1.1.1). */
static void
read_extensions(struct client *c)
{
	const char *line = strchr(c->reply.text, '\n');
	c->extensions = 0;
	c->size_max = 0;
	c->mechanisms[0] = '\0';
	while (line != NULL) {
		const char *end = strchrnul(++line, '\n');
		read_extension(c, line, (size_t)(end - line));
		line = *end == '\n' ? end : NULL;
	}
}

static void
say_hello(struct client *c)
{
	bool lmtp = c->manner.protocol == TRANSPORT_LMTP;
	peer_put(&c->peer, "%s %s", lmtp ? "LHLO" : "EHLO", c->manner.hostname);
	client_expect(c, CLIENT_EHLO);
}

void
client_on_greeting(struct client *c)
{
	if (c->reply.code / 100 == 2)
		say_hello(c);
	else
		defer(c);
}

static void
log_in_or_begin(struct client *c)
{
	if (c->manner.user != NULL)
		client_begin_login(c);
	else
		client_begin_mail(c);
}

void
client_fail_tls(struct client *c, const char *why)
{
	client_settle(c, TRANSPORT_LATER, FTG_NOTICE_NO_TLS, why);
	c->state = CLIENT_ENDED;
}

static void
after_hello(struct client *c)
{
	if (c->manner.tls == TRANSPORT_TLS_NONE || c->secure) {
		log_in_or_begin(c);
	} else if (c->extensions & EXTENSION_STARTTLS) {
		peer_put(&c->peer, "STARTTLS");
		client_expect(c, CLIENT_STARTTLS);
	} else if (c->manner.tls == TRANSPORT_TLS_REQUIRED) {
		client_fail_tls(c, "STARTTLS is not offered");
	} else {
		log_in_or_begin(c);
	}
}

/* HELO for a server that does not support EHLO; STARTTLS is then not available. */
void
client_on_ehlo(struct client *c)
{
	int class = c->reply.code / 100;
	read_extensions(c);
	if (class == 2) {
		after_hello(c);
	} else if (class == 5 && c->manner.protocol == TRANSPORT_SMTP) {
		peer_put(&c->peer, "HELO %s", c->manner.hostname);
		client_expect(c, CLIENT_HELO);
	} else {
		defer(c);
	}
}

void
client_on_helo(struct client *c)
{
	c->extensions = 0;
	if (c->reply.code / 100 == 2)
		after_hello(c);
	else
		defer(c);
}

/* A session in which the server has refused what it offered is not trusted to go on: the caller may open another one. */
void
client_on_starttls(struct client *c)
{
	char why[256];
	if (c->reply.code / 100 == 2) {
		c->state = CLIENT_ENCRYPTING;
		return;
	}
	int len = snprintf(why, sizeof why, "STARTTLS is refused: ");
	client_write_reply(c, why + len, sizeof why - (size_t)len);
	c->tls_failed = true;
	client_fail_tls(c, why);
}

/* After STARTTLS, EHLO again: the reply received in the clear must be discarded (RFC 3207 section 4.2). */
void
client_on_encrypted(struct client *c, bool secure)
{
	peer_discard(&c->peer);
	c->secure = secure;
	c->tls_failed = !secure && !c->stopping;
	if (!secure) {
		c->peer.fault = "TLS failed";
		client_fail_tls(c, c->tls);
		return;
	}
	client_tell_tls(c);
	if (c->manner.tls == TRANSPORT_TLS_IMPLICIT) {
		client_expect(c, CLIENT_GREETING);
	} else {
		say_hello(c);
	}
}
