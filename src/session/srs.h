/*
 * Senders of forwarded mail in the form of SRS (Sender Rewriting Scheme, Meng Weng Wong and Shevek 2003): the receiver's SPF
 * check needs a sender of a domain that names this server, and a bounce must still find its way to the original sender.
 */
#ifndef SESSION_SRS_H
#define SESSION_SRS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address/address.h"

enum {
	SRS_SECRET_LEN = 32, /* octets */
	SRS_SECRETS_MAX = 8, /* the current one, and earlier ones that still count */
	SRS_DAYS = 21,       /* for which an address is valid */
	SRS_LIFETIME = (SRS_DAYS + 2) *
	    86400, /* seconds for which a replaced secret counts: clocks may be a day apart */
	SRS_TEXT_MAX = 2 * (ADDRESS_MAX + 16), /* octets that are signed */
};

struct srs_secret {
	int64_t made; /* seconds since 1970 */
	unsigned char octets[SRS_SECRET_LEN];
};

/* The newest comes first, and signs. */
struct srs_secrets {
	struct srs_secret list[SRS_SECRETS_MAX];
	size_t count;
};

enum srs_outcome {
	SRS_OK,
	SRS_OTHER,    /* the address is not of this form */
	SRS_FORGED,   /* no secret has made its hash */
	SRS_EXPIRED,  /* the hash is right, but it is older than SRS_DAYS, or of the future */
	SRS_TOO_LONG, /* the local part would have more than ADDRESS_LOCAL_MAX octets (RFC 5321 section 4.5.3.1.1) */
	SRS_FAILED,   /* OpenSSL has failed, or there is no secret */
};

/*
 * Writes the sender under which mail of another sender is sent on in the name of a domain: SRS0 with the whole sender and the
 * day, or, if the sender is such an address already, SRS1 with the server that made it, so that a bounce skips all servers
 * between. Returns SRS_OK, SRS_TOO_LONG or SRS_FAILED. now is in seconds since 1970.
 */
enum srs_outcome srs_forward(struct address *made, const struct srs_secrets *secrets, const struct address *sender,
    const char *domain, int64_t now);

/* Whether a local part begins as those that srs_forward() makes. */
bool srs_is_tagged(const char *local);

/*
 * Finds the address that a bounce to this local part of an own domain must go to: the original sender, or, of an SRS1, the
 * server that made the SRS0. ASCII case does not count, since servers on the way may change it; the result has the case
 * that the bounce has. Takes the same time whichever octet of a hash is wrong. original is complete for SRS_OK only.
 */
enum srs_outcome srs_reverse(
    struct address *original, const struct srs_secrets *secrets, const char *local, int64_t now);

#endif
