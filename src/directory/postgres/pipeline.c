/* The questions of a connection: what waits is sent as a batch, and answers come in the order of questions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/connection_internal.h"
#include "directory/postgres/schema.h"

enum { COMPLAIN_EVERY = 1000 }; /* milliseconds */

void
pg_queue_clear(struct pg_queue *queue)
{
	queue->first = queue->last = NULL;
}

void
pg_queue_append(struct pg_queue *queue, struct pg_query *query)
{
	query->next = NULL;
	query->previous = queue->last;
	if (queue->last != NULL)
		queue->last->next = query;
	else
		queue->first = query;
	queue->last = query;
}

void
pg_queue_remove(struct pg_queue *queue, struct pg_query *query)
{
	if (query->previous != NULL)
		query->previous->next = query->next;
	else
		queue->first = query->next;
	if (query->next != NULL)
		query->next->previous = query->previous;
	else
		queue->last = query->previous;
}

struct pg_query *
pg_queue_take(struct pg_queue *queue)
{
	struct pg_query *query = queue->first;
	if (query != NULL)
		pg_queue_remove(queue, query);
	return query;
}

/* Returns the question to its owner. */
static void
end(struct pg *pg, struct pg_query *query, PGresult *result)
{
	deadlines_remove(query);
	pg->libpq->PQclear(query->result);
	query->result = NULL;
	query->done(query, result);
}

/* Callbacks may ask again: that waits in another queue. */
void
pg_fail_all(struct pg *pg, struct pg_queue *queue)
{
	struct pg_query *query = queue->first;
	pg_queue_clear(queue);
	for (struct pg_query *next; query != NULL; query = next) {
		next = query->next;
		end(pg, query, NULL);
	}
}

void
pg_drop(struct pg *pg, struct pg_query *query)
{
	deadlines_remove(query);
	pg->libpq->PQclear(query->result);
	free(query);
}

/* The one that keeps the answer to a question waiting: in a pipeline, the first that has not been answered. */
static const struct pg_query *
hanging(const struct pg *pg, const struct pg_query *query)
{
	const struct pg_query *first = pg->sent.first;
	return first != NULL && (first->purpose == PG_ANSWER || first->purpose == PG_ABANDONED) ? first : query;
}

static void
note_hang(struct pg *pg, const struct pg_query *query)
{
	pg->hung = pg_now(pg);
	pg->hung_statement = query->statement;
	pg_tell_down(pg);
}

static void
note_answer(struct pg *pg, const struct pg_query *query)
{
	if (pg->hung == 0 || query->purpose != PG_ANSWER ||
	    (query->statement != pg->hung_statement && pg_now(pg) - pg->hung < PG_HANG_LASTS))
		return;
	pg->hung = 0;
	pg_tell_down(pg);
}

/* Puts an abandoned question in the place of one that was sent. Returns false if memory is out. */
static bool
abandon(struct pg *pg, struct pg_query *query)
{
	struct pg_query *place = malloc(sizeof *place);
	if (place == NULL)
		return false;
	*place = *query;
	place->purpose = PG_ABANDONED;
	place->deadline = query->sent + pg->settings.timeout;
	query->result = NULL;
	if (place->previous != NULL)
		place->previous->next = place;
	else
		pg->sent.first = place;
	if (place->next != NULL)
		place->next->previous = place;
	else
		pg->sent.last = place;
	deadlines_add(&pg->deadlines, place);
	return true;
}

void
pg_give_up(struct pg *pg, struct pg_query *query, struct pg_queue *late)
{
	char why[PG_TROUBLE_SIZE];
	bool hangs = pg_now(pg) + pg->deadlines.width >= query->sent + pg->settings.timeout;
	snprintf(why, sizeof why, "no answer within %lld ms", (long long)pg->settings.timeout);
	libpq_first_line(pg->trouble, sizeof pg->trouble, why);
	query->deadline = pg_now(pg);
	if (query->purpose == PG_ANSWER)
		note_hang(pg, hanging(pg, query));
	if (query->sent == 0)
		pg_queue_remove(&pg->waiting, query);
	else if (hangs || query->purpose != PG_ANSWER || !abandon(pg, query)) {
		pg_lose(pg, why);
		return;
	}
	pg_queue_append(late, query);
}

/*
 * A backend that waits for a lock does not notice that its client has
 * disconnected; statement_timeout ends the statement.
 */
static const char limit[] = "SELECT set_config('statement_timeout', $1, false)";

uint64_t
pg_hash_statement(const char *text)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

static void
name_statement(char name[PG_NAME_SIZE], uint64_t hash)
{
	snprintf(name, PG_NAME_SIZE, "ftgate_%016llx", (unsigned long long)hash);
}

static bool
send_query(struct pg *pg, const struct pg_query *query)
{
	char name[PG_NAME_SIZE];
	const struct libpq *libpq = pg->libpq;
	PGconn *connection = pg->link->connection;
	const char *text = query->purpose == PG_LIMIT ? limit
	    : query->purpose == PG_CHECK              ? postgres_schema_check
	    : query->purpose == PG_LISTEN             ? pg->settings.listen
	                                              : pg->settings.statements[query->statement];
	name_statement(name, pg->hashes[query->statement]);
	if (query->purpose == PG_PREPARE)
		return libpq->PQsendPrepare(connection, name, text, 0, NULL) == 1;
	if (pg->settings.pooled || query->purpose != PG_ANSWER)
		return libpq->PQsendQueryParams(connection, text, query->count, NULL, query->values, NULL, NULL, 0) ==
		    1;
	return libpq->PQsendQueryPrepared(connection, name, query->count, query->values, NULL, NULL, 0) == 1;
}

/* Sends a question, which is the last one of its batch if so asked. */
static bool
send_one(struct pg *pg, struct pg_query *query, bool ends_batch)
{
	query->tries++;
	query->sent = pg_now(pg);
	query->ends_batch = ends_batch;
	pg_queue_append(&pg->sent, query);
	if (!send_query(pg, query))
		return false;
	return !ends_batch || pg->libpq->PQpipelineSync(pg->link->connection) == 1;
}

void
pg_send_waiting(struct pg *pg)
{
	struct pg_query *query;
	while ((query = pg_queue_take(&pg->waiting)) != NULL) {
		bool ends_batch = query->alone || pg->waiting.first == NULL || pg->waiting.first->alone;
		if (!send_one(pg, query, ends_batch)) {
			pg_lose_by_libpq(pg);
			return;
		}
	}
	pg_flush(pg);
}

bool
pg_send_set_up(struct pg *pg)
{
	for (size_t i = 0; i < pg->set_up_count; i++) {
		struct pg_query *query = &pg->set_up[i].query;
		query->deadline = pg_deadline(pg);
		deadlines_add(&pg->deadlines, query);
		if (!send_one(pg, query, query->purpose != PG_PREPARE || i + 1 == pg->set_up_count))
			return false;
	}
	return true;
}

void
pg_complain(struct pg *pg)
{
	if (pg->settings.quiet || (pg->complained != 0 && pg_now(pg) - pg->complained < COMPLAIN_EVERY))
		return;
	pg->complained = pg_now(pg);
	log_event("directory-failed", "database", pg->peer, "detail", pg->trouble, NULL);
}

void
pg_blame(struct pg *pg, const char *why)
{
	snprintf(pg->trouble, sizeof pg->trouble, "%s", why);
	pg_complain(pg);
}

/* The result of an unexpected kind has no values in libpq, and must not be read. */
static void
take_answer(struct pg *pg, struct pg_query *query, PGresult *result)
{
	static const char why[] = "the server violated the protocol: its answer has other columns";
	if (query->columns == 0 || pg->libpq->PQnfields(result) == query->columns) {
		end(pg, query, result);
		return;
	}
	pg->libpq->PQclear(result);
	pg_blame(pg, why);
	end(pg, query, NULL);
	pg_lose(pg, why);
}

/* The statement conflicted with another transaction. */
static bool
is_conflict(const char *state)
{
	return state != NULL && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0);
}

/* Ends a question whose result is complete, and, if it is the last one of its batch, whose transaction has ended. */
static void
finish(struct pg *pg, struct pg_query *query)
{
	const struct libpq *libpq = pg->libpq;
	PGresult *result = query->result;
	ExecStatusType status = libpq->PQresultStatus(result);
	if (query->purpose == PG_ABANDONED) {
		pg_drop(pg, query);
		return;
	}
	query->result = NULL;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		note_answer(pg, query);
		take_answer(pg, query, result);
		return;
	}
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool aborted = status == PGRES_PIPELINE_ABORTED;
	if ((aborted || (query->writes && is_conflict(state))) && !query->once && query->tries < PG_TRIES_MAX &&
	    query->purpose == PG_ANSWER) {
		libpq->PQclear(result);
		query->alone = true;
		pg_wait(pg, query);
		return;
	}
	if (!aborted) {
		snprintf(pg->refusal, sizeof pg->refusal, "%s", state == NULL ? "" : state);
		libpq_first_line(pg->trouble, sizeof pg->trouble, libpq->PQresultErrorMessage(result));
	}
	bool canceled = state != NULL && strcmp(state, LIBPQ_CANCELED) == 0;
	libpq->PQclear(result);
	if (query->purpose == PG_ANSWER) {
		if (canceled)
			note_hang(pg, query);
		pg_complain(pg);
	}
	end(pg, query, NULL);
}

/* A new connection may answer the same question. */
static bool
is_passing(const char *state)
{
	static const char *const classes[] = {
		"57P",   /* the server ends the connection, or begins */
		"08",    /* so does a pooler */
		"26000", /* a pooler has lost the prepared statement */
		"0A000", /* a table has been changed, and the prepared statement does not fit it */
		"40001", /* a standby had to change what the statement was reading */
	};
	for (size_t i = 0; state != NULL && i < sizeof classes / sizeof *classes; i++)
		if (strncmp(state, classes[i], strlen(classes[i])) == 0)
			return true;
	return false;
}

/* The statement does not fit the schema, or the server does not allow changes any more. */
static bool
is_unfit(const char *state)
{
	static const char *const states[] = {
		"42P01", /* no such table */
		"42703", /* no such column */
		"42883", /* no such function, or operator of these types */
		LIBPQ_READ_ONLY,
	};
	for (size_t i = 0; state != NULL && i < sizeof states / sizeof *states; i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/*
 * Must the connection be replaced, so that the new one checks the schema? Not soon after the last check: if the schema
 * has not changed, the statement is at fault.
 */
static bool
must_recheck(struct pg *pg, const char *state)
{
	if (!is_unfit(state) || pg->state != PG_READY ||
	    (pg->rechecked != 0 && pg_now(pg) - pg->rechecked < PG_RECHECK_PAUSE))
		return false;
	pg->rechecked = pg_now(pg);
	return true;
}

/* Keeps a result of the first question that was sent. Returns false if the connection is lost by it. */
static bool
keep_result(struct pg *pg, PGresult *result)
{
	const struct libpq *libpq = pg->libpq;
	struct pg_query *query = pg->sent.first;
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool conflict = (query->writes || query->once) && is_conflict(state);
	bool passing = query->purpose != PG_LISTEN && !conflict && (is_passing(state) || must_recheck(pg, state));
	char why[PG_TROUBLE_SIZE];
	libpq_first_line(why, sizeof why, libpq->PQresultErrorMessage(result));
	libpq->PQclear(query->result);
	query->result = result;
	if (passing)
		pg_lose(pg, why);
	return !passing;
}

static bool
take_sync(struct pg *pg, PGresult *result)
{
	bool synced = pg->libpq->PQresultStatus(result) == PGRES_PIPELINE_SYNC;
	pg->libpq->PQclear(result);
	pg->expects_sync = false;
	if (synced)
		finish(pg, pg_queue_take(&pg->sent));
	else
		pg_lose(pg, "the server violated the protocol");
	return synced;
}

bool
pg_read_result(struct pg *pg)
{
	if (pg->link == NULL || pg->sent.first == NULL || pg->libpq->PQisBusy(pg->link->connection))
		return false;
	PGresult *result = pg->libpq->PQgetResult(pg->link->connection);
	if (pg->expects_sync)
		return take_sync(pg, result);
	if (result != NULL)
		return keep_result(pg, result);
	pg->expects_sync = pg->sent.first->ends_batch;
	if (!pg->expects_sync)
		finish(pg, pg_queue_take(&pg->sent));
	return true;
}
