/* The stores of mailboxes that one process delivers to. */
#include "relay/stores.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct transport_manner manner = { .protocol = TRANSPORT_LMTP, .tls = TRANSPORT_TLS_NONE };

static void
open_server(struct stores *stores, struct store *store)
{
	struct channel_address address = { .port = store->route.port };
	snprintf(address.host, sizeof address.host, "%s", store->route.host);
	lmtp_server_open(&store->server, stores->pool, stores->clock, &address);
	store->server.stats = stores->stats;
	store->server.down = &stores->down;
}

void
stores_open(struct stores *stores, const struct route *route, struct client_pool *pool, struct clock *clock)
{
	struct stats_slot *stats = stores->stats;
	*stores = (struct stores) { .pool = pool, .clock = clock, .stats = stats };
	stores->configured = &stores->here;
	if (route->host == NULL)
		return;
	stores->configured = &stores->configured_at;
	stores->configured->route = *route;
	open_server(stores, stores->configured);
}

static void
free_store(void *node)
{
	struct store *store = node;
	lmtp_server_close(&store->server);
	free(store->route.host);
	free(store);
}

void
stores_close(struct stores *stores)
{
	if (stores->configured == &stores->configured_at)
		lmtp_server_close(&stores->configured->server);
	tdestroy(stores->others, free_store);
	stores->others = NULL;
}

static int
compare(const void *one, const void *other)
{
	const struct route *a = &((const struct store *)one)->route, *b = &((const struct store *)other)->route;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return strcmp(a->host, b->host);
}

static struct store *
make(struct stores *stores, const struct channel_address *address)
{
	struct store *store = calloc(1, sizeof *store);
	if (store == NULL)
		return NULL;
	store->route = (struct route) { .host = strdup(address->host), .port = address->port, .manner = manner };
	if (store->route.host == NULL || tsearch(store, &stores->others, compare) == NULL) {
		free(store->route.host);
		free(store);
		return NULL;
	}
	open_server(stores, store);
	return store;
}

static struct store *
find_at(struct stores *stores, struct channel_address *address)
{
	const struct store wanted = { .route = { .host = address->host, .port = address->port } };
	if (!store_is_here(stores->configured) && compare(&wanted, stores->configured) == 0)
		return stores->configured;
	struct store *const *found = tfind(&wanted, &stores->others, compare);
	return found != NULL ? *found : make(stores, address);
}

struct store *
stores_find(struct stores *stores, const char *name)
{
	struct channel_address address;
	switch (store_name_parse(name, &address)) {
	case STORE_CONFIGURED: return stores->configured;
	case STORE_MAILDIR: return &stores->here;
	case STORE_LMTP: return find_at(stores, &address);
	default: errno = EINVAL; return NULL;
	}
}

bool
store_is_here(const struct store *store)
{
	return store->route.host == NULL;
}
