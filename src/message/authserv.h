/* The authserv-id of an Authentication-Results field (RFC 8601 section 2.2). */
#ifndef MESSAGE_AUTHSERV_H
#define MESSAGE_AUTHSERV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * May a program that reads the value of an Authentication-Results field, folded or not, take it for one of this
 * host's? So if its authserv-id is the name of the host, in any case, with U-labels or A-labels (RFC 8616), in
 * quotes, behind comments; or if it has none that can be read, by this program or by lenient ones. whole: the value is not
 * cut behind len octets.
 */
bool authserv_may_be(const char *value, size_t len, bool whole, const char *host);

/*
 * Must a field be forged: does it hold results as this server, or the services and filters that it asks, add to a message?
 * Of a user, only Authentication-Results of this host are: the program of a user may have added others.
 */
bool authserv_is_forged(
    const char *name, size_t name_len, const char *value, size_t len, bool whole, const char *host, bool user);

#endif
