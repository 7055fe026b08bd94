/* The backend SQLite for the suites of the ports. */
#include "backend.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sqlite3.h>

#include "ask_directory.h"
#include "base/log/log.h"
#include "directory/accounts.h"
#include "directory/sqlite/database.h"
#include "directory/sqlite/greylist.h"
#include "fake_clock.h"
#include "folder.h"

enum { GREYLIST_SIZE = 64 << 20 };

static sqlite3 *database;

void
backend_make(void)
{
	char error[DATABASE_ERROR_SIZE];
	bool created;
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600), NULL);
	database = database_open("ftgate.db", &created, error);
	cr_assert_not_null(database, "%s", error);
}

void
backend_remove(void)
{
	sqlite3_close(database);
	folder_remove();
}

struct directory *
backend_directory(const struct directory_settings *settings)
{
	struct directory *directory = sqlite_directory_new("ftgate.db", settings, &fake_clock, &ask_executor);
	cr_assert_not_null(directory);
	return directory;
}

struct admin *
backend_admin(struct mailbox_store *mailboxes)
{
	char error[ADMIN_ERROR_SIZE];
	bool created;
	struct admin *admin = accounts_open(".", mailboxes, &created, error);
	cr_assert_not_null(admin, "%s", error);
	return admin;
}

struct greylist_store *
backend_greylist(unsigned char secret[GREYLIST_SECRET_SIZE])
{
	(void)secret;
	struct greylist_store *store = greylist_sqlite_new("greylist.db", GREYLIST_SIZE);
	cr_assert_not_null(store);
	return store;
}

void
backend_sql(const char *sql)
{
	char *error = NULL;
	cr_assert_eq(sqlite3_exec(database, sql, NULL, NULL, &error), SQLITE_OK, "%s: %s", sql, error);
}

bool
backend_refuses(const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK;
}
