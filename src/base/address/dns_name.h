/* Names of the DNS (RFC 1035). */
#ifndef BASE_DNS_NAME_H
#define BASE_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address/network.h"

enum {
	DNS_NAME_MAX = 253, /* octets of a name as text (RFC 1035 section 2.3.4) */
	DNS_NAME_SIZE = DNS_NAME_MAX + 1,
	DNS_LABEL_MAX = 63,
};

/*
 * Returns whether text is a name of the DNS as hosts have them: labels of 1 to 63 letters, digits, "-" and "_" with dots
 * between, 253 octets at most, no dot at the end. A name in another script must be in its ASCII form (base/address/idna.h).
 */
bool dns_name_is_valid(const char *text, size_t len);

/*
 * Writes the name under which a zone speaks of an address: its octets (IPv4) or nibbles (IPv6) in reverse order, then the
 * zone (RFC 5782). zone NULL is that of PTR records, in-addr.arpa or ip6.arpa. Returns false if the name would be too long.
 */
bool dns_name_reverse(char name[DNS_NAME_SIZE], const struct network *address, const char *zone);

#endif
