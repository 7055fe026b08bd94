/* When questions to PostgreSQL must have been answered: a timer wheel, whose cost does not depend on their number. */
#ifndef DIRECTORY_POSTGRES_DEADLINES_H
#define DIRECTORY_POSTGRES_DEADLINES_H

#include <stdint.h>

enum { DEADLINE_PARTS = 64, DEADLINE_SLOTS = DEADLINE_PARTS + 2 };

struct pg_query;

struct pg_deadlines {
	int64_t width; /* milliseconds of a slot */
	int64_t past;  /* number of the last slot that has been emptied */
	struct pg_query *slots[DEADLINE_SLOTS];
};

/* timeout: the longest time to a deadline, in milliseconds. */
void deadlines_open(struct pg_deadlines *deadlines, int64_t timeout, int64_t now);

/* Adds a question, which has its deadline, and is in no slot. It must not move before it is removed. */
void deadlines_add(struct pg_deadlines *deadlines, struct pg_query *query);

/* Removes a question. Does nothing if it is in no slot. */
void deadlines_remove(struct pg_query *query);

/*
 * Removes a question that is due: up to one slot before its deadline, or up to
 * one after it if it was added later than that. NULL: none is due.
 */
struct pg_query *deadlines_take(struct pg_deadlines *deadlines, int64_t now);

/* When the next one may be due, in milliseconds; INT64_MAX: there is none. */
int64_t deadlines_next(const struct pg_deadlines *deadlines);

#endif
