/* The delivery of the fixture of SMTP sessions: it keeps messages in memory, as they would be stored. */
#include "edited.h"
#include "port/queue_text.h"
#include "smtp_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE(pointer) ((struct smtp_fixture *)(void *)((char *)(pointer)-offsetof(struct smtp_fixture, agent)))

static void *
allocate(size_t size)
{
	void *memory = malloc(size);
	if (memory == NULL)
		abort();
	return memory;
}

struct parcel {
	struct delivery delivery;
	struct job job;
	struct smtp_fixture *fixture;
	struct octets octets;
	size_t unflushed;
	size_t mailboxes;
	struct queue_entry *relay;
	struct delivery_copy *copies;
	size_t copy_count;
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
parcel_copy(struct delivery *delivery, const struct delivery_copy *copies, size_t count)
{
	struct parcel *parcel = PARCEL(delivery, delivery);
	if (parcel->fixture->copy_fails)
		return false;
	parcel->copies = allocate((count + 1) * sizeof *copies);
	memcpy(parcel->copies, copies, count * sizeof *copies);
	parcel->copy_count = count;
	return true;
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
	free(parcel->copies);
	free(parcel);
}

/* What is relayed goes to the queue: its envelope as it is stored. */
static void
enqueue(
    struct smtp_fixture *fixture, struct queue_entry *relay, const char *octets, size_t octets_len, size_t unrelayed)
{
	size_t len;

	if (relay->count == 0)
		return;
	for (size_t i = 0; i < unrelayed; i++)
		relay->local_prefix_len += octets[i] != '\r';
	relay->size = octets_len - unrelayed;
	char *text = queue_text_write(relay, &len);
	if (text == NULL)
		abort();
	octets_add(&fixture->queued, text, len);
	free(text);
}

/* The message of a copy: other lines for mailboxes, and other fields. */
static void
deliver_copy(const struct parcel *parcel, const struct delivery_copy *copy)
{
	struct smtp_fixture *fixture = parcel->fixture;
	size_t len = parcel->octets.len - parcel->unrelayed, unrelayed = 0;
	char *message = edited_message(copy->edits, parcel->octets.bytes + parcel->unrelayed, &len, &unrelayed);
	struct octets whole = { 0 };

	for (const char *at = copy->local; *at != '\0'; at++) {
		if (*at == '\n')
			octets_add(&whole, "\r", 1);
		octets_add(&whole, at, 1);
	}
	unrelayed = whole.len;
	octets_add(&whole, message, len);
	octets_add(&fixture->message, whole.bytes, whole.len);
	fixture->mailboxes += copy->count;
	enqueue(fixture, copy->entry, whole.bytes, whole.len, unrelayed);
	octets_clear(&whole);
	free(whole.bytes);
	free(message);
}

static void
deliver(const struct parcel *parcel)
{
	struct smtp_fixture *fixture = parcel->fixture;

	fixture->mailboxes = parcel->mailboxes;
	if (parcel->copy_count == 0 || parcel->mailboxes > 0 || parcel->relay->count > 0)
		octets_add(&fixture->message, parcel->octets.bytes, parcel->octets.len);
	enqueue(fixture, parcel->relay, parcel->octets.bytes, parcel->octets.len, parcel->unrelayed);
	for (size_t i = 0; i < parcel->copy_count; i++)
		deliver_copy(parcel, &parcel->copies[i]);
	fixture->delivered++;
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
			deliver(parcel);
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
	PARCEL(delivery, delivery)->fixture->spread += executor == PARCEL(delivery, delivery)->fixture->config.spreader;
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
		.copy = parcel_copy,
		.wants_flush = parcel_wants_flush,
		.flush = parcel_flush,
		.spool = parcel_spool,
		.file = parcel_file,
		.commit = parcel_commit,
		.abandon = parcel_abandon,
	};
	struct smtp_fixture *fixture = FIXTURE(agent);
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
	                                                             : FIXTURE(agent)->room_result;
	question->job = (struct job) { .work = parcel_work, .done = answer_question };
	question->done = done;
	question->context = context;
	FIXTURE(agent)->executor.start(&FIXTURE(agent)->executor, &question->job);
}

static void
run_queue(struct delivery_agent *agent, struct executor *executor, const char *domain, bool below, delivery_done *done,
    void *context)
{
	struct question *question = allocate(sizeof *question);
	struct smtp_fixture *fixture = FIXTURE(agent);

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
	return FIXTURE(agent)->full;
}

const struct delivery_agent fixture_delivery_agent = {
	.begin = parcel_begin,
	.is_full = is_full,
	.check_space = check_space,
	.run_queue = run_queue,
};
