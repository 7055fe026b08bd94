/* Encryption of a connection: between its socket and all else. */
#ifndef NET_ENCRYPTION_H
#define NET_ENCRYPTION_H

#include <stdbool.h>
#include <stddef.h>

struct stream;

/* Could one begin? Not where there is no certificate, nor twice. */
bool encryption_is_possible(const struct stream *stream);

/* Begins behind what has been sent so far: all that comes and goes from now on is encrypted. The stream fails if not. */
void encryption_begin(struct stream *stream);

/* Takes octets from the socket. None is to be read from there while some wait. */
void encryption_feed(struct stream *stream, const char *octets, size_t len);
bool encryption_is_waiting(const struct stream *stream);

/* Goes on with the handshake, or gives plain octets and returns how many; 0: there are none, or the stream has ended. */
size_t encryption_read(struct stream *stream, char *octets, size_t size);

/* Sends plain octets; none gets out before the end of the handshake, or after that of the encryption. */
void encryption_write(struct stream *stream, const char *octets, size_t len);

/* Tells the client that nothing more comes. */
void encryption_end(struct stream *stream);

/* Frees what encryption takes. */
void encryption_free(struct stream *stream);

#endif
