/* TLSA records of a server (RFC 6698), as SMTP uses them for DANE (RFC 7672). */
#ifndef PORT_TLSA_H
#define PORT_TLSA_H

#include "port/resolver.h"

/* One record. The octets are the set's. */
struct tlsa {
	unsigned usage, selector, matching;
	const unsigned char *data;
	size_t len;
};

/*
 * The usable records of a server: usage DANE-TA(2) or DANE-EE(3), selector 0 or 1, and a certificate or key in full, or its
 * SHA-256 or SHA-512. Others, and malformed ones, cannot be used by SMTP (RFC 7672 section 3.1.3). Immutable; freed
 * by the last of its holders, all of which are on one thread.
 */
struct tlsa_set {
	unsigned holders;
	char
	    base[DNS_NAME_SIZE]; /* the name that the records are of: the server's, or the one that it is an alias of */
	char also[DNS_NAME_SIZE]; /* a name, beside it, that a certificate of usage 2 may be for; "": none */
	size_t len;
	unsigned char octets[]; /* of each record: the length of the rest in 2 octets, the 3 numbers, the data */
};

/* Copies the usable records of an answer. The caller is the first holder. Returns NULL if memory is out. */
struct tlsa_set *tlsa_set_new(const struct resolver_answer *answer, const char *base, const char *also);

/* Adds a holder, and returns the set; removes one. Both take NULL. */
struct tlsa_set *tlsa_set_hold(struct tlsa_set *set);
void tlsa_set_release(struct tlsa_set *set);

/* Reads the record at a position, which begins at 0 and is moved on. False: there is no more. */
bool tlsa_set_next(const struct tlsa_set *set, size_t *at, struct tlsa *record);

/* Do they demand the same? Each may be NULL. */
bool tlsa_set_is_same(const struct tlsa_set *a, const struct tlsa_set *b);

#endif
