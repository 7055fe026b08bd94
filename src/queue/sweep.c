/* Removes the remains of interrupted operations from the relay queue: halves of entries, and incomplete files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/folder.h"

static bool
is_stale(int folder, const char *name, time_t now)
{
	struct stat status;
	return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
	    status.st_mtime < now - QUEUE_STALE;
}

static bool
is_missing(const struct queue *queue, const char *path)
{
	return faccessat(queue->folder, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* Is this file one half of an entry whose other half is missing? */
static bool
is_half(const struct queue *queue, const char *name)
{
	char id[QUEUE_ID_SIZE];
	if (queue_id_of_message(id, name))
		return is_missing(queue, queue_paths(id).envelope);
	return queue_id_of(id, name) && is_missing(queue, queue_paths(id).message);
}

static unsigned
sweep(const struct queue *queue, const char *folder, bool halves, time_t now)
{
	unsigned removed = 0;
	DIR *entries = queue_open_entries(queue, folder);
	if (entries == NULL)
		return 0;
	for (const struct dirent *file; (file = readdir(entries)) != NULL;)
		if ((!halves || is_half(queue, file->d_name)) && is_stale(dirfd(entries), file->d_name, now))
			removed += unlinkat(dirfd(entries), file->d_name, 0) == 0;
	closedir(entries);
	return removed;
}

unsigned
queue_sweep(const struct queue *queue, time_t now)
{
	return sweep(queue, QUEUE_TMP, false, now) + sweep(queue, ".", true, now);
}
