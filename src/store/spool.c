/* The file of a message on its way into Maildirs and the relay queue: made in a tmp/, linked and synced into each. */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/system/file.h"

bool
spool_is_relayed(const struct spool *spool)
{
	return spool->entry->count > 0;
}

/* Records the failed operation, and returns -1. Keeps errno. */
static int
fail(struct spool *spool, const char *about)
{
	int error = errno;
	snprintf(spool->failed, sizeof spool->failed, "%s", about);
	errno = error;
	return -1;
}

/* The same for a step of the queue. */
static int
fail_in_queue(struct spool *spool)
{
	int error = errno;
	snprintf(spool->failed, sizeof spool->failed, "queue/%s", spool->entry->id);
	errno = error;
	return -1;
}

/* Writes the path of the file before it is published, and returns the folder that it is below; -1 with errno. */
static int
put_tmp_path(const struct spool *spool, char path[SPOOL_PATH_SIZE])
{
	char maildir[MAILDIR_PATH_SIZE];
	if (spool->count == 0) {
		snprintf(path, SPOOL_PATH_SIZE, QUEUE_TMP "/%s", spool->name);
		return spool->queue->folder;
	}
	if (maildir_path(maildir, &spool->mailboxes[0]) < 0)
		return -1;
	snprintf(path, SPOOL_PATH_SIZE, "%s/tmp/%s", maildir, spool->name);
	return spool->folder;
}

static int
put_new_path(const struct spool *spool, size_t mailbox, char path[SPOOL_PATH_SIZE])
{
	char maildir[MAILDIR_PATH_SIZE];
	if (maildir_path(maildir, &spool->mailboxes[mailbox]) < 0)
		return -1;
	int len = snprintf(
	    path, SPOOL_PATH_SIZE, "%s/new/%s,S=%llu,W=%llu", maildir, spool->name, spool->size, spool->wire_size);
	if (spool->surrogate != SPOOL_UNCOUNTED)
		snprintf(path + len, SPOOL_PATH_SIZE - (size_t)len, ",U=%" PRIu64, spool->surrogate);
	return 0;
}

static int
make_maildir(const struct spool *spool, size_t mailbox)
{
	char maildir[MAILDIR_PATH_SIZE];
	return maildir_path(maildir, &spool->mailboxes[mailbox]) < 0 ? -1 : maildir_make(spool->folder, maildir);
}

void
spool_drop(struct spool *spool)
{
	char path[SPOOL_PATH_SIZE];
	int error = errno;
	if (spool->file >= 0)
		close(spool->file);
	spool->file = -1;
	if (spool->named)
		unlinkat(put_tmp_path(spool, path), path, 0);
	if (spool->staged)
		queue_drop(spool->queue, spool->entry);
	spool->named = spool->staged = false;
	errno = error;
}

int
spool_open_file(struct spool *spool)
{
	enum { FLAGS = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };
	char path[SPOOL_PATH_SIZE];
	int folder = put_tmp_path(spool, path);
	if (folder < 0)
		return fail(spool, spool->mailboxes[0].address);
	if (spool->count > 0 && mail_folder_check(spool->mail) < 0)
		return fail(spool, spool->mail->path);
	spool->file = (int)TEMP_FAILURE_RETRY(openat(folder, path, FLAGS, 0600));
	if (spool->file < 0 && errno == ENOENT && spool->count > 0 && make_maildir(spool, 0) == 0)
		spool->file = (int)TEMP_FAILURE_RETRY(openat(folder, path, FLAGS, 0600));
	spool->named |= spool->file >= 0;
	return spool->file < 0 ? fail(spool, path) : 0;
}

int
spool_fail(struct spool *spool)
{
	char path[SPOOL_PATH_SIZE];
	int error = errno;
	if (put_tmp_path(spool, path) >= 0)
		fail(spool, path);
	errno = error;
	return -1;
}

int
spool_unlink(struct spool *spool)
{
	char path[SPOOL_PATH_SIZE];
	int folder = put_tmp_path(spool, path);
	if (folder < 0 || unlinkat(folder, path, 0) < 0)
		return -1;
	spool->named = false;
	return 0;
}

int
spool_write(struct spool *spool, const char *bytes, size_t len)
{
	if (spool->file < 0 && spool_open_file(spool) < 0)
		return -1;
	if (file_write(spool->file, bytes, len) < 0) {
		spool_fail(spool);
		spool_drop(spool);
		return -1;
	}
	spool->size += len;
	return 0;
}

/* Names the file in new/ of a mailbox. The first mailbox gets the name that is in tmp/, so it must come last. */
static int
name_in(struct spool *spool, size_t mailbox, const char *tmp)
{
	char path[SPOOL_PATH_SIZE];
	if (put_new_path(spool, mailbox, path) < 0)
		return -1;
	if (mailbox > 0)
		return (int)TEMP_FAILURE_RETRY(linkat(spool->folder, tmp, spool->folder, path, 0));
	int result = (int)TEMP_FAILURE_RETRY(renameat(spool->folder, tmp, spool->folder, path));
	spool->named &= result < 0;
	return result;
}

/* Names the file in the queue. Without a mailbox it gets the name that is in tmp/. */
static int
name_in_queue(struct spool *spool, int folder, const char *tmp)
{
	int result = queue_link(spool->queue, spool->entry, folder, tmp);
	spool->named &= result < 0 || folder != spool->queue->folder;
	return result;
}

/* Makes a Maildir that is missing. A mailbox that is listed twice has its link already. */
static int
show_in(struct spool *spool, size_t mailbox, const char *tmp)
{
	char path[SPOOL_PATH_SIZE];
	int result = name_in(spool, mailbox, tmp);
	if (result < 0 && errno == ENOENT && make_maildir(spool, mailbox) == 0)
		result = name_in(spool, mailbox, tmp);
	if (result == 0 || errno == EEXIST)
		return 0;
	int error = errno;
	fail(spool, put_new_path(spool, mailbox, path) == 0 ? path : spool->mailboxes[mailbox].address);
	errno = error;
	return -1;
}

static int
show(struct spool *spool)
{
	char tmp[SPOOL_PATH_SIZE];
	int folder = put_tmp_path(spool, tmp);
	if (spool->named && spool_is_relayed(spool) && name_in_queue(spool, folder, tmp) < 0)
		return fail_in_queue(spool);
	for (size_t i = spool->count; i-- > 0;)
		if (show_in(spool, i, tmp) < 0)
			return -1;
	return 0;
}

static int
sync_folders(struct spool *spool)
{
	char maildir[MAILDIR_PATH_SIZE], path[SPOOL_PATH_SIZE];
	for (size_t i = 0; i < spool->count; i++) {
		if (maildir_path(maildir, &spool->mailboxes[i]) < 0)
			return fail(spool, spool->mailboxes[i].address);
		snprintf(path, sizeof path, "%s/new", maildir);
		if (maildir_sync(spool->folder, path) < 0)
			return fail(spool, path);
	}
	return 0;
}

/* Removes the message wherever it is visible. Keeps errno. */
static void
hide(struct spool *spool)
{
	char path[SPOOL_PATH_SIZE];
	int error = errno;
	spool_drop(spool);
	for (size_t i = 0; i < spool->count; i++)
		if (put_new_path(spool, i, path) == 0)
			unlinkat(spool->folder, path, 0);
	errno = error;
	if (spool_is_relayed(spool))
		queue_drop(spool->queue, spool->entry);
}

int
spool_sync(struct spool *spool)
{
	if (spool->file < 0)
		return 0;
	if (TEMP_FAILURE_RETRY(fsync(spool->file)) < 0)
		return spool_fail(spool);
	int closed = close(spool->file);
	spool->file = -1;
	return closed < 0 ? spool_fail(spool) : 0;
}

int
spool_stage(struct spool *spool)
{
	char tmp[SPOOL_PATH_SIZE];
	int folder = put_tmp_path(spool, tmp);
	if (spool->file >= 0 && TEMP_FAILURE_RETRY(fsync(spool->file)) < 0)
		return spool_fail(spool);
	if (!spool_is_relayed(spool))
		return 0;
	if (queue_stage(spool->queue, spool->entry) < 0)
		return fail_in_queue(spool);
	spool->staged = true;
	return name_in_queue(spool, folder, tmp) < 0 ? fail_in_queue(spool) : 0;
}

int
spool_restage(struct spool *spool)
{
	if (queue_restage(spool->queue, spool->entry) < 0)
		return fail_in_queue(spool);
	spool->staged = true;
	return 0;
}

/* Puts file and envelope on stable storage, both invisible yet. */
static int
prepare(struct spool *spool)
{
	if (spool->staged)
		return 0;
	if (spool_sync(spool) < 0)
		return -1;
	if (spool_is_relayed(spool) && queue_stage(spool->queue, spool->entry) < 0)
		return fail_in_queue(spool);
	return 0;
}

/* Gives the envelope its place, if there is one. */
static int
enqueue(struct spool *spool)
{
	if (!spool_is_relayed(spool) || queue_place_envelope(spool->queue, spool->entry) == 0)
		return 0;
	return fail_in_queue(spool);
}

/* Makes the entries durable. */
static int
sync_queue(struct spool *first)
{
	struct spool *relayed = first;
	while (relayed != NULL && !spool_is_relayed(relayed))
		relayed = relayed->copy;
	if (relayed == NULL || queue_sync_folder(relayed->queue) == 0)
		return 0;
	return fail_in_queue(relayed);
}

/* Takes a step for the message and each copy. The first one has the failed operation of all. */
static int
each(struct spool *first, int (*step)(struct spool *spool))
{
	for (struct spool *spool = first; spool != NULL; spool = spool->copy) {
		if (step(spool) == 0)
			continue;
		return spool == first ? -1 : fail(first, spool->failed);
	}
	return 0;
}

/* The message is published: there is nothing to drop any more. */
static void
finish(struct spool *spool)
{
	spool->staged = false;
	spool_drop(spool);
	queue_let_go(spool->entry);
}

int
spool_publish(struct spool *first)
{
	int result = each(first, prepare);
	if (result == 0 && (result = each(first, show)) == 0 && (result = each(first, sync_folders)) == 0 &&
	    (result = each(first, enqueue)) == 0)
		result = sync_queue(first);
	for (struct spool *spool = first; spool != NULL; spool = spool->copy) {
		if (result < 0)
			hide(spool);
		else
			finish(spool);
	}
	return result;
}
