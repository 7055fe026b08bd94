/* The store of greylisting. A port: directory/sqlite and directory/postgres implement it. */
#ifndef PORT_GREYLIST_STORE_H
#define PORT_GREYLIST_STORE_H

#include <stdbool.h>
#include <stdint.h>

/* Times are seconds since 1970. All zero: nothing is known. */
struct greylist_record {
	int64_t since;  /* time of the first arrival */
	int64_t until;  /* when it is forgotten */
	int64_t passed; /* how often it has passed; 0: it must still wait */
};

struct greylist_store {
	const struct greylist_store_ops *ops;
};

struct greylist_question;

/*
 * Each is atomic, even if other workers or machines use the store. A record whose "until" is now or before does not
 * exist. They may block, and are for one thread at a time. False if the store has failed.
 */
struct greylist_store_ops {
	/*
	 * Answers a whole question on the loop, without blocking; maybe before it returns. NULL: a job calls the next
	 * three functions. Its answers have no trouble, since the store logs failures itself.
	 */
	void (*ask)(struct greylist_store *store, struct greylist_question *question);
	/* The record of a key. */
	bool (*find)(struct greylist_store *store, uint64_t key, int64_t now, struct greylist_record *record);
	/* The same; an unknown key is added, and forgotten at until. */
	bool (*meet)(
	    struct greylist_store *store, uint64_t key, int64_t now, int64_t until, struct greylist_record *record);
	/* Counts that a key, known or not, was let pass; it is forgotten at until. */
	bool (*pass)(struct greylist_store *store, uint64_t key, int64_t now, int64_t until);
	/* Why the store failed last: a text that lasts. */
	const char *(*trouble)(const struct greylist_store *store);
	void (*close)(struct greylist_store *store);
};

#endif
