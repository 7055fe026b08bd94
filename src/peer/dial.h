/* Connections to other servers, over TCP or a Unix socket, with TLS. */
#ifndef PEER_DIAL_H
#define PEER_DIAL_H

#include "port/channel.h"

struct dial_tls_cache;

/*
 * What all connections of a process share. It must outlive them. dialer.dial() may be called from any thread; each
 * channel is used by one thread at a time. dial_open(), dial_close() and dial_stop() are for one thread.
 */
struct dial {
	struct dialer dialer;
	int stop[2]; /* a pipe; an octet in it ends all waiting */
	struct dial_tls_cache *tls;
};

/* Returns 0, or -1 with errno. dial_close() is called when no channel is open. */
int dial_open(struct dial *dial);
void dial_close(struct dial *dial);

/* Ends all waiting, now and later: reads, writes and connects that would wait fail with ECANCELED. */
void dial_stop(struct dial *dial);

#endif
