/* Does a data folder have an account? */
#include "directory/has_accounts.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/system/data.h"
#include "directory/sqlite/database.h"

/* Each version of the schema has the table. */
static bool
find_account(sqlite3 *database)
{
	sqlite3_stmt *query = NULL;
	bool found = true;
	sqlite3_busy_timeout(database, DATABASE_WAIT);
	if (sqlite3_prepare_v2(database, "SELECT 1 FROM accounts LIMIT 1", -1, &query, NULL) == SQLITE_OK)
		found = sqlite3_step(query) != SQLITE_DONE;
	sqlite3_finalize(query);
	return found;
}

bool
directory_has_accounts(const char *data)
{
	char path[PATH_MAX];
	sqlite3 *database = NULL;
	if (data_path(path, data, "ftgate.db") < 0)
		return true;
	if (access(path, F_OK) < 0)
		return errno != ENOENT;
	bool found = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    find_account(database);
	sqlite3_close(database);
	return found;
}
