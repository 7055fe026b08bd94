/* Replies on their way to the client: rendered one behind the other, sent at once. */
#include "net/output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/encryption.h"

_Static_assert((int)FTG_IDS <= (int)STATS_REPLIES, "each reply is counted");

enum { STAMP_SIZE = sizeof "2026-01-31T12:00:00Z" };

/* Output that the client has not taken yet. */
struct unsent {
	uv_write_t request;
	char bytes[];
};

static void
on_sent(uv_write_t *request, int status)
{
	struct stream *stream = (struct stream *)request->handle;
	free(request);
	stream->unsent--;
	if (status < 0)
		stream_fail(stream, "reset");
	else
		stream_touch(stream);
	stream_proceed(stream);
}

/* Keeps output until the client takes it. */
static void
queue(struct stream *stream, const char *bytes, size_t len)
{
	struct unsent *unsent = malloc(sizeof *unsent + len);
	if (unsent == NULL) {
		stream_fail(stream, "out-of-memory");
		return;
	}
	memcpy(unsent->bytes, bytes, len);
	uv_buf_t buffer = uv_buf_init(unsent->bytes, (unsigned)len);
	if (uv_write(&unsent->request, (uv_stream_t *)&stream->tcp, &buffer, 1, on_sent) < 0) {
		free(unsent);
		stream_fail(stream, "reset");
		return;
	}
	stream->unsent++;
}

void
output_put(struct stream *stream, const char *octets, size_t len)
{
	if (stream->broken)
		return;
	uv_buf_t buffer = { .base = (char *)(uintptr_t)octets, .len = len };
	int sent = stream->unsent > 0 ? UV_EAGAIN : uv_try_write((uv_stream_t *)&stream->tcp, &buffer, 1);
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0)
		stream_fail(stream, "reset");
	else if ((size_t)sent < len)
		queue(stream, octets + sent, len - (size_t)sent);
}

/* Sends the replies that are in the output, which are all of one stream. */
static void
send_all(struct streams *streams)
{
	struct stream *stream = streams->writer;
	size_t len = streams->output_len;
	streams->writer = NULL;
	streams->output_len = 0;
	if (len == 0 || stream->broken)
		return;
	if (stream->tls != NULL)
		encryption_write(stream, streams->output, len);
	else
		output_put(stream, streams->output, len);
}

/* Makes the output this stream's, with room for len octets. */
static char *
output_for(struct stream *stream, size_t len)
{
	struct streams *streams = stream->streams;
	if (streams->writer != stream || STREAMS_OUTPUT - streams->output_len < len)
		send_all(streams);
	streams->writer = stream;
	return streams->output + streams->output_len;
}

/* The time of the loop's turn, reckoned once a second. */
static const char *
stamp_of(const uv_loop_t *loop)
{
	static char stamp[STAMP_SIZE];
	static uint64_t second = UINT64_MAX;
	if (second != uv_now(loop) / 1000) {
		time_t now = time(NULL);
		struct tm tm;
		gmtime_r(&now, &tm);
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
		second = uv_now(loop) / 1000;
	}
	return stamp;
}

void
stream_reply(struct stream *stream, const struct ftg_reply *reply)
{
	const struct voice_source *source = stream->streams->source;
	const struct ftg_vars vars = { .value = {
		                           [FTG_VAR_HOST] = source->host,
		                           [FTG_VAR_CLIENT] = stream->peer,
		                           [FTG_VAR_SESSION] = stream->token,
		                           [FTG_VAR_TIME] = stamp_of(stream->streams->loop),
		                           [FTG_VAR_CONTACT] = source->contact,
		                           [FTG_VAR_HELP] = source->help,
		                       } };
	const struct ftg_voice voice = stream_voice(stream, &vars);
	char *at = output_for(stream, FTG_REPLY_MAX);
	stream->streams->output_len += ftg_render(at, &voice, reply);
	stats_reply(stream->streams->stats, reply->id);
}

void
stream_send(struct stream *stream, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t part = len < STREAMS_OUTPUT ? len : STREAMS_OUTPUT;
		memcpy(output_for(stream, part), bytes, part);
		stream->streams->output_len += part;
		bytes += part;
		len -= part;
	}
}

void
output_send(struct stream *stream)
{
	if (stream->streams->writer == stream)
		send_all(stream->streams);
}
