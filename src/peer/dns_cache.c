/* A cache of answers of name servers. */
#include "peer/dns_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/siphash.h"

struct place {
	struct dns_answer *answer; /* NULL: free */
	int64_t until;
	enum resolver_type type;
	char name[DNS_NAME_SIZE];
};

struct dns_cache {
	uint64_t key[2]; /* secret, so that an attacker cannot choose names that replace others */
	struct place places[DNS_CACHE_SLOTS];
};

struct dns_cache *
dns_cache_new(void)
{
	struct dns_cache *cache = calloc(1, sizeof *cache);
	if (cache != NULL && getentropy(cache->key, sizeof cache->key) < 0)
		cache->key[0] = (uintptr_t)cache;
	return cache;
}

void
dns_cache_free(struct dns_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < DNS_CACHE_SLOTS; i++)
		dns_answer_release(cache->places[i].answer);
	free(cache);
}

static struct place *
place_of(struct dns_cache *cache, enum resolver_type type, const char *name)
{
	uint64_t hash = siphash(cache->key, name, strlen(name)) + type;
	return &cache->places[hash % DNS_CACHE_SLOTS];
}

struct dns_answer *
dns_cache_find(struct dns_cache *cache, enum resolver_type type, const char *name, int64_t now)
{
	const struct place *place = place_of(cache, type, name);
	bool known = place->answer != NULL && place->type == type && now < place->until &&
	    strcmp(place->name, name) == 0;
	return known ? place->answer : NULL;
}

void
dns_cache_put(
    struct dns_cache *cache, enum resolver_type type, const char *name, struct dns_answer *answer, int64_t now)
{
	struct place *place = place_of(cache, type, name);
	int64_t ttl = 1000 * (int64_t)answer->ttl;
	dns_answer_release(place->answer);
	*place = (struct place) { .answer = dns_answer_hold(answer), .type = type };
	place->until = now + (ttl < DNS_CACHE_LEAST ? DNS_CACHE_LEAST : ttl > DNS_CACHE_MOST ? DNS_CACHE_MOST : ttl);
	memcpy(place->name, name, strlen(name) + 1);
}
