/* Removes expired rows of the shared store. One server does so once an hour, in small steps. */
#ifndef PORT_PURGING_H
#define PORT_PURGING_H

#include "base/clock.h"
#include "port/shared_store.h"

enum {
	PURGE_EVERY = 60 * 60 * 1000, /* milliseconds; each server tries once in this time, at a random instant */
	PURGE_LEASE = 2 * 60 * 1000,  /* the duration of the lease */
	PURGE_REST = PURGE_EVERY -
	    10 * 60 * 1000, /* the lease is kept so long after the work, so that no other server begins */
	PURGE_ROWS = 500,   /* of a statement */
	PURGE_PAUSE = 100,  /* between two */
};

/* Of one process of a server. */
struct purging {
	struct shared_store *store;
	struct clock *clock;
	void (*ended)(struct purging *purging); /* a step: the next one is due after the pause */
	int64_t every;                          /* PURGE_EVERY, or less for tests */
	int64_t pause;
	int64_t until; /* when the lease ends; 0: it is not held */
	bool finished; /* the lease is to be kept for the rest of the hour */
	struct shared_lease lease;
	struct shared_purge purge;
	int64_t asked; /* when the lease was asked for */
};

/*
 * Sets it up. owner is the number of this server; every is PURGE_EVERY milliseconds, or less for tests, but not 0. All
 * that it points at must outlive it.
 */
void purging_open(
    struct purging *purging, struct shared_store *store, struct clock *clock, int64_t owner, int64_t every);

/* Begins the next step. */
void purging_begin(struct purging *purging);

#endif
