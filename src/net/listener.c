/* A listening socket that several workers share: one of them wakes up for a connection, and takes one at a time. */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

/*
 * A socket that all workers watch wakes all of them for each connection, although only one can accept it. epoll can
 * wake one (EPOLLEXCLUSIVE, Linux 4.5), but libuv does not ask for it: the entry that libuv has made in its epoll set
 * is replaced. libuv changes the entry only if other events are wanted of the socket, which listener_pause() brings
 * about. The system wakes the worker that has waited for longest. A new entry is the last in that order, so workers
 * take turns. If the call fails, the entry becomes as libuv makes it.
 */
static void
wake_last(struct listener *listener)
{
	int set = uv_backend_fd(listener->poll.loop);
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener->descriptor };
	if (epoll_ctl(set, EPOLL_CTL_DEL, listener->descriptor, &event) < 0)
		return;
	if (epoll_ctl(set, EPOLL_CTL_ADD, listener->descriptor, &event) == 0)
		return;
	event.events = EPOLLIN;
	epoll_ctl(set, EPOLL_CTL_ADD, listener->descriptor, &event);
}

/* No descriptor is left: the spare one serves to close the connection, which would wake the worker again and again. */
static void
turn_away(struct listener *listener, int error)
{
	close(listener->spare);
	int connection = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC);
	if (connection >= 0)
		close(connection);
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	errno = error;
	listener->accepted(listener, -1);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = (struct listener *)poll;
	(void)status;
	(void)events;
	int connection = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	wake_last(listener);
	if (connection >= 0)
		listener->accepted(listener, connection);
	else if (errno == EMFILE || errno == ENFILE)
		turn_away(listener, errno);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		listener->accepted(listener, -1);
}

void
listener_resume(struct listener *listener)
{
	if (listener->descriptor >= 0)
		uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

void
listener_pause(struct listener *listener)
{
	if (listener->descriptor >= 0)
		uv_poll_stop(&listener->poll);
}

/* A new entry of epoll reports what already waits. */
void
listener_look(struct listener *listener)
{
	if (listener->descriptor >= 0 && uv_is_active((uv_handle_t *)&listener->poll))
		wake_last(listener);
}

int
listener_open(struct listener *listener, uv_loop_t *loop, int descriptor, int send_buffer)
{
	listener->descriptor = -1;
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (send_buffer > 0 && setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) < 0)
		return uv_translate_sys_error(errno);
	if (listen(descriptor, BACKLOG) < 0)
		return uv_translate_sys_error(errno);
	int error = uv_poll_init(loop, &listener->poll, descriptor);
	if (error < 0)
		return error;
	listener->descriptor = descriptor;
	listener_resume(listener);
	return 0;
}

void
listener_close(struct listener *listener)
{
	if (listener->descriptor < 0)
		return;
	uv_close((uv_handle_t *)&listener->poll, NULL);
	close(listener->descriptor);
	close(listener->spare);
	listener->descriptor = listener->spare = -1;
}
