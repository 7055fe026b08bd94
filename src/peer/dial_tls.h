/* TLS as a client, over a socket that does not block. */
#ifndef PEER_DIAL_TLS_H
#define PEER_DIAL_TLS_H

#include "port/channel.h"

struct dial_tls_cache;

/* The event that the caller must wait for before it repeats a step. */
enum dial_want { DIAL_WANTS_READ, DIAL_WANTS_WRITE };

/* One connection. It is used by one thread at a time. */
struct dial_tls;

/*
 * Prepares TLS with the server at an address, over a connected socket that stays the caller's. The session that an
 * earlier connection left for the same address and name is resumed, if the cache holds one; never with TLSA records, whose
 * verdict holds for one handshake. cache must outlive the connection. Returns NULL, with an English sentence in error, if
 * the authorities cannot be read, no TLSA record can be used, or there is no memory.
 */
struct dial_tls *dial_tls_new(struct dial_tls_cache *cache, int socket, const struct channel_address *address,
    const struct channel_tls *tls, char error[CHANNEL_ERROR_SIZE]);

/* Sends close_notify, if the handshake is complete and the socket takes it, and frees the connection. Takes NULL. */
void dial_tls_free(struct dial_tls *tls);

/* Continues the handshake. Returns 1 if it is complete; 0 with *want; -1 with an English sentence in error. */
int dial_tls_handshake(struct dial_tls *tls, enum dial_want *want, char error[CHANNEL_ERROR_SIZE]);

/* Writes protocol and cipher after the handshake: "TLSv1.3 TLS_AES_256_GCM_SHA384". */
void dial_tls_describe(const struct dial_tls *tls, char said[CHANNEL_ERROR_SIZE]);

/* The version after the handshake, such as "TLSv1.3". */
const char *dial_tls_version(const struct dial_tls *tls);

/* As read(2) and write(2); -1 with errno EAGAIN and *want if the caller must wait. */
ssize_t dial_tls_read(struct dial_tls *tls, char *octets, size_t size, enum dial_want *want);
ssize_t dial_tls_write(struct dial_tls *tls, const char *octets, size_t len, enum dial_want *want);

#endif
