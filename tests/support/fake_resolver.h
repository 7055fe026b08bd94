/* A resolver that answers what a test has told it, at once or when the test says. */
#ifndef SUPPORT_FAKE_RESOLVER_H
#define SUPPORT_FAKE_RESOLVER_H

#include "port/resolver.h"

enum { STAND_ENTRIES = 32, STAND_RECORDS = 4, STAND_TEXT = 64 };

struct stand_entry {
	enum resolver_type type;
	char name[RESOLVER_NAME_SIZE];
	enum resolver_outcome outcome;
	struct resolver_record records[STAND_RECORDS];
	char texts[STAND_RECORDS][RESOLVER_NAME_SIZE];
	size_t count;
};

struct stand_resolver {
	struct resolver resolver;
	bool late;      /* answers wait for stand_resolver_run() */
	unsigned asked; /* questions so far */
	struct stand_entry entries[STAND_ENTRIES];
	size_t count;
	struct {
		struct resolver_question *question;
		const struct stand_entry *entry; /* NULL: there is no such name */
	} waiting[STAND_ENTRIES];
	size_t waiting_count;
};

/* A resolver that knows no name. */
void stand_resolver_open(struct stand_resolver *stand);

/*
 * Tells it an answer: "A mx.example.org 192.0.2.1 192.0.2.2", "MX example.org 10:mx.example.org", "TXT name words...",
 * "PTR address name", for which the address is turned round; or "failed", "no-data" or "no-name" in the place of records.
 * A type of a name that has others only has no data. False where the text is none of these.
 */
bool stand_resolver_tell(struct stand_resolver *stand, const char *text);

/* Gives all answers that wait, and those to what is asked meanwhile. True where there was one. */
bool stand_resolver_run(struct stand_resolver *stand);

#endif
