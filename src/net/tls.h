/* The server's side of an encrypted connection: octets of TLS in and out, plain ones out and in. Knows no socket. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/tls_context.h"

/*
 * What is fed has come behind the reply that asks for the handshake, or from the first octet on. What a client sent in
 * plain text behind its STARTTLS or STLS is never fed, nor read as a command: the caller drops it (RFC 3207 section 6).
 */

enum {
	TLS_INPUT_MAX = 64 * 1024,  /* encrypted octets that wait to be read */
	TLS_OUTPUT_MAX = 64 * 1024, /* encrypted octets that wait to be sent; more are made when some have been */
};

enum tls_state {
	TLS_HANDSHAKING,
	TLS_OPEN,
	TLS_CLOSED, /* by a close_notify of either side: what there is of output is to be sent, then it is over */
	TLS_FAILED, /* for good: what there is of output holds the alert for the client; tls_error() says why */
};

struct tls;

/* A connection that waits for the client's first octets. NULL when memory is out. context may be freed before it. */
struct tls *tls_new(const struct tls_context *context);

/* Drops whatever has not been read or sent. */
void tls_free(struct tls *tls);

enum tls_state tls_state(const struct tls *tls);

/* Takes encrypted octets and returns how many: all, unless TLS_INPUT_MAX wait. Then plain ones are to be read first. */
size_t tls_feed(struct tls *tls, const void *octets, size_t len);

/* Do encrypted octets wait that tls_read() has not seen? */
bool tls_is_waiting(const struct tls *tls);

/*
 * Goes on with the handshake, or reads up to size plain octets and returns how many. 0: nothing more until tls_feed(),
 * or, where output waits, tls_sent(). To be called after each of them until it returns 0.
 */
size_t tls_read(struct tls *tls, void *octets, size_t size);

/* Encrypts plain octets and returns how many; fewer, also 0, where TLS_OUTPUT_MAX is near or the state is not open. */
size_t tls_write(struct tls *tls, const void *octets, size_t len);

/* The encrypted octets that are to be sent, until the next call; and the word that so many of them have been. */
const void *tls_output(const struct tls *tls, size_t *len);
void tls_sent(struct tls *tls, size_t len);

/* Says close_notify. Nothing is read or written any more. */
void tls_close(struct tls *tls);

/* For the log and the trace line, from the handshake's end on, else "": "TLSv1.3", "TLS_AES_256_GCM_SHA384". */
const char *tls_version(const struct tls *tls);
const char *tls_cipher(const struct tls *tls);

/* The host name that the client asked for (SNI), "" for none. It is what a stranger says: letters, digits, . - _ only. */
const char *tls_server_name(const struct tls *tls);

/* Why it failed, in English; "" where it has not. */
const char *tls_error(const struct tls *tls);

#endif
