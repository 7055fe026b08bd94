/* What goes before a greeting: the header of a proxy, a delay in which nobody has anything to say. */
#include "net/preamble.h"

#include <stdlib.h>
#include <string.h>

#include "net/encryption.h"
#include "net/proxy.h"
#include "net/stream.h"

static void
set_deadline(struct stream *stream, uint64_t milliseconds)
{
	stream->deadline = uv_now(stream->streams->loop) + milliseconds;
}

void
preamble_end(struct stream *stream)
{
	free(stream->preamble.proxy);
	stream->preamble = (struct preamble) { .state = PREAMBLE_DONE };
}

void
preamble_greet(struct stream *stream)
{
	if (stream->protocol->greeting_delay == 0) {
		stream_greet(stream);
		return;
	}
	stream->preamble.state = PREAMBLE_UNGREETED;
	set_deadline(stream, stream->protocol->greeting_delay);
}

/* The deadline is the one of a client that says nothing. */
void
preamble_encrypt(struct stream *stream)
{
	stream->preamble.state = PREAMBLE_ENCRYPTING;
	encryption_begin(stream);
}

void
preamble_begin(struct stream *stream)
{
	if (!stream->mode.proxied) {
		stream_enter(stream);
		return;
	}
	stream->preamble.proxy = calloc(1, sizeof *stream->preamble.proxy);
	if (stream->preamble.proxy == NULL) {
		stream_fail(stream, "out-of-memory");
		return;
	}
	stream->preamble.state = PREAMBLE_UNKNOWN;
	set_deadline(stream, PREAMBLE_PROXY_TIMEOUT);
}

/* A proxy that speaks for itself keeps its own address. */
static void
take_header(struct stream *stream)
{
	const struct proxy *proxy = stream->preamble.proxy;
	_Static_assert(sizeof stream->peer >= sizeof proxy->client.address, "an address fits");
	if (!proxy->local)
		memcpy(stream->peer, proxy->client.address, sizeof proxy->client.address);
	preamble_end(stream);
	stream_touch(stream);
	stream_enter(stream);
}

static size_t
read_header(struct stream *stream, const char *bytes, size_t len)
{
	size_t used;
	switch (proxy_read(stream->preamble.proxy, bytes, len, &used)) {
	case PROXY_MORE: break;
	case PROXY_DONE: take_header(stream); break;
	case PROXY_BAD: stream_fail(stream, "bad-proxy-header"); return len;
	}
	return used;
}

/* Programs that send without listening send too early. */
size_t
preamble_read(struct stream *stream, const char *bytes, size_t len)
{
	size_t used = 0;
	if (stream->preamble.state == PREAMBLE_UNKNOWN)
		used = read_header(stream, bytes, len);
	if (stream->preamble.state == PREAMBLE_UNGREETED && used < len) {
		preamble_end(stream);
		stream_say_last(stream, stream->protocol->early, "early-talker");
	}
	return used;
}

void
preamble_expire(struct stream *stream)
{
	bool greet = stream->preamble.state == PREAMBLE_UNGREETED;
	const char *cause = stream->preamble.state == PREAMBLE_UNKNOWN ? "no-proxy-header" : "timeout";
	preamble_end(stream);
	stream_touch(stream);
	if (greet)
		stream_greet(stream);
	else
		stream_fail(stream, cause);
}
