/* Delivers into the mailboxes of another server, by LMTP (RFC 2033): Dovecot, for one. */
#ifndef RELAY_LMTP_DELIVERY_H
#define RELAY_LMTP_DELIVERY_H

#include "port/delivery.h"
#include "relay/client/route.h"
#include "relay/lmtp_server.h"

/*
 * Another agent spools the message, which is sent to the server when it is committed. If the server accepts it for no
 * recipient, its reply is the result. If it accepted some recipients, that cannot be undone: the others enter the relay
 * queue with those of other servers. They are retried by the same route, or, if they were rejected permanently,
 * reported to the sender.
 */
struct lmtp_agent {
	struct delivery_agent agent;
	struct delivery_agent *spool; /* the other one: its queue takes the recipients that are left */
	const struct route *route;    /* to an address, or the path of a Unix socket */
	const char *hostname;
	int64_t timeout;          /* milliseconds for a delivery, from its commit on, waiting included */
	int64_t retry;            /* seconds until a recipient that was deferred is tried from the queue */
	int64_t (*now)(void);     /* seconds since 1970 */
	struct stats_slot *stats; /* counts deliveries, and has whether the server is down; NULL: none */
	struct lmtp_server server;
};

/* All but the first and the last member are set. pool and clock must outlive the agent. */
void lmtp_agent_open(struct lmtp_agent *agent, struct client_pool *pool, struct clock *clock);

/* Frees its record of the server. No delivery is under way. */
void lmtp_agent_close(struct lmtp_agent *agent);

#endif
