/* The schema of the database of domains and accounts in PostgreSQL, by version. */
#include "directory/postgres/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"

/* "ftgt": of the lock that a migration holds. */
#define LOCK "1718904692"

/* schema_1.sql, as the build has it. */
static const char first[] = {
#include "directory/postgres/schema_1.h"
	'\0'
};

/* From each version to the next one. */
static const char *const migrations[POSTGRES_VERSION] = { first };

static void __attribute__((format(printf, 2, 3))) put_error(char error[POSTGRES_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, POSTGRES_ERROR_SIZE, format, arguments);
	va_end(arguments);
}

static bool
run(const struct libpq *libpq, PGconn *connection, const char *sql, char error[POSTGRES_ERROR_SIZE])
{
	PGresult *result = libpq->PQexec(connection, sql);
	ExecStatusType status = libpq->PQresultStatus(result);
	bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	if (!done)
		libpq_first_line(error, POSTGRES_ERROR_SIZE, libpq->PQerrorMessage(connection));
	libpq->PQclear(result);
	return done;
}

/* The number in a table of one row that is locked until the end of the transaction; -1 on failure. */
static int
read_version(const struct libpq *libpq, PGconn *connection, char error[POSTGRES_ERROR_SIZE])
{
	int version = -1;
	PGresult *result = libpq->PQexec(connection, "SELECT version FROM ftgate_schema FOR UPDATE");
	if (libpq->PQresultStatus(result) != PGRES_TUPLES_OK)
		libpq_first_line(error, POSTGRES_ERROR_SIZE, libpq->PQerrorMessage(connection));
	else
		version = libpq->PQntuples(result) > 0 ? (int)strtol(libpq->PQgetvalue(result, 0, 0), NULL, 10) : 0;
	libpq->PQclear(result);
	return version;
}

static bool
migrate_from(const struct libpq *libpq, PGconn *connection, int version, char error[POSTGRES_ERROR_SIZE])
{
	char sql[96];
	if (version > POSTGRES_VERSION) {
		put_error(error, _("it has version %d, this program knows %d: install a newer ftgate"), version,
		    POSTGRES_VERSION);
		return false;
	}
	for (int i = version; i < POSTGRES_VERSION; i++)
		if (!run(libpq, connection, migrations[i], error))
			return false;
	snprintf(sql, sizeof sql, "UPDATE ftgate_schema SET version = %d", POSTGRES_VERSION);
	return version == POSTGRES_VERSION || run(libpq, connection, sql, error);
}

bool
postgres_migrate(const struct libpq *libpq, PGconn *connection, int *before, char error[POSTGRES_ERROR_SIZE])
{
	static const char table[] =
	    "CREATE TABLE IF NOT EXISTS ftgate_schema (one int PRIMARY KEY CHECK (one = 1), version int NOT NULL);"
	    "INSERT INTO ftgate_schema (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING";
	static const char lock[] = "SELECT pg_advisory_xact_lock(" LOCK ")";
	char ignored[POSTGRES_ERROR_SIZE];
	error[0] = '\0';
	if (!run(libpq, connection, "BEGIN", error) || !run(libpq, connection, lock, error) ||
	    !run(libpq, connection, table, error) || (*before = read_version(libpq, connection, error)) < 0 ||
	    !migrate_from(libpq, connection, *before, error) || !run(libpq, connection, "COMMIT", error)) {
		run(libpq, connection, "ROLLBACK", ignored);
		return false;
	}
	return true;
}
