/* Questions to the DNS, answered without blocking. For the loop's thread. */
#ifndef PORT_RESOLVER_H
#define PORT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address/dns_name.h"
#include "base/address/network.h"

enum {
	RESOLVER_TEXT_MAX = 1024,  /* octets that are kept of a TXT record, whose strings are joined */
	RESOLVER_RECORDS_MAX = 16, /* that are kept of an answer */
	RESOLVER_TLSA_HEAD = 3,    /* octets of a TLSA record before its data: usage, selector, matching type */
};

enum resolver_type {
	RESOLVER_A,
	RESOLVER_AAAA,
	RESOLVER_MX,
	RESOLVER_TXT,
	RESOLVER_PTR,
	RESOLVER_TLSA,
	RESOLVER_NS,
	RESOLVER_CNAME,
	RESOLVER_TYPES
};

enum resolver_outcome {
	RESOLVER_FOUND,   /* one record at least */
	RESOLVER_NO_DATA, /* the name exists, but has no usable record of that type */
	RESOLVER_NO_NAME, /* the name does not exist */
	RESOLVER_FAILED,  /* nothing is known: no answer in time, an error of a server, a malformed answer */
};

/*
 * Names have passed dns_name_is_valid(), and have no dot at their end; that of an MX may also be "", if the domain accepts
 * no mail (RFC 7505). Records with other names are dropped. A TXT record may hold any octets. A TLSA record has its three
 * numbers and the data of the association (RFC 6698 section 2.1), whatever its length; if it is malformed, no octets.
 */
struct resolver_record {
	struct network address; /* A, AAAA */
	unsigned preference;    /* MX: those of lower preference go first; a list is in this order */
	const char *text;       /* MX, PTR, NS, CNAME: the name; TXT, TLSA: its octets. A NUL follows */
	size_t len;
};

struct resolver_answer {
	enum resolver_outcome outcome;
	const struct resolver_record *records;
	size_t count; /* 0 unless records were found */
	const char
	    *alias_of; /* the name that the one asked for is an alias of (CNAME), at the end of all; NULL: it is none */
	bool
	    secure; /* the name server says that it has verified the answer by DNSSEC: the bit AD (RFC 4035 section 3.2.3) */
};

/* Embedded in its owner. It must not move until done() is called. */
struct resolver_question {
	/* Called once, on the loop. The answer is valid until it returns. It may free the question. */
	void (*done)(struct resolver_question *question, const struct resolver_answer *answer);
	struct resolver_question *next; /* for the resolver */
};

/* Implemented by peer/dns.h, or by a fake of a test. */
struct resolver {
	bool local; /* all name servers are on this machine, so that nobody on the way can have set the bit AD */
	/*
	 * The name must be valid, or "" for NS; it is copied. A cached answer comes before this returns; others come
	 * within a time limit, all attempts taken together. If nothing can be asked, the answer is RESOLVER_FAILED.
	 */
	void (*ask)(
	    struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question);
};

/*
 * Asks; question->done must be set. NS may be asked of "", the root. Another text that is not a valid name is answered
 * RESOLVER_NO_NAME. A question cannot be
 * cancelled: done() is always called, before the end of the loop at the latest.
 */
void resolver_ask(
    struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question);

#endif
