/* The textual forms of IP addresses. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>

/* Is this an IPv4 address in four decimal parts, an IPv6 address of RFC 4291 section 2.2? No zone, no prefix length. */
bool ip_is_v4(const char *text, size_t len);
bool ip_is_v6(const char *text, size_t len);

#endif
