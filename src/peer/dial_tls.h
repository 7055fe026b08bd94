/* TLS as a client, over a socket that does not block. */
#ifndef PEER_DIAL_TLS_H
#define PEER_DIAL_TLS_H

#include <stdint.h>

#include "port/channel.h"

/* What is to be waited for before a step is tried again. */
enum dial_want { DIAL_WANTS_READ, DIAL_WANTS_WRITE };

struct dial_tls;

/* The socket stays the caller's. NULL with an English sentence. */
struct dial_tls *dial_tls_new(int socket, const struct channel_tls *tls, char error[CHANNEL_ERROR_SIZE]);
void dial_tls_free(struct dial_tls *tls);

/* 1; 0 with *want; -1 with an English sentence. */
int dial_tls_handshake(struct dial_tls *tls, enum dial_want *want, char error[CHANNEL_ERROR_SIZE]);

/* As read() and write() have it; EAGAIN with *want. */
ssize_t dial_tls_read(struct dial_tls *tls, char *octets, size_t size, enum dial_want *want);
ssize_t dial_tls_write(struct dial_tls *tls, const char *octets, size_t len, enum dial_want *want);

/* Milliseconds of a steady clock. */
int64_t dial_now(void);

#endif
