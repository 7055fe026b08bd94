/* Gives Maildirs another name. */
#include "store/maildir_move.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/maildrop/lock.h"

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

static const char *const parts[] = { "tmp", "new", "cur" };

static void
close_quietly(int descriptor)
{
	int error = errno;
	close(descriptor);
	errno = error;
}

/* Is the Maildir in no POP3 session? Returns 0, or -1 with errno. */
static int
check_idle(int folder, const char *path)
{
	int maildir = openat(folder, path, FOLDER_FLAGS);
	if (maildir < 0)
		return errno == ENOTDIR ? 0 : -1;
	int lock = drop_lock(maildir);
	close_quietly(maildir);
	if (lock >= 0)
		close(lock);
	else if (errno == EAGAIN)
		errno = EBUSY;
	return lock < 0 ? -1 : 0;
}

static bool
is_hidden(const char *name)
{
	return name[0] == '.';
}

/* Calls a function for each entry of a folder but hidden ones, until one fails. */
static int
each_entry(int folder, const char *path, int (*call)(int entries, const char *name))
{
	int descriptor = openat(folder, path, FOLDER_FLAGS), result = 0;
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (entries == NULL) {
		if (descriptor >= 0)
			close_quietly(descriptor);
		return -1;
	}
	for (const struct dirent *entry; result == 0 && (entry = readdir(entries)) != NULL;)
		if (!is_hidden(entry->d_name))
			result = call(dirfd(entries), entry->d_name);
	int error = errno;
	closedir(entries);
	errno = error;
	return result;
}

static int
refuse(int entries, const char *name)
{
	(void)entries;
	(void)name;
	errno = ENOTEMPTY;
	return -1;
}

/* Removes a Maildir without messages and folders, as `ftgatectl account add` makes it. */
static int
remove_empty(int folder, const char *path)
{
	char part[MAILDIR_PATH_SIZE + sizeof "/ftgate-pop3.lock"];
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(part, sizeof part, "%s/%s", path, parts[i]);
		if (each_entry(folder, part, refuse) < 0 && errno != ENOENT)
			return -1;
	}
	snprintf(part, sizeof part, "%s/" DROP_LOCK_NAME, path);
	unlinkat(folder, part, 0);
	snprintf(part, sizeof part, "%s/maildirsize", path);
	unlinkat(folder, part, 0);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(part, sizeof part, "%s/%s", path, parts[i]);
		unlinkat(folder, part, AT_REMOVEDIR);
	}
	return unlinkat(folder, path, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

static bool
is_mark(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_size == 0;
}

/* Removes what a move has left at a path: an empty file. */
static int
remove_mark(int folder, const char *path)
{
	struct stat status;
	if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	return is_mark(&status) ? unlinkat(folder, path, 0) : 0;
}

/* Leaves a mark at a path, unless it has one. Returns 1, 0 if it has one, or -1 with errno. */
static int
leave_mark(int folder, const char *path)
{
	struct stat status;
	int file = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file >= 0) {
		close(file);
		return 1;
	}
	if (errno != EEXIST)
		return -1;
	int result = fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW);
	errno = EEXIST;
	return result == 0 && is_mark(&status) ? 0 : -1;
}

/* The folder of a domain, which is the first part of a path. */
static void
domain_of(char domain[MAILDIR_PATH_SIZE], const char *path)
{
	snprintf(domain, MAILDIR_PATH_SIZE, "%.*s", (int)strcspn(path, "/"), path);
}

int
maildir_free_name(int folder, const char *path)
{
	char domain[MAILDIR_PATH_SIZE];
	domain_of(domain, path);
	return remove_mark(folder, domain) < 0 ? -1 : remove_mark(folder, path);
}

/*
 * Is there a folder to move at a path, or a symbolic link to one, which deliveries follow? Returns 1, 0 if there is nothing
 * or a mark, or -1 with errno.
 */
static int
is_folder(int folder, const char *path)
{
	struct stat status;
	if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (is_mark(&status))
		return 0;
	if (fstatat(folder, path, &status, 0) < 0)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(status.st_mode) ? 1 : -1;
}

/* Do both paths lead to the same folder? A relative link that is moved to another domain can lead elsewhere. */
static int
check_same(int folder, const char *path, const struct stat *old)
{
	struct stat new;
	if (fstatat(folder, path, &new, 0) < 0)
		return -1;
	errno = EXDEV;
	return new.st_dev == old->st_dev &&new.st_ino == old->st_ino ? 0 : -1;
}

static int
sync_domains(int folder, const char *from, const char *to)
{
	char domain[MAILDIR_PATH_SIZE];
	domain_of(domain, from);
	if (strchr(from, '/') != NULL && maildir_sync(folder, domain) < 0)
		return -1;
	domain_of(domain, to);
	if (strchr(to, '/') != NULL && maildir_sync(folder, domain) < 0)
		return -1;
	return maildir_sync(folder, ".");
}

/* Ends a move that failed, with errno: removes the mark that it made at a path. */
static int
give_up(int folder, const char *path, int made)
{
	int error = errno;
	if (made > 0)
		unlinkat(folder, path, 0);
	errno = error;
	return -1;
}

/* Mail to a postmaster needs no account, so that a delivery must be able to make the Maildir again. */
static bool
is_postmaster(const char *path)
{
	const char *local = strchr(path, '/');
	return local != NULL && strcmp(local + 1, "postmaster") == 0;
}

/*
 * Gives a folder its new name, durably. A mark takes its place in the same step: a delivery between two steps would make the
 * folder again. Returns 0, or -1 with errno, and the folder has its old name.
 */
static int
give_name(int folder, const char *from, const char *to)
{
	struct stat status;
	unsigned how = is_postmaster(from) ? RENAME_NOREPLACE : RENAME_EXCHANGE;
	int made = how == RENAME_EXCHANGE ? leave_mark(folder, to) : remove_mark(folder, to);
	if (made < 0)
		return -1;
	if (fstatat(folder, from, &status, 0) < 0 || renameat2(folder, from, folder, to, how) < 0) {
		errno = errno == EINVAL ? EOPNOTSUPP : errno;
		return give_up(folder, to, made);
	}
	if (check_same(folder, to, &status) == 0 && sync_domains(folder, from, to) == 0)
		return 0;
	int error = errno;
	if (renameat2(folder, to, folder, from, how) < 0)
		made = 0;
	errno = error;
	return give_up(folder, to, made);
}

/* Makes room for a Maildir: removes one without messages. */
static int
clear(int folder, const char *path)
{
	struct stat status;
	if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	errno = EEXIST;
	if (is_mark(&status))
		return 0;
	return S_ISDIR(status.st_mode) ? remove_empty(folder, path) : -1;
}

int
maildir_move(int folder, const char *from, const char *to)
{
	char domain[MAILDIR_PATH_SIZE];
	int found = is_folder(folder, from);
	if (found <= 0 || strcmp(from, to) == 0)
		return found < 0 ? -1 : 0;
	domain_of(domain, to);
	if (check_idle(folder, from) < 0 || remove_mark(folder, domain) < 0 ||
	    (mkdirat(folder, domain, 0700) < 0 && errno != EEXIST) || clear(folder, to) < 0)
		return -1;
	return give_name(folder, from, to);
}

int
maildir_move_domain(int folder, const char *from, const char *to)
{
	int found = is_folder(folder, from);
	if (found <= 0)
		return found;
	if (each_entry(folder, from, check_idle) < 0)
		return -1;
	if (unlinkat(folder, to, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTDIR)
		return -1;
	return give_name(folder, from, to);
}
