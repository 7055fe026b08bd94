/* Parses answers of name servers, whose octets may be anything, into records that can be used. */
#ifndef PEER_DNS_ANSWER_H
#define PEER_DNS_ANSWER_H

#include <stdint.h>

#include "port/resolver.h"

/* An answer is one block of memory, with the texts of its records; it is freed by the last of its holders. */
struct dns_answer {
	struct resolver_answer answer;
	uint32_t
	    ttl; /* seconds that the answer holds: the least of its records', or as RFC 2308 section 5 says; else 0 */
	unsigned holders;
	char alias_of[DNS_NAME_SIZE]; /* text of the answer */
	struct resolver_record records[];
};

/* The number of a type in messages (RFC 1035 section 3.2.2, RFC 3596). */
int dns_type_number(enum resolver_type type);

/*
 * Parses the answer to a question from a message (RFC 1035 section 4); message NULL: none came. The name must be in lower
 * case. The outcome of a malformed message, or of one that answers something else, is RESOLVER_FAILED. Returns NULL if
 * memory is out. The caller is the first holder.
 */
struct dns_answer *dns_answer_new(enum resolver_type type, const char *name, const unsigned char *message, size_t len);

/* Adds a holder, or removes one; the last frees the answer. Both take NULL. */
struct dns_answer *dns_answer_hold(struct dns_answer *answer);
void dns_answer_release(struct dns_answer *answer);

#endif
