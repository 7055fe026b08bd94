/*
 * The queue manager's record of a domain, a route or an address: attempts under way, whether it answers, waiting
 * entries.
 */
#ifndef RELAY_DESTINATION_H
#define RELAY_DESTINATION_H

#include <stdint.h>

#include "relay/breaker.h"
#include "relay/schedule.h"

/* There is one for each domain and route ("example.net", "[host]:port"), and one for each address ("@192.0.2.1:25"). */
struct destination {
	struct destination *next; /* of its bucket */
	char *key;
	unsigned active;                    /* attempts that count against its share */
	unsigned woken;                     /* entries that were woken and have not taken a share yet */
	unsigned refs;                      /* attempts that point here */
	bool answered;                      /* a server has answered, and has not timed out since */
	unsigned window;                    /* attempts that it seems to bear at a time, in parts of DESTINATION_PART */
	struct breaker breaker;             /* seconds */
	unsigned requests;                  /* for a run, when it failed last: each allows one more attempt */
	struct schedule_item *first, *last; /* entries that are parked: they wait for a share */
	struct schedule_item *probe;        /* the parked one that tries whether the server is back */
};

enum {
	DESTINATION_BUCKETS = 1024,
	DESTINATION_PART = 1024,
	DESTINATION_WINDOW = 5, /* attempts at a time to a server that has answered, before more is known of it */
};

/* All zero is empty. */
struct destinations {
	uint64_t hash_key[2]; /* random: strangers choose domains, and must not choose buckets; zero: not drawn yet */
	struct destination *buckets[DESTINATION_BUCKETS];
};

/* Finds the destination of a key, or makes it. Returns NULL when memory is out. It lasts while it is referred to. */
struct destination *destination_get(struct destinations *all, const char *key);

/*
 * Frees those that are idle and hold no failure worth remembering; frees all. The first returns how many of those freed
 * were domains or routes whose last attempt had failed.
 */
unsigned destinations_sweep(struct destinations *all, int64_t now);
void destinations_clear(struct destinations *all);

/*
 * A server has accepted a message: the window grows by one attempt for as many messages as it holds, up to max. It has turned a
 * session away for its own reasons: the window shrinks by one attempt, down to one. So does Postfix (its SCHEDULER_README).
 */
void destination_grow(struct destination *destination, unsigned max);
void destination_shrink(struct destination *destination);

/* How many more attempts may start now, of max at a time. A server that has not answered, or not lately, gets one at a time. */
unsigned destination_room(const struct destination *destination, int64_t now, unsigned max);

/* Parks an entry behind the others; takes it out. An entry is parked at one destination at most. */
void destination_park(struct destination *destination, struct schedule_item *item);
void destination_unpark(struct schedule_item *item);

#endif
