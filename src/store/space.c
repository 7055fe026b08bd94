/* Is there room for a message: by the quotas of its mailboxes, on the disk? */
#include "store/space.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "store/maildir.h"
#include "store/quota.h"

struct space_job {
	struct job job;
	struct space_question question;
	enum delivery_result result;
	delivery_done *done;
	void *context;
};

bool
space_is_free(int folder, long long min_free)
{
	struct statvfs status;
	if (min_free <= 0 || fstatvfs(folder, &status) < 0)
		return true;
	return (unsigned long long)status.f_bavail >= (unsigned long long)min_free / status.f_frsize;
}

static uint64_t
find_free(int folder)
{
	struct statvfs status;
	uint64_t octets;
	if (fstatvfs(folder, &status) < 0 || __builtin_mul_overflow(status.f_bavail, status.f_frsize, &octets))
		return UINT64_MAX;
	return octets;
}

static int64_t
seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

void
space_gauge_open(struct space_gauge *gauge, int folder)
{
	*gauge = (struct space_gauge) { .folder = folder, .free = find_free(folder), .since = seconds() };
}

static void
look(struct job *job)
{
	struct space_gauge *gauge = (struct space_gauge *)job;
	gauge->found = find_free(gauge->folder);
}

static void
looked(struct job *job)
{
	struct space_gauge *gauge = (struct space_gauge *)job;
	gauge->free = gauge->found;
	gauge->since = seconds();
	gauge->looking = false;
}

uint64_t
space_gauge_read(struct space_gauge *gauge, int folder, struct executor *executor)
{
	if (!gauge->looking && seconds() > gauge->since) {
		gauge->folder = folder;
		gauge->looking = true;
		gauge->job = (struct job) { .work = look, .done = looked };
		executor->start(executor, &gauge->job);
	}
	return gauge->free;
}

/* A mailbox that cannot be read passes: the delivery finds the cause. */
bool
space_fits_quota(int folder, const struct mailbox *mailboxes, size_t count, uint64_t size)
{
	long long octets = size < LLONG_MAX ? (long long)size : LLONG_MAX;
	char path[MAILDIR_PATH_SIZE];
	time_t now = time(NULL);
	for (size_t i = 0; i < count; i++) {
		const struct mailbox *mailbox = &mailboxes[i];
		if (!mailbox_has_quota(mailbox) || maildir_path(path, mailbox) < 0 ||
		    quota_check(folder, path, &mailbox->quota, octets, now) != QUOTA_OVER)
			return true;
	}
	return count == 0;
}

void
space_count_message(int folder, const struct mailbox *mailboxes, size_t count, uint64_t size)
{
	char path[MAILDIR_PATH_SIZE];
	for (size_t i = 0; i < count; i++)
		if (mailbox_has_quota(&mailboxes[i]) && maildir_path(path, &mailboxes[i]) == 0)
			quota_add(folder, path, (long long)size, 1);
}

static void
work(struct job *job)
{
	struct space_job *room = (struct space_job *)job;
	const struct space_question *question = &room->question;
	if (!space_is_free(question->disk, question->min_free))
		room->result = DELIVERY_FULL;
	else if (!space_fits_quota(question->folder, question->mailboxes, question->count, question->size))
		room->result = DELIVERY_OVER_QUOTA;
}

static void
done(struct job *job)
{
	struct space_job *room = (struct space_job *)job;
	delivery_finish(room->done, room->context, room->result);
	free(room);
}

void
space_check(const struct space_question *question, struct executor *executor, delivery_done *tell, void *context)
{
	struct space_job *room = malloc(sizeof *room);
	if (room == NULL) {
		delivery_finish(tell, context, DELIVERY_FAILED);
		return;
	}
	*room = (struct space_job) {
		.job = { .work = work, .done = done },
		.question = *question,
		.result = DELIVERY_OK,
		.done = tell,
		.context = context,
	};
	executor->start(executor, &room->job);
}
