/* Writes lines of the log to a descriptor whose reader may have stopped, without blocking. */
#include "base/log/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE_MAX = 1000,  /* milliseconds in which a reader that has stopped may go on, before lines are dropped */
	PATIENCE_SHARE = 100, /* one millisecond of patience is regained in so many */
};

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/*
 * O_NONBLOCK belongs to the open file description, which we share with our parent and its other children. A pipe and a
 * terminal can be opened once more, with a description of our own. Returns -1 if that fails, and for other files.
 */
static int
open_own(int descriptor, mode_t mode)
{
	char path[sizeof "/proc/self/fd/" + 16];
	if (!S_ISFIFO(mode) && !S_ISCHR(mode))
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void
open_writable(struct log_writer *writer)
{
	struct stat status = { 0 };
	fstat(writer->named, &status);
	int own = open_own(writer->named, status.st_mode);
	writer->mode = status.st_mode;
	writer->writable = own >= 0 ? own : writer->named;
}

static void
close_own(struct log_writer *writer)
{
	if (writer->writable >= 0 && writer->writable != writer->named)
		close(writer->writable);
	writer->writable = -1;
}

void
log_writer_open(struct log_writer *writer, int descriptor)
{
	int before = errno;
	if (descriptor != writer->named)
		close_own(writer);
	writer->named = descriptor;
	if (writer->writable < 0)
		open_writable(writer);
	errno = before;
}

/*
 * How long the reader may be waited for: PATIENCE_MAX, of which each wait takes its part, so that a reader that is always
 * slow costs one part in PATIENCE_SHARE of our time.
 */
static int64_t
find_patience(const struct log_writer *writer, int64_t time)
{
	int64_t patience = (time - writer->spent) / PATIENCE_SHARE;
	return patience < PATIENCE_MAX ? patience : PATIENCE_MAX;
}

static void
spend_patience(struct log_writer *writer, int64_t time, int64_t waited)
{
	int64_t full = time - PATIENCE_MAX * PATIENCE_SHARE;
	writer->spent = (writer->spent > full ? writer->spent : full) + waited * PATIENCE_SHARE;
}

/* Waits until the reader has room, or writing would return an error. False if patience is out before. */
static bool
wait_for_room(struct log_writer *writer, bool patient)
{
	struct pollfd reader = { .fd = writer->writable, .events = POLLOUT };
	int64_t start = now(), patience = patient ? find_patience(writer, start) : 0, left = patience;
	int found;
	while ((found = poll(&reader, 1, left > 0 ? (int)left : 0)) < 0 && errno == EINTR)
		left = patience - (now() - start);
	spend_patience(writer, start, now() - start);
	return found > 0;
}

/*
 * Writes without blocking: poll(2) has found room, but another process may have filled it by now. Linux before 6.5 does
 * not support RWF_NOWAIT for pipes; there, and only if we could not open the pipe ourselves, that process would block
 * us.
 */
static ssize_t
write_some(const struct log_writer *writer, const char *bytes, size_t len)
{
	const struct iovec part = { (char *)(uintptr_t)bytes, len };
	if (S_ISSOCK(writer->mode))
		return send(writer->writable, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (S_ISFIFO(writer->mode)) {
		ssize_t written = pwritev2(writer->writable, &part, 1, -1, RWF_NOWAIT);
		if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
			return written;
	}
	return write(writer->writable, bytes, len);
}

size_t
log_writer_write(struct log_writer *writer, const char *bytes, size_t len, bool patient)
{
	size_t done = 0;
	if (writer->writable < 0)
		open_writable(writer);
	if (writer->writable < 0)
		return 0;
	while (done < len && wait_for_room(writer, patient)) {
		ssize_t written = write_some(writer, bytes + done, len - done);
		if (written > 0)
			done += (size_t)written;
		else if (written < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	if (done > 0)
		writer->cut = done < len;
	return done;
}

bool
log_writer_mend(struct log_writer *writer)
{
	return !writer->cut || log_writer_write(writer, "\n", 1, false) == 1;
}
