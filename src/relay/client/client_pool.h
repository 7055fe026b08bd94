/* Connections to servers that are kept for a moment, since more messages for the same server may follow. */
#ifndef RELAY_CLIENT_POOL_H
#define RELAY_CLIENT_POOL_H

#include "relay/client/tls_failures.h"
#include "relay/client/transport.h"

enum {
	CLIENT_POOL_IDLE = 20,      /* connections that are kept at most */
	CLIENT_POOL_TIME = 2000,    /* milliseconds that one is kept */
	CLIENT_POOL_MESSAGES = 100, /* that go over one at most */
};

struct client;

struct client_slot {
	struct client *client; /* NULL: free */
	struct client_pool *pool;
	unsigned messages; /* that went over it */
};

/* One of each process, on the loop's thread. It must outlive its transports. */
struct client_pool {
	struct dialer *dialer;
	struct executor *disk; /* runs the jobs that read messages */
	struct client_slot slots[CLIENT_POOL_IDLE];
	unsigned idle, reused; /* connections that are idle; messages that went over one that was */
	struct tls_failures tls_failures;
};

/* dialer and disk must outlive the pool. */
void client_pool_open(struct client_pool *pool, struct dialer *dialer, struct executor *disk);

/* Takes out an idle connection that fits, and how many messages went over it. NULL: there is none. */
struct client *client_pool_take(struct client_pool *pool, const struct transport *transport, unsigned *messages);

/* Keeps a connection whose message has ended, or closes it. messages counts that one. */
void client_pool_put(struct client_pool *pool, struct client *client, unsigned messages);

/* Closes all idle connections. */
void client_pool_close(struct client_pool *pool);

#endif
