/* Which answers on recipients the directory gives from memory, and when it asks the database again. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/sqlite/database.h"
#include "directory/sqlite/directory.h"
#include "support/ask_directory.h"
#include "support/fake_clock.h"
#include "support/folder.h"

static sqlite3 *database;
static struct directory *directory;
static struct ask_found found;
static unsigned steps; /* of all statements */

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

int
__wrap_sqlite3_step(sqlite3_stmt *statement)
{
	steps++;
	return __real_sqlite3_step(statement);
}

static void
sql(const char *text)
{
	char *error = NULL;
	cr_assert_eq(sqlite3_exec(database, text, NULL, NULL, &error), SQLITE_OK, "%s: %s", text, error);
}

static void
open_all(void)
{
	char error[DATABASE_ERROR_SIZE];
	bool created;
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600), NULL);
	database = database_open("ftgate.db", &created, error);
	cr_assert_not_null(database, "%s", error);
	sql("INSERT INTO domains (id, name, created) VALUES (1, 'example.test', 0), (2, 'example.org', 0);"
	    "INSERT INTO accounts (domain, local, created) VALUES (1, 'anna', 0);"
	    "INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (2, 1, 'staff', 'list', 'nobody', 0);"
	    "INSERT INTO targets (alias, local, domain) VALUES (2, 'anna', 'example.test')");
	directory = sqlite_directory_new("ftgate.db", NULL, &fake_clock, &ask_executor);
	cr_assert_not_null(directory);
}

static void
close_all(void)
{
	directory->ops->close(directory);
	sqlite3_close(database);
	folder_remove();
}

TestSuite(recipient_cache, .init = open_all, .fini = close_all);

static struct address
make_address(const char *local, const char *domain)
{
	struct address address = { .null = false };
	snprintf(address.local, sizeof address.local, "%s", local);
	snprintf(address.domain, sizeof address.domain, "%s", domain);
	return address;
}

static enum directory_verdict
resolve(const char *local, const char *domain)
{
	struct address address = make_address(local, domain);
	return ask_recipient(directory, &address, NULL, &found);
}

/* Anything that another process changes counts at once, also for the answers that come from memory. */
Test(recipient_cache, answer_comes_from_memory_until_the_database_changes)
{
	cr_assert_eq(resolve("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_assert_eq(resolve("anna", "example.test"), DIRECTORY_FOUND);
	unsigned before = steps;
	cr_expect_eq(resolve("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(resolve("anna", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(steps, before, "%u steps", steps - before);
	sql("INSERT INTO accounts (domain, local, created) VALUES (1, 'nobody', 0)");
	cr_expect_eq(resolve("nobody", "example.test"), DIRECTORY_FOUND);
	sql("UPDATE accounts SET disabled = 1 WHERE local = 'anna'");
	cr_expect_eq(resolve("anna", "example.test"), DIRECTORY_DISABLED);
	sql("DELETE FROM accounts WHERE local = 'nobody'");
	cr_expect_eq(resolve("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	sql("PRAGMA wal_checkpoint(TRUNCATE)");
	sql("UPDATE accounts SET disabled = 0 WHERE local = 'anna'");
	cr_expect_eq(resolve("anna", "example.test"), DIRECTORY_FOUND);
}

/* Rights of the sender are never answered from memory: they are another sender's. */
Test(recipient_cache, answer_about_a_member_is_not_kept)
{
	struct address list = make_address("staff", "example.test");
	sql("UPDATE aliases SET post = 'members' WHERE local = 'staff'");
	ask_recipient(directory, &list, "anna@example.test", &found);
	cr_expect(found.member);
	ask_recipient(directory, &list, "anna@elsewhere.example", &found);
	cr_expect_not(found.member);
	ask_recipient(directory, &list, "", &found);
	cr_expect_not(found.member);
	ask_recipient(directory, &list, "anna@example.test", &found);
	cr_expect(found.member);
}

/* More addresses than the memory holds, in two spellings that differ. */
Test(recipient_cache, answer_from_memory_is_that_of_the_address)
{
	char text[2][64];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 300; i++) {
			for (int upper = 0; upper < 2; upper++) {
				snprintf(text[upper], sizeof text[upper], "%s%d", upper ? "X" : "x", i);
				cr_assert_eq(resolve(text[upper], "example.test"), DIRECTORY_NO_MAILBOX);
				cr_assert_str_eq(found.local, text[upper]);
			}
		}
		cr_expect_eq(resolve("anna", "example.test"), DIRECTORY_FOUND);
		cr_expect_eq(resolve("anna", "example.org"), DIRECTORY_NO_MAILBOX);
	}
}
