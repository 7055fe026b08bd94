/* When questions to PostgreSQL must have been answered: a timer wheel, whose cost does not depend on their number. */
#include "directory/postgres/deadlines.h"

#include <stddef.h>

#include "directory/postgres/connection.h"

void
deadlines_open(struct pg_deadlines *deadlines, int64_t timeout, int64_t now)
{
	*deadlines = (struct pg_deadlines) { .width = timeout / DEADLINE_PARTS + 1 };
	deadlines->past = now / deadlines->width;
}

void
deadlines_add(struct pg_deadlines *deadlines, struct pg_query *query)
{
	query->slot = query->deadline / deadlines->width;
	if (query->slot <= deadlines->past)
		query->slot = deadlines->past + 1;
	struct pg_query **slot = &deadlines->slots[query->slot % DEADLINE_SLOTS];
	query->due_link = slot;
	query->due_next = *slot;
	if (*slot != NULL)
		(*slot)->due_link = &query->due_next;
	*slot = query;
}

void
deadlines_remove(struct pg_query *query)
{
	if (query->due_link == NULL)
		return;
	*query->due_link = query->due_next;
	if (query->due_next != NULL)
		query->due_next->due_link = query->due_link;
	query->due_link = NULL;
	query->due_next = NULL;
}

/* A slot may also have questions of the next turn of the wheel, if the loop was late. */
struct pg_query *
deadlines_take(struct pg_deadlines *deadlines, int64_t now)
{
	int64_t slot = now / deadlines->width;
	if (slot - deadlines->past > DEADLINE_SLOTS)
		deadlines->past = slot - DEADLINE_SLOTS;
	for (; deadlines->past < slot; deadlines->past++) {
		struct pg_query *query = deadlines->slots[(deadlines->past + 1) % DEADLINE_SLOTS];
		while (query != NULL && query->slot > slot)
			query = query->due_next;
		if (query == NULL)
			continue;
		deadlines_remove(query);
		return query;
	}
	return NULL;
}

int64_t
deadlines_next(const struct pg_deadlines *deadlines)
{
	for (int64_t slot = deadlines->past + 1; slot <= deadlines->past + DEADLINE_SLOTS; slot++)
		if (deadlines->slots[slot % DEADLINE_SLOTS] != NULL)
			return slot * deadlines->width;
	return INT64_MAX;
}
