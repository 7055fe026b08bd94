/* One connection: octets between a socket and a session. */
#include "net/stream.h"

#include <assert.h>
#include <ftgate/catalog.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/encryption.h"
#include "net/output.h"
#include "net/tls.h"

enum {
	PACE_WINDOW = 10000, /* milliseconds over which a rate is taken */
	SLICE = 4096,        /* octets that are fed at a time: bounds what is answered to a client that does not read */
	LINGER = 2000,       /* milliseconds that input is thrown away after the end */
};

void
stream_touch(struct stream *stream)
{
	uint64_t idle = stream->protocol->idle, deadline = uv_now(stream->streams->loop) + idle;
	stream->deadline = idle != 0 && deadline < stream->end ? deadline : stream->end;
}

static bool
preamble_is_done(const struct stream *stream)
{
	return stream->preamble.state == PREAMBLE_DONE;
}

static bool
is_busy(const struct stream *stream)
{
	return stream->session != NULL && stream->protocol->busy(stream->session);
}

static bool
is_over(const struct stream *stream)
{
	return preamble_is_done(stream) && (stream->session == NULL || stream->protocol->closed(stream->session));
}

void
stream_fail(struct stream *stream, const char *cause)
{
	if (!stream->broken)
		stream->cause = cause;
	stream->broken = true;
}

static void
log_start(const struct stream *stream, const char *event)
{
	log_begin(event);
	log_put("session", stream->token);
	log_put("client", stream->peer);
}

struct ftg_voice
stream_voice(const struct stream *stream, const struct ftg_vars *vars)
{
	const struct voice_source *source = stream->streams->source;
	struct ftg_voice voice = source->voice;
	voice.vars = vars;
	stream->protocol->speak(stream->protocol, stream->session, source->generation, &voice);
	return voice;
}

static void
log_language(const struct stream *stream)
{
	const struct ftg_voice voice = stream_voice(stream, NULL);
	log_put("lang", ftg_catalog_tag(voice.catalog, voice.language));
}

void
stream_log(struct stream *stream, const char *event, va_list pairs)
{
	log_start(stream, event);
	log_language(stream);
	log_put_list(pairs);
	log_end();
}

bool
stream_is_full(const struct stream *stream)
{
	return stream->unsent > 0;
}

void
stream_resume(struct stream *stream)
{
	if (stream->is_ready)
		return;
	stream->is_ready = true;
	stream->next_ready = stream->streams->ready;
	stream->streams->ready = stream;
}

/* Has the session begun an answer, and more to say? */
static bool
is_sending(const struct stream *stream)
{
	return stream->session != NULL && stream->protocol->sending != NULL &&
	    stream->protocol->sending(stream->session);
}

/* Can the client be answered? */
static bool
is_open(const struct stream *stream)
{
	return !is_busy(stream) && !is_over(stream) && stream->unsent == 0 && !stream->broken;
}

/* Can the session be fed? */
static bool
takes_input(const struct stream *stream)
{
	return is_open(stream) && !is_sending(stream);
}

/* Goes on with an answer for as long as the client takes it. */
static void
say_more(struct stream *stream)
{
	while (is_sending(stream)) {
		output_send(stream);
		if (!is_open(stream))
			return;
		stream->protocol->more(stream->session);
	}
}

/* Feeds the session for as long as it takes octets and the client takes replies. Returns how many it took. */
static size_t
feed(struct stream *stream, const char *bytes, size_t len)
{
	size_t taken = 0;
	while (taken < len && preamble_is_done(stream) && takes_input(stream) && !stream->turning) {
		size_t slice = len - taken < SLICE ? len - taken : SLICE;
		size_t now = stream->protocol->feed(stream->session, bytes + taken, slice);
		assert(now == slice || !takes_input(stream) || stream->turning);
		taken += now;
	}
	return taken;
}

/* Encryption has begun: a command that came in the clear behind the one that asked for it is not run (RFC 3207 6). */
static void
drop_clear(struct stream *stream, size_t len)
{
	stream->turning = false;
	if (len == 0)
		return;
	log_start(stream, "clear-text-dropped");
	log_put_number("octets", (long long)len);
	log_end();
}

/* Keeps input for later, in place of what has been kept of it. Input may hold passwords: all copies of it are wiped. */
static void
keep(struct stream *stream, const char *bytes, size_t len)
{
	char *rest = NULL;
	if (stream->turning) {
		drop_clear(stream, len);
		len = 0;
	}
	if (len > 0 && is_over(stream)) {
		stream->surplus = true;
	} else if (len > 0) {
		rest = malloc(len);
		if (rest == NULL)
			stream_fail(stream, "out-of-memory");
		else
			memcpy(rest, bytes, len);
	}
	if (stream->rest != NULL)
		explicit_bzero(stream->rest, stream->rest_len);
	free(stream->rest);
	stream->rest = rest;
	stream->rest_len = rest == NULL ? 0 : len;
}

static void
feed_rest(struct stream *stream)
{
	if (stream->rest_len == 0)
		return;
	size_t taken = feed(stream, stream->rest, stream->rest_len);
	if (taken > 0 || is_over(stream))
		keep(stream, stream->rest + taken, stream->rest_len - taken);
}

/* Input from the client, decrypted. */
static void
take(struct stream *stream, const char *bytes, size_t len)
{
	size_t taken = preamble_is_done(stream) ? 0 : preamble_read(stream, bytes, len);
	if (preamble_is_done(stream))
		stream_touch(stream);
	stream->pace.octets += len;
	taken += feed(stream, bytes + taken, len - taken);
	keep(stream, bytes + taken, len - taken);
}

/* Decrypts for as long as the session takes octets. */
static void
decrypt(struct stream *stream)
{
	size_t len = 1;
	while (len > 0 && stream->tls != NULL && stream->rest_len == 0 && takes_input(stream)) {
		len = encryption_read(stream, stream->streams->plain, STREAMS_PLAIN);
		if (len > 0)
			take(stream, stream->streams->plain, len);
		explicit_bzero(stream->streams->plain, len);
	}
}

/* Octets from the socket: a proxy's header is not encrypted, what follows it may be. */
static void
take_raw(struct stream *stream, const char *bytes, size_t len)
{
	size_t header = stream->preamble.state == PREAMBLE_UNKNOWN ? preamble_read(stream, bytes, len) : 0;
	if (header == len)
		return;
	if (stream->tls == NULL) {
		take(stream, bytes + header, len - header);
		return;
	}
	stream_touch(stream);
	encryption_feed(stream, bytes + header, len - header);
	decrypt(stream);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	(void)suggested;
	*buffer = uv_buf_init(((struct stream *)handle)->streams->input, STREAMS_INPUT);
}

static void
on_read(uv_stream_t *handle, ssize_t len, const uv_buf_t *buffer)
{
	struct stream *stream = (struct stream *)handle;
	if (len == 0 || stream->closing)
		return;
	if (len == UV_EOF) {
		stream->ended = true;
	} else if (len < 0) {
		stream_fail(stream, "reset");
	} else if (!stream->lingering) {
		take_raw(stream, buffer->base, (size_t)len);
	}
	if (len > 0)
		explicit_bzero(buffer->base, (size_t)len);
	stream_proceed(stream);
	streams_run_ready(stream->streams);
}

/* While a job is under way reading goes on until there is something to keep: most clients wait for the answer. */
static void
update_reading(struct stream *stream)
{
	bool wanted = !stream->ended && !stream->broken && stream->unsent == 0 && stream->rest_len == 0 &&
	    !encryption_is_waiting(stream);
	if (wanted == stream->reading)
		return;
	stream->reading = wanted;
	if (!wanted)
		uv_read_stop((uv_stream_t *)&stream->tcp);
	else if (uv_read_start((uv_stream_t *)&stream->tcp, on_alloc, on_read) < 0)
		stream_fail(stream, "reset");
}

static void
log_end_of(const struct stream *stream, const char *cause)
{
	log_start(stream, "disconnect");
	log_put("cause", cause);
	log_end();
}

static void
on_closed(uv_handle_t *handle)
{
	struct stream *stream = (struct stream *)handle;
	streams_forget(stream->streams, stream);
}

void
stream_drop(struct stream *stream)
{
	stream->closing = true;
	uv_close((uv_handle_t *)&stream->tcp, on_closed);
}

static void
close_now(struct stream *stream)
{
	log_end_of(stream, stream->cause);
	if (stream->session != NULL)
		stream->protocol->free(stream->session);
	stream->session = NULL;
	if (stream->entered)
		stream->protocol->leave(stream->protocol, stream);
	preamble_end(stream);
	encryption_free(stream);
	keep(stream, NULL, 0);
	stream_drop(stream);
}

static void
on_shut_down(uv_shutdown_t *request, int status)
{
	(void)status;
	free(request);
}

/* A socket that is closed with input unread is reset, and what was sent last is lost with it. */
static bool
linger(struct stream *stream)
{
	if (!stream->surplus || stream->lingering || stream->streams->stopping)
		return false;
	uv_shutdown_t *request = malloc(sizeof *request);
	if (request == NULL || uv_shutdown(request, (uv_stream_t *)&stream->tcp, on_shut_down) < 0) {
		free(request);
		return false;
	}
	stream->lingering = true;
	stream->deadline = uv_now(stream->streams->loop) + LINGER;
	return true;
}

/* Ends the connection once its session is over and all has been sent. */
static void
settle(struct stream *stream)
{
	if (is_busy(stream) || (stream->unsent > 0 && !stream->broken)) {
		update_reading(stream);
	} else if (stream->broken || stream->ended) {
		if (stream->cause == NULL)
			stream->cause = is_over(stream) ? "done" : "end-of-input";
		close_now(stream);
	} else if (!is_over(stream) || linger(stream)) {
		update_reading(stream);
	} else if (!stream->lingering) {
		if (stream->cause == NULL)
			stream->cause = "done";
		close_now(stream);
	}
}

void
stream_say_last(struct stream *stream, enum ftg_id last, const char *cause)
{
	if (!preamble_is_done(stream)) {
		stream_fail(stream, cause);
		return;
	}
	stream->cause = cause;
	stream->protocol->end(stream->session, last);
}

/* A server that stops lets a message through whose DATA has begun. */
static void
obey_stop(struct stream *stream)
{
	bool ending = stream->streams->ending;
	if (!stream->streams->stopping || is_busy(stream) || is_over(stream))
		return;
	if (!ending && (stream->rest_len > 0 || stream->unsent > 0))
		return;
	if (ending || !preamble_is_done(stream) || !stream->protocol->in_transaction(stream->session))
		stream_say_last(stream, stream->protocol->shutdown, "stop");
}

/* What the session has taken may begin an answer that is long. */
static void
go_on(struct stream *stream)
{
	do {
		say_more(stream);
		feed_rest(stream);
		decrypt(stream);
	} while (is_open(stream) && is_sending(stream));
}

void
stream_proceed(struct stream *stream)
{
	if (stream->closing)
		return;
	if (!stream->broken) {
		go_on(stream);
		obey_stop(stream);
	}
	output_send(stream);
	if (is_over(stream))
		encryption_end(stream);
	settle(stream);
}

bool
stream_is_working(const struct stream *stream)
{
	return is_busy(stream);
}

void
stream_log_cut(const struct stream *stream, const char *cause)
{
	if (!stream->closing)
		log_end_of(stream, cause);
}

void
stream_end(struct stream *stream, enum ftg_id last)
{
	if (!is_busy(stream) && !is_over(stream) && !stream->broken)
		stream_say_last(stream, last, "stop");
	stream_proceed(stream);
}

void
stream_expire(struct stream *stream)
{
	if (is_busy(stream)) {
		stream_touch(stream);
		return;
	}
	if (!preamble_is_done(stream)) {
		preamble_expire(stream);
		stream_proceed(stream);
		return;
	}
	if (is_over(stream) || stream->unsent > 0)
		stream_fail(stream, stream->cause == NULL ? "stalled" : stream->cause);
	else
		stream_say_last(stream, stream->protocol->timeout, "timeout");
	stream_proceed(stream);
}

/* A message must come in at a rate, but for the time in which nothing is read of it. */
void
stream_check_pace(struct stream *stream)
{
	const struct protocol *protocol = stream->protocol;
	uint64_t now = uv_now(stream->streams->loop);
	struct pace *pace = &stream->pace;
	bool looked_at = protocol->min_rate > 0 && preamble_is_done(stream) && !is_over(stream) && !is_busy(stream) &&
	    stream->rest_len == 0 && stream->unsent == 0 && protocol->in_transaction(stream->session);
	if (looked_at && pace->since != 0 && now - pace->since < PACE_WINDOW)
		return;
	bool slow = looked_at && pace->since != 0 && pace->octets * 1000 < protocol->min_rate * (now - pace->since);
	*pace = (struct pace) { .since = looked_at ? now : 0 };
	if (!slow)
		return;
	stream_say_last(stream, protocol->timeout, "slow");
	stream_proceed(stream);
}

static void
put_peer(struct stream *stream)
{
	struct sockaddr_storage address;
	int len = sizeof address;
	if (uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&address, &len) < 0 ||
	    !ip_write_socket(stream->peer, (struct sockaddr *)&address))
		memcpy(stream->peer, "unknown", sizeof "unknown");
}

/* The reason for it, if it has one: each service has its own words for the limit of an address. */
static const char *
reason_of(const struct ftg_row *row)
{
	const char *limit = ftg_row(ERR_MAX_CONCURRENT)->ref;
	return strcmp(row->ref, limit) == 0 ? limit : NULL;
}

/* Too many, or no memory: says so in place of a greeting. */
static void
turn_away(struct stream *stream, const struct ftg_reply *words)
{
	const struct ftg_row *row = ftg_row(words->id);
	log_start(stream, "reply");
	log_language(stream);
	log_put("ref", row->ref);
	log_put("id", row->id);
	log_put("reason", reason_of(row));
	log_end();
	if (stream->mode.encrypted)
		stream_fail(stream, "turned-away");
	else
		stream_reply(stream, words);
}

void
stream_greet(struct stream *stream)
{
	stream->protocol->greet(stream->session);
}

bool
stream_can_encrypt(const struct stream *stream)
{
	return encryption_is_possible(stream);
}

void
stream_encrypt(struct stream *stream)
{
	encryption_begin(stream);
	stream->turning = true;
}

void
stream_encrypted(struct stream *stream)
{
	stream->protocol->encrypted(stream->session, tls_version(stream->tls), tls_cipher(stream->tls));
	if (stream->preamble.state == PREAMBLE_ENCRYPTING) {
		preamble_end(stream);
		preamble_greet(stream);
	}
}

void
stream_enter(struct stream *stream)
{
	const struct protocol *protocol = stream->protocol;
	struct ftg_reply words = ftg_reply(protocol->overload);
	log_start(stream, "connect");
	log_end();
	stream->entered = stream->welcome && protocol->enter(protocol, stream, &words);
	if (stream->entered)
		stream->session = protocol->open(protocol, stream);
	if (stream->session == NULL)
		turn_away(stream, &words);
	else if (stream->mode.encrypted)
		preamble_encrypt(stream);
	else
		preamble_greet(stream);
}

void
stream_start(struct stream *stream, bool welcome, struct listen_mode mode)
{
	uint64_t whole = stream->protocol->whole;
	stream->mode = mode;
	stream->welcome = welcome;
	stream->end = whole == 0 ? UINT64_MAX : uv_now(stream->streams->loop) + whole;
	stream_touch(stream);
	token_make(stream->token);
	put_peer(stream);
	preamble_begin(stream);
	stream_proceed(stream);
}
