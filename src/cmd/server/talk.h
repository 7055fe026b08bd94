/* A session at a listener: its outlet is a stream of src/net. */
#ifndef CMD_SERVER_TALK_H
#define CMD_SERVER_TALK_H

#include "net/stream.h"
#include "port/limiter.h"
#include "session/language.h"
#include "session/outlet.h"

struct talk {
	struct session_outlet outlet;
	struct stream *stream;
	struct session_language language;
	void *session; /* of the protocol; the owner of the talk sets and frees it */
};

/*
 * Makes a talk without a session on a stream, whose jobs are those of its client's address. The language is that of the
 * session at its beginning. free() frees it. NULL when memory is out.
 */
struct talk *talk_new(struct stream *stream, const struct limiter *limiter, const struct session_language *language);

/*
 * The voice of a talk, whose catalogue is of that generation. If the talk is NULL, that of a client that has no
 * session: in the language of the listener.
 */
void talk_voice(struct talk *talk, const char *listener, unsigned generation, struct ftg_voice *voice);

#endif
