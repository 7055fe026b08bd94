/* Databases of earlier versions, and of later ones. */
#include "directory/sqlite/database.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
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

static bool
is_refused(const char *text)
{
	return sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK;
}

#define ADD(domain, local) "INSERT INTO accounts (domain, local, created) VALUES (" domain ", '" local "', 0);"

/* A database of version 4 with a domain that is full, one that has no limit, and one that has room. */
static void
open_version_4(void)
{
	char error[DATABASE_ERROR_SIZE];
	bool created;
	folder_make();
	cr_assert_eq(sqlite3_open("ftgate.db", &database), SQLITE_OK);
	for (int i = 0; i < 4; i++)
		sql(schema_migrations[i]);
	sql("INSERT INTO domains (id, name, created, max_accounts) VALUES (1, 'full.test', 0, 2), (2, 'open.test', 0, 0),"
	    " (3, 'room.test', 0, 3);" ADD("1", "a") ADD("1", "b") ADD("2", "a") ADD("3", "a"));
	sql("PRAGMA user_version = 4");
	sqlite3_close(database);
	database = database_open("ftgate.db", &created, error);
	cr_assert_not_null(database, "%s", error);
	directory = sqlite_directory_new("ftgate.db", &fake_clock, &ask_executor);
}

Test(migration, limits_of_accounts_hold_as_before, .init = open_version_4, .fini = close_all)
{
	cr_expect(is_refused(ADD("1", "c")));
	sql(ADD("2", "b") ADD("2", "c") ADD("2", "d"));
	sql(ADD("3", "b") ADD("3", "c"));
	cr_expect(is_refused(ADD("3", "d")));
	sql("DELETE FROM accounts WHERE domain = 3 AND local = 'b'");
	sql(ADD("3", "d"));
	cr_expect(is_refused(ADD("3", "e")));
	sql("UPDATE domains SET max_accounts = 4 WHERE id = 2");
	cr_expect(is_refused(ADD("2", "e")));
	sql("UPDATE accounts SET domain = 3, local = 'moved' WHERE domain = 2 AND local = 'd'");
	sql(ADD("2", "e"));
	sql("UPDATE domains SET max_accounts = 0 WHERE id = 3");
	sql(ADD("3", "f") ADD("3", "g"));
	sql("INSERT INTO domains (id, name, created, max_accounts) VALUES (4, 'new.test', 0, 1);" ADD("4", "a"));
	cr_expect(is_refused(ADD("4", "b")));
}

/* Steps of SQLite's virtual machine for one more account. */
static int
count_steps(int number, int domain)
{
	sqlite3_stmt *statement;
	char local[32];
	snprintf(local, sizeof local, "n%d", number);
	cr_assert_eq(sqlite3_prepare_v2(database, "INSERT INTO accounts (domain, local, created) VALUES (?, ?, 0)", -1,
	                 &statement, NULL),
	    SQLITE_OK);
	sqlite3_bind_int(statement, 1, domain);
	sqlite3_bind_text(statement, 2, local, -1, SQLITE_STATIC);
	cr_assert_eq(sqlite3_step(statement), SQLITE_DONE);
	int steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
	sqlite3_finalize(statement);
	return steps;
}

Test(migration, adding_an_account_costs_the_same_however_many_there_are, .init = open_version_4, .fini = close_all)
{
	int first[2];
	sql("UPDATE domains SET max_accounts = 5000 WHERE id = 3; BEGIN");
	for (int domain = 2; domain <= 3; domain++) {
		first[domain - 2] = count_steps(0, domain);
		for (int i = 1; i < 2000; i++)
			(void)count_steps(i, domain);
		cr_expect_eq(count_steps(2000, domain), first[domain - 2]);
	}
	sql("COMMIT");
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
