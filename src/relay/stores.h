/*
 * The stores of mailboxes that one process delivers to: Maildirs here, and LMTP servers, each of which is known once.
 */
#ifndef RELAY_STORES_H
#define RELAY_STORES_H

#include "port/store_name.h"
#include "relay/client/route.h"
#include "relay/lmtp_server.h"

struct store {
	struct route route;        /* by LMTP; host NULL: Maildirs here */
	struct lmtp_server server; /* of a store elsewhere */
};

/* For one thread. */
struct stores {
	struct client_pool *pool;
	struct clock *clock;
	struct stats_slot *stats;         /* gets whether a server is down, or NULL; may be set after stores_open() */
	struct store here, configured_at; /* of those that are configured: Maildirs, and a server, if there is one */
	struct store *configured;         /* of mailboxes that name no store */
	void *others;                     /* by address */
	unsigned down;                    /* servers */
};

/* route is the one of the configuration; its host is NULL if mailboxes are here. All must outlive the stores. */
void stores_open(struct stores *stores, const struct route *route, struct client_pool *pool, struct clock *clock);

/* Frees them. Not while a message is under way to one. */
void stores_close(struct stores *stores);

/*
 * The store of a mailbox, by its name (port/store_name.h). Names come from the directory, so only the administration
 * makes stores. It lasts as long as the stores. NULL with errno: EINVAL if the name is unfit, ENOMEM.
 */
struct store *stores_find(struct stores *stores, const char *name);

/* Is it the store of the Maildirs of this server? */
bool store_is_here(const struct store *store);

#endif
