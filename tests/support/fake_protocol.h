/* A protocol of one-letter commands for tests of streams: each line is a command, and is answered by a line. */
#ifndef SUPPORT_FAKE_PROTOCOL_H
#define SUPPORT_FAKE_PROTOCOL_H

#include "net/stream.h"

enum { FAKE_PART = 1024 }; /* octets of a part of a long answer */

/*
 * The commands: "d" begins a message, which the line "." ends; "w" waits for fake_finish(); "q" ends the session; "l"
 * begins a long answer of fake.parts parts; "s" begins encryption; "a" is the admission. All others are answered "ok".
 */
struct fake_session {
	struct stream *stream;
	struct fake_session *next;
	bool busy, closed, message, admitted;
	unsigned commands; /* that were run */
	size_t octets;     /* of messages */
	unsigned parts;    /* of a long answer that are left */
	unsigned sent;     /* parts that were sent */
	enum ftg_id last;  /* by which it was ended */
	char ahead[32];    /* octets that it was shown while it waited, as far as there is room */
	size_t line_len;
	char line[256];
};

/* What the protocol has seen. */
struct fake {
	struct fake_session *first; /* the newest session */
	unsigned entered, left, freed;
	unsigned parts;  /* of the next long answer */
	unsigned refuse; /* enter() lets nobody in */
	unsigned encrypted;
};

extern struct fake fake;
extern struct protocol fake_protocol;

/* Forgets what was seen, and sets the protocol's limits to none. */
void fake_protocol_reset(void);

/* The job of a session that waits is done. */
void fake_finish(struct fake_session *session);

#endif
