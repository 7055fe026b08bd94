/* The changes of records that other programs make. */
#include "directory/postgres/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log/log.h"
#include "directory/postgres/connection_internal.h"
#include "directory/postgres/statements.h"

enum { UNANNOUNCED_MAX = 2 }; /* readings: one change can be read before its notification comes */

static void ask(struct changes *changes);

static void
on_timer(uv_timer_t *timer)
{
	ask(timer->data);
}

/* Without a connection, no reading is scheduled: the next connection begins with one. */
static void
schedule(struct changes *changes)
{
	const struct pg *pg = changes->pg;
	bool deaf = pg->deaf || changes->unannounced >= UNANNOUNCED_MAX;
	int64_t next = changes->asked + (deaf ? CHANGES_EVERY_DEAF : CHANGES_EVERY);
	if (changes->again)
		next = changes->asked + CHANGES_PAUSE;
	if (pg->state == PG_READY)
		uv_timer_start(&changes->timer, on_timer, next > pg_now(pg) ? (uint64_t)(next - pg_now(pg)) : 0, 0);
}

static void
copy(char to[CHANGES_NUMBER_SIZE], const struct pg *pg, const PGresult *result, int row, int column)
{
	snprintf(to, CHANGES_NUMBER_SIZE, "%s", pg->libpq->PQgetvalue(result, row, column));
}

/*
 * Applies the changes after the last known one, which is the first row. Returns
 * false if that row is missing, or there are too many.
 */
static bool
follow(struct changes *changes, const PGresult *result)
{
	const struct pg *pg = changes->pg;
	const struct libpq *libpq = pg->libpq;
	int rows = libpq->PQntuples(result);
	if (rows == 0 || rows > CHANGES_MAX ||
	    strcmp(libpq->PQgetvalue(result, 0, CHANGE_NUMBER), changes->number) != 0 ||
	    strcmp(libpq->PQgetvalue(result, 0, CHANGE_MARK), changes->mark) != 0)
		return false;
	for (int row = 1; row < rows; row++)
		if (strcmp(libpq->PQgetvalue(result, row, CHANGE_SUBJECT), "*") == 0)
			answer_cache_change_all(changes->cache);
		else
			answer_cache_change(changes->cache, libpq->PQgetvalue(result, row, CHANGE_SUBJECT));
	if (rows > 1)
		changes->unannounced = changes->announced ? 0 : changes->unannounced + 1;
	copy(changes->number, pg, result, rows - 1, CHANGE_NUMBER);
	copy(changes->mark, pg, result, rows - 1, CHANGE_MARK);
	return true;
}

/* All changes after the last one are followed. Answers that were asked before may be outdated. */
static bool
begin(struct changes *changes, const PGresult *result)
{
	bool empty = changes->pg->libpq->PQntuples(result) != 1;
	if (empty && !changes->empty)
		log_event("directory-misconfigured", "detail",
		    "the table changes is empty: no answers are kept until a record changes", NULL);
	changes->empty = empty;
	if (empty)
		return false;
	answer_cache_change_all(changes->cache);
	copy(changes->number, changes->pg, result, 0, CHANGE_NUMBER);
	copy(changes->mark, changes->pg, result, 0, CHANGE_MARK);
	return true;
}

/* For the operator: which changes the worker knows, and since when. */
static void
publish(const struct changes *changes)
{
	struct stats_slot *stats = changes->stats;
	if (stats == NULL)
		return;
	atomic_store_explicit(&stats->records_change, strtoull(changes->number, NULL, 10), memory_order_relaxed);
	atomic_store_explicit(&stats->records_read, time(NULL), memory_order_relaxed);
}

/* Changes cannot be followed from the last known one: all answers may be outdated. */
static void
give_up(struct changes *changes)
{
	answer_cache_change_all(changes->cache);
	changes->number[0] = '\0';
	changes->seen = 0;
}

/*
 * A standby that was promoted may lack the last changes. After a new connection,
 * the last change that was read is compared, but answers that were asked after
 * that reading may depend on changes that are lost. A question that was asked
 * before a reading, and is answered behind it, was sent again or took a further
 * round trip: its answer is of a later time than it seems, and is not kept.
 */
static void
drop_uncertain(struct changes *changes)
{
	if (changes->lost)
		answer_cache_drop_since(changes->cache, changes->read);
	answer_cache_begin(changes->cache, changes->lost ? pg_now(changes->pg) : changes->asked);
	changes->lost = false;
	changes->read = changes->asked;
}

static void
take(struct changes *changes, const PGresult *result)
{
	bool begins = changes->number[0] == '\0';
	changes->known = begins ? begin(changes, result) : follow(changes, result);
	changes->announced = changes->again;
	if (!changes->known) {
		give_up(changes);
		changes->again = changes->again || !begins;
		return;
	}
	drop_uncertain(changes);
	publish(changes);
}

static void
answered(struct pg_query *query, PGresult *result)
{
	struct changes *changes = (struct changes *)(void *)((char *)query - offsetof(struct changes, query));
	changes->asking = false;
	changes->known = false;
	if (result != NULL)
		take(changes, result);
	else
		changes->lost = true; /* a pooler may have another server behind the same connection */
	changes->pg->libpq->PQclear(result);
	schedule(changes);
}

static void
ask(struct changes *changes)
{
	changes->again = changes->asking;
	if (changes->asking)
		return;
	changes->asking = true;
	changes->asked = pg_now(changes->pg);
	changes->query = (struct pg_query) { .statement = STATEMENT_LAST_CHANGE, .done = answered };
	if (changes->number[0] != '\0') {
		changes->query.statement = STATEMENT_CHANGES;
		changes->query.values[0] = changes->number;
		changes->query.count = 1;
	}
	changes->query.columns = postgres_columns[changes->query.statement];
	pg_ask(changes->pg, &changes->query, pg_deadline(changes->pg));
}

void
changes_open(
    struct changes *changes, struct pg *pg, uv_loop_t *loop, struct answer_cache *cache, struct stats_slot *stats)
{
	changes->pg = pg;
	changes->cache = cache;
	changes->stats = stats;
	(void)uv_timer_init(loop, &changes->timer); /* never fails */
	changes->timer.data = changes;
}

void
changes_ready(struct changes *changes)
{
	ask(changes);
}

void
changes_notified(struct changes *changes)
{
	changes->announced = true;
	changes->unannounced = 0;
	changes->again = true;
	if (!changes->asking)
		schedule(changes);
}

void
changes_lost(struct changes *changes)
{
	if (changes->known)
		changes->seen = pg_now(changes->pg);
	changes->known = false;
	changes->lost = true;
	changes->announced = false;
	changes->unannounced = 0;
	uv_timer_stop(&changes->timer);
}

void
changes_answered(struct changes *changes, bool failed)
{
	if (!failed)
		changes->failing = 0;
	else if (changes->failing == 0)
		changes->failing = pg_now(changes->pg);
}

int64_t
changes_horizon(const struct changes *changes, int64_t lifetime, int64_t stale, bool failed)
{
	int64_t now = pg_now(changes->pg), since = changes->known ? changes->failing : changes->seen;
	if (changes->known && !failed)
		return now - lifetime;
	return since != 0 && now - since < stale ? since - CHANGES_STALE_AGE : INT64_MAX;
}
