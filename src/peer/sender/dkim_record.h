/* Key records of DKIM (RFC 6376 section 3.6.1). */
#ifndef PEER_SENDER_DKIM_RECORD_H
#define PEER_SENDER_DKIM_RECORD_H

#include <stdbool.h>
#include <stddef.h>

enum {
	DKIM_TEXT_MAX = 2048,   /* octets of a record; a longer one is malformed */
	DKIM_BITS_LEAST = 1024, /* of an RSA key that verifiers accept (RFC 8301 section 3.2) */
	DKIM_BITS_GOOD = 2048,  /* that signers should have, by the same section */
};

enum dkim_fault {
	DKIM_VALID,
	DKIM_MALFORMED, /* no list of tags, or another version than v=DKIM1 */
	DKIM_REVOKED,   /* p= is empty */
	DKIM_NO_KEY,    /* p= is missing, or holds no key of the type */
	DKIM_UNUSABLE,  /* for keys of an unknown type, for other services than mail, or without SHA-256 */
};

struct dkim_record {
	bool is_ed25519; /* RFC 8463; else RSA */
	unsigned bits;   /* of the key */
	bool is_testing; /* t=y: verifiers treat the mail as if it were not signed */
};

/* Parses a record, whose octets may be any. The result is complete if it is valid. */
enum dkim_fault dkim_parse(struct dkim_record *record, const char *text, size_t len);

#endif
