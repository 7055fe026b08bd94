/* The rights of servers to the tables of PostgreSQL. */
#ifndef DIRECTORY_POSTGRES_RIGHTS_H
#define DIRECTORY_POSTGRES_RIGHTS_H

#include <stdbool.h>

#include "directory/postgres/exec.h"

/*
 * Told which rights, as "SELECT, INSERT", the role lacks to a table or schema.
 * vital: without them, servers find no recipients.
 */
typedef void rights_missing_fn(void *context, const char *rights, const char *name, bool vital);

/*
 * Calls for each table, and the schema, to which the role of a connection lacks rights that servers need, the vital ones
 * first. Tables that do not exist are left out, and so is what only servers that greylist need, unless greylists.
 * Blocks. Returns the answer of the database, as exec_statement() does: if it is not PGRES_TUPLES_OK, the question
 * failed.
 */
PGresult *postgres_find_missing_rights(const struct exec *exec, bool greylists, rights_missing_fn *call, void *context);

#endif
