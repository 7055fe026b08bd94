/* A resolver that answers what a test has told it, at once or when the test says. */
#ifndef SUPPORT_FAKE_RESOLVER_H
#define SUPPORT_FAKE_RESOLVER_H

#include "port/resolver.h"

enum { FAKE_ENTRIES = 64, FAKE_RECORDS = 4, FAKE_TEXT = 64 };

struct fake_entry {
	enum resolver_type type;
	char name[DNS_NAME_SIZE];
	enum resolver_outcome outcome;
	bool secure;
	char alias_of[DNS_NAME_SIZE]; /* "": it is none */
	struct resolver_record records[FAKE_RECORDS];
	char texts[FAKE_RECORDS][DNS_NAME_SIZE];
	size_t count;
};

struct fake_resolver {
	struct resolver resolver;
	bool late;      /* answers wait for fake_resolver_run() */
	unsigned asked; /* questions so far */
	struct fake_entry entries[FAKE_ENTRIES];
	size_t count;
	struct {
		struct resolver_question *question;
		const struct fake_entry *entry; /* NULL: there is no such name */
	} waiting[FAKE_ENTRIES];
	size_t waiting_count;
};

/* A resolver that knows no name. */
void fake_resolver_open(struct fake_resolver *stand);

/*
 * Tells it an answer: "A mx.example.org 192.0.2.1 192.0.2.2", "MX example.org 10:mx.example.org", "TXT name words...",
 * "PTR address name", for which the address is turned round; or "failed", "no-data" or "no-name" in the place of records.
 * "NS . a.root-servers.net" is about the root.
 * "TLSA _25._tcp.mx.example.org 030101..." has the octets of records in hexadecimal; the word "secure" before or behind the
 * records sets the bit of DNSSEC, "=mx.example.net" says that the name is an alias of that one. A type of a name that has others only has no data. False where the text is none of these.
 */
bool fake_resolver_tell(struct fake_resolver *stand, const char *text);

/* Gives all answers that wait, and those to what is asked meanwhile. True where there was one. */
bool fake_resolver_run(struct fake_resolver *stand);

#endif
