/* Answers of name servers: from octets that may be anything to records that can be used. */
#ifndef PEER_DNS_ANSWER_H
#define PEER_DNS_ANSWER_H

#include <stdint.h>

#include "port/resolver.h"

/* One block of memory, with the texts of its records. */
struct dns_answer {
	struct resolver_answer answer;
	uint32_t
	    ttl; /* seconds that the answer holds: the least of its records', or as RFC 2308 section 5 says; else 0 */
	unsigned holders;
	struct resolver_record records[];
};

/* The number of a type in messages (RFC 1035 section 3.2.2, RFC 3596). */
int dns_type_number(enum resolver_type type);

/*
 * Reads the answer to a question from a message (RFC 1035 section 4); NULL is none. The name is in lower case. What has
 * no sound form, or answers something else, is RESOLVER_FAILED. NULL when memory is out. The caller holds the answer.
 */
struct dns_answer *dns_answer_new(enum resolver_type type, const char *name, const unsigned char *message, size_t len);

/* One holder more, or less: the last one frees it. NULL is none. */
struct dns_answer *dns_answer_hold(struct dns_answer *answer);
void dns_answer_release(struct dns_answer *answer);

#endif
