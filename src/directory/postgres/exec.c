/* Statements of the administration to PostgreSQL, each with a limit of time. They block. */
#include "directory/postgres/exec.h"

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <uv.h>

#include "base/text/translate.h"

enum { GRACE = 2000 /* milliseconds for the database to end a statement itself */, NUMBER_SIZE = 24 };

static const struct exec_values no_values;

static int64_t
now(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

/* When a statement that begins now is given up; 0: never. */
static int64_t
end_of(const struct exec *exec)
{
	return exec->limit > 0 ? now() + exec->limit + GRACE : 0;
}

/* Waits until a result can be read. Returns false if there is none in time, or the connection has failed. */
static bool
await(const struct exec *exec, int64_t until)
{
	const struct libpq *libpq = exec->libpq;
	PGconn *connection = exec->connection;
	int unsent;
	while ((unsent = libpq->PQflush(connection)) >= 0 && libpq->PQstatus(connection) == CONNECTION_OK) {
		if (!libpq->PQisBusy(connection))
			return true;
		int64_t left = until - now();
		struct pollfd socket = { .fd = libpq->PQsocket(connection),
			.events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN) };
		if (until > 0 && left <= 0)
			return false;
		if (poll(&socket, 1, until > 0 ? (int)left : -1) > 0 && (socket.revents & ~POLLOUT) != 0 &&
		    libpq->PQconsumeInput(connection) != 1)
			return false;
	}
	return false;
}

static bool
is_failed(const struct libpq *libpq, const PGresult *result)
{
	ExecStatusType status = libpq->PQresultStatus(result);
	return result != NULL && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

/* The first error, or the last result, of what was sent. A pipeline ends with its synchronisation. */
static PGresult *
collect(const struct exec *exec, int64_t until, bool pipeline)
{
	const struct libpq *libpq = exec->libpq;
	PGresult *kept = NULL;
	bool ended = false;
	while (!ended && await(exec, until)) {
		PGresult *next = libpq->PQgetResult(exec->connection);
		bool synced = next != NULL && libpq->PQresultStatus(next) == PGRES_PIPELINE_SYNC;
		ended = pipeline ? synced : next == NULL;
		if (next != NULL && !ended && !is_failed(libpq, kept)) {
			libpq->PQclear(kept);
			kept = next;
		} else {
			libpq->PQclear(next);
		}
	}
	if (ended || is_failed(libpq, kept))
		return kept;
	libpq->PQclear(kept);
	return NULL;
}

static int
send_one(const struct exec *exec, const char *sql, const struct exec_values *values)
{
	return exec->libpq->PQsendQueryParams(
	    exec->connection, sql, values->count, values->types, values->values, values->lengths, values->formats, 0);
}

/* Runs a statement in a transaction of its own, which the batch of a pipeline is. */
static PGresult *
run_limited(const struct exec *exec, const char *sql, const struct exec_values *values)
{
	static const char limits[] =
	    "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)";
	const struct libpq *libpq = exec->libpq;
	char number[NUMBER_SIZE];
	const char *const numbers[] = { EXEC_VALUE(EXEC_LOCK_LIMIT), number };
	snprintf(number, sizeof number, "%" PRId64, exec->limit);
	if (libpq->PQenterPipelineMode(exec->connection) != 1 ||
	    send_one(exec, limits, &(struct exec_values) { .count = 2, .values = numbers }) != 1 ||
	    send_one(exec, sql, values) != 1 || libpq->PQpipelineSync(exec->connection) != 1)
		return NULL;
	PGresult *result = collect(exec, end_of(exec), true);
	if (result != NULL)
		(void)libpq->PQexitPipelineMode(exec->connection);
	return result;
}

PGresult *
exec_statement(const struct exec *exec, const char *sql, const struct exec_values *values)
{
	const struct libpq *libpq = exec->libpq;
	bool alone = libpq->PQtransactionStatus(exec->connection) == PQTRANS_IDLE;
	if (values == NULL)
		values = &no_values;
	if (libpq->PQsetnonblocking(exec->connection, 1) != 0)
		return NULL;
	if (alone)
		return run_limited(exec, sql, values);
	return send_one(exec, sql, values) == 1 ? collect(exec, end_of(exec), false) : NULL;
}

PGresult *
exec_sql(const struct exec *exec, const char *sql)
{
	const struct libpq *libpq = exec->libpq;
	if (libpq->PQsetnonblocking(exec->connection, 1) != 0 || libpq->PQsendQuery(exec->connection, sql) != 1)
		return NULL;
	return collect(exec, end_of(exec), false);
}

const char *
exec_why(const struct exec *exec, const PGresult *result)
{
	const char *why = result != NULL ? exec->libpq->PQresultErrorMessage(result)
	                                 : exec->libpq->PQerrorMessage(exec->connection);
	return *why != '\0' ? why : _("the database does not answer");
}
