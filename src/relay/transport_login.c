/* Logs in at another server (RFC 4954), by GNU SASL. */
#include <gsasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/transport_internal.h"

enum { STEPS_MAX = 8 };

/* The best first. */
static const char *const mechanisms[] = { "SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN" };

static bool
offers(const struct exchange *e, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = e->mechanisms; (at = strcasestr(at, name)) != NULL; at += len) {
		bool begins = at == e->mechanisms || at[-1] == ' ';
		if (begins && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

static const char *
choose(const struct exchange *e)
{
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (offers(e, mechanisms[i]))
			return mechanisms[i];
	return NULL;
}

/* Whatever goes wrong is between this server and that one, and no fault of the message. */
static bool
fail(struct exchange *e, const char *why)
{
	if (why != NULL && e->peer.fault == NULL)
		exchange_settle(e, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, why);
	else
		exchange_put_off(e);
	return false;
}

/* The text is secret. */
static bool
say(struct exchange *e, const char *prefix, const char *name, const char *text)
{
	int wait = e->transport->times.reply;
	bool empty = text[0] == '\0';
	return peer_put(&e->peer, wait, "%s%s%s%s", prefix, name, *name != '\0' && !empty ? " " : "", text) &&
	    exchange_read(e, wait);
}

/* The mechanism has said all that it has to say where the last step was GSASL_OK. */
static bool
converse(struct exchange *e, Gsasl_session *session, const char *mechanism)
{
	char *text = NULL;
	int step = gsasl_step64(session, NULL, &text);
	bool answered = (step == GSASL_OK || step == GSASL_NEEDS_MORE) && say(e, "AUTH ", mechanism, text);
	for (int i = 0; answered && e->reply.code == 334 && i < STEPS_MAX; i++) {
		gsasl_free(text);
		text = NULL;
		step = gsasl_step64(session, e->reply.text, &text);
		if (step != GSASL_OK && step != GSASL_NEEDS_MORE)
			return fail(e, gsasl_strerror(step));
		answered = say(e, "", "", text);
	}
	gsasl_free(text);
	if (!answered || e->reply.code / 100 != 2)
		return fail(e, answered || e->peer.fault != NULL ? NULL : gsasl_strerror(step));
	return step == GSASL_OK || fail(e, "the server has not proved that it knows the password");
}

static bool
login_by(struct exchange *e, Gsasl *gsasl, const char *mechanism)
{
	const struct transport_manner *manner = &e->transport->manner;
	Gsasl_session *session = NULL;
	if (gsasl_client_start(gsasl, mechanism, &session) != GSASL_OK)
		return fail(e, "this server cannot log in by that mechanism");
	gsasl_property_set(session, GSASL_AUTHID, manner->user);
	gsasl_property_set(session, GSASL_PASSWORD, manner->password);
	bool done = converse(e, session, mechanism);
	gsasl_finish(session);
	return done;
}

bool
exchange_login(struct exchange *e)
{
	Gsasl *gsasl = NULL;
	const char *mechanism = choose(e);
	if (mechanism == NULL)
		return fail(e, "it offers no mechanism to log in by that is known here");
	if (gsasl_init(&gsasl) != GSASL_OK)
		return fail(e, "no memory");
	bool done = login_by(e, gsasl, mechanism);
	gsasl_done(gsasl);
	return done;
}
