/*
 * The state that the servers of several machines share for a while: counters, marks, and leases. A port:
 * directory/postgres implements it. For the loop's thread; no operation waits.
 */
#ifndef PORT_SHARED_STORE_H
#define PORT_SHARED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/counters_share.h"

enum {
	SHARED_NAME_SIZE = 64, /* of a counter: its service, its kind and whom it is about */
	SHARED_NEWS_MAX = 500, /* marks that are read at once */
	SHARED_LEASE_SIZE = 32,
};

/* The count of this server under a name, and that of the others. */
struct shared_count {
	char name[SHARED_NAME_SIZE];
	uint32_t count;
	int64_t left; /* milliseconds until it expires */
	/* the answer */
	uint32_t others;
	int64_t others_left;
};

/* A mark, by its name. A mark with the cause "" removes the mark of that name. */
struct shared_mark {
	struct counter_note note;
	int64_t left; /* milliseconds until it expires; 0 or less: it has */
};

/* Up to where marks have been read. All zero: nothing was. */
struct shared_position {
	int64_t generation;
	char name[sizeof((struct counter_note *)NULL)->address];
};

/* An exchange: a server sends its news, and gets that of the others. It must not move before done(). */
struct shared_exchange {
	void (*done)(struct shared_exchange *exchange, bool ok);
	const char *service; /* only servers of the same service share marks */
	int64_t server;      /* its number */
	int64_t stamp;       /* grows with each exchange of a server */
	struct shared_count counts[SHARED_MAX];
	size_t count;
	struct shared_mark marks[SHARED_MARKS_MAX];
	size_t mark_count;
	struct shared_position position; /* then, if it is ok: behind the news */
	/* the answer: the marks of other servers since the position, in order */
	struct shared_mark news[SHARED_NEWS_MAX];
	size_t news_count;
	bool more;      /* there is more news than fits */
	bool restarted; /* the store has lost what was behind the position, which is now the beginning */
};

/* A request for a lease. It must not move before done(). */
struct shared_lease {
	/* held: it is the owner's for so many milliseconds from the time of the question on. */
	void (*done)(struct shared_lease *lease, bool held);
	char name[SHARED_LEASE_SIZE];
	int64_t owner;
	int64_t duration; /* milliseconds; 0: the owner gives it up */
};

/* Removes some expired rows. It must not move before done(). */
struct shared_purge {
	void (*done)(struct shared_purge *purge, bool ok);
	size_t kind;  /* which rows: below the purge_kinds of the store */
	int64_t rows; /* the most to remove; then the number that was removed */
};

struct shared_store {
	const struct shared_store_ops *ops;
	size_t purge_kinds;
};

struct shared_store_ops {
	/*
	 * Adds with expiry: sets the count of this server under each name, and reads the counts of the others.
	 * Repeating it changes nothing. Sets and reads marks.
	 */
	void (*exchange)(struct shared_store *store, struct shared_exchange *exchange);
	/*
	 * Takes a lease that is free or expired, or extends a lease of the same
	 * owner. A lease of another owner does not change.
	 */
	void (*lease)(struct shared_store *store, struct shared_lease *lease);
	void (*purge)(struct shared_store *store, struct shared_purge *purge);
	/* The cause of the last failure: an English sentence, valid until the next operation. */
	const char *(*trouble)(const struct shared_store *store);
	/*
	 * Frees the store. Call it when the loop has ended, and its handles are
	 * closed. Operations under way are not completed.
	 */
	void (*close)(struct shared_store *store);
};

#endif
