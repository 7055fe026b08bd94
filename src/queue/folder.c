/* The files in the folder of a queue, and writing envelopes there. */
#include "queue/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/text/ascii.h"
#include "port/queue_text.h"

#define ENVELOPE ".envelope"
#define MESSAGE  ".message"

struct queue_paths
queue_paths(const char *id)
{
	struct queue_paths paths;
	snprintf(paths.envelope, QUEUE_PATH_SIZE, "%.*s" ENVELOPE, QUEUE_ID_SIZE - 1, id);
	snprintf(paths.message, QUEUE_PATH_SIZE, "%.*s" MESSAGE, QUEUE_ID_SIZE - 1, id);
	snprintf(paths.tmp_envelope, QUEUE_PATH_SIZE, QUEUE_TMP "/%.*s" ENVELOPE, QUEUE_ID_SIZE - 1, id);
	snprintf(paths.tmp_message, QUEUE_PATH_SIZE, QUEUE_TMP "/%.*s" MESSAGE, QUEUE_ID_SIZE - 1, id);
	return paths;
}

bool
queue_is_id(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alnum(text[i]) || ascii_is_upper(text[i]))
			return false;
	return len > 0 && len < QUEUE_ID_SIZE;
}

/* Takes the ID off the name of a file with this end. */
static bool
take_id(char id[QUEUE_ID_SIZE], const char *file, const char *end)
{
	size_t len = strcspn(file, ".");
	if (strcmp(file + len, end) != 0 || !queue_is_id(file, len))
		return false;
	memcpy(id, file, len);
	id[len] = '\0';
	return true;
}

bool
queue_id_of(char id[QUEUE_ID_SIZE], const char *file)
{
	return take_id(id, file, ENVELOPE);
}

bool
queue_id_of_message(char id[QUEUE_ID_SIZE], const char *file)
{
	return take_id(id, file, MESSAGE);
}

DIR *
queue_open_entries(const struct queue *queue, const char *name)
{
	int folder = (int)TEMP_FAILURE_RETRY(openat(queue->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	if (entries == NULL && folder >= 0)
		close(folder);
	return entries;
}

/* Lets go of a lock. Keeps errno. */
void
queue_let_go(struct queue_entry *entry)
{
	int error = errno;
	if (entry->claimed)
		close(entry->lock);
	entry->claimed = false;
	errno = error;
}

/* Writes the envelope to a file in tmp/, which is synced and locked. Returns its descriptor, or -1 with errno. */
int
queue_write_envelope(const struct queue *queue, const struct queue_entry *entry)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };
	const struct queue_paths paths = queue_paths(entry->id);
	size_t len;
	char *text = queue_text_write(entry, &len);
	if (text == NULL)
		return -1;
	int file = (int)TEMP_FAILURE_RETRY(openat(queue->folder, paths.tmp_envelope, FLAGS, 0600));
	bool written = file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0 && file_write(file, text, len) == 0 &&
	    TEMP_FAILURE_RETRY(fsync(file)) == 0;
	int error = errno;
	free(text);
	if (!written && file >= 0) {
		close(file);
		unlinkat(queue->folder, paths.tmp_envelope, 0);
	}
	errno = error;
	return written ? file : -1;
}

int
queue_sync_folder(const struct queue *queue)
{
	return (int)TEMP_FAILURE_RETRY(fsync(queue->folder));
}

/* Moves the envelope from tmp/ to its final path. */
int
queue_place_envelope(const struct queue *queue, const struct queue_entry *entry)
{
	const struct queue_paths paths = queue_paths(entry->id);
	return (int)TEMP_FAILURE_RETRY(renameat(queue->folder, paths.tmp_envelope, queue->folder, paths.envelope));
}
