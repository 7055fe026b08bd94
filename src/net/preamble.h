/* The time before the greeting: the header of a proxy, a TLS handshake, a delay in which the client must not talk. */
#ifndef NET_PREAMBLE_H
#define NET_PREAMBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proxy.h"

enum { PREAMBLE_PROXY_TIMEOUT = 5000 }; /* milliseconds for the proxy's header */

enum preamble_state {
	PREAMBLE_DONE,       /* the greeting has been sent, or the client turned away */
	PREAMBLE_UNKNOWN,    /* the proxy has to name the client */
	PREAMBLE_ENCRYPTING, /* the TLS handshake is under way */
	PREAMBLE_UNGREETED,  /* the greeting is delayed */
};

/* Of one connection. All zero is done. */
struct preamble {
	enum preamble_state state;
	struct proxy *proxy; /* PREAMBLE_UNKNOWN, and until preamble_end() */
};

enum preamble_result {
	PREAMBLE_MORE,   /* incomplete; all octets were consumed */
	PREAMBLE_CLIENT, /* complete; the remaining octets follow the header */
	PREAMBLE_EARLY,  /* the client has talked before the greeting */
	PREAMBLE_BAD,    /* no header: the connection must be closed, unanswered */
};

/* Begins to wait for the header of a proxy. Returns 0, or -1 if memory is out. */
int preamble_expect_proxy(struct preamble *preamble);

/*
 * Reads octets before the greeting: of a header, or of a client that should not talk. *used of them belong to the
 * header. During a handshake there are no such octets.
 */
enum preamble_result preamble_read(struct preamble *preamble, const char *octets, size_t len, size_t *used);

/* Sets the state after the header: PREAMBLE_ENCRYPTING, PREAMBLE_UNGREETED or PREAMBLE_DONE. Frees the header. */
void preamble_set(struct preamble *preamble, enum preamble_state state);

#endif
