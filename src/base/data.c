/* The data folder: where a server keeps its state, and that one server at a time uses it. */
#include "base/data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
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
