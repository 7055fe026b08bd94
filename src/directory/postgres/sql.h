/* Statements of the administration to PostgreSQL. */
#ifndef DIRECTORY_POSTGRES_SQL_H
#define DIRECTORY_POSTGRES_SQL_H

#include "directory/postgres/exec.h"
#include "directory/sql.h"

/* Takes a connection, which close() ends. NULL when memory is out; the connection is open then. */
struct sql *postgres_sql_new(const struct exec *exec);

#endif
