/* Counts the messages of a Maildir++ and its folders. */
#include "store/quota_count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct count {
	struct quota *usage; /* NULL: only the time is wanted */
	struct timespec *latest;
};

static DIR *
open_entries(int folder, const char *path)
{
	int descriptor = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (entries == NULL && descriptor >= 0)
		close(descriptor);
	return entries;
}

/* The size behind ",S=" in a file name; -1 if there is none. */
static long long
told_size(const char *name)
{
	const char *at = strstr(name, ",S=");
	long long size = 0;
	if (at == NULL || at[3] < '0' || at[3] > '9')
		return -1;
	for (at += 3; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(size, 10, &size) || __builtin_add_overflow(size, *at - '0', &size))
			return -1;
	return *at == '\0' || *at == ':' || *at == ',' ? size : -1;
}

/* A file that has vanished meanwhile does not count, nor does anything but a regular file. */
static bool
find_size(int folder, const struct dirent *entry, long long *size)
{
	struct stat status;
	if (entry->d_type == DT_REG && (*size = told_size(entry->d_name)) >= 0)
		return true;
	if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
		return false;
	*size = told_size(entry->d_name);
	if (*size < 0)
		*size = status.st_size;
	return true;
}

/* maildir(5): the info ":2," is followed by the flags. */
bool
quota_counts(const char *name)
{
	const char *info = strrchr(name, ':');

	return info == NULL || strncmp(info, ":2,", 3) != 0 || strchr(info, 'T') == NULL;
}

static void
count_message(struct quota *usage, int folder, const struct dirent *entry)
{
	long long size;
	if (entry->d_name[0] == '.' || !quota_counts(entry->d_name) || !find_size(folder, entry, &size))
		return;
	if (__builtin_add_overflow(usage->bytes, size, &usage->bytes))
		usage->bytes = LLONG_MAX;
	usage->messages++;
}

static void
note_time(struct timespec *latest, const struct timespec *time)
{
	if (time->tv_sec > latest->tv_sec || (time->tv_sec == latest->tv_sec && time->tv_nsec > latest->tv_nsec))
		*latest = *time;
}

/* One folder of messages. It need not be there. */
static int
count_messages(struct count *count, int maildir, const char *folder, const char *part)
{
	char path[NAME_MAX + 8];
	struct stat status;
	snprintf(path, sizeof path, "%s/%s", folder, part);
	DIR *entries = open_entries(maildir, path);
	if (entries == NULL)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	if (fstat(dirfd(entries), &status) == 0)
		note_time(count->latest, &status.st_mtim);
	errno = 0;
	for (const struct dirent *entry; count->usage != NULL && (entry = readdir(entries)) != NULL; errno = 0)
		count_message(count->usage, dirfd(entries), entry);
	int error = errno;
	closedir(entries);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
count_folder(struct count *count, int maildir, const char *folder)
{
	if (count_messages(count, maildir, folder, "new") < 0)
		return -1;
	return count_messages(count, maildir, folder, "cur");
}

/* Is this a folder in a Maildir++, one that counts? */
static bool
is_folder(const char *name)
{
	return name[0] == '.' && name[1] != '\0' && strcmp(name, "..") != 0 && strcmp(name, ".Trash") != 0;
}

int
quota_count(int maildir, struct quota *usage, struct timespec *latest)
{
	struct count count = { usage, latest };
	*latest = (struct timespec) { 0 };
	if (usage != NULL)
		*usage = (struct quota) { 0 };
	DIR *entries = open_entries(maildir, ".");
	if (entries == NULL)
		return -1;
	int result = count_folder(&count, maildir, ".");
	for (const struct dirent *entry; result == 0 && (entry = readdir(entries)) != NULL;)
		if (is_folder(entry->d_name))
			result = count_folder(&count, maildir, entry->d_name);
	int error = errno;
	closedir(entries);
	errno = error;
	return result;
}
