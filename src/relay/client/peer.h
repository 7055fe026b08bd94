/* The SMTP dialogue with a server as octets: commands are collected, replies are parsed. Does no I/O. Replies are hostile. */
#ifndef RELAY_PEER_H
#define RELAY_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PEER_LINE_MAX = 2048,    /* octets of a line of a reply that are read; RFC 5321 4.5.3.1.5 asks for 512 */
	PEER_REPLY_MAX = 65536,  /* octets of a reply, all its lines, with those that are skipped */
	PEER_TEXT_MAX = 4096,    /* octets that are kept of it */
	PEER_OUT = 8192,         /* octets of commands that are collected */
	PEER_COMMAND_MAX = 4096, /* octets of a command for which peer_has_room() asks */
};

struct peer_reply {
	int code; /* of the last line, 200 to 599; 0: none yet */
	size_t len;
	/* Of the last line and of the lines before it that have its code: without it, \n between, '?' for what cannot be shown. */
	char text[PEER_TEXT_MAX + 1];
};

/* All zero at the beginning. */
struct peer {
	const char *fault;    /* an English phrase once anything has failed; the connection is of no more use then */
	size_t at, used, out; /* octets of in that are consumed, octets in in, octets in commands */
	size_t octets;        /* of the reply that is being read */
	bool partial;         /* a reply has begun */
	bool cut;             /* the rest of a line that was too long is still to be skipped */
	bool strange;         /* lines that are no reply were skipped since the reply has begun */
	char in[PEER_LINE_MAX], commands[PEER_OUT];
};

enum peer_state { PEER_REPLY, PEER_MORE, PEER_FAULT };

/* The buffer to read into, and its size; then the number of octets read. There is room after PEER_MORE. */
char *peer_space(struct peer *peer, size_t *room);
void peer_filled(struct peer *peer, size_t len);

/*
 * Parses the next reply (RFC 5321 4.2), of which *reply holds the part that was there before. Lines that are no reply are
 * skipped, as is what exceeds PEER_LINE_MAX in a line. The last line counts if the lines of a reply have different codes.
 * PEER_MORE: octets are missing. PEER_FAULT: peer->fault says why this is no reply; *reply holds the lines before.
 */
enum peer_state peer_next(struct peer *peer, struct peer_reply *reply);

/* After PEER_MORE, if no more octets will come: adds a last line without its end to *reply, if it begins with a code. */
void peer_cut_short(struct peer *peer, struct peer_reply *reply);

/* Has everything that was read been consumed? */
bool peer_is_empty(const struct peer *peer);

/* Discards buffered octets before TLS: an attacker may have sent them (RFC 3207 section 6). */
void peer_discard(struct peer *peer);

/* Is there room for one more command of PEER_COMMAND_MAX octets? */
bool peer_has_room(const struct peer *peer);

/*
 * Appends a command and CR LF to peer->commands. Sets peer->fault if it is too long or holds a control character, which would
 * be one command more.
 */
void peer_put(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
