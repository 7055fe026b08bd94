/* The schema of the database of domains and accounts in PostgreSQL, by version. */
#ifndef DIRECTORY_POSTGRES_SCHEMA_H
#define DIRECTORY_POSTGRES_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "directory/postgres/libpq.h"

enum {
	POSTGRES_VERSION = 8,
	POSTGRES_ERROR_SIZE = 800,
	POSTGRES_FAULT_SIZE = 256,
};

/* Asks for the version of the schema, the oldest one whose programs can use it, and the limit of time of statements. */
extern const char postgres_schema_check[];

/*
 * Why a database cannot be used, by the answer to postgres_schema_check: an English sentence
 * with its cure, as far as it fits. limit: the most milliseconds that the database may give a
 * statement; 0: any. Returns false if there is no fault.
 */
bool postgres_schema_fault(
    const struct libpq *libpq, const PGresult *result, int64_t limit, char fault[POSTGRES_FAULT_SIZE]);

/*
 * Brings the schema to the version of this program, in one transaction and under a lock, so that
 * of several programs that begin at once one does it. It waits 60 seconds at most for another
 * migration, 10 for the version, and 2 for each table that others have locked; the changes
 * themselves have no limit of time. *before is the version that it had, 0: none. Returns false with an
 * English sentence in error, also if a newer ftgate has made it; then nothing is changed. errno is EACCES then if the role
 * lacks a right, else EIO. Blocks.
 */
bool postgres_migrate(const struct libpq *libpq, PGconn *connection, int *before, char error[POSTGRES_ERROR_SIZE]);

#endif
