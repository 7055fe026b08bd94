/* What goes before a greeting: the header of a proxy, a delay in which nobody has anything to say. */
#ifndef NET_PREAMBLE_H
#define NET_PREAMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proxy;
struct stream;

enum { ARRIVAL_PROXY_TIMEOUT = 5000 }; /* milliseconds for the proxy's header */

enum arrival_state {
	ARRIVED,            /* nothing goes before the greeting any more */
	ARRIVAL_UNKNOWN,    /* the proxy has to say who comes */
	ARRIVAL_ENCRYPTING, /* the TLS handshake goes first */
	ARRIVAL_UNGREETED,  /* the greeting waits */
};

struct arrival {
	enum arrival_state state;
	struct proxy *proxy; /* ARRIVAL_UNKNOWN */
};

/* Begins, after which the stream has a session that is greeted, or will be, or is turned away. */
void arrival_begin(struct stream *stream);

/* Puts the greeting off for the delay of the protocol, or has it said now. */
void arrival_greet(struct stream *stream);

/* Begins a TLS handshake, after which the greeting's time comes. */
void arrival_encrypt(struct stream *stream);

/* Takes input of a stream that has not arrived. Returns how many octets; the rest is for the session. */
size_t arrival_read(struct stream *stream, const char *bytes, size_t len);

/* The deadline of such a stream has come. */
void arrival_expire(struct stream *stream);

/* Frees what an arrival takes. The stream has arrived. */
void arrival_end(struct stream *stream);

#endif
