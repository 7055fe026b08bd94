/* Output of sessions, gathered so that many replies leave at once: a buffer for whichever connection writes. */
#ifndef NET_GATHER_H
#define NET_GATHER_H

#include <stddef.h>

#include "net/encryption.h"

enum { GATHER_SIZE = 64 * 1024 }; /* octets that leave at a time */

/* Of all connections of a loop. All zero is empty. */
struct gather {
	struct encryption *writer; /* the writer of its octets; NULL: none */
	size_t len;
	char octets[GATHER_SIZE];
};

/*
 * Returns room for up to GATHER_SIZE octets of a writer, valid until the next call; what another writer has gathered is
 * sent first, and so is its own if there is no room. gather_add() says how many were put there.
 */
char *gather_reserve(struct gather *gather, struct encryption *writer, size_t len);
void gather_add(struct gather *gather, size_t len);

/* Gathers octets of any length. */
void gather_put(struct gather *gather, struct encryption *writer, const char *octets, size_t len);

/* Sends a writer's gathered octets. */
void gather_flush(struct gather *gather, const struct encryption *writer);

/* Drops a writer's gathered octets. Must be called before the writer is freed. */
void gather_forget(struct gather *gather, const struct encryption *writer);

#endif
