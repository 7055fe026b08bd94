/* Logs in at another server (RFC 4954), by GNU SASL. */
#include <gsasl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/client/client_internal.h"

enum { STEPS_MAX = 8 };

/* A login under way. */
struct login {
	Gsasl *gsasl;
	Gsasl_session *session;
	int step; /* of GNU SASL: GSASL_OK once the mechanism has nothing more to say */
	int steps;
};

/* The best first. */
static const char *const mechanisms[] = { "SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN" };

static bool
offers(const struct client *c, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = c->mechanisms; (at = strcasestr(at, name)) != NULL; at += len) {
		bool begins = at == c->mechanisms || at[-1] == ' ';
		if (begins && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

static const char *
choose(const struct client *c)
{
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (offers(c, mechanisms[i]))
			return mechanisms[i];
	return NULL;
}

void
client_end_login(struct client *c)
{
	if (c->login == NULL)
		return;
	gsasl_finish(c->login->session);
	gsasl_done(c->login->gsasl);
	free(c->login);
	c->login = NULL;
}

/* A failed login is not the message's fault, so the message is deferred. why is NULL if the reply has the reason. */
static void
fail(struct client *c, const char *why)
{
	if (why != NULL)
		client_settle(c, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, why);
	else
		client_defer(c);
	client_end_login(c);
	c->state = CLIENT_ENDED;
}

/* The next step of the mechanism: its output follows a prefix. The text is secret. */
static void
say(struct client *c, const char *prefix, const char *name, const char *challenge)
{
	char *text = NULL;
	c->login->step = gsasl_step64(c->login->session, challenge, &text);
	if (c->login->step != GSASL_OK && c->login->step != GSASL_NEEDS_MORE) {
		fail(c, gsasl_strerror(c->login->step));
		return;
	}
	bool space = *name != '\0' && text[0] != '\0';
	peer_put(&c->peer, "%s%s%s%s", prefix, name, space ? " " : "", text);
	explicit_bzero(text, strlen(text));
	gsasl_free(text);
	client_expect(c, CLIENT_AUTH);
}

static bool
open_login(struct client *c, const char *mechanism)
{
	c->login = calloc(1, sizeof *c->login);
	if (c->login == NULL || gsasl_init(&c->login->gsasl) != GSASL_OK) {
		free(c->login);
		c->login = NULL;
		return false;
	}
	if (gsasl_client_start(c->login->gsasl, mechanism, &c->login->session) != GSASL_OK)
		return false;
	gsasl_property_set(c->login->session, GSASL_AUTHID, c->manner.user);
	gsasl_property_set(c->login->session, GSASL_PASSWORD, c->manner.password);
	return true;
}

void
client_begin_login(struct client *c)
{
	const char *mechanism = choose(c);
	if (mechanism == NULL)
		fail(c, "it offers no mechanism to log in by that is known here");
	else if (!open_login(c, mechanism))
		fail(c, "this server cannot log in by that mechanism");
	else
		say(c, "AUTH ", mechanism, NULL);
}

void
client_on_auth(struct client *c)
{
	if (c->reply.code == 334 && c->login->steps++ < STEPS_MAX) {
		say(c, "", "", c->reply.text);
	} else if (c->reply.code / 100 != 2) {
		fail(c, NULL);
	} else if (c->login->step != GSASL_OK) {
		fail(c, "the server has not proved that it knows the password");
	} else {
		client_end_login(c);
		client_begin_mail(c);
	}
}
