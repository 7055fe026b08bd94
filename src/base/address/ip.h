/* The textual forms of IP addresses. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { IP_TEXT_SIZE = 46 }; /* INET6_ADDRSTRLEN */

/*
 * Is the text an IPv4 address in four decimal parts; an IPv6 address (RFC 4291 section 2.2)? Neither has a zone or a prefix
 * length.
 */
bool ip_is_v4(const char *text, size_t len);
bool ip_is_v6(const char *text, size_t len);

/*
 * Writes an address, of which octets are the 4 of AF_INET or the 16 of AF_INET6 in network order, as text (RFC 5952).
 * An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is written as the IPv4 address: it is the name that an IPv4
 * client has on a dual-stack socket. Returns false, with nothing written, for any other family.
 */
bool ip_write(char text[IP_TEXT_SIZE], int family, const void *octets);

/* Writes the address of a socket address in the same way, without its port. */
bool ip_write_socket(char text[IP_TEXT_SIZE], const struct sockaddr *address);

#endif
