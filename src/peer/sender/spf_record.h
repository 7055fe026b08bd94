/* Records of SPF (RFC 7208 section 4.5 and 12). */
#ifndef PEER_SENDER_SPF_RECORD_H
#define PEER_SENDER_SPF_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address/dns_name.h"
#include "base/address/network.h"

enum {
	SPF_TERMS_MAX = 64,   /* of a record; one with more counts as malformed */
	SPF_LOOKUPS_MAX = 10, /* terms that need the DNS, included records counted (RFC 7208 section 4.6.4) */
};

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_OTHER, /* exp=, or a modifier that is unknown: it has no influence on the result */
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;                /* of a mechanism: + - ~ ? */
	bool has_macro;                /* the domain holds macros (section 7), and is "" */
	char domain[DNS_NAME_SIZE];    /* ""; that of the record */
	struct network network;        /* of ip4 and ip6 */
	unsigned bits_ipv4, bits_ipv6; /* prefixes of a and mx, 0 to 32 and 0 to 128 */
};

struct spf_record {
	struct spf_term terms[SPF_TERMS_MAX];
	size_t count;
};

/* Does a TXT record begin as one of SPF: with "v=spf1" and a space, or nothing behind it? */
bool spf_is_record(const char *text, size_t len);

/*
 * Parses such a record, whose octets may be any. Returns false if a term is malformed, which is then the octets from *at,
 * *bad_len of them.
 */
bool spf_parse(struct spf_record *record, const char *text, size_t len, size_t *at, size_t *bad_len);

/* Does the term cost one of SPF_LOOKUPS_MAX? */
bool spf_needs_lookup(const struct spf_term *term);

#endif
