/* Sets up a transport for an entry of the queue. */
#ifndef RELAY_TRANSPORT_ENTRY_H
#define RELAY_TRANSPORT_ENTRY_H

#include "port/queue_entry.h"
#include "relay/client/transport.h"

/*
 * Returns a transport with the parameters of the entry's message: sender, SIZE, SMTPUTF8, 8BITMIME, RET, ENVID. The
 * caller adds addresses, times and recipients. Texts stay those of the entry, the manner and the hostname, which must
 * outlive it. The size must be known, so the message is complete.
 */
struct transport transport_for_entry(
    const struct queue_entry *entry, const struct transport_manner *manner, const char *hostname);

/*
 * Returns whether the message needs SMTPUTF8 (RFC 6531 3.1): an address is not ASCII, or utf8 is set and the header is not.
 * Many clients ask for SMTPUTF8 without need, and a server without it must not cause a bounce then. Reads the file: blocks.
 */
bool transport_needs_utf8(const struct transport *transport);

/* Is the address of the sender or of a recipient not ASCII? */
bool transport_has_utf8_address(const struct transport *transport);

#endif
