/* The version of a database of accounts, which is neither made nor migrated. */
#include "directory/schema_version.h"

#include <limits.h>
#include <sqlite3.h>

#include "base/system/data.h"
#include "directory/sqlite/schema.h"

int
schema_version(const char *data, int *newest)
{
	char path[PATH_MAX];
	sqlite3 *database = NULL;
	sqlite3_stmt *query = NULL;
	int version = 0;
	*newest = DATABASE_VERSION;
	if (data_path(path, data, "ftgate.db") == 0 &&
	    sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &query, NULL) == SQLITE_OK &&
	    sqlite3_step(query) == SQLITE_ROW)
		version = sqlite3_column_int(query, 0);
	sqlite3_finalize(query);
	sqlite3_close(database);
	return version;
}
