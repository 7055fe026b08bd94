/* An attempt to store a message of the queue in mailboxes here, whose accounts had another store when it came. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/active_entry.h"
#include "relay/client/verdict.h"

enum { BLOCK = 16 * 1024 }; /* octets that are read at a time */

/* The delivery under way. */
struct stored {
	struct job job;
	struct attempt *attempt;
	struct queue_entry entry; /* that of the attempt, whose texts it shares, without recipients */
	struct delivery *delivery;
	int file;
	uint64_t at;
	bool relayed; /* the lines for mailboxes here have been read */
	int error;    /* errno; 0: none */
	size_t len;
	char block[BLOCK];
};

/* Reports whether the message is in the mailboxes. The queue logs the reason, and a DSN has it if the entry expires. */
static void
finish(struct stored *stored, enum transport_result result, enum ftg_id reason, const char *detail)
{
	struct attempt *attempt = stored->attempt;
	attempt->result = result;
	attempt->results = ATTEMPT_COMMON;
	free(attempt->verdict);
	attempt->verdict = result == TRANSPORT_DONE ? NULL
	                                            : verdict_write(reason, attempt->config->world.hostname, detail);
	if (stored->file >= 0)
		close(stored->file);
	free(stored);
	attempt->state = ATTEMPT_TRIED;
	manager_event_post(attempt->events, &attempt->event);
}

static void
fail(struct stored *stored, const char *detail)
{
	if (stored->delivery != NULL)
		stored->delivery->ops->abandon(stored->delivery, stored->attempt->config->jobs);
	finish(stored, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, detail);
}

static void
on_committed(void *context, const struct delivery_outcome *outcome)
{
	struct stored *stored = context;
	if (outcome->result == DELIVERY_OK)
		finish(stored, TRANSPORT_DONE, FTG_NOTICE_SAID, "");
	else if (outcome->result == DELIVERY_OVER_QUOTA)
		finish(stored, TRANSPORT_LATER, FTG_NOTICE_SAID, "452 4.2.2 the mailbox is over its quota");
	else
		finish(stored, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, outcome->detail);
}

static struct stored *
of_job(struct job *job)
{
	return (struct stored *)(void *)job;
}

/* A block ends with the lines for mailboxes here. */
static void
read_work(struct job *job)
{
	struct stored *stored = of_job(job);
	const struct queue_entry *entry = stored->attempt->entry;
	size_t most = BLOCK;
	if (stored->file < 0)
		stored->file = queue_open_message(&stored->attempt->config->queue, entry);
	if (!stored->relayed && entry->local_prefix_len - stored->at < most)
		most = entry->local_prefix_len - stored->at;
	ssize_t len = stored->file < 0
	    ? -1
	    : TEMP_FAILURE_RETRY(pread(stored->file, stored->block, most, (off_t)stored->at));
	stored->error = len < 0 ? errno : 0;
	stored->len = len < 0 ? 0 : (size_t)len;
}

static void read_on(struct stored *stored);

static void
on_flushed(void *context, const struct delivery_outcome *outcome)
{
	struct stored *stored = context;
	if (outcome->result == DELIVERY_OK)
		read_on(stored);
	else
		fail(stored, outcome->detail);
}

/* Octets of the message were read, or it is at its end. */
static void
pass(struct stored *stored)
{
	struct delivery *delivery = stored->delivery;
	struct executor *jobs = stored->attempt->config->jobs;
	if (!delivery_append_lines(delivery, stored->block, stored->len)) {
		fail(stored, strerror(ENOMEM));
		return;
	}
	stored->at += stored->len;
	if (!stored->relayed && stored->at == stored->attempt->entry->local_prefix_len) {
		delivery->ops->begin_relayed(delivery);
		stored->relayed = true;
		read_on(stored);
	} else if (stored->len == 0) {
		stored->delivery = NULL;
		delivery->ops->commit(delivery, jobs, DELIVERY_TIMEOUT, on_committed, stored);
	} else if (delivery->ops->wants_flush(delivery)) {
		delivery->ops->flush(delivery, jobs, on_flushed, stored);
	} else {
		read_on(stored);
	}
}

static void
on_read(struct job *job)
{
	struct stored *stored = of_job(job);
	if (stored->error != 0)
		fail(stored, strerror(stored->error));
	else
		pass(stored);
}

static void
read_on(struct stored *stored)
{
	struct executor *jobs = stored->attempt->config->jobs;
	stored->job = (struct job) { .work = read_work, .done = on_read };
	jobs->start(jobs, &stored->job);
}

/* Returns NULL when memory is out. */
static struct delivery *
begin(const struct attempt *attempt, struct queue_entry *entry)
{
	struct delivery_agent *agent = attempt->config->delivery;
	struct mailbox *mailboxes = calloc(attempt->count, sizeof *mailboxes);
	if (mailboxes == NULL)
		return NULL;
	for (size_t i = 0; i < attempt->count; i++) {
		size_t number = attempt->recipients[i];
		const struct active_mailbox *from = &attempt->active->mailboxes[number];
		mailboxes[i] = (struct mailbox) { .account = from->account, .quota = from->quota, .store = "maildir" };
		snprintf(mailboxes[i].address, sizeof mailboxes[i].address, "%s",
		    attempt->entry->recipients[number].address);
	}
	struct delivery *delivery = agent->begin(agent, mailboxes, attempt->count, entry);
	free(mailboxes);
	return delivery;
}

void
attempt_store(struct attempt *attempt)
{
	struct stored *stored = calloc(1, sizeof *stored);
	attempt->state = ATTEMPT_SENDING;
	if (stored == NULL) {
		attempt->result = TRANSPORT_LATER;
		attempt->results = ATTEMPT_COMMON;
		attempt->state = ATTEMPT_TRIED;
		manager_event_post(attempt->events, &attempt->event);
		return;
	}
	stored->attempt = attempt;
	stored->file = -1;
	stored->entry = *attempt->entry;
	stored->entry.recipients = NULL;
	stored->entry.count = stored->entry.room = 0;
	stored->entry.claimed = false;
	stored->delivery = begin(attempt, &stored->entry);
	if (stored->delivery == NULL)
		fail(stored, strerror(ENOMEM));
	else
		read_on(stored);
}
