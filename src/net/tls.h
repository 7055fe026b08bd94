/* The server's side of a TLS connection, in memory: TLS octets on one side, plain octets on the other. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/tls_context.h"

/*
 * The caller feeds what came after the reply to STARTTLS or STLS, or all octets if the connection begins with TLS. It must
 * drop clear text that the client sent behind its command (RFC 3207 section 6). For the loop's thread.
 */

enum {
	TLS_INPUT_MAX = 64 * 1024,  /* encrypted octets that wait to be read */
	TLS_OUTPUT_MAX = 64 * 1024, /* encrypted octets that wait to be sent; no more are made then */
};

enum tls_state {
	TLS_HANDSHAKING,
	TLS_OPEN,
	TLS_CLOSED, /* by a close_notify of either side; the output must still be sent */
	TLS_FAILED, /* the output, if any, holds the alert for the client; tls_error() has the reason */
};

struct tls;

/* Makes a connection that waits for the client's first octets. Returns NULL if memory is out. It may outlive context. */
struct tls *tls_new(const struct tls_context *context);

/* Frees it, with all that has not been read or sent. Takes NULL. */
void tls_free(struct tls *tls);

/* The state; TLS_CLOSED and TLS_FAILED are final. */
enum tls_state tls_state(const struct tls *tls);

/* Consumes encrypted octets and returns how many: all, unless TLS_INPUT_MAX wait to be read by tls_read(). */
size_t tls_feed(struct tls *tls, const void *octets, size_t len);

/* Do encrypted octets wait that tls_read() has not seen? */
bool tls_is_waiting(const struct tls *tls);

/*
 * Continues the handshake, or reads up to size plain octets and returns how many. 0: nothing more before tls_feed(), or,
 * if output waits, tls_sent(). Must be called after each of these until it returns 0.
 */
size_t tls_read(struct tls *tls, void *octets, size_t size);

/* Encrypts plain octets and returns how many: fewer, or 0, if TLS_OUTPUT_MAX is near or the state is not TLS_OPEN. */
size_t tls_write(struct tls *tls, const void *octets, size_t len);

/* tls_output() returns the octets to send, valid until the next call; tls_sent() removes those that were sent. */
const void *tls_output(const struct tls *tls, size_t *len);
void tls_sent(struct tls *tls, size_t len);

/* Sends close_notify. Nothing is read or written any more. */
void tls_close(struct tls *tls);

/* For the log and the trace line, once the handshake is complete, else "": "TLSv1.3", "TLS_AES_256_GCM_SHA384". */
const char *tls_version(const struct tls *tls);
const char *tls_cipher(const struct tls *tls);

/* The host name that the client asked for (SNI): letters, digits, ".", "-" and "_" only; "" if there is none. */
const char *tls_server_name(const struct tls *tls);

/* Why it failed, in English; "" if it has not. */
const char *tls_error(const struct tls *tls);

#endif
