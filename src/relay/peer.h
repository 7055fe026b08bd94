/* The SMTP dialogue with a server as octets: commands are collected, replies are parsed. Does no I/O. Replies are hostile. */
#ifndef RELAY_PEER_H
#define RELAY_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PEER_LINE_MAX = 2048,    /* octets of a line of a reply; RFC 5321 4.5.3.1.5 asks for 512 */
	PEER_REPLY_MAX = 16384,  /* octets of a reply, all its lines */
	PEER_TEXT_MAX = 4096,    /* octets that are kept of it */
	PEER_OUT = 8192,         /* octets of commands that are collected */
	PEER_COMMAND_MAX = 4096, /* octets of a command for which peer_has_room() asks */
};

struct peer_reply {
	int code; /* 200 to 599; 0: none yet */
	size_t len;
	char text[PEER_TEXT_MAX + 1]; /* without the codes, \n between lines, '?' for all but printable ASCII */
};

/* All zero at the beginning. */
struct peer {
	const char *fault;    /* an English phrase once anything has failed; the connection is of no more use then */
	size_t at, used, out; /* octets of in that are consumed, octets in in, octets in commands */
	size_t octets;        /* of the reply that is being read */
	bool partial;         /* a reply has begun */
	char in[PEER_LINE_MAX], commands[PEER_OUT];
};

enum peer_state { PEER_REPLY, PEER_MORE, PEER_FAULT };

/* The buffer to read into, and its size; then the number of octets read. There is room after PEER_MORE. */
char *peer_space(struct peer *peer, size_t *room);
void peer_filled(struct peer *peer, size_t len);

/*
 * Parses the next reply (RFC 5321 4.2), of which *reply holds the part that was there before. PEER_MORE: octets are missing.
 * PEER_FAULT: peer->fault says why this is no reply.
 */
enum peer_state peer_next(struct peer *peer, struct peer_reply *reply);

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
