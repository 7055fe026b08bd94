/* Where greylisting keeps what it has seen. A narrow seam; SQLite is behind it. */
#ifndef PORT_GREYLIST_STORE_H
#define PORT_GREYLIST_STORE_H

#include <stdbool.h>
#include <stdint.h>

/* Times are seconds since 1970. All zero: nothing is known. */
struct greylist_record {
	int64_t since;  /* when it came first */
	int64_t until;  /* when it is forgotten */
	int64_t passed; /* how often it has been let pass; 0: it has to wait still */
};

struct greylist_store {
	const struct greylist_store_ops *ops;
};

/*
 * Each is atomic, whoever else uses what is stored: other workers, or other machines. What is forgotten at now or before is
 * not there. They may block, and are for one thread at a time. False where the store is in trouble.
 */
struct greylist_store_ops {
	/* What is known of a key. */
	bool (*find)(struct greylist_store *store, uint64_t key, int64_t now, struct greylist_record *record);
	/* The same; but what is unknown is known from now on, and forgotten at until. */
	bool (*meet)(
	    struct greylist_store *store, uint64_t key, int64_t now, int64_t until, struct greylist_record *record);
	/* Counts that a key, known or not, was let pass; it is forgotten at until. */
	bool (*pass)(struct greylist_store *store, uint64_t key, int64_t now, int64_t until);
	/* What the last trouble was: a text that stays. */
	const char *(*trouble)(const struct greylist_store *store);
	void (*close)(struct greylist_store *store);
};

#endif
