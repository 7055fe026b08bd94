/* Finds the domains of the addresses in the From fields of a message, as their values stream by (RFC 5322 section 3.4). */
#ifndef MESSAGE_AUTHOR_DOMAINS_H
#define MESSAGE_AUTHOR_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address/address.h"

enum { AUTHOR_DOMAINS_MAX = 4 };

/* All zero at the beginning. */
struct author_domains {
	size_t count;
	char names[AUTHOR_DOMAINS_MAX][ADDRESS_DOMAIN_MAX + 1]; /* in the A-label form, in lower case; each once */
	/*
	 * Programs may disagree on what the addresses are: the syntax is wrong, a domain is none, there are more of them, or
	 * what could be an address is only within a name or a comment.
	 */
	bool unclear;
	/* Private to the reader. */
	unsigned comment; /* how deep in comments */
	bool quoted;      /* in a quoted text */
	bool escaped;     /* behind a backslash */
	bool found;       /* this value has had a domain */
	bool hidden;      /* this value has had what could be an address, which was not read as one */
	bool equals;      /* the last octet was "=", which begins an encoded word (RFC 2047) */
	unsigned char at; /* where in a domain */
	size_t len;
	char domain[ADDRESS_DOMAIN_MAX + 1];
};

/*
 * Reads the next octets of an unfolded value, in pieces of any size; last is true with its end, and the value of another
 * field may follow. The domain of each "@" that is in no comment and no quoted text counts, also that of a source
 * route; comments and white space around its dots are left out (RFC 5322 section 4.4), and so is a last dot.
 */
void author_domains_read(struct author_domains *authors, const char *text, size_t len, bool last);

#endif
