/* Recent answers to questions about recipients, which hold for one state of the database. */
#include "directory/sqlite/recipient_cache.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64 }; /* a power of 2; an address has one entry that it can be in */

struct entry {
	bool used;
	enum directory_verdict verdict;
	char local[ADDRESS_LOCAL_MAX + 1];
	char domain[ADDRESS_DOMAIN_MAX + 1];
	struct recipient recipient;
};

struct recipient_cache {
	uint64_t state; /* of the database, that the entries are of */
	struct entry entries[ENTRIES];
};

/* FNV-1a. Addresses that collide replace each other, which costs the queries that they would cost without a cache. */
static uint32_t
hash(uint32_t seed, const char *text)
{
	for (; *text != '\0'; text++)
		seed = (seed ^ (unsigned char)*text) * 16777619;
	return seed;
}

static struct entry *
entry_of(struct recipient_cache *cache, const struct address *address)
{
	uint32_t sum = hash(hash(2166136261, address->local), address->domain);
	return &cache->entries[(sum ^ sum >> 16) % ENTRIES];
}

static void
drop_all(struct recipient_cache *cache, uint64_t state)
{
	for (size_t i = 0; i < ENTRIES; i++)
		cache->entries[i].used = false;
	cache->state = state;
}

bool
recipient_cache_find(
    struct recipient_cache *cache, uint64_t state, struct recipient_question *question, enum directory_verdict *verdict)
{
	const struct entry *entry = entry_of(cache, &question->address);
	if (cache->state != state)
		drop_all(cache, state);
	if (!entry->used || strcmp(entry->local, question->address.local) != 0 ||
	    strcmp(entry->domain, question->address.domain) != 0)
		return false;
	question->recipient = entry->recipient;
	*verdict = entry->verdict;
	return true;
}

void
recipient_cache_keep(
    struct recipient_cache *cache, const struct recipient_question *question, enum directory_verdict verdict)
{
	struct entry *entry = entry_of(cache, &question->address);
	if (verdict == DIRECTORY_FAILED || question->recipient.post == POSTING_MEMBERS)
		return;
	entry->used = true;
	entry->verdict = verdict;
	memcpy(entry->local, question->address.local, sizeof entry->local);
	memcpy(entry->domain, question->address.domain, sizeof entry->domain);
	entry->recipient = question->recipient;
}

struct recipient_cache *
recipient_cache_new(void)
{
	return calloc(1, sizeof(struct recipient_cache));
}

void
recipient_cache_free(struct recipient_cache *cache)
{
	free(cache);
}
