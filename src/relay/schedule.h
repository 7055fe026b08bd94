/* When each entry of a queue is to be looked at next: an index by ID and a heap by time, in memory. */
#ifndef RELAY_SCHEDULE_H
#define RELAY_SCHEDULE_H

#include <stdint.h>

#include "port/queue_entry.h"

struct destination;

/* What is kept of an entry while nothing is done for it: there may be 100,000. */
struct schedule_item {
	char id[QUEUE_ID_SIZE];
	bool busy;            /* somebody is at it */
	bool again;           /* and it has changed meanwhile */
	bool wished;          /* is to be tried whenever its time is */
	unsigned char blinks; /* times in a row that somebody else had it */
	int64_t due;          /* milliseconds; INT64_MAX: never */
	uint64_t number;      /* of two that are due at one time, the one that came first */
	uint64_t domains;     /* a bit for each domain of those who wait; all: not known yet */
	size_t place;         /* in the heap */
	struct schedule_item *next_of_bucket;
	struct destination *parked; /* where it waits for its turn; NULL: nowhere */
	struct schedule_item *before, *behind;
};

struct schedule {
	struct schedule_item **buckets, **heap;
	size_t bucket_count, count, room;
	uint64_t last;
};

/* All zero is an empty schedule. Frees all. */
void schedule_clear(struct schedule *schedule);

/* The item of an ID, NULL for none; a new one, which is never due, NULL when memory is out. */
struct schedule_item *schedule_find(const struct schedule *schedule, const char *id);
struct schedule_item *schedule_add(struct schedule *schedule, const char *id);

/* Says when it is due. */
void schedule_set(struct schedule *schedule, struct schedule_item *item, int64_t due);

/* Puts all in order, where due was written to many of them. */
void schedule_reorder(struct schedule *schedule);

/* The one that is due first, NULL where there is none at all. */
struct schedule_item *schedule_first(const struct schedule *schedule);

/* Frees an item, which is not busy and not parked. */
void schedule_forget(struct schedule *schedule, struct schedule_item *item);

/* The bits of a domain and of those above it; of the domain alone. */
uint64_t schedule_bits(const char *domain);
uint64_t schedule_bit(const char *domain);

#endif
