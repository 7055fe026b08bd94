/* Delivers messages into Maildirs and the relay queue: one file with a name in each. */
#include "store/maildir_delivery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text/ascii.h"
#include "base/text/field_edits.h"
#include "message/surrogate.h"
#include "store/spool.h"
#include "store/surrogate_size.h"

struct maildir_copy {
	struct spool spool;
	struct delivery_copy source;
};

/* A message on its way, and the job that is under way for it. The job's thread owns it until the job is done. */
struct maildir_delivery {
	struct delivery delivery;
	struct job job;
	struct maildir_agent *agent; /* for the loop alone */
	struct maildir_copy *copies;
	size_t copy_count;
	long long min_free;
	int64_t deadline; /* of a commit: milliseconds of CLOCK_MONOTONIC */
	struct spool spool;
	struct stats_slot *stats;
	char *buffer;
	size_t len, room;
	const struct field_edits *edits; /* to be made by the next spool or commit; NULL: none */
	bool cr;                         /* has been appended last, and is not in the buffer yet */
	bool staged, restaged;           /* all is done but to show it; the entry has been changed since */
	struct surrogate_look look;      /* at the header in the buffer */
	enum delivery_result result;
	char detail[DELIVERY_DETAIL_SIZE];
	delivery_done *done;
	void *context;
	struct mailbox mailboxes[];
};

static struct maildir_delivery *
of_delivery(struct delivery *delivery)
{
	return (struct maildir_delivery *)delivery;
}

static struct maildir_delivery *
of_job(struct job *job)
{
	return (struct maildir_delivery *)((char *)job - offsetof(struct maildir_delivery, job));
}

static void
free_delivery(struct maildir_delivery *delivery)
{
	free(delivery->buffer);
	free(delivery->copies);
	free(delivery);
}

static enum delivery_result
result_of(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT: return DELIVERY_FULL;
	case EACCES:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOTDIR:
	case EPERM:
	case EROFS: return DELIVERY_ACCESS;
	default: return DELIVERY_FAILED;
	}
}

/* Makes room in the buffer, which doubles up to a block, then grows by blocks. */
static bool
reserve(struct maildir_delivery *delivery, size_t len)
{
	size_t room = delivery->room == 0 ? 4096 : delivery->room;
	if (len > SIZE_MAX / 2 - delivery->len)
		return false;
	while (room < delivery->len + len)
		room += room < DELIVERY_BLOCK ? room : DELIVERY_BLOCK;
	if (room == delivery->room)
		return true;
	char *buffer = realloc(delivery->buffer, room);
	if (buffer == NULL)
		return false;
	delivery->buffer = buffer;
	delivery->room = room;
	return true;
}

/* Copies octets with LF for each CRLF, and returns how many were written. A CR at their end is held back. */
static size_t
copy_lines(char *to, const char *bytes, size_t len, bool *cr)
{
	char *at = to;
	const char *end = bytes + len;
	if (*cr && len > 0 && *bytes != '\n')
		*at++ = '\r';
	*cr = *cr && len == 0;
	while (bytes < end) {
		const char *stop = memchr(bytes, '\r', (size_t)(end - bytes));
		size_t run = (size_t)((stop == NULL ? end : stop) - bytes);
		memcpy(at, bytes, run);
		at += run;
		bytes += run + (stop != NULL);
		if (stop != NULL && bytes == end)
			*cr = true;
		else if (stop != NULL && *bytes != '\n')
			*at++ = '\r';
	}
	return (size_t)(at - to);
}

static bool
append(struct delivery *base, const char *bytes, size_t len)
{
	struct maildir_delivery *delivery = of_delivery(base);
	if (!reserve(delivery, len + 1))
		return false;
	size_t added = copy_lines(delivery->buffer + delivery->len, bytes, len, &delivery->cr);
	surrogate_look(&delivery->look, delivery->buffer + delivery->len, added);
	delivery->len += added;
	delivery->spool.wire_size += len;
	return true;
}

static void
begin_relayed(struct delivery *base)
{
	struct maildir_delivery *delivery = of_delivery(base);
	delivery->spool.entry->local_prefix_len = delivery->spool.size + delivery->len;
	delivery->spool.local_wire = delivery->spool.wire_size;
}

static bool
wants_flush(const struct delivery *delivery)
{
	return ((const struct maildir_delivery *)delivery)->len > DELIVERY_BLOCK;
}

static int64_t
monotonic(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
start(struct delivery *base, struct executor *executor, struct job job, delivery_done *done, void *context)
{
	struct maildir_delivery *delivery = of_delivery(base);
	delivery->job = job;
	delivery->done = done;
	delivery->context = context;
	executor->start(executor, &delivery->job);
}

static void
drop_all(struct maildir_delivery *delivery)
{
	spool_drop(&delivery->spool);
	for (size_t i = 0; i < delivery->copy_count; i++)
		spool_drop(&delivery->copies[i].spool);
}

static void
fail(struct maildir_delivery *delivery, enum delivery_result result, const char *detail)
{
	drop_all(delivery);
	delivery->result = result;
	snprintf(delivery->detail, sizeof delivery->detail, "%s", detail);
}

/* A spool has failed, with errno. A message without a mailbox does not fail for one. */
static void
fail_in(struct maildir_delivery *delivery, const struct spool *spool)
{
	int error = errno;
	enum delivery_result result = result_of(error);
	if (result == DELIVERY_ACCESS && spool->count == 0)
		result = DELIVERY_FAILED;
	snprintf(delivery->detail, sizeof delivery->detail, "%s: %s", spool->failed, strerror(error));
	delivery->result = result;
	drop_all(delivery);
}

static void
fail_in_spool(struct maildir_delivery *delivery)
{
	fail_in(delivery, &delivery->spool);
}

/* Writes the buffer to disk, unless that leaves less than the required free space. */
static void
write_out(struct maildir_delivery *delivery)
{
	delivery->result = DELIVERY_OK;
	if (!space_is_free(maildir_agent_disk(delivery->agent), delivery->min_free))
		fail(delivery, DELIVERY_FULL, "less than min-free is free");
	else if (spool_write(&delivery->spool, delivery->buffer, delivery->len) < 0)
		fail_in_spool(delivery);
	delivery->len = 0;
}

static void
flush_work(struct job *job)
{
	write_out(of_job(job));
}

static void
flush_done(struct job *job)
{
	struct maildir_delivery *delivery = of_job(job);
	const struct delivery_outcome outcome = { delivery->result, delivery->detail };
	mail_folder_report(&delivery->agent->mail);
	delivery->done(delivery->context, &outcome);
}

static void
flush(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	start(delivery, executor, (struct job) { .work = flush_work, .done = flush_done }, done, context);
}

static void
edit(struct delivery *base, const struct field_edits *edits)
{
	of_delivery(base)->edits = edits;
}

/* Makes the changes. A message that is in the buffer as a whole is written once only. */
static void
write_edited(struct maildir_delivery *delivery)
{
	struct spool *spool = &delivery->spool;
	const struct field_edits *edits = delivery->edits;
	if (spool->file >= 0 && delivery->len > 0)
		write_out(delivery);
	if (delivery->result != DELIVERY_OK)
		return;
	if (!space_is_free(maildir_agent_disk(delivery->agent), delivery->min_free))
		fail(delivery, DELIVERY_FULL, "less than min-free is free");
	else if (spool_edit(spool, edits, delivery->buffer, delivery->len) < 0)
		fail_in_spool(delivery);
	delivery->look.high |= edits->high;
	delivery->len = 0;
}

/* The message is complete, so a held CR is written. */
static void
write_rest(struct maildir_delivery *delivery)
{
	if (delivery->cr)
		delivery->buffer[delivery->len++] = '\r';
	delivery->cr = false;
	delivery->result = DELIVERY_OK;
	if (delivery->edits != NULL)
		write_edited(delivery);
	else
		write_out(delivery);
	delivery->edits = NULL;
}

static void
spool_work(struct job *job)
{
	write_rest(of_job(job));
}

static void
spool(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	start(delivery, executor, (struct job) { .work = spool_work, .done = flush_done }, done, context);
}

static int
file(const struct delivery *delivery)
{
	return ((const struct maildir_delivery *)delivery)->spool.file;
}

static bool
has_recipients(const struct spool *spool)
{
	return spool->count > 0 || spool_is_relayed(spool);
}

/* Those that get the message are published; without a recipient of its own the message is only a source. */
static struct spool *
first_spool(struct maildir_delivery *delivery)
{
	bool apart = delivery->copy_count > 0 && !has_recipients(&delivery->spool);
	return apart ? delivery->spool.copy : &delivery->spool;
}

/* high: more than ASCII may be in the header. */
static void
count_surrogate(struct spool *spool, bool high)
{
	if (high && spool->file >= 0 && surrogate_size(spool->file, &spool->surrogate) < 0)
		spool->surrogate = SPOOL_UNCOUNTED;
}

/* A copy is closed at once: there may be many. */
static int
write_copy(struct maildir_delivery *delivery, struct maildir_copy *copy)
{
	const struct delivery_copy *source = &copy->source;
	if (spool_copy(&copy->spool, &delivery->spool, source->local, source->edits) < 0)
		return -1;
	count_surrogate(&copy->spool,
	    delivery->look.high || source->edits->high || !ascii_is_all(source->local, strlen(source->local)));
	return spool_sync(&copy->spool);
}

/* The message itself is the source of the copies, and may have no recipient. */
static void
drop_source(struct maildir_delivery *delivery)
{
	if (first_spool(delivery) != &delivery->spool)
		spool_drop(&delivery->spool);
}

/* Is there space for all copies, so that min-free is kept? Their headers differ in a few fields. */
static bool
copies_fit(const struct maildir_delivery *delivery)
{
	long long wanted;
	if (delivery->min_free <= 0 || delivery->copy_count == 0)
		return true;
	return !__builtin_mul_overflow(delivery->spool.size, delivery->copy_count, &wanted) &&
	    !__builtin_add_overflow(wanted, delivery->min_free, &wanted) &&
	    space_is_free(maildir_agent_disk(delivery->agent), wanted);
}

static bool
write_copies(struct maildir_delivery *delivery)
{
	if (!copies_fit(delivery)) {
		fail(delivery, DELIVERY_FULL, "less than min-free would be free");
		return false;
	}
	for (size_t i = 0; i < delivery->copy_count; i++) {
		if (monotonic() >= delivery->deadline) {
			fail(delivery, DELIVERY_FAILED, "the copies took too long");
			return false;
		}
		if (write_copy(delivery, &delivery->copies[i]) < 0) {
			fail_in(delivery, &delivery->copies[i].spool);
			return false;
		}
	}
	count_surrogate(&delivery->spool, delivery->look.high);
	return true;
}

/* Does one of the recipients take the message, by its quota? There is room enough elsewhere. */
static bool
fits_quota(struct maildir_delivery *delivery)
{
	for (const struct spool *spool = first_spool(delivery); spool != NULL; spool = spool->copy)
		if (spool_is_relayed(spool) ||
		    space_fits_quota(spool->folder, spool->mailboxes, spool->count, delivery->spool.size))
			return true;
	return false;
}

static void
publish(struct maildir_delivery *delivery)
{
	struct spool *first = first_spool(delivery);
	if (spool_publish(first) < 0) {
		fail_in(delivery, first);
		return;
	}
	for (const struct spool *spool = first; spool != NULL; spool = spool->copy)
		space_count_message(spool->folder, spool->mailboxes, spool->count, spool->size);
}

/* Writes all files; false if that failed. */
static bool
write_all(struct maildir_delivery *delivery)
{
	struct spool *spool = &delivery->spool;
	if (monotonic() >= delivery->deadline) {
		fail(delivery, DELIVERY_FAILED, "no thread was free in time");
		return false;
	}
	write_rest(delivery);
	if (delivery->result == DELIVERY_OK && !fits_quota(delivery))
		fail(delivery, DELIVERY_OVER_QUOTA, "");
	if (delivery->result != DELIVERY_OK)
		return false;
	spool->entry->size = spool->wire_size - spool->local_wire;
	return write_copies(delivery);
}

static void
stage_work(struct job *job)
{
	struct maildir_delivery *delivery = of_job(job);
	if (!write_all(delivery))
		return;
	for (struct spool *spool = &delivery->spool; spool != NULL; spool = spool->copy) {
		if (spool_stage(spool) < 0) {
			fail_in(delivery, spool);
			return;
		}
	}
	delivery->staged = true;
}

static void
stage(struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context)
{
	of_delivery(delivery)->deadline = monotonic() + timeout;
	start(delivery, executor, (struct job) { .work = stage_work, .done = flush_done }, done, context);
}

static void
unstage_work(struct job *job)
{
	drop_all(of_job(job));
}

static void
unstage(struct delivery *delivery, struct executor *executor, delivery_done *done, void *context)
{
	start(delivery, executor, (struct job) { .work = unstage_work, .done = flush_done }, done, context);
}

static void
restage(struct delivery *delivery)
{
	of_delivery(delivery)->restaged = true;
}

static void
commit_work(struct job *job)
{
	struct maildir_delivery *delivery = of_job(job);
	struct spool *spool = &delivery->spool;
	delivery->result = DELIVERY_OK;
	if (!delivery->staged && !write_all(delivery))
		return;
	drop_source(delivery);
	if (delivery->restaged && has_recipients(spool) && spool_restage(spool) < 0)
		fail_in_spool(delivery);
	else
		publish(delivery);
}

static void
log_published(struct maildir_delivery *delivery)
{
	for (const struct spool *spool = first_spool(delivery); spool != NULL; spool = spool->copy) {
		for (size_t i = 0; i < spool->count; i++)
			delivery_log(delivery->stats, spool->entry, &spool->mailboxes[i], NULL, time(NULL));
		delivery_log_queued(spool->entry);
	}
}

static void
commit_done(struct job *job)
{
	struct maildir_delivery *delivery = of_job(job);
	char detail[DELIVERY_DETAIL_SIZE];
	const struct delivery_outcome outcome = { delivery->result, detail };
	delivery_done *done = delivery->done;
	void *context = delivery->context;
	mail_folder_report(&delivery->agent->mail);
	if (outcome.result == DELIVERY_OK)
		log_published(delivery);
	memcpy(detail, delivery->detail, sizeof detail);
	free_delivery(delivery);
	done(context, &outcome);
}

static void
commit(struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context)
{
	of_delivery(delivery)->deadline = monotonic() + timeout;
	start(delivery, executor, (struct job) { .work = commit_work, .done = commit_done }, done, context);
}

static void
abandon_done(struct job *job)
{
	free_delivery(of_job(job));
}

static void
abandon(struct delivery *delivery, struct executor *executor)
{
	if (of_delivery(delivery)->spool.file < 0)
		free_delivery(of_delivery(delivery));
	else
		start(delivery, executor, (struct job) { .work = unstage_work, .done = abandon_done }, NULL, NULL);
}

/* Unique by time, process and a running number, as maildir(5) asks. */
static void
put_name(struct maildir_agent *agent, char name[NAME_MAX + 1])
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(name, NAME_MAX + 1, "%lld.M%06ldP%ldQ%lu.%s", (long long)now.tv_sec, now.tv_nsec / 1000,
	    (long)agent->process, ++agent->last, agent->host);
}

/* Names the file of a message, which is made when it is written first. */
static void
open_spool(struct spool *spool, struct maildir_agent *agent, struct queue_entry *entry)
{
	*spool = (struct spool) { .mail = &agent->mail,
		.folder = agent->mail.descriptor,
		.file = -1,
		.queue = &agent->queue,
		.entry = entry };
	put_name(agent, spool->name);
}

static bool
copy(struct delivery *base, const struct delivery_copy *copies, size_t count)
{
	struct maildir_delivery *delivery = of_delivery(base);
	struct spool *before = &delivery->spool;
	delivery->copies = calloc(count + 1, sizeof *delivery->copies);
	if (delivery->copies == NULL)
		return false;
	delivery->copy_count = count;
	for (size_t i = 0; i < count; i++) {
		struct maildir_copy *to = &delivery->copies[i];
		to->source = copies[i];
		open_spool(&to->spool, delivery->agent, copies[i].entry);
		to->spool.mailboxes = copies[i].mailboxes;
		to->spool.count = copies[i].count;
		before->copy = &to->spool;
		before = &to->spool;
	}
	return true;
}

static const struct delivery_ops ops = {
	.append = append,
	.begin_relayed = begin_relayed,
	.edit = edit,
	.copy = copy,
	.wants_flush = wants_flush,
	.flush = flush,
	.spool = spool,
	.file = file,
	.stage = stage,
	.restage = restage,
	.unstage = unstage,
	.commit = commit,
	.abandon = abandon,
};

/* Copies the mailboxes, the first one only once: a link to it would exist when its turn comes. */
static size_t
copy_mailboxes(struct mailbox *copies, const struct mailbox *mailboxes, size_t count)
{
	size_t copied = 0;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(mailboxes[i].address, mailboxes[0].address) != 0)
			copies[copied++] = mailboxes[i];
	return copied;
}

struct delivery *
maildir_delivery_begin(
    struct delivery_agent *base, const struct mailbox *mailboxes, size_t count, struct queue_entry *entry)
{
	struct maildir_agent *agent = (struct maildir_agent *)base;
	struct maildir_delivery *delivery = calloc(1, sizeof *delivery + count * sizeof *mailboxes);
	if (delivery == NULL)
		return NULL;
	delivery->delivery.ops = &ops;
	delivery->min_free = agent->min_free;
	delivery->stats = agent->stats;
	delivery->agent = agent;
	open_spool(&delivery->spool, agent, entry);
	delivery->spool.mailboxes = delivery->mailboxes;
	delivery->spool.count = copy_mailboxes(delivery->mailboxes, mailboxes, count);
	return &delivery->delivery;
}
