/* The directory in a file of SQLite: trouble with the file, and its versions. */
#include "directory/sqlite/directory.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log/log.h"
#include "directory/accounts.h"
#include "directory/domain_languages.h"
#include "store/maildir_store.h"
#include "support/ask_directory.h"
#include "support/fake_clock.h"
#include "support/folder.h"

static struct admin *accounts;
static struct maildir_store mailboxes;
static struct directory *directory;

static void
open_accounts(void)
{
	char error[ADMIN_ERROR_SIZE];
	bool created = false;
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	accounts = accounts_open(".", &mailboxes.store, &created, error);
	cr_assert_not_null(accounts, "%s", error);
	cr_assert(created);
	admin_add_domain(accounts, "example.test");
	admin_add_account(accounts, "anna", "example.test", NULL);
}

static void
open_directory(void)
{
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600), NULL);
	open_accounts();
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
	cr_assert_not_null(directory);
}

/* The last connection takes the write-ahead log away. */
static void
close_both(void)
{
	directory->ops->close(directory);
	if (accounts != NULL)
		accounts->ops->close(accounts);
	accounts = NULL;
}

static void
close_directory(void)
{
	close_both();
	folder_remove();
}

TestSuite(directory, .init = open_directory, .fini = close_directory);

static enum directory_verdict
verdict(const char *local, const char *domain)
{
	struct address address = { .null = false };
	snprintf(address.local, sizeof address.local, "%s", local);
	snprintf(address.domain, sizeof address.domain, "%s", domain);
	static struct ask_found found;
	return ask_recipient(directory, &address, NULL, &found);
}

Test(directory, missing_database_fails_and_is_tried_again)
{
	cr_assert_eq(rename("ftgate.db", "away.db"), 0);
	fake_clock_pass(CLOCK_SOON);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FAILED);
	cr_assert_eq(rename("away.db", "ftgate.db"), 0);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FAILED, "not each look-up tries");
	fake_clock_pass(1000);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FOUND);
}

static void
put_file(const char *name, const char *content)
{
	FILE *file = fopen(name, "w");
	cr_assert_not_null(file);
	fputs(content, file);
	fclose(file);
}

Test(directory, broken_database_fails_and_is_logged)
{
	size_t len;
	close_both();
	put_file("broken.db",
	    "this is no database, and it is long enough to be looked at as one: "
	    "one hundred octets make a header of SQLite, and here they are now.");
	cr_assert_eq(rename("broken.db", "ftgate.db"), 0);
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FAILED);
	cr_expect_not_null(strstr(folder_read("log", &len), "event=directory-failed file=ftgate.db detail=\""));
}

Test(directory, empty_file_is_refused)
{
	put_file("empty.db", "");
	cr_assert_eq(rename("empty.db", "ftgate.db"), 0);
	fake_clock_pass(CLOCK_SOON);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FAILED);
}

Test(directory, locked_database_fails_and_recovers)
{
	sqlite3 *other;
	close_both();
	cr_assert_eq(sqlite3_open("ftgate.db", &other), SQLITE_OK);
	sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL);
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FAILED);
	sqlite3_close(other);
	fake_clock_pass(1000);
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FOUND);
}

Test(directory, newer_database_is_refused)
{
	char error[ADMIN_ERROR_SIZE];
	bool created;
	sqlite3 *other;
	if (accounts != NULL)
		accounts->ops->close(accounts);
	accounts = NULL;
	cr_assert_eq(sqlite3_open("ftgate.db", &other), SQLITE_OK);
	sqlite3_exec(other, "PRAGMA user_version = 999", NULL, NULL, NULL);
	sqlite3_close(other);
	cr_expect_null(accounts_open(".", &mailboxes.store, &created, error));
	cr_expect_not_null(strstr(error, "version 999"), "%s", error);
}

Test(accounts, are_created_once, .init = open_directory, .fini = close_directory)
{
	char error[ADMIN_ERROR_SIZE];
	bool created = true;
	if (accounts != NULL)
		accounts->ops->close(accounts);
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	accounts = accounts_open(".", &mailboxes.store, &created, error);
	cr_assert_not_null(accounts);
	cr_expect_not(created);
	cr_expect_eq(admin_add_account(accounts, "anna", "example.test", NULL), ADMIN_EXISTS);
}

/* Has room for one language; context counts the calls. */
static bool
take_one(void *context, const char *domain, const char *language)
{
	int *calls = context;
	(void)domain;
	(void)language;
	return ++*calls < 2;
}

Test(directory, languages_that_find_no_memory_are_not_a_whole_table)
{
	char error[DOMAIN_LANGUAGES_ERROR_SIZE] = "";
	int calls = 0;
	admin_add_domain(accounts, "a.example");
	admin_add_domain(accounts, "b.example");
	admin_add_domain(accounts, "c.example");
	sqlite3 *database;
	cr_assert_eq(sqlite3_open("ftgate.db", &database), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(database, "UPDATE domains SET language = 'de'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	cr_expect_eq(domain_languages_read(".", take_one, &calls, error), -1);
	cr_expect_eq(calls, 2);
	cr_expect_str_not_empty(error);
	calls = -100;
	cr_expect_eq(domain_languages_read(".", take_one, &calls, error), 0);
}
