/* Connections to other servers on the event loop, over TCP or a Unix socket, with TLS. */
#ifndef PEER_DIAL_H
#define PEER_DIAL_H

#include <uv.h>

#include "base/log/stats.h"
#include "config/source_addresses.h"
#include "port/channel.h"

struct connection;
struct dial_tls_cache;

/* Shared by all connections of a process; all of it is used on the loop's thread. It must outlive them. */
struct dial {
	struct dialer dialer;
	uv_loop_t *loop;
	uv_idle_t ready; /* runs while completions are due */
	struct dial_tls_cache *tls;
	struct connection *all;                  /* that are open */
	struct connection *first_due, *last_due; /* whose operation has ended */
	unsigned due;                            /* how many */
	bool stopped;
	struct source_addresses
	    source;               /* that connections are made from, but those to this machine; set after dial_open() */
	struct stats_slot *stats; /* counts TLS handshakes; NULL: none. May be set after dial_open() */
	void (*after)(struct dial *dial); /* called after completions; NULL: nothing is */
};

/* Returns 0, or -1 with errno. The loop must run once more after dial_close(), which frees the open connections. */
int dial_open(struct dial *dial, uv_loop_t *loop);
void dial_close(struct dial *dial);

/* Ends all waiting, now and later: operations that would wait fail with ECANCELED. */
void dial_stop(struct dial *dial);

#endif
