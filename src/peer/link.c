/* A connection to a peer on the loop: connects until a deadline, then reports when it can be read and written. */
#include "peer/link.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "peer/connect.h"

static void on_timer(uv_timer_t *timer);
static void on_poll(uv_poll_t *poll, int status, int events);

static int64_t
now(const struct link *link)
{
	return (int64_t)uv_now(link->timer.loop);
}

int
link_init(struct link *link, uv_loop_t *loop)
{
	link->phase = LINK_FREE;
	link->socket = -1;
	link->source = NULL;
	link->poll.data = NULL;
	link->timer.data = link;
	return uv_timer_init(loop, &link->timer);
}

static void
start_timer(struct link *link, int64_t until)
{
	int64_t left = until - now(link);
	if (until == INT64_MAX)
		uv_timer_stop(&link->timer);
	else
		uv_timer_start(&link->timer, on_timer, left > 0 ? (uint64_t)left : 0, 0);
}

/* Reports the failure from the loop. */
static void
fail_later(struct link *link, int error)
{
	link->phase = LINK_BROKEN;
	link->error = error;
	start_timer(link, now(link));
}

/* Both a socket that is connected and one that will be are writable then. */
static void
await_connection(struct link *link)
{
	int error = uv_poll_init(link->timer.loop, &link->poll, link->socket);
	if (error < 0) {
		fail_later(link, -error);
		return;
	}
	link->poll.data = link;
	link->phase = LINK_CONNECTING;
	link->wanted = UV_WRITABLE;
	start_timer(link, link->deadline);
	error = uv_poll_start(&link->poll, link->wanted, on_poll);
	if (error < 0)
		fail_later(link, -error);
}

static void
try_to_connect(struct link *link)
{
	int64_t again = now(link) + CONNECT_CROWDED_TIME;
	switch (connect_start(link->socket, &link->endpoint->address.any, link->endpoint->len)) {
	case CONNECT_DONE:
	case CONNECT_PENDING: await_connection(link); break;
	case CONNECT_CROWDED:
		link->phase = LINK_CROWDED;
		start_timer(link, again < link->deadline ? again : link->deadline);
		break;
	case CONNECT_FAILED: fail_later(link, errno); break;
	}
}

/* False: errno is set. */
static bool
take_source(const struct link *link)
{
	const struct endpoint *source = link->source;
	return source == NULL || bind(link->socket, &source->address.any, source->len) == 0;
}

void
link_open(struct link *link, const struct endpoint *endpoint, int64_t deadline)
{
	link->endpoint = endpoint;
	link->deadline = deadline;
	link->poll.data = NULL;
	link->socket = connect_socket(&endpoint->address.any);
	if (link->socket < 0 || !take_source(link))
		fail_later(link, errno);
	else
		try_to_connect(link);
}

static void
on_timer(uv_timer_t *timer)
{
	struct link *link = timer->data;
	if (link->phase == LINK_CLOSING) {
		link->phase = LINK_FREE;
		link->notify(link, LINK_CLOSED, 0);
	} else if (link->phase == LINK_BROKEN) {
		link->notify(link, LINK_FAILED, link->error);
	} else if (now(link) >= link->deadline) {
		if (link->phase == LINK_CONNECTING)
			uv_poll_stop(&link->poll);
		link->phase = link->phase == LINK_OPEN ? LINK_OPEN : LINK_BROKEN;
		link->notify(link, LINK_FAILED, ETIMEDOUT);
	} else if (link->phase == LINK_CROWDED) {
		try_to_connect(link);
	} else {
		start_timer(link, link->deadline);
	}
}

static void
finish_connect(struct link *link)
{
	if (connect_finish(link->socket) == CONNECT_FAILED) {
		int error = errno;
		uv_poll_stop(&link->poll);
		link->phase = LINK_BROKEN;
		link->notify(link, LINK_FAILED, error);
		return;
	}
	link->phase = LINK_OPEN;
	link->wanted = UV_READABLE;
	link->notify(link, LINK_CONNECTED, 0);
}

/* libuv stops a handle whose socket is in error; octets that came before it can still be read. */
static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct link *link = poll->data;
	if (link->phase == LINK_CONNECTING)
		finish_connect(link);
	else if (status < 0 || (events & UV_READABLE) != 0)
		link->notify(link, LINK_READABLE, 0);
	if (link->phase == LINK_OPEN && (events & link->wanted & UV_WRITABLE) != 0)
		link->notify(link, LINK_WRITABLE, 0);
	if (link->phase == LINK_OPEN)
		link_want(link, link->wanted);
}

static void
on_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;
	link->phase = LINK_FREE;
	link->notify(link, LINK_CLOSED, 0);
}

/* A handle of poll must be closed before its socket is (uv_poll_init()). */
void
link_close(struct link *link)
{
	if (link->phase == LINK_FREE || link->phase == LINK_CLOSING)
		return;
	link->phase = LINK_CLOSING;
	if (link->poll.data == NULL) {
		start_timer(link, now(link));
	} else {
		uv_timer_stop(&link->timer);
		uv_close((uv_handle_t *)&link->poll, on_closed);
	}
	link_dispose(link);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;
	if (--link->handles == 0)
		link->ended(link);
}

void
link_end(struct link *link, void (*ended)(struct link *link))
{
	bool polls = link->phase != LINK_FREE && link->phase != LINK_CLOSING && link->poll.data != NULL;
	link->ended = ended;
	link->handles = polls ? 2 : 1;
	link->phase = LINK_CLOSING;
	if (polls)
		uv_close((uv_handle_t *)&link->poll, on_handle_closed);
	uv_close((uv_handle_t *)&link->timer, on_handle_closed);
	link_dispose(link);
}

void
link_dispose(struct link *link)
{
	if (link->socket >= 0)
		close(link->socket);
	link->socket = -1;
}

void
link_set_deadline(struct link *link, int64_t deadline)
{
	link->deadline = deadline;
	start_timer(link, deadline);
}

void
link_want(struct link *link, int events)
{
	link->wanted = events;
	if (events != 0)
		uv_poll_start(&link->poll, events, on_poll);
	else
		uv_poll_stop(&link->poll);
}

ssize_t
link_receive(struct link *link, void *octets, size_t size)
{
	return TEMP_FAILURE_RETRY(recv(link->socket, octets, size, 0));
}

ssize_t
link_send(struct link *link, const void *octets, size_t len)
{
	return TEMP_FAILURE_RETRY(send(link->socket, octets, len, MSG_NOSIGNAL));
}
