/* Answers of name servers, kept for a while: each question has one place, which the next one of that place takes. */
#ifndef PEER_DNS_CACHE_H
#define PEER_DNS_CACHE_H

#include <stdint.h>

#include "peer/dns_answer.h"

enum {
	DNS_CACHE_PLACES = 1024,
	DNS_CACHE_LEAST = 5 * 1000, /* milliseconds that an answer is kept, whatever it says, that none came included */
	DNS_CACHE_MOST = 60 * 60 * 1000,
};

struct dns_cache;

/* NULL when memory is out. Free takes NULL. */
struct dns_cache *dns_cache_new(void);
void dns_cache_free(struct dns_cache *cache);

/* The answer to a question, its name in lower case; NULL where none is kept. The cache holds it. now: milliseconds. */
struct dns_answer *dns_cache_find(struct dns_cache *cache, enum resolver_type type, const char *name, int64_t now);

/* Keeps an answer, which the cache then holds, too. */
void dns_cache_put(
    struct dns_cache *cache, enum resolver_type type, const char *name, struct dns_answer *answer, int64_t now);

#endif
