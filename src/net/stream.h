/* One connection: octets between a socket and a session. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdarg.h>
#include <uv.h>

#include "base/address/ip.h"
#include "base/clock.h"
#include "base/log/stats.h"
#include "base/text/token.h"
#include "net/certificate.h"
#include "net/encryption.h"
#include "net/gather.h"
#include "net/input.h"
#include "net/preamble.h"
#include "net/protocol.h"
#include "net/turns.h"
#include "net/voice_source.h"
#include "port/job.h"

enum {
	STREAM_INPUT = 64 * 1024, /* octets that are read at a time */
	STREAM_PLAIN = 16 * 1024, /* octets that are decrypted at a time */
};

/* How connections begin at a listener. */
struct listen_mode {
	bool proxied;   /* with the header of a proxy */
	bool encrypted; /* with a TLS handshake */
	bool local;     /* at a Unix domain socket */
};

struct stream;

/* Shared by all streams of a worker; it outlives them. For the loop's thread. */
struct stream_host {
	uv_loop_t *loop;
	struct clock *clock;
	const struct voice_source *source;
	const struct certificate *certificate;
	struct stats_slot *stats; /* NULL: nothing is counted */
	bool stopping;            /* those that are idle end, the others once they have answered */
	bool ending;              /* those in a transaction end, too */
	struct turns turns;
	struct gather gather;
	/* Called when a stream is closed. It may be freed then. */
	void (*closed)(struct stream_host *host, struct stream *stream);
	char input[STREAM_INPUT];
	char plain[STREAM_PLAIN];
};

/*
 * A stream only moves to a later phase; stream_set_phase() alone writes it. A stream that fails skips to CLOSING as soon
 * as no job of its session is under way.
 */
enum stream_phase {
	STREAM_PREAMBLE, /* before the greeting: see struct preamble. There is a session once the client is known */
	STREAM_SPEAKING, /* the session is fed */
	STREAM_DRAINING, /* the session is over, or the client was turned away: the last output leaves */
	STREAM_LINGERING, /* our half is shut; input is discarded until the client ends too, lest a reset take the output */
	STREAM_CLOSING, /* no call may reach the session any more */
};

/* How fast a message comes in. */
struct pace {
	int64_t since; /* start of the time that is looked at; 0: none */
	uint64_t octets;
};

union stream_socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe; /* at a Unix domain socket */
};

struct stream {
	union stream_socket socket;
	struct stream_host *host;
	const struct protocol *protocol;
	void *session;                  /* NULL: turned away, not known yet, or closing */
	struct stream *next, *previous; /* for streams.c */
	struct turn_entry entry;
	struct share share;
	enum stream_phase phase;
	struct listen_mode mode;
	const char *obstacle; /* why there is no room for it, as a cause of the log; NULL: there is */
	bool entered;         /* protocol->enter() has let it in, so protocol->leave() must follow */
	bool failed;          /* nothing can be read or sent any more */
	struct preamble preamble;
	struct input input;
	struct encryption encryption;
	struct pace pace;
	struct job_owner owner; /* of the session's jobs */
	int64_t deadline;       /* milliseconds of the host's clock, for the next sign of life */
	int64_t end;            /* of the whole session; INT64_MAX: none */
	int64_t admission;      /* until then the session must be admitted; INT64_MAX: none */
	const char *cause;      /* of the end, for the log */
	char peer[IP_TEXT_SIZE];
	char token[TOKEN_SIZE];
};

/*
 * Begins, with a socket that is connected. If there is an obstacle, a cause of the log, the client gets the reply that there
 * are too many; NULL: there is none.
 */
void stream_start(struct stream *stream, const char *obstacle, struct listen_mode mode);

/* Does all that can be done within the stream's share of this turn: feed, send, read on, end. May close it. */
void stream_run(struct stream *stream);

/* A second has passed: ends the stream if its time is up, or if its message comes too slowly. */
void stream_check_time(struct stream *stream);

/* Sends a last reply and ends, in the midst of a message too. Nothing while a job is under way. */
void stream_end(struct stream *stream, enum ftg_id last);

/* Closes the socket of a connection that was never started. */
void stream_drop(struct stream *stream);

/* Does the session wait for a job or a peer? */
bool stream_is_working(const struct stream *stream);

/* Logs the end of a connection that the process does not live to close. */
void stream_log_cut(const struct stream *stream, const char *cause);

/*
 * For sessions. Replies and octets are gathered, and leave at the end of the stream's turn. A stream is full while the
 * client has left something untaken: a long answer must stop then, and continue when protocol->more() is called.
 */
void stream_reply(struct stream *stream, const struct ftg_reply *reply);
void stream_send(struct stream *stream, const char *octets, size_t len);
bool stream_is_full(const struct stream *stream);

/* For sessions: the voice of the next reply. vars may be NULL. */
struct ftg_voice stream_voice(const struct stream *stream, const struct ftg_vars *vars);

/* For sessions: one that was busy can be fed again, or has closed itself. */
void stream_resume(struct stream *stream);

/* For sessions: logs an event with the session's token, client and language; pairs of key and value, NULL at the end. */
void stream_log(const struct stream *stream, const char *event, va_list pairs);

/* Begins a line of the log with the session's token and client. The caller ends it. */
void stream_log_begin(const struct stream *stream, const char *event);

/* For sessions: can encryption begin? It begins behind the output so far. Input that the session has not taken is dropped. */
bool stream_can_encrypt(const struct stream *stream);
void stream_encrypt(struct stream *stream);

/* For sessions, which are busy until then: calls job->done() after so many milliseconds; now if memory is out. */
void stream_wait(struct stream *stream, int64_t milliseconds, struct job *job);

#endif
