/* The schema of the database of domains and accounts in PostgreSQL, by version. */
#include "directory/postgres/schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "directory/postgres/exec.h"

/* "ftgt": of the lock that a migration holds. */
#define LOCK "1718904692"

/* schema_1.sql, as the build has it, and so on. */
static const char first[] = {
#include "directory/postgres/schema_1.h"
	'\0'
};
static const char second[] = {
#include "directory/postgres/schema_2.h"
	'\0'
};
static const char third[] = {
#include "directory/postgres/schema_3.h"
	'\0'
};
static const char fourth[] = {
#include "directory/postgres/schema_4.h"
	'\0'
};
static const char fifth[] = {
#include "directory/postgres/schema_5.h"
	'\0'
};
static const char sixth[] = {
#include "directory/postgres/schema_6.h"
	'\0'
};
static const char seventh[] = {
#include "directory/postgres/schema_7.h"
	'\0'
};
static const char eighth[] = {
#include "directory/postgres/schema_8.h"
	'\0'
};

/*
 * From each version to the next one. Servers of an older version go on if they know the compatible version. A migration
 * that only adds tables, or columns with defaults, keeps that version.
 */
static const struct {
	const char *sql;
	int compatible;
} migrations[] = {
	{ first, 1 },
	{ second, 2 },
	{ third, 2 },
	{ fourth, 2 },
	{ fifth, 2 },
	{ sixth, 2 },
	{ seventh, 2 },
	{ eighth, 2 },
};

_Static_assert(sizeof migrations / sizeof *migrations == POSTGRES_VERSION, "each version has its migration");

/* The second column is null before version 2. */
const char postgres_schema_check[] =
    "SELECT s.version, to_jsonb(s)->>'compatible',"
    " (SELECT p.setting FROM pg_catalog.pg_settings p WHERE p.name = 'statement_timeout') FROM ftgate_schema s";

static void __attribute__((format(printf, 2, 3))) put_error(char error[POSTGRES_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, POSTGRES_ERROR_SIZE, format, arguments);
	va_end(arguments);
}

/* Sets errno: EACCES if the role lacks a right, else EIO. */
static void
put_failure(const struct exec *exec, const PGresult *result, char error[POSTGRES_ERROR_SIZE])
{
	const char *state = exec->libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	libpq_first_line(error, POSTGRES_ERROR_SIZE, exec_why(exec, result));
	errno = state != NULL && strcmp(state, LIBPQ_DENIED) == 0 ? EACCES : EIO;
}

static bool
run(const struct exec *exec, const char *sql, char error[POSTGRES_ERROR_SIZE])
{
	PGresult *result = exec_sql(exec, sql);
	ExecStatusType status = exec->libpq->PQresultStatus(result);
	bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	if (!done)
		put_failure(exec, result, error);
	exec->libpq->PQclear(result);
	return done;
}

/* The number in a table of one row that is locked until the end of the transaction; -1 on failure. */
static int
read_version(const struct exec *exec, char error[POSTGRES_ERROR_SIZE])
{
	const struct libpq *libpq = exec->libpq;
	int version = -1;
	PGresult *result = exec_sql(exec, "SELECT version FROM ftgate_schema FOR UPDATE");
	if (libpq->PQresultStatus(result) != PGRES_TUPLES_OK)
		put_failure(exec, result, error);
	else
		version = !libpq->PQgetisnull(result, 0, 0) ? (int)strtol(libpq->PQgetvalue(result, 0, 0), NULL, 10)
		                                            : 0;
	libpq->PQclear(result);
	return version;
}

static bool
migrate_from(const struct exec *exec, int version, char error[POSTGRES_ERROR_SIZE])
{
	char sql[96];
	if (version > POSTGRES_VERSION) {
		put_error(error, _("it has version %d, this program knows %d: install a newer ftgate"), version,
		    POSTGRES_VERSION);
		errno = EIO;
		return false;
	}
	for (int i = version; i < POSTGRES_VERSION; i++)
		if (!run(exec, migrations[i].sql, error))
			return false;
	snprintf(sql, sizeof sql, "UPDATE ftgate_schema SET version = %d, compatible = %d", POSTGRES_VERSION,
	    migrations[POSTGRES_VERSION - 1].compatible);
	return version == POSTGRES_VERSION || run(exec, sql, error);
}

bool
postgres_migrate(const struct libpq *libpq, PGconn *connection, int *before, char error[POSTGRES_ERROR_SIZE])
{
	static const char table[] =
	    "CREATE TABLE IF NOT EXISTS ftgate_schema (one int PRIMARY KEY CHECK (one = 1), version int NOT NULL);"
	    "INSERT INTO ftgate_schema (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING";
	/* Other migrations may take some time. */
	static const char begin[] = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = " EXEC_VALUE(
	    EXEC_LIMIT) "; SELECT pg_advisory_xact_lock(" LOCK
	                "); SET LOCAL lock_timeout = " EXEC_VALUE(EXEC_LOCK_LIMIT);
	/* The statements of servers queue behind a statement that waits for a table, and have 5 seconds. */
	static const char limit[] = "SET LOCAL lock_timeout = 2000";
	const struct exec exec = { .libpq = libpq, .connection = connection, .limit = EXEC_LIMIT };
	const struct exec endless = { .libpq = libpq, .connection = connection };
	char ignored[POSTGRES_ERROR_SIZE];
	error[0] = '\0';
	if (!run(&exec, begin, error) || !run(&exec, table, error) || (*before = read_version(&exec, error)) < 0 ||
	    !run(&exec, limit, error) || !migrate_from(&endless, *before, error) || !run(&exec, "COMMIT", error)) {
		int failure = errno;
		run(&exec, "ROLLBACK", ignored);
		errno = failure;
		return false;
	}
	return true;
}

static int64_t
read_number(const struct libpq *libpq, const PGresult *result, int column)
{
	return strtoll(libpq->PQgetvalue(result, 0, column), NULL, 10);
}

bool
postgres_schema_fault(const struct libpq *libpq, const PGresult *result, int64_t limit, char fault[POSTGRES_FAULT_SIZE])
{
	if (libpq->PQnfields(result) != 3) {
		snprintf(fault, POSTGRES_FAULT_SIZE, "the server violated the protocol");
		return true;
	}
	bool found = libpq->PQntuples(result) > 0;
	int64_t version = found ? read_number(libpq, result, 0) : 0,
	        compatible = found ? read_number(libpq, result, 1) : 0;
	int64_t timeout = found ? read_number(libpq, result, 2) : 0;
	if (version < POSTGRES_VERSION ||
	    (version > POSTGRES_VERSION && (compatible < 1 || compatible > POSTGRES_VERSION)))
		snprintf(fault, POSTGRES_FAULT_SIZE, "its schema has version %lld, this program knows %d: %s",
		    (long long)version, POSTGRES_VERSION,
		    version < POSTGRES_VERSION ? "as the owner of the tables, run: ftgatectl -c FILE database migrate"
		                               : "install a newer ftgate");
	else if (limit > 0 && (timeout <= 0 || timeout > limit))
		snprintf(fault, POSTGRES_FAULT_SIZE,
		    "its statement_timeout is %lld ms: run ALTER ROLE ... SET statement_timeout = %lld, and let the pooler connect"
		    " anew",
		    (long long)timeout, (long long)limit);
	else
		return false;
	return true;
}
