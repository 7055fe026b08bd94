/* Delivers into mailboxes of this server, and of others, such as Dovecot, by LMTP (RFC 2033). */
#ifndef RELAY_LMTP_DELIVERY_H
#define RELAY_LMTP_DELIVERY_H

#include "port/delivery.h"
#include "relay/client/route.h"
#include "relay/stores.h"

/*
 * Another agent spools the message, which is sent to the servers of the mailboxes when it is committed, to all at the
 * same time. If they accept it for no recipient, the reply of one of them is the result. If they accepted some
 * recipients, that cannot be undone: the others enter the relay queue with those of other servers. They are retried at
 * their store, or, if they were rejected permanently, reported to the sender. If a mailbox is here, the other agent
 * stores the message in it and in the queue, all or nothing, and the queue sends it to the servers.
 */
struct lmtp_agent {
	struct delivery_agent agent;
	struct delivery_agent *spool; /* the other one: its queue takes the recipients that are left */
	const struct route *route;    /* of mailboxes that name no store; host NULL: they are here */
	const char *hostname;
	int64_t timeout;          /* milliseconds for a delivery, from its commit on, waiting included */
	int64_t retry;            /* seconds until a recipient that was deferred is tried from the queue */
	int64_t (*now)(void);     /* seconds since 1970 */
	struct stats_slot *stats; /* counts deliveries, and has whether the server is down; NULL: none */
	struct stores stores;
};

/* All but the first and the last member are set. pool and clock must outlive the agent. */
void lmtp_agent_open(struct lmtp_agent *agent, struct client_pool *pool, struct clock *clock);

/* Frees its records of the servers. No delivery is under way. */
void lmtp_agent_close(struct lmtp_agent *agent);

#endif
