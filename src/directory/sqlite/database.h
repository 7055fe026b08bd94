/* The database of domains and accounts: DATA/ftgate.db, its schema, and how it is opened. */
#ifndef DIRECTORY_SQLITE_DATABASE_H
#define DIRECTORY_SQLITE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>

enum {
	DATABASE_ERROR_SIZE = 800,
	DATABASE_WAIT = 5000,      /* milliseconds that a change waits for another one to end */
	DATABASE_SERVER_WAIT = 20, /* milliseconds that a server's loop waits; it tries again later */
};

/*
 * Opens the database for changes; creates it, or migrates it to this version. *created is whether it was new. NULL on
 * failure, with an English sentence in error; also if a newer version has written it, or if names would become equal, which
 * changes none of them. The functions of names.h are there.
 */
sqlite3 *database_open(const char *path, bool *created, char error[DATABASE_ERROR_SIZE]);

/*
 * Opens a database of the version before DATABASE_KEYS_VERSION as it is, so that equal names can be removed: the columns
 * of this version can be read, and rows of main.accounts, main.aliases and main.targets deleted. NULL as above, or if it is
 * of another version.
 */
sqlite3 *database_open_unmigrated(const char *path, char error[DATABASE_ERROR_SIZE]);

/* Opens it for reading by a server: it must exist, in this version. NULL as above. For one thread. */
sqlite3 *database_open_reader(const char *path, char error[DATABASE_ERROR_SIZE]);

#endif
