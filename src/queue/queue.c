/* The relay queue: a folder of messages for elsewhere, each with its envelope beside it, on stable storage. */
#include "queue/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/text/ascii.h"
#include "port/queue_text.h"
#include "queue/folder.h"

enum { CLAIM_TRIES = 10 };

int
queue_open_made(struct queue *queue, const char *path)
{
	queue->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return queue->folder < 0 ? -1 : 0;
}

int
queue_open(struct queue *queue, const char *path)
{
	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || queue_open_made(queue, path) < 0)
		return -1;
	if ((mkdirat(queue->folder, QUEUE_TMP, 0700) < 0 && errno != EEXIST) ||
	    (mkdirat(queue->folder, QUEUE_RUN, 0700) < 0 && errno != EEXIST)) {
		int error = errno;
		queue_close(queue);
		errno = error;
		return -1;
	}
	return 0;
}

void
queue_close(struct queue *queue)
{
	close(queue->folder);
	queue->folder = -1;
}

int
queue_scan(const struct queue *queue, queue_each_id *each_id, void *context)
{
	char id[QUEUE_ID_SIZE];
	const struct dirent *file;
	DIR *entries = queue_open_entries(queue, ".");
	if (entries == NULL)
		return -1;
	do {
		errno = 0;
		file = readdir(entries);
	} while (file != NULL && (!queue_id_of(id, file->d_name) || each_id(context, id)));
	int error = file == NULL ? errno : 0;
	closedir(entries);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
open_envelope(const struct queue *queue, const char *id)
{
	enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };
	if (!queue_is_id(id, strlen(id))) {
		errno = ENOENT;
		return -1;
	}
	const struct queue_paths paths = queue_paths(id);
	return (int)TEMP_FAILURE_RETRY(openat(queue->folder, paths.envelope, FLAGS));
}

static int
read_envelope(int file, const char *id, struct queue_entry *entry)
{
	size_t len;
	char *text = file_read(file, QUEUE_ENVELOPE_MAX, &len);
	if (text == NULL) {
		errno = errno == EFBIG ? EBADMSG : errno;
		return -1;
	}
	bool read = queue_text_read(entry, text, len);
	int error = errno;
	free(text);
	errno = error;
	snprintf(entry->id, sizeof entry->id, "%s", id);
	return read ? 0 : -1;
}

int
queue_load(const struct queue *queue, const char *id, struct queue_entry *entry)
{
	*entry = (struct queue_entry) { 0 };
	int file = open_envelope(queue, id);
	int result = file < 0 ? -1 : read_envelope(file, id, entry);
	int error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	return result;
}

/* Is the file that has been locked still the envelope, or has another one replaced it meanwhile? */
static bool
is_current(const struct queue *queue, int file, const char *id)
{
	struct stat locked, named;
	const struct queue_paths paths = queue_paths(id);
	return fstat(file, &locked) == 0 && fstatat(queue->folder, paths.envelope, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

int
queue_claim(const struct queue *queue, const char *id, struct queue_entry *entry)
{
	*entry = (struct queue_entry) { 0 };
	for (int i = 0; i < CLAIM_TRIES; i++) {
		int file = open_envelope(queue, id);
		if (file < 0)
			return -1;
		bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
		if (locked && is_current(queue, file, id)) {
			entry->claimed = true;
			entry->lock = file;
			return read_envelope(file, id, entry);
		}
		int error = errno;
		close(file);
		errno = error;
		if (!locked)
			return -1;
	}
	errno = EWOULDBLOCK;
	return -1;
}

int
queue_open_message(const struct queue *queue, const struct queue_entry *entry)
{
	const struct queue_paths paths = queue_paths(entry->id);
	int file = (int)TEMP_FAILURE_RETRY(openat(queue->folder, paths.message, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
	if (file >= 0 && lseek(file, (off_t)entry->local_prefix_len, SEEK_SET) < 0) {
		close(file);
		return -1;
	}
	return file;
}

int
queue_record(const struct queue *queue, struct queue_entry *entry)
{
	const struct queue_paths paths = queue_paths(entry->id);
	unlinkat(queue->folder, paths.tmp_envelope, 0); /* of a process that died with the claim */
	int file = queue_write_envelope(queue, entry);
	if (file < 0)
		return -1;
	if (queue_place_envelope(queue, entry) < 0) {
		int error = errno;
		close(file);
		unlinkat(queue->folder, paths.tmp_envelope, 0);
		errno = error;
		return -1;
	}
	queue_let_go(entry);
	entry->claimed = true;
	entry->lock = file;
	return queue_sync_folder(queue);
}

int
queue_remove(const struct queue *queue, struct queue_entry *entry)
{
	const struct queue_paths paths = queue_paths(entry->id);
	if (unlinkat(queue->folder, paths.envelope, 0) < 0 || queue_sync_folder(queue) < 0)
		return -1;
	return unlinkat(queue->folder, paths.message, 0) < 0 && errno != ENOENT ? -1 : 0;
}
