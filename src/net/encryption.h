/* Encryption between the octets of a socket and those of a session; before it begins, octets pass as they are. */
#ifndef NET_ENCRYPTION_H
#define NET_ENCRYPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "net/output.h"
#include "net/tls.h"

/* Of one connection. All zero but for the output has not begun. */
struct encryption {
	struct output output;
	struct tls *tls;      /* NULL: not encrypted */
	enum tls_state state; /* that has been reported */
	bool answered;        /* the handshake has sent something */
};

/* A change since the last call of encryption_event(). */
enum encryption_event {
	ENCRYPTION_NOTHING,
	ENCRYPTION_OPENED, /* the handshake is over */
	ENCRYPTION_CLOSED, /* the peer sends no more */
	ENCRYPTION_FAILED, /* permanent: tls_error() has the reason */
};

/* Begins behind what has been written so far. Returns 0, or -1 if memory is out. context may be freed before the end. */
int encryption_begin(struct encryption *encryption, const struct tls_context *context);

/* Takes octets from the socket. None may be read from there while some wait. Encryption has begun. */
void encryption_feed(struct encryption *encryption, const char *octets, size_t len);
bool encryption_is_waiting(const struct encryption *encryption);

/* Is a handshake under way? */
bool encryption_is_handshaking(const struct encryption *encryption);

/*
 * Continues the handshake, or decrypts up to size octets and returns how many; 0: there are none. What the handshake
 * sends goes to the output. Octets may come with the end of the handshake, and with the end of all.
 */
size_t encryption_read(struct encryption *encryption, char *octets, size_t size);

/* Sends octets: encrypted, or as they are. None leaves during the handshake, or after the end of the encryption. */
void encryption_write(struct encryption *encryption, const char *octets, size_t len);

/* Reports each change of the state once. To be asked after every read and write. */
enum encryption_event encryption_event(struct encryption *encryption);

/* Sends close_notify. Does nothing if the encryption is not open. */
void encryption_close(struct encryption *encryption);

/* Frees what encryption takes, and drops what has not been read. */
void encryption_free(struct encryption *encryption);

#endif
