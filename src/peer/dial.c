/* Connections to other servers, over TCP or a Unix socket, with TLS. */
#include "peer/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer/connect.h"
#include "peer/dial_tls.h"
#include "peer/dial_tls_cache.h"

struct connection {
	struct channel channel;
	struct dial *dial;
	struct channel_place address; /* of the server */
	int socket;
	struct dial_tls *tls; /* NULL: in the clear */
};

/*
 * Waits until a socket is ready for events (see poll(2)), dial_stop() is called, or the deadline has passed. Without a
 * socket (-1) it waits for the last two. Returns 0, or -1 with errno: ECANCELED, ETIMEDOUT.
 */
static int
wait_socket(const struct dial *dial, int descriptor, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - dial_now();
		struct pollfd sources[] = { { .fd = descriptor, .events = events },
			{ .fd = dial->stop[0], .events = POLLIN } };
		int ready = poll(sources, 2, left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready > 0 && sources[0].revents == 0) {
			errno = ECANCELED;
			return -1;
		}
		if (ready == 0)
			errno = ETIMEDOUT;
		return ready > 0 ? 0 : -1;
	}
}

static int
wait_for(const struct connection *c, short events, int64_t deadline)
{
	return wait_socket(c->dial, c->socket, events, deadline);
}

/* Waits for what a step of TLS wants. */
static int
wait_again(const struct connection *c, enum dial_want want, int64_t until)
{
	return wait_for(c, want == DIAL_WANTS_WRITE ? POLLOUT : POLLIN, until);
}

static ssize_t
read_step(struct connection *c, char *octets, size_t size, enum dial_want *want)
{
	if (c->tls != NULL)
		return dial_tls_read(c->tls, octets, size, want);
	*want = DIAL_WANTS_READ;
	return TEMP_FAILURE_RETRY(recv(c->socket, octets, size, 0));
}

static ssize_t
write_step(struct connection *c, const char *octets, size_t len, enum dial_want *want)
{
	if (c->tls != NULL)
		return dial_tls_write(c->tls, octets, len, want);
	*want = DIAL_WANTS_WRITE;
	return TEMP_FAILURE_RETRY(send(c->socket, octets, len, MSG_NOSIGNAL));
}

static ssize_t
connection_read(struct channel *channel, char *octets, size_t size, int wait)
{
	struct connection *c = (struct connection *)channel;
	int64_t until = dial_now() + wait;
	enum dial_want want;
	for (;;) {
		ssize_t got = read_step(c, octets, size, &want);
		if (got >= 0 || errno != EAGAIN)
			return got;
		if (wait_again(c, want, until) < 0)
			return -1;
	}
}

static int
connection_write(struct channel *channel, const char *octets, size_t len, int wait)
{
	struct connection *c = (struct connection *)channel;
	int64_t until = dial_now() + wait;
	enum dial_want want;
	while (len > 0) {
		ssize_t sent = write_step(c, octets, len, &want);
		if (sent < 0 && (errno != EAGAIN || wait_again(c, want, until) < 0))
			return -1;
		octets += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

static bool
connection_encrypt(struct channel *channel, const struct channel_tls *tls, int wait, char error[CHANNEL_ERROR_SIZE])
{
	struct connection *c = (struct connection *)channel;
	int64_t until = dial_now() + wait;
	enum dial_want want;
	c->tls = dial_tls_new(c->dial->tls, c->socket, &c->address, tls, error);
	if (c->tls == NULL)
		return false;
	for (;;) {
		int done = dial_tls_handshake(c->tls, &want, error);
		if (done != 0)
			return done > 0;
		if (wait_again(c, want, until) < 0) {
			snprintf(error, CHANNEL_ERROR_SIZE, "%s", strerror(errno));
			return false;
		}
	}
}

static void
connection_close(struct channel *channel)
{
	struct connection *c = (struct connection *)channel;
	dial_tls_free(c->tls);
	close(c->socket);
	free(c);
}

static const struct channel_ops ops = {
	.read = connection_read,
	.write = connection_write,
	.encrypt = connection_encrypt,
	.close = connection_close,
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un path;
};

/* Returns the length of the address; 0 if the text is not an address. */
static socklen_t
make_address(union address *address, const struct channel_place *place)
{
	*address = (union address) { 0 };
	if (place->address[0] == '/') {
		address->path.sun_family = AF_UNIX;
		memcpy(address->path.sun_path, place->address, strlen(place->address) + 1);
		return sizeof address->path;
	}
	if (inet_pton(AF_INET, place->address, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons((uint16_t)place->port);
		return sizeof address->v4;
	}
	if (inet_pton(AF_INET6, place->address, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons((uint16_t)place->port);
		return sizeof address->v6;
	}
	return 0;
}

/* Waits a moment before the next attempt. 0, or -1 with errno if there is no time left. */
static int
wait_for_room(const struct connection *c, int64_t deadline)
{
	int64_t now = dial_now();
	if (now >= deadline) {
		errno = ETIMEDOUT;
		return -1;
	}
	int64_t next = now + CONNECT_CROWDED_TIME;
	(void)wait_socket(c->dial, -1, 0, next < deadline ? next : deadline);
	return errno == ETIMEDOUT ? 0 : -1;
}

static int
connect_until(const struct connection *c, const union address *address, socklen_t len, int64_t deadline)
{
	enum connect_state state = connect_start(c->socket, &address->any, len);
	while (state == CONNECT_CROWDED) {
		if (wait_for_room(c, deadline) < 0)
			return -1;
		state = connect_start(c->socket, &address->any, len);
	}
	if (state == CONNECT_PENDING && wait_for(c, POLLOUT, deadline) < 0)
		return -1;
	if (state == CONNECT_PENDING)
		state = connect_finish(c->socket);
	return state == CONNECT_DONE ? 0 : -1;
}

static struct channel *
dial(struct dialer *dialer, const struct channel_place *place, int wait)
{
	union address address;
	int64_t until = dial_now() + wait;
	socklen_t len = make_address(&address, place);
	struct connection *c = len > 0 ? calloc(1, sizeof *c) : NULL;
	if (c == NULL) {
		errno = len > 0 ? ENOMEM : EADDRNOTAVAIL;
		return NULL;
	}
	c->channel.ops = &ops;
	c->dial = (struct dial *)dialer;
	c->address = *place;
	c->socket = connect_socket(&address.any);
	if (c->socket >= 0 && connect_until(c, &address, len, until) == 0)
		return &c->channel;
	int error = errno;
	if (c->socket >= 0)
		close(c->socket);
	free(c);
	errno = error;
	return NULL;
}

int
dial_open(struct dial *d)
{
	*d = (struct dial) { .dialer.dial = dial, .stop = { -1, -1 }, .tls = dial_tls_cache_new() };
	if (d->tls != NULL && pipe2(d->stop, O_CLOEXEC | O_NONBLOCK) == 0)
		return 0;
	dial_tls_cache_free(d->tls);
	d->tls = NULL;
	return -1;
}

void
dial_close(struct dial *d)
{
	close(d->stop[0]);
	close(d->stop[1]);
	dial_tls_cache_free(d->tls);
}

void
dial_stop(struct dial *d)
{
	ssize_t written = write(d->stop[1], "", 1);
	(void)written;
}
