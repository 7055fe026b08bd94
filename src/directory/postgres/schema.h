/* The schema of the database of domains and accounts in PostgreSQL, by version. */
#ifndef DIRECTORY_POSTGRES_SCHEMA_H
#define DIRECTORY_POSTGRES_SCHEMA_H

#include <stdbool.h>

#include "directory/postgres/libpq.h"

enum { POSTGRES_VERSION = 1, POSTGRES_ERROR_SIZE = 800 };

/*
 * Brings the schema to the version of this program, in one transaction and under a lock, so that of several programs that
 * begin at once one does it. *before is the version that it had, 0: none. Returns false with an English sentence in error, also
 * if a newer ftgate has made it; then nothing is changed. Blocks.
 */
bool postgres_migrate(const struct libpq *libpq, PGconn *connection, int *before, char error[POSTGRES_ERROR_SIZE]);

#endif
