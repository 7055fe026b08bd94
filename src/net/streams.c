/* All connections of a worker: their number, their turns, their time limits, their end. */
#include "net/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log/log.h"

enum { SWEEP = 1000 }; /* milliseconds between looks for those whose time is up, and between logged failures */

static struct streams *
streams_of(struct stream_host *host)
{
	return (struct streams *)((char *)host - offsetof(struct streams, host));
}

static void
on_sweep(uv_timer_t *timer)
{
	streams_sweep(timer->data);
}

void
streams_sweep(struct streams *streams)
{
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		stream_check_time(stream);
	}
}

static void
on_awake(uv_idle_t *idle)
{
	(void)idle;
}

static void
on_wake(struct turns *turns)
{
	struct stream_host *host = (struct stream_host *)((char *)turns - offsetof(struct stream_host, turns));
	uv_idle_start(&streams_of(host)->awake, on_awake);
}

static void
on_turn(uv_check_t *check)
{
	streams_run_turn(check->data);
}

static void
link_stream(struct streams *streams, struct stream *stream)
{
	stream->next = streams->first;
	if (stream->next != NULL)
		stream->next->previous = stream;
	streams->first = stream;
	stats_add(streams->host.stats, STAT_CONNECTIONS, 1);
	stats_add(streams->host.stats, STAT_CONNECTIONS_TOTAL, 1);
	if (streams->count++ == 0)
		uv_timer_start(&streams->sweep, on_sweep, SWEEP, SWEEP);
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
	stats_subtract(streams->host.stats, STAT_CONNECTIONS, 1);
	if (--streams->count == 0)
		uv_timer_stop(&streams->sweep);
}

/* While memory is out, connections wait in the system's queue, or for another worker. */
static void
pause_listeners(struct streams *streams)
{
	for (size_t i = 0; i < streams->listener_count; i++) {
		streams->listeners[i].waiting = true;
		listener_pause(&streams->listeners[i].listener);
	}
}

/* Memory is there again. */
static void
resume_listeners(struct streams *streams)
{
	for (size_t i = 0; i < streams->listener_count && !streams->host.stopping; i++) {
		if (streams->listeners[i].waiting)
			listener_resume(&streams->listeners[i].listener);
		streams->listeners[i].waiting = false;
	}
}

static void
on_stream_closed(struct stream_host *host, struct stream *stream)
{
	struct streams *streams = streams_of(host);
	unlink_stream(streams, stream);
	if (streams->spare == NULL)
		streams->spare = stream;
	else
		free(stream);
	if (host->stopping && streams->count == 0)
		streams->emptied(streams);
	resume_listeners(streams);
}

int
streams_open(struct streams *streams)
{
	struct stream_host *host = &streams->host;
	host->closed = on_stream_closed;
	turns_open(&host->turns, on_wake);
	streams->sweep.data = streams->turn.data = streams;
	streams->spare = malloc(sizeof *streams->spare);
	if (streams->spare == NULL)
		return UV_ENOMEM;
	int error = uv_timer_init(host->loop, &streams->sweep);
	if (error == 0)
		error = uv_idle_init(host->loop, &streams->awake);
	if (error == 0)
		error = uv_check_init(host->loop, &streams->turn);
	if (error == 0)
		error = uv_check_start(&streams->turn, on_turn);
	return error;
}

void
streams_close(struct streams *streams)
{
	free(streams->spare);
}

/* When memory is out, the spare one takes the connection, to turn it away. */
static struct stream *
new_stream(struct stream_listener *listener, const char **obstacle)
{
	struct streams *streams = listener->streams;
	struct stream *stream = malloc(sizeof *stream);
	*obstacle = stream == NULL ? "out-of-memory" : streams->count < streams->max ? NULL : "max-sessions";
	if (stream == NULL) {
		stream = streams->spare;
		streams->spare = NULL;
	}
	if (streams->spare == NULL)
		pause_listeners(streams);
	if (stream != NULL)
		*stream = (struct stream) { .host = &streams->host, .protocol = listener->protocol };
	return stream;
}

/* Returns 0, or an error of libuv; the handle must be closed in any case. */
static int
open_socket(struct stream *stream, uv_loop_t *loop, int descriptor, bool local)
{
	if (local) {
		uv_pipe_init(loop, &stream->socket.pipe, 0);
		return uv_pipe_open(&stream->socket.pipe, descriptor);
	}
	uv_tcp_init(loop, &stream->socket.tcp);
	return uv_tcp_open(&stream->socket.tcp, descriptor);
}

/* The system gives the lowest descriptor that is free: one that is near the limit shows that few are left. */
int
streams_adopt(struct streams *streams, struct stream_listener *listener, int descriptor)
{
	const char *obstacle;
	struct stream *stream = new_stream(listener, &obstacle);
	if (stream == NULL) {
		close(descriptor);
		return -1;
	}
	int error = open_socket(stream, streams->host.loop, descriptor, listener->mode.local);
	link_stream(streams, stream);
	if (error < 0) {
		close(descriptor);
		stream_drop(stream);
		return 0;
	}
	if (obstacle == NULL && descriptor >= streams->descriptors)
		obstacle = "descriptors";
	stream_start(stream, obstacle, listener->mode);
	return 0;
}

static void
log_failure(struct streams *streams, int error)
{
	int64_t now = streams->host.clock->now(streams->host.clock);
	if (now < streams->quiet)
		return;
	streams->quiet = now + SWEEP;
	log_event("accept-failed", "detail", strerror(error), NULL);
}

static void
on_accepted(struct listener *base, int descriptor)
{
	struct stream_listener *listener = (struct stream_listener *)base;
	if (descriptor < 0)
		log_failure(listener->streams, errno);
	else if (streams_adopt(listener->streams, listener, descriptor) < 0)
		log_failure(listener->streams, ENOMEM);
}

int
streams_listen(struct streams *streams, struct stream_listener *listener, int descriptor,
    const struct protocol *protocol, struct listen_mode mode)
{
	*listener = (struct stream_listener) {
		.listener.accepted = on_accepted,
		.streams = streams,
		.protocol = protocol,
		.mode = mode,
	};
	return listener_open(&listener->listener, streams->host.loop, descriptor, protocol->send_buffer);
}

void
streams_run_ready(struct streams *streams)
{
	struct turn_entry *entry;
	while ((entry = turns_take(&streams->host.turns)) != NULL)
		stream_run((struct stream *)((char *)entry - offsetof(struct stream, entry)));
}

void
streams_run_turn(struct streams *streams)
{
	struct turns *turns = &streams->host.turns;
	turns_begin(turns);
	streams_run_ready(streams);
	if (turns_are_empty(turns))
		uv_idle_stop(&streams->awake);
	else
		uv_idle_start(&streams->awake, on_awake);
}

void
streams_stop(struct streams *streams)
{
	if (streams->host.stopping)
		return;
	streams->host.stopping = true;
	for (size_t i = 0; i < streams->listener_count; i++)
		listener_close(&streams->listeners[i].listener);
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		stream_run(stream);
	}
	if (streams->count == 0)
		streams->emptied(streams);
}

void
streams_end(struct streams *streams)
{
	streams->host.ending = true;
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		stream_end(stream, stream->protocol->shutdown);
	}
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
