/* The data folder, in which a server keeps its state. */
#include "base/system/data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int
data_make(const char *folder, uid_t owner, gid_t group, char path[PATH_MAX])
{
	if (mkdir(folder, 0700) == 0) {
		if (geteuid() == 0 && chown(folder, owner, group) < 0)
			return -1;
	} else if (errno != EEXIST) {
		return -1;
	}
	return realpath(folder, path) == NULL ? -1 : 0;
}

int
data_path(char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
read_secret(const char *path, void *octets, size_t len)
{
	char one_more;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return -1;
	bool whole = read(file, octets, len) == (ssize_t)len && read(file, &one_more, 1) == 0;
	close(file);
	errno = EBADMSG;
	return whole ? 0 : -1;
}

/* The file appears complete or not at all. If two processes make it, one wins and both read the same. */
static int
make_secret(const char *path, size_t len)
{
	char made[PATH_MAX], octets[DATA_SECRET_MAX];
	if (snprintf(made, sizeof made, "%s.%ld", path, (long)getpid()) >= (int)sizeof made || len > sizeof octets ||
	    getrandom(octets, len, 0) != (ssize_t)len)
		return -1;
	int file = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return -1;
	bool done = write(file, octets, len) == (ssize_t)len && fsync(file) == 0 &&
	    (link(made, path) == 0 || errno == EEXIST);
	explicit_bzero(octets, sizeof octets);
	close(file);
	unlink(made);
	return done ? 0 : -1;
}

int
data_secret(const char *folder, const char *name, void *octets, size_t len)
{
	char path[PATH_MAX];
	if (data_path(path, folder, name) < 0)
		return -1;
	if (read_secret(path, octets, len) == 0)
		return 0;
	if (access(path, F_OK) == 0 || make_secret(path, len) < 0)
		return -1;
	return read_secret(path, octets, len);
}

static void
read_holder(int file, pid_t *holder)
{
	char text[16] = "";
	*holder = pread(file, text, sizeof text - 1, 0) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

int
data_lock(const char *folder, const char *name, pid_t *holder)
{
	char path[PATH_MAX];
	if (data_path(path, folder, name) < 0)
		return -1;
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (file < 0)
		return -1;
	if (flock(file, LOCK_EX | LOCK_NB) == 0 && ftruncate(file, 0) == 0 &&
	    dprintf(file, "%ld\n", (long)getpid()) > 0)
		return file;
	int error = errno;
	read_holder(file, holder);
	close(file);
	errno = error;
	return -1;
}
