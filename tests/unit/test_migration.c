/* Databases of earlier versions, and of later ones. */
#include "directory/sqlite/database.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "directory/accounts.h"
#include "directory/sqlite/directory.h"
#include "directory/sqlite/schema.h"
#include "store/maildir_store.h"
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
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
}

Test(migration, from_version_1_keeps_everything, .init = open_migrated, .fini = close_all)
{
	cr_expect_eq(ask_login(directory, "emil@old.example", &user), DIRECTORY_FOUND);
	cr_expect_str_eq(user.password, "$y$old");
	cr_expect_eq(user.mailbox.account, 3);
	cr_expect_eq(user.flags, ACCOUNT_SMTP | ACCOUNT_POP3 | ACCOUNT_SEND | ACCOUNT_RECEIVE);
	cr_expect_eq(user.mailbox.quota.bytes, 0);
	for (int i = 0; i < ACCOUNT_RATES; i++)
		cr_expect_eq(user.rates.most[i], 0, "the server's limits apply");
	sql("UPDATE accounts SET max_messages_hour = 1, max_messages_day = 2, max_recipients_hour = 3, max_recipients_day = 0");
	cr_expect_eq(ask_login(directory, "emil@old.example", &user), DIRECTORY_FOUND);
	cr_expect_eq(user.rates.most[RATE_MESSAGES_HOUR], 1);
	cr_expect_eq(user.rates.most[RATE_MESSAGES_DAY], 2);
	cr_expect_eq(user.rates.most[RATE_RECIPIENTS_HOUR], 3);
	cr_expect_eq(user.rates.most[RATE_RECIPIENTS_DAY], RATE_UNLIMITED);
	cr_expect_neq(sqlite3_exec(database, "UPDATE accounts SET max_messages_day = -1", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_not(user.domain.neutral);
	sql("UPDATE domains SET recipients = 'neutral'");
	cr_expect_eq(ask_login(directory, "emil@old.example", &user), DIRECTORY_FOUND);
	cr_expect(user.domain.neutral);
	cr_expect_neq(sqlite3_exec(database, "UPDATE domains SET recipients = 'none'", NULL, NULL, NULL), SQLITE_OK);
	sql("INSERT INTO access (kind, sender, text, created) VALUES ('blacklist', 'bad.example', 'Not you', 0)");
	cr_expect_neq(sqlite3_exec(database, "UPDATE access SET text = ''", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_neq(sqlite3_exec(database, "UPDATE access SET kind = 'permitted'", NULL, NULL, NULL), SQLITE_OK);
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
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
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

#define ALIAS(id, local)                                                                                               \
	"INSERT INTO aliases (id, domain, local, kind, created) VALUES (" id ", 1, '" local "', 'list', 0);"
#define TARGET(alias, local)                                                                                           \
	"INSERT INTO targets (alias, local, domain) VALUES (" alias ", '" local "', 'umlaut.test');"

/* A database of version 5, whose local parts have capital letters beyond ASCII. */
static void
make_version_5(const char *more)
{
	folder_make();
	cr_assert_eq(sqlite3_open("ftgate.db", &database), SQLITE_OK);
	for (int i = 0; i < 5; i++)
		sql(schema_migrations[i]);
	sql("INSERT INTO domains (id, name, created) VALUES (1, 'umlaut.test', 0);" ADD("1", "Bob")
	        ADD("1", "\xC3\x84nne") ADD("1", "j\xC3\xB6rg") ALIAS("9",
	            "\xC3\x9C"
	            "ber") TARGET("9", "\xC3\x84nne"));
	sql("INSERT INTO access (kind, sender, created) VALUES ('blacklist', 'x@b\xC3\xBC"
	    "cher.test', 0), ('blacklist', 'x@xn--bcher-kva.test', 0), ('permitted', 'y@B\xC3\x9C"
	    "cher.test', 0);");
	sql(more);
	sql("PRAGMA user_version = 5");
	sqlite3_close(database);
}

static int
count(const char *text)
{
	sqlite3_stmt *row;
	cr_assert_eq(sqlite3_prepare_v2(database, text, -1, &row, NULL), SQLITE_OK, "%s", text);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	int found = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	return found;
}

Test(migration, local_parts_beyond_ascii_keep_their_spelling_and_their_mailbox, .fini = close_all)
{
	char error[DATABASE_ERROR_SIZE];
	bool created = true;
	make_version_5("");
	database = database_open("ftgate.db", &created, error);
	cr_assert_not_null(database, "%s", error);
	cr_expect_not(created);
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
	cr_expect_eq(ask_login(directory, "\xC3\xA4NNE@umlaut.test", &user), DIRECTORY_FOUND);
	cr_expect_str_eq(user.local, "\xC3\x84nne");
	cr_expect_str_eq(user.mailbox.address, "\xC3\x84nne@umlaut.test", "its Maildir is where it was");
	cr_expect_eq(ask_login(directory, "J\xC3\x96RG@umlaut.test", &user), DIRECTORY_FOUND);
	cr_expect_eq(ask_login(directory, "BOB@umlaut.test", &user), DIRECTORY_FOUND);
	cr_expect_str_eq(user.local, "Bob");
	const struct address list = { .local = "\xC3\xBC"
		                               "BER",
		.domain = "umlaut.test" };
	static struct ask_found found;
	cr_expect_eq(ask_recipient(directory, &list, NULL, &found), DIRECTORY_FOUND);
	cr_expect_str_eq(found.mailboxes[0].address, "\xC3\x84nne@umlaut.test");
	cr_expect_eq(count("SELECT count(*) FROM access"), 2);
	cr_expect_eq(count("SELECT count(*) FROM access WHERE sender = 'y@xn--bcher-kva.test'"), 1);
	sql("PRAGMA foreign_key_check; PRAGMA integrity_check");
}

/* The names are as they were, and the version is the one before. */
static void
expect_unchanged(const char *names)
{
	char error[DATABASE_ERROR_SIZE];
	bool created;
	cr_expect_null(database_open("ftgate.db", &created, error));
	cr_expect_not_null(strstr(error, names), "%s", error);
	cr_expect_null(database_open_reader("ftgate.db", error), "the server does not use it");
	cr_assert_eq(sqlite3_open("ftgate.db", &database), SQLITE_OK);
	cr_expect_eq(count("PRAGMA user_version"), 5);
	cr_expect_eq(count("SELECT count(*) FROM accounts WHERE local = '\xC3\x84nne'"), 1);
	sqlite3_close(database);
}

Test(migration, names_that_become_equal_stop_it_and_nothing_is_changed, .fini = folder_remove)
{
	make_version_5(ADD("1", "\xC3\xA4nne") ADD("1", "J\xC3\x96rg") ALIAS("10", "strasse") ALIAS("11",
	    "stra\xC3\x9F"
	    "e"));
	expect_unchanged("\xC3\x84nne@umlaut.test and \xC3\xA4nne@umlaut.test");
	expect_unchanged("J\xC3\x96rg@umlaut.test and j\xC3\xB6rg@umlaut.test");
	expect_unchanged("strasse@umlaut.test and stra\xC3\x9F"
	                 "e@umlaut.test");
	expect_unchanged("(3 in all)");
}

Test(migration, an_account_and_an_alias_can_become_equal, .fini = folder_remove)
{
	make_version_5(ALIAS("10", "\xC3\xA4nne"));
	expect_unchanged("(1 in all); leave one of each, and start again; such as: ftgatectl list remove "
	                 "'\xC3\xA4nne@umlaut.test'");
}

static void
ignore_row(void *context, const char *const *values)
{
	(void)context;
	(void)values;
}

Test(migration, goes_on_once_one_of_equal_names_is_removed, .fini = close_all)
{
	char error[ADMIN_ERROR_SIZE];
	bool created;
	const char *name = "\xC3\xA4nne@umlaut.test";
	struct maildir_store mailboxes;
	make_version_5(ADD("1", "\xC3\xA4nne"));
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	cr_assert_null(accounts_open(".", &mailboxes.store, &created, error));
	struct admin *accounts = accounts_open_unmigrated(".", &mailboxes.store, error);
	cr_assert_not_null(accounts, "%s", error);
	for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++)
		cr_expect_eq(accounts->ops->list(accounts, kind, NULL, ignore_row, NULL), ADMIN_OK, "%s",
		    accounts->ops->error(accounts));
	cr_expect_eq(
	    accounts->ops->remove(accounts, RECORD_ACCOUNT, &name), ADMIN_OK, "%s", accounts->ops->error(accounts));
	accounts->ops->close(accounts);
	cr_expect_not_null(database = database_open("ftgate.db", &created, error), "%s", error);
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
	cr_expect_eq(ask_login(directory, name, &user), DIRECTORY_FOUND);
	cr_expect_str_eq(user.local, "\xC3\x84nne");
	cr_expect_null(accounts_open_unmigrated(".", &mailboxes.store, error));
}
