/* One connection: octets between a socket and a session. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdarg.h>

#include "base/ip.h"
#include "base/token.h"
#include "net/preamble.h"
#include "net/streams.h"
#include "port/job.h"

/* How fast a message comes in. */
struct pace {
	uint64_t since; /* start of the time that is looked at; 0: none */
	uint64_t octets;
};

struct stream {
	uv_tcp_t tcp;
	struct streams *streams;
	const struct protocol *protocol;
	void *session; /* NULL: turned away, or closing */
	struct stream *next, *previous;
	struct stream *next_ready;
	uint64_t deadline; /* of the loop's time, in milliseconds */
	uint64_t end;      /* the latest deadline that there can be */
	struct listen_mode mode;
	struct preamble preamble;
	struct tls *tls; /* NULL: not encrypted */
	struct pace pace;
	char *rest; /* input that the session has not taken */
	size_t rest_len;
	unsigned unsent; /* pieces of output that the client has not taken; nothing is read or fed meanwhile */
	bool turning;    /* encryption has begun; what is still at hand came in the clear, and is thrown away */
	bool welcome;    /* there is memory and room for it */
	bool entered;    /* and has to leave */
	bool is_ready;   /* is among those that are ready */
	bool reading;
	bool ended;     /* the client has ended its half */
	bool broken;    /* nothing can be read or sent any more */
	bool surplus;   /* input has been thrown away: the end is told before the connection is torn */
	bool lingering; /* the end has been told; input is thrown away until the client ends too */
	bool closing;
	const char *cause; /* of the end, for the log */
	char peer[IP_TEXT_SIZE];
	char token[TOKEN_SIZE];
};

/* The voice of the next reply. vars may be NULL. */
struct ftg_voice stream_voice(const struct stream *stream, const struct ftg_vars *vars);

/*
 * For sessions: says a reply in their voice, sends octets, asks to be fed again, logs an event of theirs. A stream is full
 * while the client has left something untaken.
 */
void stream_reply(struct stream *stream, const struct ftg_reply *reply);
void stream_send(struct stream *stream, const char *bytes, size_t len);
bool stream_is_full(const struct stream *stream);
void stream_resume(struct stream *stream);
void stream_log(struct stream *stream, const char *event, va_list pairs);

/* For sessions: can encryption begin? It begins behind what has been said. What the session has not taken is dropped. */
bool stream_can_encrypt(const struct stream *stream);
void stream_encrypt(struct stream *stream);

/* For sessions, which are busy until then: calls job->done() after so many milliseconds. */
void stream_wait(struct stream *stream, int64_t milliseconds, struct job *job);

/* For preamble.c: the client's address is known; its session is to be greeted; it is to hear a last word, and why. */
void stream_enter(struct stream *stream);
void stream_greet(struct stream *stream);
void stream_say_last(struct stream *stream, enum ftg_id last, const char *cause);

/* For encryption.c: the handshake is over. */
void stream_encrypted(struct stream *stream);

/* For output.c: the client is there, or is no more, and why. */
void stream_touch(struct stream *stream);
void stream_fail(struct stream *stream, const char *cause);

/* For streams.c: begins, once the connection has been accepted; says that there are too many if it is not welcome. */
void stream_start(struct stream *stream, bool welcome, struct listen_mode mode);

/* For streams.c: gives up a connection that was never accepted. */
void stream_drop(struct stream *stream);

/* For streams.c: does whatever can be done now: feed, send, read on, end. May close the stream. */
void stream_proceed(struct stream *stream);

/* The time is up. */
void stream_expire(struct stream *stream);

/* A second has passed: ends if the client sends too slowly. */
void stream_check_pace(struct stream *stream);

/* For streams.c: waits the session for a job or a peer? Logs the end of a connection that the process does not live to close. */
bool stream_is_working(const struct stream *stream);
void stream_log_cut(const struct stream *stream, const char *cause);

/* Says a last word and ends, in the midst of a message too. Nothing while a job is under way. */
void stream_end(struct stream *stream, enum ftg_id last);

#endif
