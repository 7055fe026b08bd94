/* The ways into the relay queue: of a message that the spool has, and of one in memory. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "queue/folder.h"

int
queue_stage(const struct queue *queue, struct queue_entry *entry)
{
	int file = queue_write_envelope(queue, entry);
	if (file < 0)
		return -1;
	entry->claimed = true;
	entry->lock = file;
	return 0;
}

int
queue_restage(const struct queue *queue, struct queue_entry *entry)
{
	const struct queue_paths paths = queue_paths(entry->id);
	if (unlinkat(queue->folder, paths.tmp_envelope, 0) < 0 && errno != ENOENT)
		return -1;
	queue_let_go(entry);
	return queue_stage(queue, entry);
}

int
queue_link(const struct queue *queue, const struct queue_entry *entry, int folder, const char *path)
{
	const struct queue_paths paths = queue_paths(entry->id);
	if (folder == queue->folder)
		return (int)TEMP_FAILURE_RETRY(renameat(folder, path, queue->folder, paths.message));
	return (int)TEMP_FAILURE_RETRY(linkat(folder, path, queue->folder, paths.message, 0));
}

/* Publishes the entry, durably, and gives the claim back. If it fails, it drops the entry. */
static int
show(const struct queue *queue, struct queue_entry *entry)
{
	if (queue_place_envelope(queue, entry) == 0 && queue_sync_folder(queue) == 0) {
		queue_let_go(entry);
		return 0;
	}
	queue_drop(queue, entry);
	return -1;
}

void
queue_drop(const struct queue *queue, struct queue_entry *entry)
{
	const struct queue_paths paths = queue_paths(entry->id);
	int error = errno;
	unlinkat(queue->folder, paths.envelope, 0);
	unlinkat(queue->folder, paths.tmp_envelope, 0);
	unlinkat(queue->folder, paths.message, 0);
	errno = error;
	queue_let_go(entry);
}

static int
write_message(const struct queue *queue, const char *path, const char *octets, size_t len)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };
	int file = (int)TEMP_FAILURE_RETRY(openat(queue->folder, path, FLAGS, 0600));
	if (file < 0)
		return -1;
	bool written = file_write(file, octets, len) == 0 && TEMP_FAILURE_RETRY(fsync(file)) == 0;
	int error = errno;
	close(file);
	errno = error;
	return written ? 0 : -1;
}

static size_t
count_lines(const char *octets, size_t len)
{
	size_t lines = 0;
	for (const char *end = octets + len; (octets = memchr(octets, '\n', (size_t)(end - octets))) != NULL; octets++)
		lines++;
	return lines;
}

int
queue_add(const struct queue *queue, struct queue_entry *entry, const char *octets, size_t len)
{
	const struct queue_paths paths = queue_paths(entry->id);
	entry->size = len + count_lines(octets, len);
	if (queue_stage(queue, entry) < 0)
		return -1;
	if (write_message(queue, paths.tmp_message, octets, len) == 0 &&
	    queue_link(queue, entry, queue->folder, paths.tmp_message) == 0)
		return show(queue, entry);
	int error = errno;
	unlinkat(queue->folder, paths.tmp_message, 0);
	errno = error;
	queue_drop(queue, entry);
	return -1;
}
