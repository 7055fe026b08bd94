/* Pauses that a session takes: a timer each, while it lasts. */
#include <stdlib.h>

#include "net/stream.h"

struct pause {
	uv_timer_t timer;
	struct streams *streams;
	struct job *job;
};

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void
on_over(uv_timer_t *timer)
{
	struct pause *pause = (struct pause *)timer;
	struct streams *streams = pause->streams;
	struct job *job = pause->job;
	uv_close((uv_handle_t *)timer, on_closed);
	job->done(job);
	streams_run_ready(streams);
}

/* Without memory for it there is no pause. */
void
stream_wait(struct stream *stream, int64_t milliseconds, struct job *job)
{
	struct pause *pause = malloc(sizeof *pause);
	if (pause == NULL) {
		job->done(job);
		return;
	}
	pause->streams = stream->streams;
	pause->job = job;
	uv_timer_init(stream->streams->loop, &pause->timer);
	uv_timer_start(&pause->timer, on_over, (uint64_t)milliseconds, 0);
}
