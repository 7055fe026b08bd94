/* A stage for SMTP sessions. */
#include "smtp_fixture.h"

#include "base/ascii.h"
#include "port/queue_text.h"
#include "session/sasl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* No realloc() or calloc() on the stage: a test has those of the session fail. */
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

void
octets_clear(struct octets *octets)
{
	octets->len = 0;
	octets_add(octets, "", 0);
}

#define STAGE(member, pointer) ((struct stage *)(void *)((char *)(pointer)-offsetof(struct stage, member)))

/* On the stage a password is its own hash. */
static bool
verify(const char *password, const char *hash)
{
	return hash != NULL && strcmp(password, hash) == 0;
}

/* The delivery. */

struct parcel {
	struct delivery delivery;
	struct job job;
	struct stage *stage;
	struct octets octets;
	size_t unflushed;
	size_t mailboxes;
	struct queue_entry *relay;
	size_t unrelayed; /* octets at its start */
	bool begun;       /* they are known */
	int file;         /* -1: it has not been spooled */
	bool committing;
	void (*done)(void *context, enum delivery_result result);
	void *context;
};

#define PARCEL(member, pointer) ((struct parcel *)(void *)((char *)(pointer)-offsetof(struct parcel, member)))
#define CONST_PARCEL(pointer)   ((const struct parcel *)(const void *)(pointer))

static bool
parcel_append(struct delivery *delivery, const char *bytes, size_t len)
{
	struct parcel *parcel = PARCEL(delivery, delivery);

	if (parcel->stage->append_fails && parcel->begun && parcel->octets.len > parcel->unrelayed)
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

static bool
parcel_wants_flush(const struct delivery *delivery)
{
	const struct parcel *parcel = CONST_PARCEL(delivery);
	return parcel->stage->flush_after != 0 && parcel->unflushed >= parcel->stage->flush_after;
}

static void
parcel_free(struct parcel *parcel)
{
	parcel->stage->open--;
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

	if (relay == NULL)
		return;
	for (size_t i = 0; i < parcel->unrelayed; i++)
		relay->skip += parcel->octets.bytes[i] != '\r';
	relay->size = parcel->octets.len - parcel->unrelayed;
	char *text = queue_text_write(relay, &len);
	if (text == NULL)
		abort();
	octets_add(&parcel->stage->queued, text, len);
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
	struct stage *stage = parcel->stage;
	void (*done)(void *, enum delivery_result) = parcel->done;
	void *context = parcel->context;
	enum delivery_result result = parcel->committing ? stage->commit_result
	    : parcel->file >= 0                          ? stage->spool_result
	                                                 : stage->flush_result;

	parcel->unflushed = 0;
	if (parcel->committing) {
		if (result == DELIVERY_OK) {
			octets_add(&stage->message, parcel->octets.bytes, parcel->octets.len);
			stage->mailboxes = parcel->mailboxes;
			enqueue(parcel);
			stage->delivered++;
		}
		parcel_free(parcel);
	}
	done(context, result);
}

static void
parcel_start(struct parcel *parcel, void (*done)(void *, enum delivery_result), void *context)
{
	parcel->done = done;
	parcel->context = context;
	parcel->job = (struct job) { .work = parcel_work, .done = parcel_done };
	parcel->stage->runner.start(&parcel->stage->runner, &parcel->job);
}

static void
parcel_flush(
    struct delivery *delivery, struct job_runner *runner, void (*done)(void *, enum delivery_result), void *context)
{
	(void)runner;
	parcel_start(PARCEL(delivery, delivery), done, context);
}

/* Writes the message into a file without a name, with LF for CRLF. */
static int
spool_octets(const struct octets *octets)
{
	char *lines = allocate(octets->len + 1);
	size_t len = 0;
	int file = memfd_create("message", MFD_CLOEXEC);

	for (size_t i = 0; i < octets->len; i++)
		if (octets->bytes[i] != '\r' || i + 1 == octets->len || octets->bytes[i + 1] != '\n')
			lines[len++] = octets->bytes[i];
	if (file < 0 || write(file, lines, len) != (ssize_t)len)
		abort();
	free(lines);
	return file;
}

static void
parcel_spool(
    struct delivery *delivery, struct job_runner *runner, void (*done)(void *, enum delivery_result), void *context)
{
	struct parcel *parcel = PARCEL(delivery, delivery);

	(void)runner;
	if (parcel->file >= 0)
		close(parcel->file);
	parcel->file = spool_octets(&parcel->octets);
	parcel_start(parcel, done, context);
}

static int
parcel_file(const struct delivery *delivery)
{
	return CONST_PARCEL(delivery)->stage->unreadable ? -1 : CONST_PARCEL(delivery)->file;
}

static void
parcel_commit(
    struct delivery *delivery, struct job_runner *runner, void (*done)(void *, enum delivery_result), void *context)
{
	(void)runner;
	PARCEL(delivery, delivery)->committing = true;
	parcel_start(PARCEL(delivery, delivery), done, context);
}

static void
parcel_abandon(struct delivery *delivery, struct job_runner *runner)
{
	struct parcel *parcel = PARCEL(delivery, delivery);

	(void)runner;
	parcel->stage->abandoned++;
	parcel_free(parcel);
}

static struct delivery *
parcel_begin(struct delivery_agent *agent, const struct mailbox *mailboxes, size_t count, struct queue_entry *relay)
{
	static const struct delivery_ops ops = {
		.append = parcel_append,
		.begin_relayed = parcel_begin_relayed,
		.wants_flush = parcel_wants_flush,
		.flush = parcel_flush,
		.spool = parcel_spool,
		.file = parcel_file,
		.commit = parcel_commit,
		.abandon = parcel_abandon,
	};
	struct stage *stage = STAGE(agent, agent);
	(void)mailboxes;
	if (stage->begin_fails)
		return NULL;
	struct parcel *parcel = allocate(sizeof *parcel);
	*parcel = (struct parcel) {
		.delivery = { .ops = &ops }, .stage = stage, .mailboxes = count, .relay = relay, .file = -1
	};
	stage->open++;
	return &parcel->delivery;
}

/* Whether there is room in a mailbox. */
struct question {
	struct job job;
	enum delivery_result result;
	void (*done)(void *context, enum delivery_result result);
	void *context;
};

static void
answer_question(struct job *job)
{
	struct question *question = (struct question *)(void *)((char *)job - offsetof(struct question, job));

	question->done(question->context, question->result);
	free(question);
}

static void
check_room(struct delivery_agent *agent, struct job_runner *runner, const struct mailbox *mailboxes, size_t count,
    uint64_t size, void (*done)(void *context, enum delivery_result result), void *context)
{
	struct question *question = calloc(1, sizeof *question);

	(void)runner, (void)count;
	if (question == NULL) {
		done(context, DELIVERY_FAILED);
		return;
	}
	question->result = size > (uint64_t)mailboxes[0].quota.bytes ? DELIVERY_OVER_QUOTA
	                                                             : STAGE(agent, agent)->room_result;
	question->job = (struct job) { .work = parcel_work, .done = answer_question };
	question->done = done;
	question->context = context;
	STAGE(agent, agent)->runner.start(&STAGE(agent, agent)->runner, &question->job);
}

static void
run_queue(struct delivery_agent *agent, struct job_runner *runner, const char *domain, bool below,
    void (*done)(void *context, enum delivery_result result), void *context)
{
	struct question *question = allocate(sizeof *question);
	struct stage *stage = STAGE(agent, agent);

	(void)runner;
	octets_add(&stage->events, below ? "run @" : "run ", below ? 5 : 4);
	octets_add(&stage->events, domain, strlen(domain));
	octets_add(&stage->events, "\n", 1);
	*question = (struct question) {
		.job = { .work = parcel_work, .done = answer_question },
		.result = stage->queue_result,
		.done = done,
		.context = context,
	};
	stage->runner.start(&stage->runner, &question->job);
}

static bool
is_full(struct delivery_agent *agent, struct job_runner *runner)
{
	(void)runner;
	return STAGE(agent, agent)->full;
}

/* Jobs. */

static void
start_job(struct job_runner *runner, struct job *job)
{
	struct stage *stage = STAGE(runner, runner);

	job->work(job);
	if (!stage->late) {
		job->done(job);
		return;
	}
	if (stage->job != NULL)
		abort();
	stage->job = job;
}

/* The end of one may be the beginning of another: a password is checked, then its refusal held back. */
void
stage_run_job(struct stage *stage)
{
	while (stage->job != NULL || stand_resolver_run(&stage->dns)) {
		struct job *job = stage->job;
		stage->job = NULL;
		if (job != NULL)
			job->done(job);
	}
	for (size_t i = 0; i < STAND_INS; i++)
		if (stage->services[i].waiting != NULL) {
			service_stand_in_answer(&stage->services[i]);
			stage_run_job(stage);
		}
}

/* The outlet. */

static void
wish(struct smtp_outlet *outlet, enum speech_wish whose, const char *language)
{
	speech_wish(&STAGE(outlet, outlet)->speech, whose, language);
}

/* No catalogue is exchanged on the stage, so there is one generation. */
static struct ftg_voice
voice_of(struct smtp_outlet *outlet)
{
	struct stage *stage = STAGE(outlet, outlet);
	struct ftg_voice voice = stage->voice;

	speech_voice(&stage->speech, 0, &voice);
	return voice;
}

static void
say_reply(struct smtp_outlet *outlet, const struct ftg_reply *reply)
{
	struct stage *stage = STAGE(outlet, outlet);
	const struct ftg_voice voice = voice_of(outlet);
	char bytes[FTG_REPLY_MAX];

	octets_add(&stage->output, bytes, ftg_render(bytes, &voice, reply));
}

static void
send_bytes(struct smtp_outlet *outlet, const char *bytes, size_t len)
{
	octets_add(&STAGE(outlet, outlet)->output, bytes, len);
}

static void
wait_for(struct smtp_outlet *outlet, int64_t milliseconds, struct job *job)
{
	struct stage *stage = STAGE(outlet, outlet);

	stage->waited += milliseconds;
	job->work = parcel_work;
	start_job(&stage->runner, job);
}

static bool
can_encrypt(struct smtp_outlet *outlet)
{
	return STAGE(outlet, outlet)->has_certificate;
}

static void
encrypt_octets(struct smtp_outlet *outlet)
{
	STAGE(outlet, outlet)->encrypting = true;
}

void
stage_shake_hands(struct stage *stage)
{
	if (stage->encrypting)
		smtp_session_encrypted(stage->session, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
	stage->encrypting = false;
}

static void
resume(struct smtp_outlet *outlet)
{
	STAGE(outlet, outlet)->resumes++;
}

static void
log_pairs(struct smtp_outlet *outlet, const char *event, ...)
{
	struct stage *stage = STAGE(outlet, outlet);
	va_list pairs;

	octets_add(&stage->events, event, strlen(event));
	va_start(pairs, event);
	for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
		const char *value = va_arg(pairs, const char *);
		if (value == NULL)
			continue;
		octets_add(&stage->events, " ", 1);
		octets_add(&stage->events, key, strlen(key));
		octets_add(&stage->events, "=", 1);
		octets_add(&stage->events, value, strlen(value));
	}
	va_end(pairs);
	octets_add(&stage->events, "\n", 1);
	stage->events_seen++;
}

/* The stage. */

static int64_t
steady_now(struct clock *clock)
{
	(void)clock;
	return 0;
}

static int64_t passed; /* seconds since STAGE_NOW */

static int64_t
now(void)
{
	return STAGE_NOW + passed;
}

void
stage_pass(int64_t seconds)
{
	passed += seconds;
}

void
stage_open(struct stage *stage, enum ftg_profile profile)
{
	static const unsigned char secret[SASL_SECRET_SIZE] = "stage";
	static const struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = "mx.example.test" } };

	*stage = (struct stage) {
		.config = { .hostname = "mx.example.test",
		    .profile = profile,
		    .max_message_size = 1000000,
		    .max_recipients = 100,
		    .max_hops = 100,
		    .max_errors = 20,
		    .now = now },
		.outlet = { .reply = say_reply,
		    .wish = wish,
		    .voice = voice_of,
		    .send = send_bytes,
		    .wait = wait_for,
		    .can_encrypt = can_encrypt,
		    .encrypt = encrypt_octets,
		    .resume = resume,
		    .log = log_pairs },
		.directory = { .ops = &stage_directory_ops },
		.agent = { .begin = parcel_begin,
		    .is_full = is_full,
		    .check_room = check_room,
		    .run_queue = run_queue },
		.runner = { .start = start_job },
		.address = "192.0.2.7",
		.voice = { .catalog = ftg_catalog_english(profile), .vars = &vars },
	};
	service_stand_ins_open(stage->services, stage->asked);
	scanner_stand_ins_open(stage->filters, stage->scanners);
	stage->config.services = stage->asked;
	stage->config.scanners = stage->scanners;
	stage->config.scanning = &stage->runner;
	passed = 0;
	stage->config.directory = &stage->directory;
	stage->config.delivery = &stage->agent;
	stage->config.runner = &stage->runner;
	stage->config.hasher = &stage->runner;
	stage->config.inspector = &stage->runner;
	stage->config.mechanisms = (1U << SASL_MECHANISMS) - 1;
	stage->sasl = sasl_server_new(secret, verify);
	stage->config.guard = &stage->guard;
	stand_resolver_open(&stage->dns);
	stage->config.resolver = &stage->dns.resolver;
	stage->config.blocklists = &stage->blocklists;
	stage->config.blocklist_threshold = 1;
	stage->clock.now = steady_now;
	stage->limits = limits_standard();
	stage->guard = (struct guard) { counters_new(1), &stage->clock, &stage->limits, 0 };
	if (stage->guard.counters == NULL || stage->sasl == NULL)
		abort();
	octets_clear(&stage->output);
	octets_clear(&stage->events);
	octets_clear(&stage->message);
	octets_clear(&stage->queued);
}

void
stage_enter(struct stage *stage)
{
	const struct smtp_peer peer = { .address = stage->address, .session = "s1" };

	stage->session = smtp_session_new(&stage->config, &peer, &stage->outlet);
	if (stage->session == NULL)
		abort();
}

void
stage_greet(struct stage *stage)
{
	stage->dns.late = stage->late;
	smtp_session_greet(stage->session);
	stage_run_job(stage);
}

void
stage_close(struct stage *stage)
{
	stage_run_job(stage);
	smtp_session_free(stage->session);
	stage->session = NULL;
	counters_free(stage->guard.counters);
	sasl_server_free(stage->sasl);
	free(stage->output.bytes);
	free(stage->events.bytes);
	free(stage->message.bytes);
	free(stage->queued.bytes);
}

/* One piece, in memory of its own size so that a sanitizer sees a step beyond it. */
static void
feed_piece(struct stage *stage, const char *bytes, size_t len)
{
	char *piece = allocate(len);
	stage->dns.late = stage->late;

	size_t taken = 0;

	memcpy(piece, bytes, len);
	for (; taken < len && !smtp_session_closed(stage->session) && !stage->encrypting; stage_run_job(stage))
		taken += smtp_session_feed(stage->session, piece + taken, len - taken);
	if (stage->encrypting)
		stage->dropped += len - taken;
	free(piece);
}

void
stage_feed(struct stage *stage, const char *bytes, size_t len, size_t piece)
{
	for (size_t at = 0; at < len && !smtp_session_closed(stage->session); at += piece) {
		feed_piece(stage, bytes + at, piece < len - at ? piece : len - at);
		if (piece >= len - at)
			return;
	}
}
