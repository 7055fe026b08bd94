/* A fixture for POP3 sessions. */
#include "pop3_fixture.h"

#include "session/sasl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POP3_FIXTURE(pointer) ((struct pop3_fixture *)(void *)((char *)(pointer)-offsetof(struct pop3_fixture, outlet)))

/* On the fixture a password is its own hash. */
static bool
verify(const char *password, const char *hash)
{
	return hash != NULL && strcmp(password, hash) == 0;
}

static void
prefer(struct session_outlet *outlet, enum language_source whose, const char *language)
{
	session_language_prefer(&POP3_FIXTURE(outlet)->fixture.language, whose, language);
}

static void
speak_of(struct session_outlet *outlet, enum language_source whose, const char *domain)
{
	session_language_speak_of(&POP3_FIXTURE(outlet)->fixture.language, whose, domain);
}

static void
utf8(struct session_outlet *outlet, bool on)
{
	POP3_FIXTURE(outlet)->fixture.language.all_utf8 = on;
}

static struct ftg_voice
voice_of(struct session_outlet *outlet)
{
	struct smtp_fixture *fixture = &POP3_FIXTURE(outlet)->fixture;
	struct ftg_voice voice = fixture->voice;

	session_language_voice(&fixture->language, 0, &voice);
	return voice;
}

static void
say_reply(struct session_outlet *outlet, const struct ftg_reply *reply)
{
	const struct ftg_voice voice = voice_of(outlet);
	char bytes[FTG_REPLY_MAX];

	octets_add(&POP3_FIXTURE(outlet)->fixture.output, bytes, ftg_render(bytes, &voice, reply));
}

static void
send_bytes(struct session_outlet *outlet, const char *bytes, size_t len)
{
	octets_add(&POP3_FIXTURE(outlet)->fixture.output, bytes, len);
}

static bool
is_full(struct session_outlet *outlet)
{
	return POP3_FIXTURE(outlet)->deaf && POP3_FIXTURE(outlet)->fixture.output.len > 0;
}

static bool
can_encrypt(struct session_outlet *outlet)
{
	return POP3_FIXTURE(outlet)->fixture.has_certificate;
}

static void
encrypt_octets(struct session_outlet *outlet)
{
	POP3_FIXTURE(outlet)->fixture.encrypting = true;
}

static void
resume(struct session_outlet *outlet)
{
	POP3_FIXTURE(outlet)->fixture.resumes++;
}

static void
log_pairs(struct session_outlet *outlet, const char *event, ...)
{
	struct octets *events = &POP3_FIXTURE(outlet)->fixture.events;
	bool explained = strcmp(event, "reply") != 0;
	va_list pairs;

	octets_add(events, event, strlen(event));
	va_start(pairs, event);
	for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
		const char *value = va_arg(pairs, const char *);
		if (value == NULL)
			continue;
		explained |= strcmp(key, "cause") == 0;
		octets_add(events, " ", 1);
		octets_add(events, key, strlen(key));
		octets_add(events, "=", 1);
		octets_add(events, value, strlen(value));
	}
	va_end(pairs);
	octets_add(events, "\n", 1);
	POP3_FIXTURE(outlet)->fixture.unexplained += !explained;
}

void
pop3_fixture_open(struct pop3_fixture *fixture, enum ftg_profile profile)
{
	fake_maildrop_standard();
	*fixture = (struct pop3_fixture) {
		.config = { .hostname = "mx.example.test", .profile = profile, .max_errors = 20, .verify = verify },
		.outlet = { .reply = say_reply,
		    .send = send_bytes,
		    .is_full = is_full,
		    .prefer = prefer,
		    .speak_of = speak_of,
		    .utf8 = utf8,
		    .voice = voice_of,
		    .can_encrypt = can_encrypt,
		    .encrypt = encrypt_octets,
		    .resume = resume,
		    .log = log_pairs },
	};
	fixture_open(&fixture->fixture, profile);
	fixture->fixture.language.utf8 = true;
	fixture->config.directory = &fixture->fixture.directory;
	fixture->config.executor = &fixture->fixture.executor;
	fixture->config.hasher = &fixture->fixture.executor;
	fixture->config.limiter = &fixture->fixture.limiter;
	fixture->config.mechanisms = (1U << SASL_MECHANISMS) - 1;
	fixture->session = pop3_session_new(&fixture->config, fixture->fixture.address, &fixture->outlet);
	if (fixture->session == NULL)
		abort();
}

void
pop3_fixture_close(struct pop3_fixture *fixture)
{
	fixture_run_job(&fixture->fixture);
	pop3_session_free(fixture->session);
	fixture_close(&fixture->fixture);
}

void
pop3_fixture_go_on(struct pop3_fixture *fixture)
{
	fixture_run_job(&fixture->fixture);
	while (pop3_session_sending(fixture->session) && !fixture->deaf) {
		pop3_session_more(fixture->session);
		fixture_run_job(&fixture->fixture);
	}
}

/* One piece, in memory of its own size so that a sanitizer sees a step beyond it. */
static void
feed_piece(struct pop3_fixture *fixture, const char *bytes, size_t len)
{
	char *piece = malloc(len);
	size_t taken = 0, now = 1;

	if (piece == NULL)
		abort();
	memcpy(piece, bytes, len);
	while (taken < len && now > 0 && !pop3_session_closed(fixture->session) && !fixture->fixture.encrypting) {
		now = pop3_session_feed(fixture->session, piece + taken, len - taken);
		taken += now;
		pop3_fixture_go_on(fixture);
	}
	if (fixture->fixture.encrypting)
		fixture->fixture.dropped += len - taken;
	free(piece);
}

void
pop3_fixture_feed(struct pop3_fixture *fixture, const char *bytes, size_t len, size_t piece)
{
	for (size_t at = 0; at < len && !pop3_session_closed(fixture->session); at += piece) {
		feed_piece(fixture, bytes + at, piece < len - at ? piece : len - at);
		if (piece >= len - at)
			return;
	}
}

void
pop3_fixture_shake_hands(struct pop3_fixture *fixture)
{
	if (fixture->fixture.encrypting)
		pop3_session_encrypted(fixture->session);
	fixture->fixture.encrypting = false;
}
