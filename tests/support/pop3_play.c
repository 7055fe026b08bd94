/* Plays conversations with a POP3 session. */
#include "pop3_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pop3_fixture.h"
#include "talk_run.h"

struct play {
	struct talk_actor actor;
	struct pop3_fixture pop;
	ftg_catalog *catalog; /* the languages that are shipped, where one is asked for */
	enum ftg_profile profile;
};

static void
add_fault(struct play *play, const char *text)
{
	octets_add(play->actor.fault, text, strlen(text));
}

static void
feed(struct talk_actor *actor, const char *bytes, size_t len, size_t piece)
{
	pop3_fixture_feed(&((struct play *)actor)->pop, bytes, len, piece);
}

static const ftg_catalog *
languages(struct play *play)
{
	struct ftg_sources sources = { .locale = BUILD_DIR "/locale", .profile = play->profile };

	if (play->catalog == NULL)
		play->catalog = ftg_catalog_open(&sources, NULL, NULL);
	if (play->catalog == NULL)
		abort();
	play->pop.fixture.voice.catalog = play->catalog;
	return play->catalog;
}

static bool
set_language(struct play *play, const char *name, const char *value)
{
	struct smtp_fixture *fixture = &play->pop.fixture;

	if (strcmp(name, "language") == 0)
		fixture->voice.language = ftg_catalog_find(languages(play), value);
	else if (strcmp(name, "listener-language") == 0)
		fixture->language.listener = value;
	else if (strcmp(name, "account-language") == 0)
		snprintf(fixture->account_language, sizeof fixture->account_language, "%s", value);
	else
		return strcmp(name, "languages") == 0 && languages(play) != NULL;
	fixture->language.known = false;
	return languages(play) != NULL;
}

static void
stamp(char digits[POP3_STAMP_SIZE])
{
	snprintf(digits, POP3_STAMP_SIZE, "1896.697170952");
}

/* That of RFC 1939 section 7. */
static void
set_apop(struct play *play)
{
	play->pop.config.stamp = stamp;
	play->pop.config.hostname = "dbc.mtview.ca.us";
}

static bool
set_maildrop(const char *name, const char *value)
{
	static const char *const names[] = { "ok", "locked", "access", "failed" };
	enum maildrop_result *result = strcmp(name, "open") == 0 ? &fake_maildrop.open
	    : strcmp(name, "read") == 0                          ? &fake_maildrop.read
	    : strcmp(name, "read-on") == 0                       ? &fake_maildrop.read_on
	    : strcmp(name, "update") == 0                        ? &fake_maildrop.update
	                                                         : NULL;

	for (unsigned i = 0; i < sizeof names / sizeof *names && result != NULL; i++)
		if (strcmp(value, names[i]) == 0) {
			*result = (enum maildrop_result)i;
			return true;
		}
	if (strcmp(name, "messages") == 0)
		fake_maildrop.messages = strtoul(value, NULL, 10);
	else if (strcmp(name, "block") == 0)
		fake_maildrop.block = strtoul(value, NULL, 10);
	else
		return false;
	return true;
}

static void
expect(struct play *play, bool holds, const char *fault)
{
	if (!holds)
		add_fault(play, fault);
}

static void
greet(struct play *play)
{
	pop3_session_greet(play->pop.session);
}

static bool
do_something(struct play *play, const char *name, const char *value)
{
	struct pop3_fixture *pop = &play->pop;
	bool closed = pop3_session_closed(pop->session);
	size_t number = strtoul(value, NULL, 10);

	if (strcmp(name, "greet") == 0)
		greet(play);
	else if (strcmp(name, "end") == 0)
		pop3_session_end(pop->session, ftg_id_find(value));
	else if (strcmp(name, "barred") == 0)
		limiter_blacklist(&pop->fixture.limiter, pop->fixture.address, "#4.50");
	else if (strcmp(name, "logged-in") == 0)
		limiter_logged_in(&pop->fixture.limiter, value, 1000);
	else if (strcmp(name, "handshake") == 0)
		pop3_fixture_shake_hands(pop);
	else if (strcmp(name, "deaf") == 0)
		pop->deaf = true;
	else if (strcmp(name, "listening") == 0)
		pop->deaf = false;
	else if (strcmp(name, "closed") == 0)
		expect(play, closed, "the session is not closed\n");
	else if (strcmp(name, "open-session") == 0)
		expect(play, !closed, "the session is closed\n");
	else if (strcmp(name, "dropped") == 0)
		expect(play, pop->fixture.dropped == number, "another number of octets was dropped\n");
	else if (strcmp(name, "removed") == 0)
		expect(play, fake_maildrop.removed == number, "another number of messages was removed\n");
	else if (strcmp(name, "unlocked") == 0)
		expect(play, fake_maildrop.opened == 0, "a maildrop is still open\n");
	else if (strcmp(name, "blacklisted") == 0)
		expect(play, limiter_is_blacklisted(&pop->fixture.limiter, pop->fixture.address), "not blacklisted\n");
	else
		return false;
	if (!pop->deaf)
		pop3_fixture_go_on(pop);
	return true;
}

static bool
set_config(struct play *play, const char *name, const char *value)
{
	struct pop3_config *config = &play->pop.config;
	struct smtp_fixture *fixture = &play->pop.fixture;
	unsigned number = (unsigned)strtoul(value, NULL, 10);

	if (strcmp(name, "certificate") == 0)
		fixture->has_certificate = strcmp(value, "yes") == 0;
	else if (strcmp(name, "tls-required") == 0)
		config->tls_required = true;
	else if (strcmp(name, "downgrade") == 0)
		config->downgrade = true;
	else if (strcmp(name, "plain-in-clear") == 0)
		config->plain_in_clear = true;
	else if (strcmp(name, "auth") == 0)
		config->sasl = fixture->sasl;
	else if (strcmp(name, "apop") == 0)
		set_apop(play);
	else if (strcmp(name, "max-errors") == 0)
		config->max_errors = number;
	else if (strcmp(name, "max-failed-logins") == 0)
		fixture->limits.max_failed_logins = number;
	else if (strcmp(name, "login-delay") == 0)
		config->login_delay = number;
	else
		return false;
	return true;
}

static bool
set(struct talk_actor *actor, const char *name, const char *value)
{
	struct play *play = (struct play *)actor;

	return set_config(play, name, value) || set_language(play, name, value) || set_maildrop(name, value) ||
	    do_something(play, name, value);
}

bool
pop_play(const struct talk *talk, const struct talk_run *run, struct octets *fault)
{
	struct play play = { .profile = run->profile };

	octets_clear(fault);
	pop3_fixture_open(&play.pop, run->profile);
	play.pop.fixture.late = run->late;
	play.actor = (struct talk_actor) { .feed = feed,
		.set = set,
		.got = { [SAID] = &play.pop.fixture.output, [LOGGED] = &play.pop.fixture.events },
		.fault = fault };
	bool done = talk_run(talk, run, &play.actor);
	expect(&play, play.pop.fixture.unexplained == 0, "a refusal is logged without a cause\n");
	pop3_fixture_close(&play.pop);
	ftg_catalog_free(play.catalog);
	return done && fault->len == 0;
}
