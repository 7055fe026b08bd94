/* Questions to the domain name system, answered without blocking. */
#ifndef PORT_RESOLVER_H
#define PORT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/dns_name.h"
#include "base/network.h"

enum {
	RESOLVER_TEXT_MAX = 512,   /* octets that are kept of a TXT record, its strings put together */
	RESOLVER_RECORDS_MAX = 16, /* that are kept of an answer */
};

enum resolver_type { RESOLVER_A, RESOLVER_AAAA, RESOLVER_MX, RESOLVER_TXT, RESOLVER_PTR, RESOLVER_TYPES };

enum resolver_outcome {
	RESOLVER_FOUND,   /* one record at least */
	RESOLVER_NO_DATA, /* the name exists, but has no record of that type that is fit for use */
	RESOLVER_NO_NAME, /* the name does not exist */
	RESOLVER_FAILED,  /* nothing is known: no answer in time, an error of a server, a malformed answer */
};

/*
 * Checked: a name is one that dns_name_is_valid() takes, without a dot at its end; that of an MX may also be "", where
 * the domain takes no mail (RFC 7505). Records that hold another name are dropped. A TXT record may hold any octets.
 */
struct resolver_record {
	struct network address; /* A, AAAA */
	unsigned preference;    /* MX: those of lower preference go first; a list is in this order */
	const char *text;       /* MX, PTR: the name; TXT: its octets. A NUL follows */
	size_t len;
};

struct resolver_answer {
	enum resolver_outcome outcome;
	const struct resolver_record *records;
	size_t count; /* 0 unless records were found */
};

/* Embedded in whatever it is about. It stays where it is until done() is called. */
struct resolver_question {
	/* Once, on the loop. The answer lasts until it returns; the question is the asker's again, and may be freed. */
	void (*done)(struct resolver_question *question, const struct resolver_answer *answer);
	struct resolver_question *next; /* for the resolver */
};

/* Who answers: the domain name system, through a worker's loop (peer/dns.h), or a test. */
struct resolver {
	/*
	 * The name is a good one, and is copied. An answer that is at hand comes before this returns; others come within a
	 * time limit, all attempts taken together. Never fails: what cannot be asked is answered RESOLVER_FAILED.
	 */
	void (*ask)(
	    struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question);
};

/*
 * Asks, with question->done set. A text that is no name does not exist: RESOLVER_NO_NAME. There is no way to take a
 * question back: done() always comes, before the end of the loop at the latest.
 */
void resolver_ask(
    struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question);

#endif
