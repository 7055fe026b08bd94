/* Connections to other servers on the event loop, over TCP or a Unix socket, with TLS. */
#include "peer/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "peer/dial_tls.h"
#include "peer/dial_tls_cache.h"
#include "peer/link.h"

enum operation { NONE, CONNECT, READ, WRITE, ENCRYPT };

/* The result of a step of an operation. */
enum step { STEP_ENDED, WAIT_READABLE, WAIT_WRITABLE };

struct connection {
	struct channel channel;
	struct dial *dial;
	struct link link;
	struct endpoint endpoint;          /* the address, for the link */
	struct connection *next, **before; /* of those that are open */
	struct connection *next_due;
	struct channel_address address;
	struct dial_tls *tls;
	enum operation operation;
	bool due;
	ssize_t result;
	int64_t deadline;
	char *space;        /* of READ */
	const char *octets; /* of WRITE: the rest */
	size_t len;
	char *said; /* of ENCRYPT: an error, or what TLS is in use */
};

/* False if it is no address. */
static bool
make_endpoint(struct endpoint *made, const struct channel_address *address)
{
	union endpoint_address *to = &made->address;
	*made = (struct endpoint) { 0 };
	if (address->host[0] == '/') {
		to->local.sun_family = AF_UNIX;
		memcpy(to->local.sun_path, address->host, strlen(address->host) + 1);
		made->len = sizeof to->local;
	} else if (inet_pton(AF_INET, address->host, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons((uint16_t)address->port);
		made->len = sizeof to->v4;
	} else if (inet_pton(AF_INET6, address->host, &to->v6.sin6_addr) == 1) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons((uint16_t)address->port);
		made->len = sizeof to->v6;
	}
	return made->len > 0;
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
read_step(struct connection *c)
{
	enum dial_want want = DIAL_WANTS_READ;
	ssize_t got = c->tls != NULL ? dial_tls_read(c->tls, c->space, c->len, &want)
	                             : link_receive(&c->link, c->space, c->len);
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
		                              : link_send(&c->link, c->octets, c->len);
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
	int done = dial_tls_handshake(c->tls, &want, c->said);
	if (done > 0) {
		stats_tls(c->dial->stats, true, dial_tls_version(c->tls));
		dial_tls_describe(c->tls, c->said);
	} else if (done < 0) {
		stats_add(c->dial->stats, STAT_TLS_OUT_FAILED, 1);
	}
	return done == 0 ? waits_for(want) : ended(c, done > 0 ? 0 : -EPROTO);
}

static enum step
step(struct connection *c)
{
	switch (c->operation) {
	case READ: return read_step(c);
	case WRITE: return write_step(c);
	case ENCRYPT: return encrypt_step(c);
	case CONNECT:
	case NONE: break;
	}
	return ended(c, -EINVAL);
}

static void on_due(uv_idle_t *idle);

/* Between operations nothing is waited for. */
static void
rest(struct connection *c)
{
	if (c->link.phase == LINK_OPEN || c->link.phase == LINK_CONNECTING)
		link_want(&c->link, 0);
	link_set_deadline(&c->link, INT64_MAX);
}

/* The completion is called by the loop, never by the caller of the operation. */
static void
finish(struct connection *c)
{
	struct dial *dial = c->dial;
	rest(c);
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
		snprintf(c->said, CHANNEL_ERROR_SIZE, "%s", strerror(error));
	finish(c);
}

static void
wait_for(struct connection *c, enum step what)
{
	if (c->dial->stopped) {
		fail(c, ECANCELED);
	} else if (c->deadline <= (int64_t)uv_now(c->dial->loop)) {
		fail(c, ETIMEDOUT);
	} else {
		link_set_deadline(&c->link, c->deadline);
		link_want(&c->link, what == WAIT_WRITABLE ? UV_WRITABLE : UV_READABLE);
	}
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
on_link(struct link *link, enum link_event event, int error)
{
	struct connection *c = link->owner;
	if (c->operation == NONE || c->due)
		return;
	switch (event) {
	case LINK_CONNECTED:
		c->result = 0;
		finish(c);
		break;
	case LINK_FAILED: fail(c, error); break;
	case LINK_READABLE:
	case LINK_WRITABLE: proceed(c); break;
	case LINK_CLOSED: break;
	}
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
    struct channel *channel, const struct channel_tls *tls, int64_t deadline, char said[CHANNEL_ERROR_SIZE])
{
	struct connection *c = (struct connection *)channel;
	c->said = said;
	c->operation = ENCRYPT;
	c->tls = dial_tls_new(c->dial->tls, c->link.socket, &c->address, tls, said);
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
	rest(c);
	c->operation = NONE;
}

static void
free_connection(struct link *link)
{
	free(link->owner);
}

static void
connection_close(struct channel *channel)
{
	struct connection *c = (struct connection *)channel;
	connection_cancel(channel);
	*c->before = c->next;
	if (c->next != NULL)
		c->next->before = c->before;
	dial_tls_free(c->tls);
	link_end(&c->link, free_connection);
}

/*
 * Finishes the connections that are due now. Operations that they start are due at the next turn of the loop at the
 * earliest, so that the loop is not blocked.
 */
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

/* The source address for a destination; NULL: the system chooses it. */
static const struct endpoint *
source_for(const struct dial *dial, const struct endpoint *to)
{
	const struct endpoint *source = NULL;
	const unsigned char *v4 = (const unsigned char *)&to->address.v4.sin_addr;
	if (to->address.any.sa_family == AF_INET && v4[0] != IN_LOOPBACKNET)
		source = &dial->source.v4;
	else if (to->address.any.sa_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&to->address.v6.sin6_addr))
		source = &dial->source.v6;
	return source != NULL && source->len > 0 ? source : NULL;
}

static void
open_link(struct connection *c, int64_t deadline)
{
	c->link.source = source_for(c->dial, &c->endpoint);
	link_open(&c->link, &c->endpoint, deadline);
}

static void
connect_to(struct connection *c, int64_t deadline)
{
	c->operation = CONNECT;
	if (!make_endpoint(&c->endpoint, &c->address))
		fail(c, EADDRNOTAVAIL);
	else if (c->dial->stopped)
		fail(c, ECANCELED);
	else
		open_link(c, deadline);
}

static struct channel *
dial(struct dialer *dialer, const struct channel_address *address, int64_t deadline,
    void (*done)(struct channel *channel, ssize_t result), void *owner)
{
	struct dial *dial = (struct dial *)dialer;
	struct connection *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	*c = (struct connection) { .channel = { &ops, done, owner }, .dial = dial, .address = *address };
	c->link.notify = on_link;
	c->link.owner = c;
	link_init(&c->link, dial->loop);
	c->next = dial->all;
	c->before = &dial->all;
	if (c->next != NULL)
		c->next->before = &c->next;
	dial->all = c;
	connect_to(c, deadline);
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

/*
 * Fails operations under way and reports that to their owners until no new operation starts; then closes all
 * connections.
 */
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
