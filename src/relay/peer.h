/* The other end of a connection, a server: lines of commands go out, replies come in, and those are hostile. */
#ifndef RELAY_PEER_H
#define RELAY_PEER_H

#include <stdint.h>

#include "port/channel.h"

enum {
	PEER_LINE_MAX = 2048,   /* octets of a line of a reply; RFC 5321 4.5.3.1.5 asks for 512 */
	PEER_REPLY_MAX = 16384, /* octets of a reply, all its lines */
	PEER_TEXT_MAX = 4096,   /* that are kept of it */
	PEER_OUT = 8192,        /* octets of commands that are sent at a time */
};

struct peer_reply {
	int code; /* 200 to 599 */
	size_t len;
	char
	    text[PEER_TEXT_MAX + 1]; /* without the codes, lines with \n between; '?' for what is not printable ASCII */
};

/* All zero but for the channel at the beginning. */
struct peer {
	struct channel *channel;
	const char *fault; /* an English phrase, where anything has failed; the connection is of no more use then */
	int64_t deadline;  /* milliseconds of peer_now(); nothing takes longer. 0: none */
	size_t at, used, out;
	char in[PEER_LINE_MAX], commands[PEER_OUT];
};

/* Milliseconds of a steady clock. */
int64_t peer_now(void);

/* Reads one reply, all of it within so many milliseconds. False where there is none, or it is none of RFC 5321 4.2. */
bool peer_read(struct peer *peer, struct peer_reply *reply, int wait);

/*
 * Adds a command, to which CR LF is added, to those that peer_flush() sends, or sends them for the room. False where that
 * fails, where it is too long, or where a control character is in it: it would be a command more.
 */
bool peer_put(struct peer *peer, int wait, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool peer_flush(struct peer *peer, int wait);

/* Sends octets as they are, behind what was put. */
bool peer_send(struct peer *peer, const char *octets, size_t len, int wait);

#endif
