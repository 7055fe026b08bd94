/* Pauses of a session: a timer each, while it lasts. */
#include <stdlib.h>

#include "net/stream.h"

struct pause {
	uv_timer_t timer;
	struct job *job;
};

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void
on_end(uv_timer_t *timer)
{
	struct pause *pause = (struct pause *)timer;
	struct job *job = pause->job;
	uv_close((uv_handle_t *)timer, on_closed);
	job->done(job);
}

/* If memory is out there is no pause. */
void
stream_wait(struct stream *stream, int64_t milliseconds, struct job *job)
{
	struct pause *pause = malloc(sizeof *pause);
	if (pause == NULL) {
		job->done(job);
		return;
	}
	pause->job = job;
	uv_timer_init(stream->host->loop, &pause->timer);
	uv_timer_start(&pause->timer, on_end, (uint64_t)milliseconds, 0);
}
