/* Networks of IP addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3); IPv4 as a part of IPv6. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_OCTETS = 16, NETWORK_BITS = 128, NETWORK_IPV4_BITS = 96, NETWORK_TEXT_SIZE = 50 };

/* IPv4 stands as ::ffff:a.b.c.d, so its prefixes are 96 bits longer than they are written. */
struct network {
	unsigned char octets[NETWORK_OCTETS]; /* those behind the prefix are zero */
	unsigned bits;                        /* of the prefix, 0 to NETWORK_BITS */
};

/* "192.0.2.0/24", "2001:db8::/32", or an address alone. False where it is none, or has bits set behind the prefix. */
bool network_parse(struct network *network, const char *text);

/* An address alone, of which IPv6 may name an interface (fe80::1%eth0), which is overlooked. */
bool network_parse_address(struct network *network, const char *text);

/* As it is parsed; an address without "/32" or "/128". */
void network_write(char text[NETWORK_TEXT_SIZE], const struct network *network);

/* Shortens the prefix to so many bits; no effect where it is as short already. */
void network_widen(struct network *network, unsigned bits);

bool network_is_ipv4(const struct network *network);

/* The last four octets, which are the address if it is one of IPv4, in the host's order of octets. */
uint32_t network_ipv4_number(const struct network *network);

#endif
