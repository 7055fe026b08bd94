/* A cache of answers of name servers: each question hashes to one slot, and replaces what is there. For one thread. */
#ifndef PEER_DNS_CACHE_H
#define PEER_DNS_CACHE_H

#include <stdint.h>

#include "peer/dns_answer.h"

enum {
	DNS_CACHE_SLOTS = 1024,
	DNS_CACHE_LEAST = 5 * 1000, /* milliseconds for which an answer is kept at least, even a failure */
	DNS_CACHE_MOST = 60 * 60 * 1000,
};

struct dns_cache;

/* Returns NULL if memory is out. dns_cache_free() takes NULL. */
struct dns_cache *dns_cache_new(void);
void dns_cache_free(struct dns_cache *cache);

/* Returns the answer to a question, whose name is in lower case, or NULL. The cache holds it. now is in milliseconds. */
struct dns_answer *dns_cache_find(struct dns_cache *cache, enum resolver_type type, const char *name, int64_t now);

/* Stores an answer; the cache becomes one of its holders. */
void dns_cache_put(
    struct dns_cache *cache, enum resolver_type type, const char *name, struct dns_answer *answer, int64_t now);

#endif
