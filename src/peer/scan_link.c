/* A connection from a job to a scanner; it blocks, up to a deadline. */
#include "peer/scan_link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "peer/connect.h"

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool
fail(struct scan_link *link, int error)
{
	link->error = error;
	return false;
}

/* Waits until the socket is ready, or in trouble that the next call will tell. */
static bool
await(struct scan_link *link, short events)
{
	struct pollfd wait = { .fd = link->socket, .events = events };
	for (;;) {
		int64_t left = link->deadline - now();
		if (left <= 0)
			return fail(link, ETIMEDOUT);
		int ready = poll(&wait, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return fail(link, errno);
	}
}

/* A socket of this machine takes no more for the moment. */
static bool
wait_for_room(struct scan_link *link)
{
	if (now() + CONNECT_CROWDED_TIME >= link->deadline)
		return fail(link, ETIMEDOUT);
	poll(NULL, 0, CONNECT_CROWDED_TIME);
	return true;
}

bool
scan_link_open(struct scan_link *link, const struct endpoint *endpoint, int64_t limit)
{
	enum connect_state state = CONNECT_CROWDED;
	*link = (struct scan_link) { .deadline = now() + limit };
	link->socket = connect_socket(&endpoint->address.any);
	if (link->socket < 0)
		return fail(link, errno);
	while ((state = connect_start(link->socket, &endpoint->address.any, endpoint->len)) == CONNECT_CROWDED)
		if (!wait_for_room(link))
			return false;
	if (state == CONNECT_PENDING && !await(link, POLLOUT))
		return false;
	if (state == CONNECT_PENDING)
		state = connect_finish(link->socket);
	return state == CONNECT_DONE || fail(link, errno);
}

void
scan_link_close(struct scan_link *link)
{
	if (link->socket >= 0)
		close(link->socket);
	link->socket = -1;
}

bool
scan_link_send(struct scan_link *link, const void *octets, size_t len)
{
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(link->socket, (const char *)octets + sent, len - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return fail(link, errno);
		else if (!await(link, POLLOUT))
			return false;
	}
	return true;
}

ssize_t
scan_link_receive(struct scan_link *link, void *octets, size_t size)
{
	while (await(link, POLLIN)) {
		ssize_t n = recv(link->socket, octets, size, 0);
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR) {
			fail(link, errno);
			break;
		}
	}
	return -1;
}
