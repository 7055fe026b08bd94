/* One step of a connect(2) that does not block: the meaning of its result, and the event to wait for. */
#include "peer/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Requests are short and wait for an answer: they must not wait for more octets (RFC 896, RFC 9293 section 3.7.4). */
static void
send_without_delay(int descriptor, const struct sockaddr *address)
{
	int on = 1;
	if (address->sa_family != AF_UNIX)
		(void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int
connect_socket(const struct sockaddr *address)
{
	int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor >= 0)
		send_without_delay(descriptor, address);
	return descriptor;
}

/* After EINTR, connect() continues in the background as after EINPROGRESS (POSIX connect()). */
enum connect_state
connect_start(int descriptor, const struct sockaddr *address, socklen_t len)
{
	if (connect(descriptor, address, len) == 0)
		return CONNECT_DONE;
	switch (errno) {
	case EINPROGRESS:
	case EINTR: return CONNECT_PENDING;
	case EAGAIN: return address->sa_family == AF_UNIX ? CONNECT_CROWDED : CONNECT_FAILED;
	default: return CONNECT_FAILED;
	}
}

enum connect_state
connect_finish(int descriptor)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return CONNECT_FAILED;
	errno = error;
	return error == 0 ? CONNECT_DONE : CONNECT_FAILED;
}
