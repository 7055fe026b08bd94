/* The lock of a maildrop: one session at a time, of whatever process. Blocks. */
#include "store/maildrop/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAGS = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, TRIES = 10 };

/* Is the file still the one that others would open? */
static bool
is_in_place(int maildir, int file)
{
	struct stat opened, named;
	return fstat(file, &opened) == 0 && fstatat(maildir, DROP_LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* A lock of the open file description, not of the process: it shuts out other sessions of this process, and no close of
 * another descriptor gives it up. */
static int
lock_file(int file)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat status;
	if (fstat(file, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = EACCES;
		return -1;
	}
	if (fcntl(file, F_OFD_SETLK, &whole) == 0)
		return 0;
	if (errno == EACCES)
		errno = EAGAIN;
	return -1;
}

int
drop_lock(int maildir)
{
	for (int i = 0; i < TRIES; i++) {
		int file = openat(maildir, DROP_LOCK_NAME, FLAGS, 0600);
		if (file < 0)
			return -1;
		int result = lock_file(file);
		if (result == 0 && is_in_place(maildir, file))
			return file;
		int error = errno;
		close(file);
		errno = error;
		if (result < 0)
			return -1;
	}
	errno = EAGAIN;
	return -1;
}
