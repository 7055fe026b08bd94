/* CAPA (RFC 2449): lists the capabilities of this server for programs, one a line. */
#include <stdio.h>

#include "pop3/internal.h"

enum { VALUE_MAX = 128 };

static bool
has_strict_codes(const struct pop3_session *s)
{
	return s->config->profile == FTG_STRICT;
}

static bool
has_mechanisms(const struct pop3_session *s)
{
	char names[EXCHANGE_NAMES_MAX] = "";

	exchange_names(s, names);
	return names[0] != '\0';
}

static void
put_mechanisms(const struct pop3_session *s, char value[VALUE_MAX])
{
	exchange_names(s, value);
}

static bool
has_delay(const struct pop3_session *s)
{
	return s->config->login_delay > 0;
}

static void
put_delay(const struct pop3_session *s, char value[VALUE_MAX])
{
	snprintf(value, VALUE_MAX, " %u", s->config->login_delay);
}

/* Capabilities are listed before and after the login (RFC 2449 section 5). offered NULL: always. value NULL: none. */
static const struct capability {
	const char *words;
	bool (*offered)(const struct pop3_session *s);
	void (*value)(const struct pop3_session *s, char value[VALUE_MAX]);
} capabilities[] = {
	{ "TOP", NULL, NULL },
	{ "UIDL", NULL, NULL },
	{ "PIPELINING", NULL, NULL },
	{ "RESP-CODES", has_strict_codes, NULL },
	{ "AUTH-RESP-CODE", has_strict_codes, NULL },
	{ "STLS", stls_is_offered, NULL },
	{ "USER", login_may_be_plain, NULL },
	{ "SASL", has_mechanisms, put_mechanisms },
	{ "LOGIN-DELAY", has_delay, put_delay },
	{ "EXPIRE NEVER", NULL, NULL },
	{ "UTF8 USER", NULL, NULL },
	{ "LANG", NULL, NULL },
	{ "IMPLEMENTATION ftgate", NULL, NULL },
};

static void
send_all(struct pop3_session *s)
{
	for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
		const struct capability *capability = &capabilities[i];
		char value[VALUE_MAX] = "";
		if (capability->offered != NULL && !capability->offered(s))
			continue;
		if (capability->value != NULL)
			capability->value(s, value);
		pop3_send_line(s, "%s%s", capability->words, value);
	}
	pop3_send_line(s, ".");
	s->more = NULL;
}

struct ftg_reply
capa_list(struct pop3_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	return listing_begin(s, ftg_reply(FTG_POP_CAPA), send_all);
}
