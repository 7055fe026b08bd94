/* Maildirs on disk: making them, and removing the files of interrupted deliveries. */
#include "store/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
maildir_sync(int folder, const char *path)
{
	int directory = (int)TEMP_FAILURE_RETRY(openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (directory < 0)
		return -1;
	int result = (int)TEMP_FAILURE_RETRY(fsync(directory));
	int error = errno;
	close(directory);
	errno = error;
	return result;
}

/* Makes one folder. Returns 1 if it was missing, 0 if it exists, or -1 with errno. */
static int
make_folder(int folder, const char *path)
{
	if (mkdirat(folder, path, 0700) == 0)
		return 1;
	return errno == EEXIST ? 0 : -1;
}

/* Which folders of a Maildir were missing. */
struct made {
	int domain, maildir;
};

/* Makes the folder of the domain, whose name it writes, the Maildir, and its folders. */
static int
make_folders(int folder, const char *path, char domain[MAILDIR_PATH_SIZE], struct made *made)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	char part[MAILDIR_PATH_SIZE + 4];
	snprintf(domain, MAILDIR_PATH_SIZE, "%.*s", (int)strcspn(path, "/"), path);
	made->domain = make_folder(folder, domain);
	made->maildir = made->domain < 0 ? -1 : make_folder(folder, path);
	if (made->maildir < 0)
		return -1;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(part, sizeof part, "%s/%s", path, parts[i]);
		if (make_folder(folder, part) < 0)
			return -1;
	}
	return 0;
}

int
maildir_prepare(int folder, const char *path)
{
	struct made made;
	char domain[MAILDIR_PATH_SIZE];
	return make_folders(folder, path, domain, &made);
}

int
maildir_make(int folder, const char *path)
{
	struct made made;
	char domain[MAILDIR_PATH_SIZE];
	if (make_folders(folder, path, domain, &made) < 0 || maildir_sync(folder, path) < 0)
		return -1;
	if (made.maildir > 0 && maildir_sync(folder, domain) < 0)
		return -1;
	return made.domain > 0 ? maildir_sync(folder, ".") : 0;
}

/* Opens a folder for reading its entries; NULL with errno. */
static DIR *
open_entries(int folder, const char *name)
{
	int descriptor = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (entries == NULL && descriptor >= 0)
		close(descriptor);
	return entries;
}

static unsigned
remove_stale(int tmp, const char *name, time_t now)
{
	struct stat status;
	if (fstatat(tmp, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
		return 0;
	return status.st_mtime < now - MAILDIR_STALE && unlinkat(tmp, name, 0) == 0;
}

/* Goes down the levels from the folder of all mail to the Maildirs, and then over the files in the tmp of each. */
static unsigned
sweep(int folder, const char *name, unsigned levels, time_t now)
{
	unsigned removed = 0;
	char tmp[NAME_MAX + sizeof "/tmp"];
	DIR *entries = open_entries(folder, name);
	if (entries == NULL)
		return 0;
	for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		snprintf(tmp, sizeof tmp, "%s/tmp", entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		if (levels > 1)
			removed += sweep(dirfd(entries), entry->d_name, levels - 1, now);
		else if (levels == 1)
			removed += sweep(dirfd(entries), tmp, 0, now);
		else
			removed += remove_stale(dirfd(entries), entry->d_name, now);
	}
	closedir(entries);
	return removed;
}

unsigned
maildir_sweep(int folder, time_t now)
{
	return sweep(folder, ".", 2, now);
}
