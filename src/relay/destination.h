/* Where mail goes next, as the manager of the queue sees it: how many deliveries there are, and whether it can be reached. */
#ifndef RELAY_DESTINATION_H
#define RELAY_DESTINATION_H

#include "relay/schedule.h"

/* One there is while anything is known of it. */
struct destination {
	struct destination *next;
	char *key;                          /* "example.net" for its MX, or "[host]:port" for a route */
	unsigned active;                    /* deliveries */
	unsigned failures;                  /* in a row to reach it at all */
	int64_t down_until;                 /* seconds; it is not asked before that */
	char *verdict;                      /* why it is not; NULL: nothing */
	struct schedule_item *first, *last; /* entries that wait until a delivery has ended */
};

enum { DESTINATION_BUCKETS = 256 };

struct destinations {
	struct destination *buckets[DESTINATION_BUCKETS];
};

/* The one of a key, made where it is not there; NULL when memory is out. */
struct destination *destination_get(struct destinations *all, const char *key);

/* Frees those of which nothing is known any more that new ones would not know; all. */
void destinations_sweep(struct destinations *all, int64_t now);
void destinations_clear(struct destinations *all);

/* An entry waits there, behind the others; it waits there no longer. */
void destination_park(struct destination *destination, struct schedule_item *item);
void destination_unpark(struct schedule_item *item);

#endif
