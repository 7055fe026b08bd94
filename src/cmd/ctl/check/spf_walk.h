/* What a record of SPF says of several addresses, with the records that it includes. */
#ifndef CMD_CTL_CHECK_SPF_WALK_H
#define CMD_CTL_CHECK_SPF_WALK_H

#include "cmd/ctl/check/check.h"
#include "peer/sender/spf_record.h"

enum spf_fault {
	SPF_SOUND,
	SPF_NOT_KNOWN,        /* a name could not be looked up */
	SPF_MALFORMED,        /* a term of the record of a name */
	SPF_NO_RECORD,        /* an included name has none, or several */
	SPF_TOO_MANY_LOOKUPS, /* over SPF_LOOKUPS_MAX */
	SPF_TOO_LONG,         /* a record was not read whole */
};

/* One for all addresses: it reads all terms, as a receiver does for an address that none matches. */
struct spf_walk {
	struct check *check;
	unsigned lookups; /* terms that need the DNS */
	unsigned voids;   /* those of them that found nothing (RFC 7208 section 4.6.4) */
	bool uses_ptr;
	enum spf_fault fault;
	char culprit[DNS_NAME_SIZE]; /* the name that the fault is about */
	const char *term;            /* the malformed term, which the answers own */
	size_t term_len;
};

/* The result for an address. */
struct spf_result {
	char qualifier; /* + - ~ ?; 0: no term matched */
	bool is_unsure; /* a term before it depends on the message, or on PTR records */
};

/* Evaluates the record of a name for the addresses of the check; after a fault the results say nothing. */
void spf_walk(struct spf_walk *walk, const char *name, struct spf_result results[CHECK_ADDRESSES_MAX]);

#endif
