/* The languages of the domains in the directory. */
#include "directory/domain_languages.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/system/data.h"
#include "directory/sqlite/database.h"

_Static_assert((int)DOMAIN_LANGUAGES_ERROR_SIZE >= (int)DATABASE_ERROR_SIZE, "an error of the database fits");

int
domain_languages_read(const char *data, bool (*call)(void *context, const char *domain, const char *language),
    void *context, char error[DOMAIN_LANGUAGES_ERROR_SIZE])
{
	static const char all[] = "SELECT name, language FROM domains WHERE language <> '' ORDER BY name";
	char path[PATH_MAX];
	sqlite3_stmt *query = NULL;
	if (data_path(path, data, "ftgate.db") < 0 || access(path, F_OK) < 0)
		return 0;
	sqlite3 *database = database_open_reader(path, error);
	if (database == NULL)
		return -1;
	int result = sqlite3_prepare_v2(database, all, -1, &query, NULL);
	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(query);
		if (result == SQLITE_ROW &&
		    !call(context, (const char *)sqlite3_column_text(query, 0),
		        (const char *)sqlite3_column_text(query, 1)))
			result = SQLITE_NOMEM;
	}
	if (result != SQLITE_DONE)
		snprintf(error, DOMAIN_LANGUAGES_ERROR_SIZE, "%.400s: %.300s", path,
		    result == SQLITE_NOMEM ? sqlite3_errstr(result) : sqlite3_errmsg(database));
	sqlite3_finalize(query);
	sqlite3_close(database);
	return result == SQLITE_DONE ? 0 : -1;
}
