/* A stream's state: its phase, its deadline, and the operations that are possible now. */
#include <assert.h>

#include "net/stream_internal.h"

int64_t
stream_now(const struct stream *stream)
{
	return stream->host->clock->now(stream->host->clock);
}

int64_t
stream_later(const struct stream *stream, uint64_t milliseconds)
{
	return milliseconds == 0 ? INT64_MAX : stream_now(stream) + (int64_t)milliseconds;
}

/* The client has shown that it is there. */
void
stream_touch(struct stream *stream)
{
	stream->deadline = stream_later(stream, stream->protocol->idle);
}

bool
stream_is_working(const struct stream *stream)
{
	return stream->session != NULL && stream->protocol->busy(stream->session);
}

bool
stream_is_over(const struct stream *stream)
{
	return stream->phase >= STREAM_DRAINING;
}

/* The one place that changes the phase. */
void
stream_set_phase(struct stream *stream, enum stream_phase phase)
{
	assert(phase > stream->phase);
	stream->phase = phase;
}

void
stream_fail(struct stream *stream, const char *cause)
{
	if (!stream->failed)
		stream->cause = cause;
	stream->failed = true;
	stream->owner.gone = true;
}

void
stream_end_input(struct stream *stream)
{
	stream->input.ended = true;
	stream->owner.gone = true;
}

/* After each call of the session, and each time a job of it is done. */
void
stream_check_session(struct stream *stream)
{
	if (stream->phase == STREAM_SPEAKING && stream->protocol->closed(stream->session))
		stream_set_phase(stream, STREAM_DRAINING);
}

/* Has the session begun an answer, and more to say? */
bool
stream_is_sending(const struct stream *stream)
{
	return stream->phase == STREAM_SPEAKING && stream->protocol->sending != NULL &&
	    stream->protocol->sending(stream->session);
}

/* Can the client be answered? */
bool
stream_is_open(const struct stream *stream)
{
	return !stream_is_working(stream) && !stream_is_over(stream) && !stream_is_full(stream) && !stream->failed;
}

bool
stream_has_share(struct stream *stream)
{
	return turns_has_share(&stream->host->turns, &stream->share);
}

/* A last reply; none if the greeting has not been sent. */
void
stream_say_last(struct stream *stream, enum ftg_id last, const char *cause)
{
	if (stream->phase == STREAM_PREAMBLE) {
		stream_fail(stream, cause);
		return;
	}
	stream->cause = cause;
	stream->protocol->end(stream->session, last);
	stream_check_session(stream);
}
