/* All connections of a worker: taking them, their number, their timeouts, their end. */
#include "net/streams.h"

#include <stdlib.h>

#include "base/log.h"
#include "net/stream.h"

enum {
	BACKLOG = 4096,
	SWEEP = 1000, /* milliseconds between looks for those whose time is up */
};

static void
run_sweep(uv_timer_t *timer)
{
	struct streams *streams = timer->data;
	uint64_t now = uv_now(streams->loop);
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		if (stream->closing)
			continue;
		if (stream->deadline <= now)
			stream_expire(stream);
		else
			stream_check_pace(stream);
	}
	streams_run_ready(streams);
}

int
streams_open(struct streams *streams)
{
	streams->sweep.data = streams;
	streams->spare = malloc(sizeof *streams->spare);
	if (streams->spare == NULL)
		return UV_ENOMEM;
	return uv_timer_init(streams->loop, &streams->sweep);
}

static void
link_stream(struct streams *streams, struct stream *stream)
{
	stream->next = streams->first;
	if (stream->next != NULL)
		stream->next->previous = stream;
	streams->first = stream;
	stats_add(streams->stats, STAT_CONNECTIONS, 1);
	stats_add(streams->stats, STAT_CONNECTIONS_TOTAL, 1);
	if (streams->count++ == 0)
		uv_timer_start(&streams->sweep, run_sweep, SWEEP, SWEEP);
}

static void
unlink_stream(struct streams *streams, struct stream *stream)
{
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		streams->first = stream->next;
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	stats_take(streams->stats, STAT_CONNECTIONS, 1);
	if (--streams->count == 0)
		uv_timer_stop(&streams->sweep);
}

/* The system gives the lowest number that is free: one that is near the limit tells that few are left. */
static bool
leaves_descriptors(const struct stream *stream)
{
	uv_os_fd_t descriptor;
	return uv_fileno((const uv_handle_t *)&stream->tcp, &descriptor) < 0 ||
	    descriptor < stream->streams->descriptors;
}

/* When memory is out, the spare one takes the connection, to turn it away. */
static void
take(struct listener *listener)
{
	struct streams *streams = listener->streams;
	struct stream *stream = malloc(sizeof *stream);
	bool welcome = stream != NULL && streams->count < streams->max;
	if (stream == NULL) {
		stream = streams->spare;
		streams->spare = NULL;
	}
	listener->waiting = stream == NULL;
	if (stream == NULL)
		return;
	*stream = (struct stream) { .streams = streams, .protocol = listener->protocol };
	uv_tcp_init(streams->loop, &stream->tcp);
	link_stream(streams, stream);
	int error = uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&stream->tcp);
	if (error < 0)
		stream_drop(stream);
	else
		stream_start(stream, welcome && leaves_descriptors(stream), listener->mode);
}

/* Descriptors are out: libuv has turned the connection away with the one that it keeps for this. */
static void
log_trouble(struct streams *streams, int error)
{
	uint64_t now = uv_now(streams->loop);
	if (now < streams->quiet)
		return;
	streams->quiet = now + SWEEP;
	log_event("accept-failed", "detail", uv_strerror(error), NULL);
}

static void
on_connection(uv_stream_t *handle, int status)
{
	struct listener *listener = (struct listener *)handle;
	if (status < 0)
		log_trouble(listener->streams, status);
	else
		take(listener);
}

/* Connections have it from the socket that listens. */
static int
limit_send_buffer(struct listener *listener)
{
	int size = listener->protocol->send_buffer;
	return size == 0 ? 0 : uv_send_buffer_size((uv_handle_t *)&listener->tcp, &size);
}

int
streams_listen(struct streams *streams, struct listener *listener, int descriptor, const struct protocol *protocol,
    struct listen_mode mode)
{
	*listener = (struct listener) { .streams = streams, .protocol = protocol, .mode = mode };
	int error = uv_tcp_init(streams->loop, &listener->tcp);
	if (error == 0)
		error = uv_tcp_open(&listener->tcp, descriptor);
	if (error == 0)
		error = limit_send_buffer(listener);
	if (error == 0)
		error = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
	return error;
}

void
streams_forget(struct streams *streams, struct stream *stream)
{
	unlink_stream(streams, stream);
	if (streams->spare == NULL)
		streams->spare = stream;
	else
		free(stream);
	if (streams->stopping && streams->count == 0)
		streams->emptied(streams);
	for (size_t i = 0; i < streams->listener_count && !streams->stopping; i++)
		if (streams->listeners[i].waiting)
			take(&streams->listeners[i]);
}

void
streams_run_ready(struct streams *streams)
{
	while (streams->ready != NULL) {
		struct stream *stream = streams->ready;
		streams->ready = stream->next_ready;
		stream->is_ready = false;
		stream_proceed(stream);
	}
}

void
streams_stop(struct streams *streams)
{
	if (streams->stopping)
		return;
	streams->stopping = true;
	for (size_t i = 0; i < streams->listener_count; i++)
		uv_close((uv_handle_t *)&streams->listeners[i].tcp, NULL);
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		stream_proceed(stream);
	}
	streams_run_ready(streams);
	if (streams->count == 0)
		streams->emptied(streams);
}

void
streams_end(struct streams *streams)
{
	streams->ending = true;
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		stream_end(stream, stream->protocol->shutdown);
	}
	streams_run_ready(streams);
}

struct streams_cut
streams_cut(const struct streams *streams)
{
	struct streams_cut cut = { 0 };
	for (const struct stream *stream = streams->first; stream != NULL; stream = stream->next) {
		bool working = stream_is_working(stream);
		cut.working += working;
		cut.unsent += !working;
		stream_log_cut(stream, working ? "cut-working" : "cut-unsent");
	}
	return cut;
}

void
streams_close(struct streams *streams)
{
	free(streams->spare);
}
