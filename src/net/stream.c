/* One connection, from its start to its end: what it does in its turn, and when its time is up. */
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "net/stream_internal.h"

enum {
	PACE_WINDOW = 10000, /* milliseconds over which a rate is taken */
	LINGER = 2000,       /* milliseconds that input is discarded after the end */
};

static void
log_end_of(const struct stream *stream, const char *cause)
{
	stream_log_begin(stream, "disconnect");
	log_put("cause", cause);
	log_end();
}

void
stream_log_cut(const struct stream *stream, const char *cause)
{
	if (stream->phase != STREAM_CLOSING)
		log_end_of(stream, cause);
}

/* libuv reads on while there is more: it gets no room once the share is used, and asks again in the next turn. */
static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct stream *stream = (struct stream *)handle;
	(void)suggested;
	*buffer = uv_buf_init(stream->host->input, stream_has_share(stream) ? STREAM_INPUT : 0);
}

static void
on_read(uv_stream_t *handle, ssize_t len, const uv_buf_t *buffer)
{
	struct stream *stream = (struct stream *)handle;
	if (len == 0 || len == UV_ENOBUFS || stream->phase == STREAM_CLOSING)
		return;
	if (len == UV_EOF) {
		stream_end_input(stream);
	} else if (len < 0) {
		stream_fail(stream, "reset");
	} else if (stream->phase == STREAM_LINGERING) {
		stream->share.octets += (size_t)len;
	} else {
		stream_read_raw(stream, buffer->base, (size_t)len);
	}
	if (len > 0)
		explicit_bzero(buffer->base, (size_t)len);
	stream_run(stream);
}

/* While a job is under way, reading continues until there is something to keep: most clients wait for the answer. */
static void
update_reading(struct stream *stream)
{
	struct input *input = &stream->input;
	bool wanted = !input->ended && !stream->failed && !stream_is_full(stream) && input_len(input) == 0 &&
	    !encryption_is_waiting(&stream->encryption);
	if (wanted == input->reading)
		return;
	input->reading = wanted;
	if (!wanted)
		uv_read_stop(&stream->socket.stream);
	else if (uv_read_start(&stream->socket.stream, on_alloc, on_read) < 0)
		stream_fail(stream, "reset");
}

static void
on_closed(uv_handle_t *handle)
{
	struct stream *stream = (struct stream *)handle;
	stream->host->closed(stream->host, stream);
}

void
stream_drop(struct stream *stream)
{
	stream_set_phase(stream, STREAM_CLOSING);
	uv_close(&stream->socket.handle, on_closed);
}

static void
close_stream(struct stream *stream)
{
	log_end_of(stream, stream->cause);
	if (stream->session != NULL)
		stream->protocol->free(stream->session);
	stream->session = NULL;
	if (stream->entered)
		stream->protocol->leave(stream->protocol, stream);
	turns_forget(&stream->host->turns, &stream->entry);
	gather_forget(&stream->host->gather, &stream->encryption);
	preamble_set(&stream->preamble, PREAMBLE_DONE);
	encryption_free(&stream->encryption);
	input_clear(&stream->input);
	stream_drop(stream);
}

static void
on_shut_down(uv_shutdown_t *request, int status)
{
	(void)status;
	free(request);
}

/* A socket that is closed with input unread is reset, and the last output is lost with it. */
static bool
linger(struct stream *stream)
{
	if (!stream->input.surplus || stream->phase == STREAM_LINGERING || stream->host->stopping)
		return false;
	uv_shutdown_t *request = malloc(sizeof *request);
	if (request == NULL || uv_shutdown(request, &stream->socket.stream, on_shut_down) < 0) {
		free(request);
		return false;
	}
	stream_set_phase(stream, STREAM_LINGERING);
	stream->deadline = stream_later(stream, LINGER);
	return true;
}

/* Ends the connection once its session is over, or the client is gone, and all has been sent. */
static void
close_or_wait(struct stream *stream)
{
	bool waits = stream_is_working(stream) || (stream_is_full(stream) && !stream->failed) ||
	    stream_has_more(stream);
	if (waits || (!stream_is_over(stream) && !stream->failed && !stream->input.ended)) {
		update_reading(stream);
		if (stream_has_more(stream) && !encryption_is_handshaking(&stream->encryption))
			turns_wait(&stream->host->turns, &stream->entry, TURN_NEXT);
		return;
	}
	bool ended = stream->failed || stream->input.ended;
	if (stream->cause == NULL)
		stream->cause = stream_is_over(stream) || !ended ? "done" : "end-of-input";
	if (ended || (stream->phase != STREAM_LINGERING && !linger(stream)))
		close_stream(stream);
	else
		update_reading(stream);
}

/* A server that stops lets a message through whose DATA has begun, unless its grace is over. */
static void
obey_stop(struct stream *stream)
{
	const struct stream_host *host = stream->host;
	if (!host->stopping || stream_is_working(stream) || stream_is_over(stream) || stream->failed)
		return;
	if (!host->ending && (input_len(&stream->input) > 0 || stream_is_full(stream)))
		return;
	if (host->ending || stream->phase == STREAM_PREAMBLE || !stream->protocol->in_transaction(stream->session))
		stream_say_last(stream, stream->protocol->shutdown, "stop");
}

/* The last octets of an encrypted session say that it ends. */
static void
close_encryption(struct stream *stream)
{
	struct encryption *encryption = &stream->encryption;
	stream->input.surplus = stream->input.surplus || encryption_is_waiting(encryption);
	encryption_close(encryption);
	stream_check_connection(stream);
}

void
stream_run(struct stream *stream)
{
	if (stream->phase == STREAM_CLOSING)
		return;
	stream_check_session(stream);
	if (!stream->failed) {
		stream_exchange(stream);
		obey_stop(stream);
	}
	stream_flush(stream);
	if (stream->phase == STREAM_DRAINING)
		close_encryption(stream);
	close_or_wait(stream);
}

void
stream_end(struct stream *stream, enum ftg_id last)
{
	if (!stream_is_working(stream) && !stream_is_over(stream) && !stream->failed)
		stream_say_last(stream, last, "stop");
	stream_run(stream);
}

/* The deadline of a stream whose greeting has not been sent. */
static void
expire_preamble(struct stream *stream)
{
	if (stream->preamble.state == PREAMBLE_UNGREETED)
		stream_greet(stream);
	else
		stream_fail(stream, stream->preamble.state == PREAMBLE_UNKNOWN ? "no-proxy-header" : "timeout");
}

static void
expire(struct stream *stream)
{
	if (stream->phase == STREAM_PREAMBLE)
		expire_preamble(stream);
	else if (stream_is_over(stream) || stream_is_full(stream))
		stream_fail(stream, stream->cause == NULL ? "stalled" : stream->cause);
	else
		stream_say_last(stream, stream->protocol->timeout, "timeout");
	stream_run(stream);
}

/* The earliest of the stream's deadlines. */
static int64_t
deadline_of(const struct stream *stream)
{
	const struct protocol *protocol = stream->protocol;
	int64_t deadline = stream->deadline < stream->end ? stream->deadline : stream->end;
	bool admitted = stream->phase == STREAM_SPEAKING && protocol->admitted != NULL &&
	    protocol->admitted(stream->session);
	return admitted || stream_is_over(stream) || stream->admission > deadline ? deadline : stream->admission;
}

/* A message must come in at a rate, but for the time in which nothing is read of it. */
static void
check_pace(struct stream *stream)
{
	const struct protocol *protocol = stream->protocol;
	int64_t now = stream_now(stream);
	struct pace *pace = &stream->pace;
	bool measured = protocol->min_rate > 0 && stream->phase == STREAM_SPEAKING && stream_is_open(stream) &&
	    input_len(&stream->input) == 0 && protocol->in_transaction(stream->session);
	if (measured && pace->since != 0 && now - pace->since < PACE_WINDOW)
		return;
	bool slow = measured && pace->since != 0 &&
	    pace->octets * 1000 < protocol->min_rate * (uint64_t)(now - pace->since);
	*pace = (struct pace) { .since = measured ? now : 0 };
	if (!slow)
		return;
	stream_say_last(stream, protocol->timeout, "slow");
	stream_run(stream);
}

void
stream_check_time(struct stream *stream)
{
	if (stream->phase == STREAM_CLOSING)
		return;
	if (deadline_of(stream) > stream_now(stream))
		check_pace(stream);
	else if (stream_is_working(stream))
		stream_touch(stream);
	else
		expire(stream);
}

static void
on_sent(struct output *output)
{
	struct encryption *encryption = (struct encryption *)((char *)output - offsetof(struct encryption, output));
	struct stream *stream = (struct stream *)((char *)encryption - offsetof(struct stream, encryption));
	stream_check_connection(stream);
	if (!stream->failed && stream->phase < STREAM_LINGERING)
		stream_touch(stream);
	stream_run(stream);
}

static void
set_peer(struct stream *stream)
{
	struct sockaddr_storage address;
	int len = sizeof address;
	if (stream->mode.local) {
		memcpy(stream->peer, "local", sizeof "local");
		return;
	}
	if (uv_tcp_getpeername(&stream->socket.tcp, (struct sockaddr *)&address, &len) < 0 ||
	    !ip_write_socket(stream->peer, (struct sockaddr *)&address))
		memcpy(stream->peer, "unknown", sizeof "unknown");
}

static void
expect_proxy(struct stream *stream)
{
	stream->deadline = stream_later(stream, PREAMBLE_PROXY_TIMEOUT);
	if (preamble_expect_proxy(&stream->preamble) < 0)
		stream_fail(stream, "out-of-memory");
}

void
stream_start(struct stream *stream, const char *obstacle, struct listen_mode mode)
{
	stream->encryption.output = (struct output) { .socket = &stream->socket.stream, .sent = on_sent };
	stream->mode = mode;
	stream->obstacle = obstacle;
	stream->end = stream_later(stream, stream->protocol->whole);
	stream->admission = stream_later(stream, stream->protocol->admission);
	stream_touch(stream);
	token_make(stream->token);
	set_peer(stream);
	if (mode.proxied)
		expect_proxy(stream);
	else
		stream_enter(stream);
	stream_run(stream);
}
