/* Databases of earlier versions, and of later ones. */
#include "directory/sqlite/database.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "directory/sqlite/directory.h"
#include "directory/sqlite/schema.h"
#include "support/ask_directory.h"
#include "support/fake_clock.h"
#include "support/folder.h"

static sqlite3 *database;
static struct directory *directory;
static struct account user;

static void
sql(const char *text)
{
	char *error = NULL;
	cr_assert_eq(sqlite3_exec(database, text, NULL, NULL, &error), SQLITE_OK, "%s: %s", text, error);
}

static void
close_all(void)
{
	directory->ops->close(directory);
	sqlite3_close(database);
	folder_remove();
}

static void
make_version_1(void)
{
	cr_assert_eq(sqlite3_open("ftgate.db", &database), SQLITE_OK);
	sql("CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL) STRICT;"
	    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, domain INTEGER NOT NULL REFERENCES domains,"
	    " local TEXT NOT NULL COLLATE NOCASE, password TEXT, created INTEGER NOT NULL, UNIQUE (domain, local)) STRICT;"
	    "CREATE INDEX accounts_local ON accounts (local);"
	    "INSERT INTO domains VALUES (7, 'old.example', 1000);"
	    "INSERT INTO accounts VALUES (3, 7, 'Emil', '$y$old', 1001);"
	    "PRAGMA application_id = 0x66746774; PRAGMA user_version = 1");
	sqlite3_close(database);
}

static void
open_migrated(void)
{
	char error[DATABASE_ERROR_SIZE];
	bool created = true;
	folder_make();
	make_version_1();
	database = database_open("ftgate.db", &created, error);
	cr_assert_not_null(database, "%s", error);
	cr_expect_not(created);
	directory = sqlite_directory_new("ftgate.db", &fake_clock, &ask_executor);
}

Test(migration, from_version_1_keeps_everything, .init = open_migrated, .fini = close_all)
{
	cr_expect_eq(ask_login(directory, "emil@old.example", &user), DIRECTORY_FOUND);
	cr_expect_str_eq(user.password, "$y$old");
	cr_expect_eq(user.mailbox.account, 3);
	cr_expect_eq(user.flags, ACCOUNT_SMTP | ACCOUNT_POP3 | ACCOUNT_SEND | ACCOUNT_RECEIVE);
	cr_expect_eq(user.mailbox.quota.bytes, 0);
	sql("PRAGMA foreign_key_check; PRAGMA integrity_check");
	sql("INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (1, 7, 'x', 'alias', 'nobody', 0)");
}

Test(migration, server_asks_for_it_before_it_reads, .init = folder_make, .fini = folder_remove)
{
	char error[DATABASE_ERROR_SIZE];
	make_version_1();
	cr_expect_null(database_open_reader("ftgate.db", error));
	cr_expect_not_null(strstr(error, "version 1"), "%s", error);
}

Test(migration, newer_version_is_refused, .init = folder_make, .fini = folder_remove)
{
	char error[DATABASE_ERROR_SIZE];
	bool created;
	cr_assert_eq(sqlite3_open("ftgate.db", &database), SQLITE_OK);
	sql("PRAGMA user_version = 99");
	sqlite3_close(database);
	cr_expect_null(database_open("ftgate.db", &created, error));
	cr_expect_not_null(strstr(error, "version 99"), "%s", error);
	cr_expect_null(database_open_reader("ftgate.db", error));
}
