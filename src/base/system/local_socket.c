/* Unix domain sockets in a folder whose path may be longer than a socket address allows. */
#include "base/system/local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

/* An address has room for 107 octets. A descriptor of the folder stands for its path, however long that is. */
static bool
make_address(struct sockaddr_un *address, int folder, const char *name)
{
	*address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	int len = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", folder, name);
	errno = ENAMETOOLONG;
	return len < (int)sizeof address->sun_path;
}

static bool
listen_at(int descriptor, const struct sockaddr_un *address)
{
	unlink(address->sun_path);
	return bind(descriptor, (const struct sockaddr *)address, sizeof *address) == 0 &&
	    chmod(address->sun_path, 0600) == 0 && listen(descriptor, BACKLOG) == 0;
}

static bool
connect_to(int descriptor, const struct sockaddr_un *address, unsigned seconds)
{
	const struct timeval time = { .tv_sec = seconds };
	return setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0 &&
	    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0 &&
	    connect(descriptor, (const struct sockaddr *)address, sizeof *address) == 0;
}

/* Opens a socket that connects within so many seconds or, if seconds is 0, one that listens. */
static int
open_socket(const char *path, const char *name, unsigned seconds)
{
	struct sockaddr_un address;
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (seconds == 0 ? SOCK_NONBLOCK : 0), 0);
	bool usable = descriptor >= 0 && make_address(&address, folder, name) &&
	    (seconds == 0 ? listen_at(descriptor, &address) : connect_to(descriptor, &address, seconds));
	int error = errno;
	close(folder);
	if (usable)
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	errno = error;
	return -1;
}

int
local_listen(const char *folder, const char *name)
{
	return open_socket(folder, name, 0);
}

int
local_connect(const char *folder, const char *name, unsigned seconds)
{
	return open_socket(folder, name, seconds);
}
