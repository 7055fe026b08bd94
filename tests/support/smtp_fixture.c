/* A fixture for SMTP sessions. */
#include "smtp_fixture.h"

#include "base/text/ascii.h"
#include "session/sasl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No realloc() or calloc() on the fixture: a test has those of the session fail. */
static void *
allocate(size_t size)
{
	void *memory = malloc(size);
	if (memory == NULL)
		abort();
	return memory;
}

void
octets_add(struct octets *octets, const char *bytes, size_t len)
{
	if (octets->room - octets->len <= len) {
		size_t room = 2 * (octets->room + len) + 1;
		char *grown = allocate(room);
		memcpy(grown, octets->len == 0 ? "" : octets->bytes, octets->len);
		free(octets->bytes);
		octets->bytes = grown;
		octets->room = room;
	}
	memcpy(octets->bytes + octets->len, bytes, len);
	octets->len += len;
	octets->bytes[octets->len] = '\0';
}

#define FIXTURE(member, pointer)                                                                                       \
	((struct smtp_fixture *)(void *)((char *)(pointer)-offsetof(struct smtp_fixture, member)))

/* On the fixture a password is its own hash. */
static bool
verify(const char *password, const char *hash)
{
	return hash != NULL && strcmp(password, hash) == 0;
}

/* Jobs. */

static void
start_job(struct executor *executor, struct job *job)
{
	struct smtp_fixture *fixture = FIXTURE(executor, executor);
	job->work(job);
	if (!fixture->late) {
		job->done(job);
		return;
	}
	if (fixture->job != NULL)
		abort();
	fixture->job = job;
}

/* The end of one may be the beginning of another: a password is checked, then its refusal held back. */
void
fixture_run_job(struct smtp_fixture *fixture)
{
	while (fixture->job != NULL || fake_resolver_run(&fixture->dns)) {
		struct job *job = fixture->job;
		fixture->job = NULL;
		if (job != NULL)
			job->done(job);
	}
	for (size_t i = 0; i < FAKES; i++)
		if (fixture->services[i].waiting != NULL) {
			fake_policy_service_answer(&fixture->services[i]);
			fixture_run_job(fixture);
		}
}

/* The outlet. */

static void
prefer(struct session_outlet *outlet, enum language_source whose, const char *language)
{
	session_language_prefer(&FIXTURE(outlet, outlet)->language, whose, language);
}

static void
speak_of(struct session_outlet *outlet, enum language_source whose, const char *domain)
{
	session_language_speak_of(&FIXTURE(outlet, outlet)->language, whose, domain);
}

static void
speak_text(struct session_outlet *outlet, const ftg_text *text)
{
	FIXTURE(outlet, outlet)->language.text = text;
}

/* No catalogue is exchanged on the fixture, so there is one generation. */
static struct ftg_voice
voice_of(struct session_outlet *outlet)
{
	struct smtp_fixture *fixture = FIXTURE(outlet, outlet);
	struct ftg_voice voice = fixture->voice;

	session_language_voice(&fixture->language, 0, &voice);
	return voice;
}

static void
say_reply(struct session_outlet *outlet, const struct ftg_reply *reply)
{
	struct smtp_fixture *fixture = FIXTURE(outlet, outlet);
	const struct ftg_voice voice = voice_of(outlet);
	char bytes[FTG_REPLY_MAX];

	octets_add(&fixture->output, bytes, ftg_render(bytes, &voice, reply));
}

static void
send_bytes(struct session_outlet *outlet, const char *bytes, size_t len)
{
	octets_add(&FIXTURE(outlet, outlet)->output, bytes, len);
}

static void
do_nothing(struct job *job)
{
	(void)job;
}

static void
wait_for(struct session_outlet *outlet, int64_t milliseconds, struct job *job)
{
	struct smtp_fixture *fixture = FIXTURE(outlet, outlet);
	fixture->waited += milliseconds;
	job->work = do_nothing;
	start_job(&fixture->executor, job);
}

static bool
can_encrypt(struct session_outlet *outlet)
{
	return FIXTURE(outlet, outlet)->has_certificate;
}

static void
encrypt_octets(struct session_outlet *outlet)
{
	FIXTURE(outlet, outlet)->encrypting = true;
}

void
fixture_shake_hands(struct smtp_fixture *fixture)
{
	if (fixture->encrypting)
		smtp_session_encrypted(fixture->session, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
	fixture->encrypting = false;
}

static void
resume(struct session_outlet *outlet)
{
	FIXTURE(outlet, outlet)->resumes++;
}

static void
log_pairs(struct session_outlet *outlet, const char *event, ...)
{
	struct smtp_fixture *fixture = FIXTURE(outlet, outlet);
	va_list pairs;

	bool explained = strcmp(event, "reply") != 0;

	octets_add(&fixture->events, event, strlen(event));
	va_start(pairs, event);
	for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
		const char *value = va_arg(pairs, const char *);
		if (value == NULL)
			continue;
		explained |= strcmp(key, "check") == 0 || strcmp(key, "cause") == 0;
		octets_add(&fixture->events, " ", 1);
		octets_add(&fixture->events, key, strlen(key));
		octets_add(&fixture->events, "=", 1);
		octets_add(&fixture->events, value, strlen(value));
	}
	va_end(pairs);
	octets_add(&fixture->events, "\n", 1);
	fixture->events_seen++;
	fixture->unexplained += !explained;
}

/* The fixture. */

static int64_t
steady_now(struct clock *clock)
{
	(void)clock;
	return 0;
}

static int64_t passed; /* seconds since FIXTURE_NOW */

static int64_t
now(void)
{
	return FIXTURE_NOW + passed;
}

void
fixture_pass(int64_t seconds)
{
	passed += seconds;
}

void
fixture_open(struct smtp_fixture *fixture, enum ftg_profile profile)
{
	static const unsigned char secret[SASL_SECRET_SIZE] = "fixture";
	static const struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = "mx.example.test" } };

	*fixture = (struct smtp_fixture) {
		.config = { .hostname = "mx.example.test",
		    .profile = profile,
		    .max_message_size = 1000000,
		    .max_recipients = 100,
		    .max_hops = 100,
		    .max_errors = 20,
		    .now = now },
		.outlet = { .reply = say_reply,
		    .prefer = prefer,
		    .speak_of = speak_of,
		    .speak_text = speak_text,
		    .voice = voice_of,
		    .send = send_bytes,
		    .wait = wait_for,
		    .can_encrypt = can_encrypt,
		    .encrypt = encrypt_octets,
		    .resume = resume,
		    .log = log_pairs },
		.directory = { .ops = &fixture_directory_ops },
		.agent = fixture_delivery_agent,
		.executor = { .start = start_job },
		.address = "192.0.2.7",
		.voice = { .catalog = ftg_catalog_english(profile), .vars = &vars },
	};
	fake_policy_services_open(fixture->services, fixture->asked);
	fake_scanners_open(fixture->filters, fixture->scanners);
	fixture->config.services = fixture->asked;
	fixture->config.scanners = fixture->scanners;
	passed = 0;
	fixture->config.directory = &fixture->directory;
	fixture->config.delivery = &fixture->agent;
	fixture->config.executor = &fixture->executor;
	fixture->config.spreader = &fixture->spreader;
	fixture->config.hasher = &fixture->executor;
	fixture->config.inspector = &fixture->executor;
	fixture->config.mechanisms = (1U << SASL_MECHANISMS) - 1;
	fixture->sasl = sasl_server_new(secret, verify);
	fixture->config.limiter = &fixture->limiter;
	fake_resolver_open(&fixture->dns);
	fixture->config.resolver = &fixture->dns.resolver;
	fixture->config.blocklists = &fixture->blocklists;
	fixture->config.blocklist_threshold = 1;
	fixture->clock.now = steady_now;
	fixture->limits = limits_standard();
	fixture->limiter = (struct limiter) { counters_new(1), &fixture->clock, &fixture->limits, 0 };
	if (fixture->limiter.counters == NULL || fixture->sasl == NULL)
		abort();
	octets_clear(&fixture->output);
	octets_clear(&fixture->events);
	octets_clear(&fixture->message);
	octets_clear(&fixture->queued);
}

void
fixture_enter(struct smtp_fixture *fixture)
{
	const struct smtp_peer peer = { .address = fixture->address, .session = "s1" };

	fixture->session = smtp_session_new(&fixture->config, &peer, &fixture->outlet);
	if (fixture->session == NULL)
		abort();
}

void
fixture_greet(struct smtp_fixture *fixture)
{
	fixture->dns.late = fixture->late;
	smtp_session_greet(fixture->session);
	fixture_run_job(fixture);
}

void
fixture_close(struct smtp_fixture *fixture)
{
	fixture_run_job(fixture);
	smtp_session_free(fixture->session);
	fixture->session = NULL;
	counters_free(fixture->limiter.counters);
	sasl_server_free(fixture->sasl);
	free(fixture->output.bytes);
	free(fixture->events.bytes);
	free(fixture->message.bytes);
	free(fixture->queued.bytes);
}

/* One piece, in memory of its own size so that a sanitizer sees a step beyond it. */
static void
feed_piece(struct smtp_fixture *fixture, const char *bytes, size_t len)
{
	char *piece = memcpy(allocate(len), bytes, len);
	size_t taken = 0;

	fixture->dns.late = fixture->late;
	for (; taken < len && !smtp_session_closed(fixture->session) && !fixture->encrypting;
	     fixture_run_job(fixture)) {
		taken += smtp_session_feed(fixture->session, piece + taken, len - taken);
		while (smtp_session_sending(fixture->session))
			smtp_session_more(fixture->session);
	}
	if (fixture->encrypting)
		fixture->dropped += len - taken;
	free(piece);
}

void
fixture_feed(struct smtp_fixture *fixture, const char *bytes, size_t len, size_t piece)
{
	for (size_t at = 0; at < len && !smtp_session_closed(fixture->session); at += piece) {
		feed_piece(fixture, bytes + at, piece < len - at ? piece : len - at);
		if (piece >= len - at)
			return;
	}
}
