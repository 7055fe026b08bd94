/* Connections to other servers on the event loop, over TCP or a Unix socket, with TLS. */
#include "peer/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer/connect.h"
#include "peer/dial_tls.h"
#include "peer/dial_tls_cache.h"

enum operation { NONE, CONNECT, CONNECT_AGAIN, READ, WRITE, ENCRYPT };

/* What a step of an operation came to. WAIT_ROOM: nothing is under way, the step is repeated after a moment. */
enum step { STEP_ENDED, WAIT_READABLE, WAIT_WRITABLE, WAIT_ROOM };

struct connection {
	struct channel channel;
	struct dial *dial;
	struct connection *next, **link; /* of those that are open */
	struct connection *next_due;
	struct channel_address address;
	int socket; /* -1: could not be made */
	struct dial_tls *tls;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles; /* that are open */
	enum operation operation;
	bool due;
	ssize_t result;
	int64_t deadline;
	char *space;        /* of READ */
	const char *octets; /* of WRITE: what is left */
	size_t len;
	char *error; /* of ENCRYPT */
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un path;
};

/* Returns its length; 0 if it is no address. */
static socklen_t
make_address(union address *made, const struct channel_address *address)
{
	*made = (union address) { 0 };
	if (address->host[0] == '/') {
		made->path.sun_family = AF_UNIX;
		memcpy(made->path.sun_path, address->host, strlen(address->host) + 1);
		return sizeof made->path;
	}
	if (inet_pton(AF_INET, address->host, &made->v4.sin_addr) == 1) {
		made->v4.sin_family = AF_INET;
		made->v4.sin_port = htons((uint16_t)address->port);
		return sizeof made->v4;
	}
	if (inet_pton(AF_INET6, address->host, &made->v6.sin6_addr) == 1) {
		made->v6.sin6_family = AF_INET6;
		made->v6.sin6_port = htons((uint16_t)address->port);
		return sizeof made->v6;
	}
	return 0;
}

static enum step
ended(struct connection *c, ssize_t result)
{
	c->result = result;
	return STEP_ENDED;
}

static enum step
waits_for(enum dial_want want)
{
	return want == DIAL_WANTS_WRITE ? WAIT_WRITABLE : WAIT_READABLE;
}

static enum step
connect_step(struct connection *c)
{
	union address address;
	socklen_t len = make_address(&address, &c->address);
	enum connect_state state = c->operation == CONNECT_AGAIN ? connect_finish(c->socket)
	                                                         : connect_start(c->socket, &address.any, len);
	switch (state) {
	case CONNECT_DONE: return ended(c, 0);
	case CONNECT_PENDING: c->operation = CONNECT_AGAIN; return WAIT_WRITABLE;
	case CONNECT_CROWDED: return WAIT_ROOM;
	case CONNECT_FAILED: break;
	}
	return ended(c, -errno);
}

static enum step
read_step(struct connection *c)
{
	enum dial_want want = DIAL_WANTS_READ;
	ssize_t got = c->tls != NULL ? dial_tls_read(c->tls, c->space, c->len, &want)
	                             : TEMP_FAILURE_RETRY(recv(c->socket, c->space, c->len, 0));
	if (got < 0 && errno == EAGAIN)
		return waits_for(want);
	return ended(c, got < 0 ? -errno : got);
}

static enum step
write_step(struct connection *c)
{
	enum dial_want want = DIAL_WANTS_WRITE;
	while (c->len > 0) {
		ssize_t sent = c->tls != NULL ? dial_tls_write(c->tls, c->octets, c->len, &want)
		                              : TEMP_FAILURE_RETRY(send(c->socket, c->octets, c->len, MSG_NOSIGNAL));
		if (sent < 0 && errno == EAGAIN)
			return waits_for(want);
		if (sent < 0)
			return ended(c, -errno);
		c->octets += sent;
		c->len -= (size_t)sent;
	}
	return ended(c, 0);
}

static enum step
encrypt_step(struct connection *c)
{
	enum dial_want want;
	int done = dial_tls_handshake(c->tls, &want, c->error);
	return done == 0 ? waits_for(want) : ended(c, done > 0 ? 0 : -EPROTO);
}

static enum step
step(struct connection *c)
{
	switch (c->operation) {
	case CONNECT:
	case CONNECT_AGAIN: return connect_step(c);
	case READ: return read_step(c);
	case WRITE: return write_step(c);
	case ENCRYPT: return encrypt_step(c);
	case NONE: break;
	}
	return ended(c, -EINVAL);
}

static void on_due(uv_idle_t *idle);

/* The completion is called by the loop, never by the caller of the operation. */
static void
finish(struct connection *c)
{
	struct dial *dial = c->dial;
	if (c->socket >= 0)
		uv_poll_stop(&c->poll);
	uv_timer_stop(&c->timer);
	c->due = true;
	c->next_due = NULL;
	if (dial->first_due == NULL)
		dial->first_due = c;
	else
		dial->last_due->next_due = c;
	dial->last_due = c;
	dial->due++;
	uv_idle_start(&dial->ready, on_due);
}

static void
fail(struct connection *c, int error)
{
	c->result = -error;
	if (c->operation == ENCRYPT)
		snprintf(c->error, CHANNEL_ERROR_SIZE, "%s", strerror(error));
	finish(c);
}

static void proceed(struct connection *c);

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status; /* the step finds the error itself */
	(void)events;
	proceed(poll->data);
}

static void
on_timer(uv_timer_t *timer)
{
	struct connection *c = timer->data;
	if ((int64_t)uv_now(c->dial->loop) >= c->deadline)
		fail(c, ETIMEDOUT);
	else
		proceed(c);
}

static void
wait_for(struct connection *c, enum step what)
{
	int64_t left = c->deadline - (int64_t)uv_now(c->dial->loop);
	if (c->dial->stopped) {
		fail(c, ECANCELED);
		return;
	}
	if (left <= 0) {
		fail(c, ETIMEDOUT);
		return;
	}
	if (what == WAIT_ROOM)
		left = left < CONNECT_CROWDED_TIME ? left : CONNECT_CROWDED_TIME;
	else
		uv_poll_start(&c->poll, what == WAIT_WRITABLE ? UV_WRITABLE : UV_READABLE, on_ready);
	uv_timer_start(&c->timer, on_timer, (uint64_t)left, 0);
}

static void
proceed(struct connection *c)
{
	enum step what = step(c);
	if (what == STEP_ENDED)
		finish(c);
	else
		wait_for(c, what);
}

static void
start(struct connection *c, enum operation operation, int64_t deadline)
{
	c->operation = operation;
	c->deadline = deadline;
	proceed(c);
}

static void
connection_read(struct channel *channel, char *octets, size_t size, int64_t deadline)
{
	struct connection *c = (struct connection *)channel;
	c->space = octets;
	c->len = size;
	start(c, READ, deadline);
}

static void
connection_write(struct channel *channel, const char *octets, size_t len, int64_t deadline)
{
	struct connection *c = (struct connection *)channel;
	c->octets = octets;
	c->len = len;
	start(c, WRITE, deadline);
}

static void
connection_encrypt(
    struct channel *channel, const struct channel_tls *tls, int64_t deadline, char error[CHANNEL_ERROR_SIZE])
{
	struct connection *c = (struct connection *)channel;
	c->error = error;
	c->operation = ENCRYPT;
	c->tls = dial_tls_new(c->dial->tls, c->socket, &c->address, tls, error);
	if (c->tls != NULL) {
		start(c, ENCRYPT, deadline);
		return;
	}
	c->result = -EPROTO;
	finish(c);
}

static void
remove_due(struct connection *c)
{
	struct connection *before = NULL, *at = c->dial->first_due;
	if (!c->due)
		return;
	for (; at != c; at = at->next_due)
		before = at;
	if (before != NULL)
		before->next_due = c->next_due;
	else
		c->dial->first_due = c->next_due;
	if (c->dial->last_due == c)
		c->dial->last_due = before;
	c->due = false;
	c->dial->due--;
}

static void
connection_cancel(struct channel *channel)
{
	struct connection *c = (struct connection *)channel;
	remove_due(c);
	if (c->socket >= 0)
		uv_poll_stop(&c->poll);
	uv_timer_stop(&c->timer);
	c->operation = NONE;
}

static void
on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	if (--c->handles == 0)
		free(c);
}

/* The poll handle goes before the descriptor, which it watches. */
static void
connection_close(struct channel *channel)
{
	struct connection *c = (struct connection *)channel;
	connection_cancel(channel);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	dial_tls_free(c->tls);
	if (c->socket >= 0) {
		uv_close((uv_handle_t *)&c->poll, on_closed);
		close(c->socket);
	}
	uv_close((uv_handle_t *)&c->timer, on_closed);
}

/* Those that are due now; what they start may be due at the next turn of the loop, so that nobody waits for one of them. */
static void
on_due(uv_idle_t *idle)
{
	struct dial *dial = idle->data;
	for (unsigned left = dial->due; left > 0 && dial->first_due != NULL; left--) {
		struct connection *c = dial->first_due;
		remove_due(c);
		c->operation = NONE;
		c->channel.done(&c->channel, c->result);
	}
	if (dial->first_due == NULL)
		uv_idle_stop(idle);
	if (dial->after != NULL)
		dial->after(dial);
}

static const struct channel_ops ops = {
	.read = connection_read,
	.write = connection_write,
	.encrypt = connection_encrypt,
	.cancel = connection_cancel,
	.close = connection_close,
};

static int
open_socket(struct connection *c)
{
	union address address;
	if (make_address(&address, &c->address) == 0)
		return -EADDRNOTAVAIL;
	c->socket = connect_socket(&address.any);
	if (c->socket < 0)
		return -errno;
	int error = uv_poll_init(c->dial->loop, &c->poll, c->socket);
	if (error == 0) {
		c->poll.data = c;
		c->handles++;
		return 0;
	}
	close(c->socket);
	c->socket = -1;
	return error;
}

static struct channel *
dial(struct dialer *dialer, const struct channel_address *address, int64_t deadline,
    void (*done)(struct channel *channel, ssize_t result), void *owner)
{
	struct dial *dial = (struct dial *)dialer;
	struct connection *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	*c = (struct connection) { .channel = { &ops, done, owner }, .dial = dial, .address = *address, .socket = -1 };
	uv_timer_init(dial->loop, &c->timer);
	c->timer.data = c;
	c->handles = 1;
	c->next = dial->all;
	c->link = &dial->all;
	if (c->next != NULL)
		c->next->link = &c->next;
	dial->all = c;
	int error = open_socket(c);
	if (error == 0) {
		start(c, CONNECT, deadline);
	} else {
		c->operation = CONNECT;
		fail(c, -error);
	}
	return &c->channel;
}

static int64_t
now(const struct dialer *dialer)
{
	return (int64_t)uv_now(((const struct dial *)dialer)->loop);
}

int
dial_open(struct dial *d, uv_loop_t *loop)
{
	*d = (struct dial) { .dialer = { .dial = dial, .now = now }, .loop = loop };
	uv_idle_init(loop, &d->ready);
	d->ready.data = d;
	d->tls = dial_tls_cache_new();
	return d->tls != NULL ? 0 : -1;
}

void
dial_stop(struct dial *d)
{
	d->stopped = true;
	for (struct connection *c = d->all; c != NULL; c = c->next)
		if (c->operation != NONE && !c->due)
			fail(c, ECANCELED);
}

/* What is still open belongs to owners that are told so, as long as they start anew. */
void
dial_close(struct dial *d)
{
	dial_stop(d);
	while (d->first_due != NULL)
		on_due(&d->ready);
	while (d->all != NULL)
		connection_close(&d->all->channel);
	uv_close((uv_handle_t *)&d->ready, NULL);
	dial_tls_cache_free(d->tls);
}
