/* IP networks in CIDR notation (RFC 4632, RFC 4291 section 2.3), with IPv4 as a part of IPv6. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_OCTETS = 16, NETWORK_BITS = 128, NETWORK_IPV4_BITS = 96, NETWORK_TEXT_SIZE = 50 };

/* An IPv4 network is stored as ::ffff:a.b.c.d, so its prefix is 96 bits longer than it is written. */
struct network {
	unsigned char octets[NETWORK_OCTETS]; /* those behind the prefix are zero */
	unsigned bits;                        /* of the prefix, 0 to NETWORK_BITS */
};

/*
 * Parses "192.0.2.0/24", "2001:db8::/32", or an address. Returns false for other text and if bits behind the prefix are
 * set.
 */
bool network_parse(struct network *network, const char *text);

/* Parses an address. The zone of an IPv6 address (fe80::1%eth0) is ignored. Returns false for other text. */
bool network_parse_address(struct network *network, const char *text);

/* Writes a network in the form that is parsed; an address is written without "/32" or "/128". */
void network_write(char text[NETWORK_TEXT_SIZE], const struct network *network);

/* Shortens the prefix to so many bits and clears the bits behind it. A prefix that is as short already is unchanged. */
void network_widen(struct network *network, unsigned bits);

/* Is it a network of IPv4 addresses? */
bool network_is_ipv4(const struct network *network);

/* The last four octets, which are the address if it is one of IPv4, in the host's order of octets. */
uint32_t network_ipv4_number(const struct network *network);

#endif
