/*
 * libpq, the client library of PostgreSQL, which is loaded when it is needed: programs that use
 * SQLite run without it. Its functions and their types have been compatible since libpq.so.5;
 * pipelines are in those of PostgreSQL 14 and later.
 */
#ifndef DIRECTORY_POSTGRES_LIBPQ_H
#define DIRECTORY_POSTGRES_LIBPQ_H

#include <libpq-fe.h>
#include <stddef.h>

struct libpq {
#define LIBPQ(name) __typeof__(name) *name;
#include "directory/postgres/libpq.def"
};

enum { LIBPQ_ERROR_SIZE = 320 };

/*
 * The SQLSTATE of a statement whose table does not exist. Do not match the
 * message: the server translates it (lc_messages).
 */
#define LIBPQ_UNDEFINED_TABLE "42P01"

/* The SQLSTATE of a statement for which the role has no right. */
#define LIBPQ_DENIED "42501"

/* The SQLSTATE of a statement that could not lock a table or a row in time. */
#define LIBPQ_LOCKED "55P03"

/* The SQLSTATE of a statement that the server has ended, as by statement_timeout. */
#define LIBPQ_CANCELED "57014"

/* The SQLSTATE of a change in a database that can only be read. */
#define LIBPQ_READ_ONLY "25006"

/*
 * Loads the library, once a process; it is never unloaded. NULL with an English sentence in
 * error, which says what to install. PQgetvalue() returns "" for a column that the server has
 * left out, never NULL. For the thread that starts the program.
 */
const struct libpq *libpq_load(char error[LIBPQ_ERROR_SIZE]);

/* Writes the first line of a message of libpq, without its line feed. */
void libpq_first_line(char *line, size_t size, const char *message);

/* For PQsetNoticeReceiver(): notices are of no interest, and libpq would print them. */
void libpq_ignore_notice(void *context, const PGresult *result);

#endif
