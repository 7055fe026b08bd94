/* What the servers of several machines keep together in PostgreSQL: counters, marks, leases. */
#include "directory/postgres/shared.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/postgres/array.h"
#include "directory/postgres/connection.h"
#include "directory/postgres/shared_statements.h"

enum { NUMBER_SIZE = 24, MOST_LEFT = 1000000000 }; /* milliseconds: what the database says is cut to it */

struct postgres_shared {
	struct shared_store store;
	struct pg pg;
	bool closing;
};

/* The statements of an exchange, which go as one batch and are one transaction, or that of another operation. */
struct operation {
	struct postgres_shared *shared;
	union {
		struct shared_exchange *exchange;
		struct shared_lease *lease;
		struct shared_purge *purge;
	};
	void (*end)(struct operation *operation); /* frees it, and reports */
	struct shared_position position;          /* of an exchange: behind its news */
	unsigned in_flight;
	bool failed;
	bool held; /* the lease */
};

/* A statement under way, with the texts of its parameters. */
struct asked {
	struct pg_query query;
	struct operation *operation;
	/* Takes the answer; NULL: there is none. */
	void (*take)(struct operation *operation, const PGresult *result);
	char *values[PG_PARAMETERS_MAX];
};

static struct postgres_shared *
own(struct shared_store *store)
{
	return (struct postgres_shared *)store;
}

static int64_t
number(const struct libpq *libpq, const PGresult *result, int row, int column)
{
	return strtoll(libpq->PQgetvalue(result, row, column), NULL, 10);
}

static int64_t
within(int64_t value, int64_t least, int64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

static void
free_asked(struct asked *asked)
{
	for (size_t i = 0; i < PG_PARAMETERS_MAX; i++)
		free(asked->values[i]);
	free(asked);
}

static void
release(struct operation *operation)
{
	if (--operation->in_flight > 0)
		return;
	if (operation->shared->closing)
		free(operation);
	else
		operation->end(operation);
}

static void
answered(struct pg_query *query, PGresult *result)
{
	struct asked *asked = (struct asked *)(void *)query;
	struct operation *operation = asked->operation;
	if (result == NULL)
		operation->failed = true;
	else if (asked->take != NULL)
		asked->take(operation, result);
	operation->shared->pg.libpq->PQclear(result);
	free_asked(asked);
	release(operation);
}

static struct asked *
begin(struct operation *operation, enum shared_statement statement,
    void (*take)(struct operation *operation, const PGresult *result))
{
	struct asked *asked = calloc(1, sizeof *asked);
	if (asked == NULL) {
		operation->failed = true;
		return NULL;
	}
	asked->operation = operation;
	asked->take = take;
	asked->query.statement = statement;
	asked->query.done = answered;
	return asked;
}

static void
put_text(struct asked *asked, const char *text)
{
	asked->values[asked->query.count++] = strdup(text);
}

static void
put_number(struct asked *asked, int64_t value)
{
	char text[NUMBER_SIZE];
	snprintf(text, sizeof text, "%" PRId64, value);
	put_text(asked, text);
}

/* An array of texts or numbers, which element() writes into its argument. */
static void
put_array(struct asked *asked, const struct shared_exchange *exchange, size_t count,
    void (*element)(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE]))
{
	char *text = NULL, one[SHARED_NAME_SIZE];
	size_t size;
	FILE *array = open_memstream(&text, &size);
	if (array != NULL) {
		for (size_t i = 0; i < count; i++) {
			element(exchange, i, one);
			pg_array_put(array, i == 0, one, strlen(one));
		}
		fputc('}', array);
		if (fclose(array) != 0) {
			free(text);
			text = NULL;
		}
	}
	asked->values[asked->query.count++] = text;
}

/* The operation fails if a parameter is missing because memory is out. */
static void
send_asked(struct asked *asked)
{
	struct operation *operation = asked->operation;
	for (int i = 0; i < asked->query.count; i++)
		asked->query.values[i] = asked->values[i];
	for (int i = 0; i < asked->query.count; i++) {
		if (asked->values[i] == NULL) {
			operation->failed = true;
			free_asked(asked);
			return;
		}
	}
	operation->in_flight++;
	asked->query.once = !asked->query.writes;
	pg_ask(&operation->shared->pg, &asked->query, pg_deadline(&operation->shared->pg));
}

static void
count_name(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE])
{
	snprintf(text, SHARED_NAME_SIZE, "%s", exchange->counts[i].name);
}

static void
count_value(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE])
{
	snprintf(text, SHARED_NAME_SIZE, "%" PRIu32, exchange->counts[i].count);
}

static void
count_left(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE])
{
	snprintf(text, SHARED_NAME_SIZE, "%" PRId64, exchange->counts[i].left);
}

static void
mark_name(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE])
{
	snprintf(text, SHARED_NAME_SIZE, "%s", exchange->marks[i].note.address);
}

static void
mark_cause(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE])
{
	snprintf(text, SHARED_NAME_SIZE, "%s", exchange->marks[i].note.cause);
}

static void
mark_left(const struct shared_exchange *exchange, size_t i, char text[SHARED_NAME_SIZE])
{
	snprintf(text, SHARED_NAME_SIZE, "%" PRId64, exchange->marks[i].left);
}

static void
take_sums(struct operation *operation, const PGresult *result)
{
	const struct libpq *libpq = operation->shared->pg.libpq;
	struct shared_exchange *exchange = operation->exchange;
	for (int row = 0; row < libpq->PQntuples(result); row++) {
		int64_t i = number(libpq, result, row, 0);
		if (i < 1 || i > (int64_t)exchange->count)
			continue;
		exchange->counts[i - 1].others = (uint32_t)within(number(libpq, result, row, 1), 0, UINT32_MAX);
		exchange->counts[i - 1].others_left = within(number(libpq, result, row, 2), 0, MOST_LEFT);
	}
}

static void
take_mark(struct operation *operation, const PGresult *result, int row)
{
	const struct libpq *libpq = operation->shared->pg.libpq;
	struct shared_exchange *exchange = operation->exchange;
	struct shared_mark *mark = &exchange->news[exchange->news_count];
	*mark = (struct shared_mark) { .left = within(number(libpq, result, row, NEWS_LEFT), 0, INT64_MAX) };
	snprintf(mark->note.address, sizeof mark->note.address, "%s", libpq->PQgetvalue(result, row, NEWS_NAME));
	snprintf(mark->note.cause, sizeof mark->note.cause, "%s", libpq->PQgetvalue(result, row, NEWS_CAUSE));
	operation->position.generation = number(libpq, result, row, NEWS_GENERATION);
	memcpy(operation->position.name, mark->note.address, sizeof operation->position.name);
	exchange->news_count += number(libpq, result, row, NEWS_OWN) == 0;
}

static bool
is_behind(const struct shared_position *position, const struct shared_position *other)
{
	if (position->generation != other->generation)
		return position->generation < other->generation;
	return strcmp(position->name, other->name) < 0;
}

/* If a database has lost its last changes, as after a failover, all of its marks are new. */
static void
take_news(struct operation *operation, const PGresult *result)
{
	const struct libpq *libpq = operation->shared->pg.libpq;
	struct shared_exchange *exchange = operation->exchange;
	int rows = libpq->PQntuples(result);
	exchange->restarted = rows > 0 && number(libpq, result, 0, NEWS_LAST) < exchange->position.generation;
	if (exchange->restarted)
		operation->position = (struct shared_position) { .generation = 0 };
	for (int row = 0; row < rows && row < SHARED_NEWS_MAX; row++)
		if (!libpq->PQgetisnull(result, row, NEWS_GENERATION))
			take_mark(operation, result, row);
	exchange->more = rows == SHARED_NEWS_MAX && is_behind(&exchange->position, &operation->position);
}

static void
end_exchange(struct operation *operation)
{
	struct shared_exchange *exchange = operation->exchange;
	bool ok = !operation->failed;
	if (ok)
		exchange->position = operation->position;
	free(operation);
	exchange->done(exchange, ok);
}

static void
send_counts(struct operation *operation)
{
	const struct shared_exchange *exchange = operation->exchange;
	struct asked *add = begin(operation, SHARED_ADD, NULL);
	if (add != NULL) {
		put_number(add, exchange->server);
		put_number(add, exchange->stamp);
		put_array(add, exchange, exchange->count, count_name);
		put_array(add, exchange, exchange->count, count_value);
		put_array(add, exchange, exchange->count, count_left);
		send_asked(add);
	}
	struct asked *sums = begin(operation, SHARED_SUMS, take_sums);
	if (sums != NULL) {
		put_number(sums, exchange->server);
		put_array(sums, exchange, exchange->count, count_name);
		send_asked(sums);
	}
}

static void
send_marks(struct operation *operation)
{
	const struct shared_exchange *exchange = operation->exchange;
	struct asked *mark = begin(operation, SHARED_MARK, NULL);
	if (mark == NULL)
		return;
	put_text(mark, exchange->service);
	put_number(mark, exchange->server);
	put_number(mark, exchange->stamp);
	put_array(mark, exchange, exchange->mark_count, mark_name);
	put_array(mark, exchange, exchange->mark_count, mark_cause);
	put_array(mark, exchange, exchange->mark_count, mark_left);
	send_asked(mark);
}

static void
ask_news(struct operation *operation)
{
	const struct shared_exchange *exchange = operation->exchange;
	struct asked *news = begin(operation, SHARED_NEWS, take_news);
	if (news == NULL)
		return;
	put_text(news, exchange->service);
	put_number(news, exchange->server);
	put_number(news, exchange->position.generation);
	put_text(news, exchange->position.name);
	send_asked(news);
}

/* Begins an operation. It counts in in_flight itself until all of its statements have been sent. */
static struct operation *
new_operation(struct postgres_shared *shared, void (*end)(struct operation *operation))
{
	struct operation *operation = calloc(1, sizeof *operation);
	if (operation == NULL)
		return NULL;
	operation->shared = shared;
	operation->end = end;
	operation->in_flight = 1;
	return operation;
}

static void
exchange(struct shared_store *store, struct shared_exchange *exchange)
{
	struct operation *operation = new_operation(own(store), end_exchange);
	if (operation == NULL) {
		exchange->done(exchange, false);
		return;
	}
	operation->exchange = exchange;
	operation->position = exchange->position;
	if (exchange->count > 0)
		send_counts(operation);
	if (exchange->mark_count > 0)
		send_marks(operation);
	ask_news(operation);
	release(operation);
}

static void
take_lease(struct operation *operation, const PGresult *result)
{
	operation->held = operation->shared->pg.libpq->PQntuples(result) > 0;
}

static void
end_lease(struct operation *operation)
{
	struct shared_lease *lease = operation->lease;
	bool held = !operation->failed && operation->held;
	free(operation);
	lease->done(lease, held);
}

static void
lease(struct shared_store *store, struct shared_lease *lease)
{
	struct operation *operation = new_operation(own(store), end_lease);
	struct asked *asked = operation == NULL ? NULL : begin(operation, SHARED_LEASE, take_lease);
	if (operation == NULL) {
		lease->done(lease, false);
		return;
	}
	operation->lease = lease;
	if (asked != NULL) {
		asked->query.writes = true;
		put_text(asked, lease->name);
		put_number(asked, lease->owner);
		put_number(asked, lease->duration);
		send_asked(asked);
	}
	release(operation);
}

static void
take_purge(struct operation *operation, const PGresult *result)
{
	operation->purge->rows = strtoll(operation->shared->pg.libpq->PQcmdTuples((PGresult *)result), NULL, 10);
}

static void
end_purge(struct operation *operation)
{
	struct shared_purge *purge = operation->purge;
	bool ok = !operation->failed;
	free(operation);
	purge->done(purge, ok);
}

static void
purge(struct shared_store *store, struct shared_purge *purge)
{
	struct operation *operation = new_operation(own(store), end_purge);
	enum shared_statement statement = (enum shared_statement)(SHARED_PURGE + (int)purge->kind);
	struct asked *asked = operation == NULL ? NULL : begin(operation, statement, take_purge);
	if (operation == NULL) {
		purge->done(purge, false);
		return;
	}
	operation->purge = purge;
	if (asked != NULL) {
		asked->query.writes = true;
		put_number(asked, purge->rows);
		send_asked(asked);
	}
	release(operation);
}

static const char *
trouble(const struct shared_store *store)
{
	return pg_trouble(&((const struct postgres_shared *)store)->pg);
}

static void
close_store(struct shared_store *store)
{
	struct pg *pg = &own(store)->pg;
	own(store)->closing = true;
	pg_abandon(pg);
	pg_close(pg);
	free(store);
}

static const struct shared_store_ops ops = {
	.exchange = exchange,
	.lease = lease,
	.purge = purge,
	.trouble = trouble,
	.close = close_store,
};

struct shared_store *
postgres_shared_new(
    const struct libpq *libpq, const struct postgres_settings *settings, uv_loop_t *loop, struct executor *executor)
{
	struct postgres_shared *shared = calloc(1, sizeof *shared);
	if (shared == NULL)
		return NULL;
	const struct pg_settings connection = {
		.database = settings->database,
		.timeout = settings->timeout,
		.pooled = settings->pooled,
		.statements = shared_statements,
		.name = "ftgate limits",
		.writes = true,
		.quiet = true,
	};
	shared->store = (struct shared_store) { .ops = &ops, .purge_kinds = SHARED_STATEMENTS - SHARED_PURGE };
	int error = pg_open(&shared->pg, libpq, &connection, loop, executor);
	if (error == 0)
		return &shared->store;
	close_store(&shared->store);
	errno = -error;
	return NULL;
}
