/* The addresses that connections to other servers are made from: one of IPv4, one of IPv6, or both. */
#ifndef CONFIG_SOURCE_ADDRESSES_H
#define CONFIG_SOURCE_ADDRESSES_H

#include "config/endpoint.h"

/* The len of an endpoint is 0 where the system chooses the address. */
struct source_addresses {
	struct endpoint v4, v6; /* without a port */
};

/*
 * Parses "192.0.2.1 2001:db8::1", in any order; NULL: none is given. Returns 0, or -1 with an English sentence in error, which
 * names value and cure.
 */
int source_addresses_read(struct source_addresses *addresses, const char *text, char error[SECTION_ERROR_SIZE]);

/* Accepts what source_addresses_read() does. */
setting_check source_addresses_check;

#endif
