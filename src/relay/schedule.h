/* When each entry of the queue is due: an index by ID and a heap by time, in memory. */
#ifndef RELAY_SCHEDULE_H
#define RELAY_SCHEDULE_H

#include <stdint.h>

#include "port/queue_entry.h"

struct active_entry;
struct destination;

/* The part of each entry that is kept in memory; there may be 100,000. */
struct schedule_item {
	char id[QUEUE_ID_SIZE];
	struct active_entry *active; /* it is claimed, or about to be; NULL: it is not */
	bool changed;                /* since it became active: it is due again at once */
	bool requested;              /* a run was requested: its recipients are due whatever their time */
	bool unread;                 /* it has not been claimed yet: nothing is known but its ID */
	bool held;                   /* when it was claimed last */
	bool overdue;                /* it became due while it was parked */
	unsigned char busy;          /* times in a row that another process had claimed it */
	int64_t due;                 /* milliseconds since 1970; INT64_MAX: never */
	int64_t arrival;             /* seconds since 1970; 0: it is unread */
	uint64_t number;             /* entries due at the same time are ordered by insertion */
	uint64_t domains;            /* a bit for each domain of its waiting recipients; all if it is unread */
	size_t position;             /* in the heap */
	struct schedule_item *next_of_bucket;
	struct destination *parked;   /* where it waits for a share; NULL: nowhere */
	struct destination *woken_by; /* it may take a share there; NULL: it was not woken */
	struct schedule_item *before, *behind;
};

struct schedule {
	struct schedule_item **buckets, **heap;
	size_t bucket_count, count, room;
	uint64_t last;
};

/* All zero is an empty schedule. Frees all items. */
void schedule_clear(struct schedule *schedule);

/* Finds the item of an ID; NULL: none. Adds one, which is unread and never due; NULL: memory is out. */
struct schedule_item *schedule_find(const struct schedule *schedule, const char *id);
struct schedule_item *schedule_add(struct schedule *schedule, const char *id);

/* Sets when an item is due. */
void schedule_set(struct schedule *schedule, struct schedule_item *item, int64_t due);

/* Restores the order after due was written to many items. */
void schedule_reorder(struct schedule *schedule);

/* The item that is due first; NULL: there is none. */
struct schedule_item *schedule_first(const struct schedule *schedule);

/* Frees an item, which is neither active nor parked. */
void schedule_forget(struct schedule *schedule, struct schedule_item *item);

/* The bits of a domain and of the domains above it; the bit of the domain alone. */
uint64_t schedule_bits(const char *domain);
uint64_t schedule_bit(const char *domain);

#endif
