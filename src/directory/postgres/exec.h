/* Statements of the administration to PostgreSQL, each with a limit of time. They block. */
#ifndef DIRECTORY_POSTGRES_EXEC_H
#define DIRECTORY_POSTGRES_EXEC_H

#include <stdint.h>

#include "directory/postgres/libpq.h"

/* Milliseconds. A wait for a lock ends before the statement, so that the error says which it was. */
#define EXEC_LOCK_LIMIT    10000
#define EXEC_INSPECT_LIMIT 12000 /* for a statement that only looks */
#define EXEC_LIMIT         60000 /* for one that may change or list many records */

#define EXEC_TEXT(number)  #number
#define EXEC_VALUE(number) EXEC_TEXT(number)

/* Begins a transaction with these limits, which end with it: a pooler may give the connection to others then. */
#define EXEC_BEGIN                                                                                                     \
	"BEGIN; SET LOCAL lock_timeout = " EXEC_VALUE(EXEC_LOCK_LIMIT) "; SET LOCAL statement_timeout = " EXEC_VALUE(  \
	    EXEC_LIMIT)

/* A connection, and what its statements may take. */
struct exec {
	const struct libpq *libpq;
	PGconn *connection;
	int64_t limit; /* milliseconds for each statement; 0: none */
};

/* Parameters, as PQexecParams() has them. */
struct exec_values {
	int count;
	const Oid *types;
	const char *const *values;
	const int *lengths, *formats;
};

/*
 * Runs SQL, as PQexec() does: it may be several statements, with the limits that the database has. Returns its last
 * result, or the first error, for PQclear(). NULL: there was no answer within the limit and 2 seconds, or the connection
 * has failed; no other statement can be run on it then.
 */
PGresult *exec_sql(const struct exec *exec, const char *sql);

/*
 * Runs one statement, with parameters if values is not NULL. Outside a transaction, the database ends the statement at
 * the limit, and its wait for a lock at EXEC_LOCK_LIMIT. Returns as exec_sql() does.
 */
PGresult *exec_statement(const struct exec *exec, const char *sql, const struct exec_values *values);

/* Why a statement failed whose result this is: a message of libpq, or a sentence. Call it before the next statement. */
const char *exec_why(const struct exec *exec, const PGresult *result);

#endif
