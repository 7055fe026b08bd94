/* The domains with mailboxes here whose postmaster is nobody's account, alias or list. */
#include "directory/postmasters.h"

#include <limits.h>

#include "base/system/data.h"
#include "directory/sqlite/database.h"

const char postmasters_query[] = "SELECT name FROM domains d WHERE relayed = 0 AND"
                                 " NOT EXISTS (SELECT 1 FROM accounts WHERE domain = d.id AND local = 'postmaster')"
                                 " AND NOT EXISTS (SELECT 1 FROM aliases WHERE domain = d.id AND local = 'postmaster')"
                                 " ORDER BY name";

int
postmasters_missing(const char *data, void (*call)(void *context, const char *domain), void *context)
{
	char path[PATH_MAX], error[DATABASE_ERROR_SIZE];
	sqlite3 *database = data_path(path, data, "ftgate.db") == 0 ? database_open_reader(path, error) : NULL;
	sqlite3_stmt *query = NULL;
	if (database == NULL)
		return -1;
	int result = sqlite3_prepare_v2(database, postmasters_query, -1, &query, NULL);
	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(query);
		if (result == SQLITE_ROW)
			call(context, (const char *)sqlite3_column_text(query, 0));
	}
	sqlite3_finalize(query);
	sqlite3_close(database);
	return result == SQLITE_DONE ? 0 : -1;
}
