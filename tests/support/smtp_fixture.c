/* A fixture for SMTP sessions. */
#include "smtp_fixture.h"

#include "base/ascii.h"
#include "edited.h"
#include "port/queue_text.h"
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

/* The delivery. */

struct parcel {
	struct delivery delivery;
	struct job job;
	struct smtp_fixture *fixture;
	struct octets octets;
	size_t unflushed;
	size_t mailboxes;
	struct queue_entry *relay;
	size_t unrelayed; /* octets at its start */
	bool begun;       /* they are known */
	int file;         /* -1: it has not been spooled */
	bool committing;
	delivery_done *done;
	void *context;
};

#define PARCEL(member, pointer) ((struct parcel *)(void *)((char *)(pointer)-offsetof(struct parcel, member)))
#define CONST_PARCEL(pointer)   ((const struct parcel *)(const void *)(pointer))

static bool
parcel_append(struct delivery *delivery, const char *bytes, size_t len)
{
	struct parcel *parcel = PARCEL(delivery, delivery);
	if (parcel->fixture->append_fails && parcel->begun && parcel->octets.len > parcel->unrelayed)
		return false;
	octets_add(&parcel->octets, bytes, len);
	parcel->unflushed += len;
	return true;
}

static void
parcel_begin_relayed(struct delivery *delivery)
{
	struct parcel *parcel = PARCEL(delivery, delivery);
	parcel->unrelayed = parcel->octets.len;
	parcel->begun = true;
}

static void
parcel_edit(struct delivery *delivery, const struct field_edits *edits)
{
	struct parcel *parcel = PARCEL(delivery, delivery);
	size_t len = parcel->octets.len;
	char *message = edited_message(edits, parcel->octets.bytes, &len, &parcel->unrelayed);
	octets_clear(&parcel->octets);
	octets_add(&parcel->octets, message, len);
	free(message);
}

static bool
parcel_wants_flush(const struct delivery *delivery)
{
	const struct parcel *parcel = CONST_PARCEL(delivery);
	return parcel->fixture->flush_after != 0 && parcel->unflushed >= parcel->fixture->flush_after;
}

static void
parcel_free(struct parcel *parcel)
{
	parcel->fixture->open--;
	if (parcel->file >= 0)
		close(parcel->file);
	free(parcel->octets.bytes);
	free(parcel);
}

/* What is relayed goes to the queue: its envelope as it is stored. */
static void
enqueue(const struct parcel *parcel)
{
	struct queue_entry *relay = parcel->relay;
	size_t len;

	if (relay->count == 0)
		return;
	for (size_t i = 0; i < parcel->unrelayed; i++)
		relay->local_prefix_len += parcel->octets.bytes[i] != '\r';
	relay->size = parcel->octets.len - parcel->unrelayed;
	char *text = queue_text_write(relay, &len);
	if (text == NULL)
		abort();
	octets_add(&parcel->fixture->queued, text, len);
	free(text);
}

static void
parcel_work(struct job *job)
{
	(void)job;
}

static void
parcel_done(struct job *job)
{
	struct parcel *parcel = PARCEL(job, job);
	struct smtp_fixture *fixture = parcel->fixture;
	delivery_done *done = parcel->done;
	void *context = parcel->context;
	enum delivery_result result = parcel->committing ? fixture->commit_result
	    : parcel->file >= 0                          ? fixture->spool_result
	                                                 : fixture->flush_result;
	const struct delivery_outcome outcome = { result,
		result == DELIVERY_OK || result == DELIVERY_OVER_QUOTA ? "" : FIXTURE_DETAIL };

	parcel->unflushed = 0;
	if (parcel->committing) {
		if (result == DELIVERY_OK) {
			octets_add(&fixture->message, parcel->octets.bytes, parcel->octets.len);
			fixture->mailboxes = parcel->mailboxes;
			enqueue(parcel);
			fixture->delivered++;
		}
		parcel_free(parcel);
	}
	done(context, &outcome);
}

static void
parcel_start(struct parcel *parcel, delivery_done *done, void *context)
{
	parcel->done = done;
	parcel->context = context;
	parcel->job = (struct job) { .work = parcel_work, .done = parcel_done };
	parcel->fixture->executor.start(&parcel->fixture->executor, &parcel->job);
}

static void
parcel_flush(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	(void)executor;
	parcel_start(PARCEL(delivery, delivery), done, context);
}

static void
parcel_spool(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	struct parcel *parcel = PARCEL(delivery, delivery);
	(void)executor;
	if (parcel->file >= 0)
		close(parcel->file);
	parcel->file = edited_file(parcel->octets.bytes, parcel->octets.len);
	parcel_start(parcel, done, context);
}

static int
parcel_file(const struct delivery *delivery)
{
	return CONST_PARCEL(delivery)->fixture->unreadable ? -1 : CONST_PARCEL(delivery)->file;
}

static void
parcel_commit(struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context)
{
	(void)executor;
	PARCEL(delivery, delivery)->fixture->commit_timeout = timeout;
	PARCEL(delivery, delivery)->committing = true;
	parcel_start(PARCEL(delivery, delivery), done, context);
}

static void
parcel_abandon(struct delivery *delivery, struct executor *executor)
{
	struct parcel *parcel = PARCEL(delivery, delivery);
	(void)executor;
	parcel->fixture->abandoned++;
	parcel_free(parcel);
}

static struct delivery *
parcel_begin(struct delivery_agent *agent, const struct mailbox *mailboxes, size_t count, struct queue_entry *relay)
{
	static const struct delivery_ops ops = {
		.append = parcel_append,
		.begin_relayed = parcel_begin_relayed,
		.edit = parcel_edit,
		.wants_flush = parcel_wants_flush,
		.flush = parcel_flush,
		.spool = parcel_spool,
		.file = parcel_file,
		.commit = parcel_commit,
		.abandon = parcel_abandon,
	};
	struct smtp_fixture *fixture = FIXTURE(agent, agent);
	(void)mailboxes;
	if (fixture->begin_fails)
		return NULL;
	struct parcel *parcel = allocate(sizeof *parcel);
	*parcel = (struct parcel) {
		.delivery = { .ops = &ops }, .fixture = fixture, .mailboxes = count, .relay = relay, .file = -1
	};
	fixture->open++;
	return &parcel->delivery;
}

/* Whether there is room in a mailbox. */
struct question {
	struct job job;
	enum delivery_result result;
	delivery_done *done;
	void *context;
};

static void
answer_question(struct job *job)
{
	struct question *question = (struct question *)(void *)((char *)job - offsetof(struct question, job));
	delivery_finish(question->done, question->context, question->result);
	free(question);
}

static void
check_space(struct delivery_agent *agent, struct executor *executor, const struct mailbox *mailboxes, size_t count,
    uint64_t size, delivery_done *done, void *context)
{
	struct question *question = calloc(1, sizeof *question);
	(void)executor, (void)count;
	if (question == NULL) {
		delivery_finish(done, context, DELIVERY_FAILED);
		return;
	}
	question->result = size > (uint64_t)mailboxes[0].quota.bytes ? DELIVERY_OVER_QUOTA
	                                                             : FIXTURE(agent, agent)->room_result;
	question->job = (struct job) { .work = parcel_work, .done = answer_question };
	question->done = done;
	question->context = context;
	FIXTURE(agent, agent)->executor.start(&FIXTURE(agent, agent)->executor, &question->job);
}

static void
run_queue(struct delivery_agent *agent, struct executor *executor, const char *domain, bool below, delivery_done *done,
    void *context)
{
	struct question *question = allocate(sizeof *question);
	struct smtp_fixture *fixture = FIXTURE(agent, agent);

	(void)executor;
	octets_add(&fixture->events, below ? "run @" : "run ", below ? 5 : 4);
	octets_add(&fixture->events, domain, strlen(domain));
	octets_add(&fixture->events, "\n", 1);
	*question = (struct question) {
		.job = { .work = parcel_work, .done = answer_question },
		.result = fixture->queue_result,
		.done = done,
		.context = context,
	};
	fixture->executor.start(&fixture->executor, &question->job);
}

static bool
is_full(struct delivery_agent *agent, struct executor *executor)
{
	(void)executor;
	return FIXTURE(agent, agent)->full;
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
wait_for(struct session_outlet *outlet, int64_t milliseconds, struct job *job)
{
	struct smtp_fixture *fixture = FIXTURE(outlet, outlet);
	fixture->waited += milliseconds;
	job->work = parcel_work;
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
		.agent = { .begin = parcel_begin,
		    .is_full = is_full,
		    .check_space = check_space,
		    .run_queue = run_queue },
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
