/* What goes before a greeting: the header of a proxy, a delay in which nobody has anything to say. */
#ifndef NET_PREAMBLE_H
#define NET_PREAMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proxy;
struct stream;

enum { PREAMBLE_PROXY_TIMEOUT = 5000 }; /* milliseconds for the proxy's header */

enum preamble_state {
	PREAMBLE_DONE,       /* nothing goes before the greeting any more */
	PREAMBLE_UNKNOWN,    /* the proxy has to say who comes */
	PREAMBLE_ENCRYPTING, /* the TLS handshake goes first */
	PREAMBLE_UNGREETED,  /* the greeting waits */
};

struct preamble {
	enum preamble_state state;
	struct proxy *proxy; /* PREAMBLE_UNKNOWN */
};

/* Begins, after which the stream has a session that is greeted, or will be, or is turned away. */
void preamble_begin(struct stream *stream);

/* Puts the greeting off for the delay of the protocol, or has it said now. */
void preamble_greet(struct stream *stream);

/* Begins a TLS handshake, after which the greeting's time comes. */
void preamble_encrypt(struct stream *stream);

/* Takes input of a stream that has not arrived. Returns how many octets; the rest is for the session. */
size_t preamble_read(struct stream *stream, const char *bytes, size_t len);

/* The deadline of such a stream has come. */
void preamble_expire(struct stream *stream);

/* Frees what an preamble takes. The stream has arrived. */
void preamble_end(struct stream *stream);

#endif
