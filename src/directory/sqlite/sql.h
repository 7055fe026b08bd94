/* Statements of the administration to a database of SQLite. */
#ifndef DIRECTORY_SQLITE_SQL_H
#define DIRECTORY_SQLITE_SQL_H

#include <sqlite3.h>

#include "directory/sql.h"

/* Takes a database, which close() closes. NULL when memory is out; the database is open then. */
struct sql *sqlite_sql_new(sqlite3 *database);

/* The database of what sqlite_sql_new() has made. */
sqlite3 *sqlite_sql_database(struct sql *sql);

#endif
