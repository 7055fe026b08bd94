/* APOP (RFC 1939 section 7): a client proves that it knows a secret by a digest of it and the greeting's timestamp. */
#ifndef SESSION_APOP_H
#define SESSION_APOP_H

#include <stdbool.h>

enum { APOP_DIGEST = 32 }; /* octets of a digest: MD5 in hexadecimal digits, lower case by RFC 1939 */

/*
 * Is this the digest of timestamp and secret? timestamp includes its angle brackets; digest has APOP_DIGEST octets, in
 * either case. Takes the same time whatever the digest is. False if memory is out.
 */
bool apop_matches(const char *timestamp, const char *secret, const char *digest);

#endif
