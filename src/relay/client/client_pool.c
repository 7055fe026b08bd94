/* Connections to servers that are kept for a moment, since more messages for the same server may follow. */
#include "relay/client/client_pool.h"

#include <string.h>

#include "relay/client/client.h"

void
client_pool_open(struct client_pool *pool, struct dialer *dialer, struct executor *disk)
{
	*pool = (struct client_pool) { .dialer = dialer, .disk = disk };
	for (size_t i = 0; i < CLIENT_POOL_IDLE; i++)
		pool->slots[i].pool = pool;
}

static struct client *
empty(struct client_slot *slot)
{
	struct client *client = slot->client;
	slot->client = NULL;
	slot->pool->idle--;
	return client;
}

struct client *
client_pool_take(struct client_pool *pool, const struct transport *transport, unsigned *messages)
{
	for (size_t i = 0; i < CLIENT_POOL_IDLE; i++) {
		struct client_slot *slot = &pool->slots[i];
		if (slot->client == NULL || !client_fits(slot->client, transport))
			continue;
		*messages = slot->messages;
		pool->reused++;
		return empty(slot);
	}
	return NULL;
}

static void
on_gone(struct client *client)
{
	client_close(empty(client_owner(client)));
}

static struct client_slot *
find_free(struct client_pool *pool)
{
	for (size_t i = 0; i < CLIENT_POOL_IDLE; i++)
		if (pool->slots[i].client == NULL)
			return &pool->slots[i];
	return NULL;
}

void
client_pool_put(struct client_pool *pool, struct client *client, unsigned messages)
{
	struct client_slot *slot = find_free(pool);
	if (slot == NULL || messages >= CLIENT_POOL_MESSAGES || !client_is_reusable(client)) {
		client_close(client);
		return;
	}
	slot->client = client;
	slot->messages = messages;
	pool->idle++;
	client_watch(client, pool->dialer->now(pool->dialer) + CLIENT_POOL_TIME, on_gone, slot);
}

void
client_pool_close(struct client_pool *pool)
{
	for (size_t i = 0; i < CLIENT_POOL_IDLE; i++)
		if (pool->slots[i].client != NULL)
			client_close(empty(&pool->slots[i]));
}
