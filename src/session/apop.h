/* APOP (RFC 1939 section 7): a client proves that it knows a secret by a digest of it and the greeting's timestamp. */
#ifndef SESSION_APOP_H
#define SESSION_APOP_H

#include <stdbool.h>

enum { APOP_DIGEST = 32 }; /* octets of a digest: MD5 in hexadecimal digits, small ones by the letter */

/* Is this the digest? timestamp has its angle brackets; digest are APOP_DIGEST octets. Takes the same time for each. */
bool apop_matches(const char *timestamp, const char *secret, const char *digest);

#endif
