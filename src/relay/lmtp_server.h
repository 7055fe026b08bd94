/* An LMTP server of mailboxes: so many deliveries at a time, each with a deadline, and none while it is down. */
#ifndef RELAY_LMTP_SERVER_H
#define RELAY_LMTP_SERVER_H

#include <stdint.h>

#include "base/clock.h"
#include "base/log/stats.h"
#include "relay/breaker.h"
#include "relay/client/client_pool.h"
#include "relay/client/transport.h"

enum {
	LMTP_DELIVERIES = 20,     /* of a worker at a time; further ones wait, for no longer than their deadline */
	LMTP_DOWN_MIN = 5 * 1000, /* milliseconds that the server is left alone after a failure, doubled each time */
	LMTP_DOWN_MAX = 60 * 1000,
};

/* One message on its way. Its transport is complete but for done, owner and address, and its deadline is set. */
struct lmtp_handover {
	struct transport transport;
	struct lmtp_server *server;
	struct lmtp_handover *next;
	uint64_t answers; /* of the server, when it was started */
	/* On the loop, when each recipient has its result; may come before lmtp_server_send() returns. */
	void (*done)(struct lmtp_handover *handover);
};

/* A worker has one for each address, on the loop's thread. */
struct lmtp_server {
	struct client_pool *pool;
	struct clock *clock; /* looks after deadlines */
	struct transport_address address;
	struct breaker breaker;   /* milliseconds of the dialer's clock */
	struct stats_slot *stats; /* gets whether a server is down; NULL: none. May be set after lmtp_server_open() */
	unsigned *down;           /* counts the servers of the worker that are down; NULL: it is the only one */
	bool probing;             /* one delivery tries whether the server is back */
	unsigned active;
	uint64_t answers;                   /* deliveries that did not time out */
	struct lmtp_handover *first, *last; /* that wait */
	struct chore watch;                 /* of their deadlines */
};

/* pool and clock must outlive it and its deliveries under way. */
void lmtp_server_open(
    struct lmtp_server *server, struct client_pool *pool, struct clock *clock, const struct channel_address *address);
void lmtp_server_close(struct lmtp_server *server);

/* Sends a message, now or when others have ended. While the server is down every recipient is deferred at once. */
void lmtp_server_send(struct lmtp_server *server, struct lmtp_handover *handover);

#endif
