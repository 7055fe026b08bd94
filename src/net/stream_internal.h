/* Functions that the files of a stream share. Each file calls only those before it: state, begin, exchange, stream. */
#ifndef NET_STREAM_INTERNAL_H
#define NET_STREAM_INTERNAL_H

#include "net/stream.h"

/*
 * stream_state.c: the time of the host's clock; the time so many milliseconds from now, INT64_MAX for 0; the deadline of
 * a client that has just shown that it is there.
 */
int64_t stream_now(const struct stream *stream);
int64_t stream_later(const struct stream *stream, uint64_t milliseconds);
void stream_touch(struct stream *stream);

/* Sets a later phase. No other function writes stream->phase. */
void stream_set_phase(struct stream *stream, enum stream_phase phase);

/* The client has ended its half: jobs of the session may be dropped while they wait. */
void stream_end_input(struct stream *stream);

/* Nothing can be read or sent any more, because of the cause. The first cause counts. */
void stream_fail(struct stream *stream, const char *cause);

/* Sets the phase DRAINING if the session has closed itself. To be called after each call of the session. */
void stream_check_session(struct stream *stream);

/* Is the session over, so that only output remains? Has it more to say of a long answer? Can the client be answered? */
bool stream_is_over(const struct stream *stream);
bool stream_is_sending(const struct stream *stream);
bool stream_is_open(const struct stream *stream);

/* Is something left of the stream's share of this turn? */
bool stream_has_share(struct stream *stream);

/* Ends the session with a last reply; without one if the greeting has not been sent. */
void stream_say_last(struct stream *stream, enum ftg_id last, const char *cause);

/* stream_begin.c: sends the greeting, or waits for its delay first. */
void stream_greet(struct stream *stream);

/* The client's address is known: lets it in, or turns it away. */
void stream_enter(struct stream *stream);

/* Reads octets in the phase PREAMBLE. Returns how many of them belong to the preamble. */
size_t stream_read_preamble(struct stream *stream, const char *octets, size_t len);

/* Handles changes that reading and writing have caused: the end of a handshake, of the input, of the connection. */
void stream_check_connection(struct stream *stream);

/* stream_exchange.c: feeds the session octets from the socket, and keeps those that it does not take now. */
void stream_read_raw(struct stream *stream, const char *octets, size_t len);

/* Feeds the session the kept octets, and lets it continue a long answer. */
void stream_exchange(struct stream *stream);

/* Sends the gathered octets. */
void stream_flush(struct stream *stream);

/* After stream_exchange(): has the share of the turn ended before all was exchanged? */
bool stream_has_more(struct stream *stream);

#endif
