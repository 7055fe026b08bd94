/* The database of domains and accounts: DATA/ftgate.db, its schema, and how it is opened. */
#include "directory/sqlite/database.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text/translate.h"
#include "directory/sqlite/names.h"
#include "directory/sqlite/schema.h"

/* KiB of a reader's page cache: enough for what RCPT needs of a million accounts. */
#define READER_CACHE_KIB "65536"

static void __attribute__((format(printf, 2, 3))) put_error(char error[DATABASE_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, DATABASE_ERROR_SIZE, format, arguments);
	va_end(arguments);
}

/* The first column of the first row, or -1. */
static int
ask_number(sqlite3 *database, const char *sql)
{
	sqlite3_stmt *statement;
	int number = -1;
	if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static bool
run(sqlite3 *database, const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
migrate_step(sqlite3 *database, int version, char error[DATABASE_ERROR_SIZE])
{
	if (version + 1 == DATABASE_KEYS_VERSION && !names_are_distinct(database, error))
		return false;
	return run(database, schema_migrations[version]);
}

/*
 * Brings the schema to a version, within one transaction, so that of several
 * processes that start at once one migrates. *version is what it was.
 */
static bool
migrate(sqlite3 *database, int wanted, int *version, char error[DATABASE_ERROR_SIZE])
{
	char set_version[64];
	if (!run(database, "BEGIN IMMEDIATE"))
		return false;
	*version = ask_number(database, "PRAGMA user_version");
	bool done = *version >= 0;
	for (int i = *version; done && i < wanted; i++)
		done = migrate_step(database, i, error);
	snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", wanted);
	if (done && (*version >= wanted || run(database, set_version)) && run(database, "COMMIT"))
		return true;
	if (error[0] == '\0')
		put_error(error, "%s", sqlite3_errmsg(database));
	run(database, "ROLLBACK");
	return false;
}

/*
 * A file that is of this version is only read, so that it may be locked for a change. Names that become equal stop the
 * migration before that version, which database_open_unmigrated() opens.
 */
static bool
complete(sqlite3 *database, bool *created, char error[DATABASE_ERROR_SIZE])
{
	int version = DATABASE_VERSION, before = 0;
	error[0] = '\0';
	*created = false;
	if (ask_number(database, "PRAGMA user_version") == DATABASE_VERSION)
		return true;
	if (!migrate(database, DATABASE_KEYS_VERSION - 1, &version, error) ||
	    !migrate(database, DATABASE_VERSION, &before, error))
		return false;
	*created = version == 0;
	return true;
}

/* Is the file of this version, or older if that is allowed? */
static bool
check_version(sqlite3 *database, bool older, char error[DATABASE_ERROR_SIZE])
{
	int version = ask_number(database, "PRAGMA user_version");
	if (version < 0)
		put_error(error, "%s", sqlite3_errmsg(database));
	else if (version > DATABASE_VERSION)
		put_error(error, _("it has version %d, this program knows %d: install a newer ftgate"), version,
		    DATABASE_VERSION);
	else if (version < DATABASE_VERSION && !older)
		put_error(error, _("it has version %d, not %d yet: start the server again"), version, DATABASE_VERSION);
	else
		return true;
	return false;
}

static sqlite3 *
open_file(const char *path, int flags, int wait, char error[DATABASE_ERROR_SIZE])
{
	sqlite3 *database = NULL;
	int result = sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK) {
		sqlite3_busy_timeout(database, wait);
		sqlite3_extended_result_codes(database, 1);
		return database;
	}
	put_error(error, "%s", database == NULL ? sqlite3_errstr(result) : sqlite3_errmsg(database));
	sqlite3_close(database);
	return NULL;
}

sqlite3 *
database_open(const char *path, bool *created, char error[DATABASE_ERROR_SIZE])
{
	sqlite3 *database = open_file(path, SQLITE_OPEN_CREATE, DATABASE_WAIT, error);
	if (database == NULL)
		return NULL;
	names_functions_add(database);
	if (check_version(database, true, error)) {
		if (!run(database, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON"))
			put_error(error, "%s", sqlite3_errmsg(database));
		else if (complete(database, created, error))
			return database;
	}
	sqlite3_close(database);
	return NULL;
}

sqlite3 *
database_open_unmigrated(const char *path, char error[DATABASE_ERROR_SIZE])
{
	/* With the columns that later versions have added. */
	static const char views[] = "PRAGMA foreign_keys = ON;"
	                            "CREATE TEMP VIEW accounts AS SELECT *, NULL AS written, NULL AS max_messages_hour,"
	                            " NULL AS max_messages_day, NULL AS max_recipients_hour,"
	                            " NULL AS max_recipients_day, NULL AS delivery FROM main.accounts;"
	                            "CREATE TEMP VIEW aliases AS SELECT *, NULL AS written FROM main.aliases;"
	                            "CREATE TEMP VIEW targets AS SELECT *, NULL AS written FROM main.targets;"
	                            "CREATE TEMP VIEW domains AS SELECT *, 'distinct' AS recipients, NULL AS delivery"
	                            " FROM main.domains;"
	                            "CREATE TEMP VIEW access AS SELECT *, NULL AS text FROM main.access;";
	sqlite3 *database = open_file(path, 0, DATABASE_WAIT, error);
	if (database == NULL)
		return NULL;
	if (ask_number(database, "PRAGMA user_version") == DATABASE_KEYS_VERSION - 1 && run(database, views)) {
		names_functions_add(database);
		return database;
	}
	put_error(error, _("it is not of version %d"), DATABASE_KEYS_VERSION - 1);
	sqlite3_close(database);
	return NULL;
}

sqlite3 *
database_open_reader(const char *path, char error[DATABASE_ERROR_SIZE])
{
	sqlite3 *database = open_file(path, 0, DATABASE_SERVER_WAIT, error);
	if (database == NULL)
		return NULL;
	if (check_version(database, false, error)) {
		/* Octets of pages are read as they are needed. No mmap: an error of the disk would be SIGBUS. */
		run(database, "PRAGMA query_only = ON; PRAGMA cache_size = -" READER_CACHE_KIB);
		return database;
	}
	sqlite3_close(database);
	return NULL;
}
