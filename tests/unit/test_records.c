/* Administration with SQLite: damage, and a commit that fails. */
#include "directory/accounts_internal.h"
#include "directory/sqlite/sql.h"
#include "store/maildir_store.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/backend.h"

static struct admin *accounts;
static struct maildir_store mailboxes;

static enum admin_result
add(enum record_kind kind, const char *one, const char *two, const char *setting, const char *value)
{
	const char *const name[] = { one, two };
	const struct record_setting settings[] = { { setting, value } };
	return accounts->ops->add(accounts, kind, name, &(struct record_change) { settings, setting != NULL, NULL });
}

static enum admin_result
set(enum record_kind kind, const char *one, const char *two, const char *setting, const char *value)
{
	const char *const name[] = { one, two };
	const struct record_setting settings[] = { { setting, value } };
	return accounts->ops->set(accounts, kind, name, &(struct record_change) { settings, 1, NULL });
}

static bool
has_error(const char *text)
{
	return strstr(accounts->ops->error(accounts), text) != NULL;
}

static void
open_accounts(void)
{
	backend_make();
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	accounts = backend_admin(&mailboxes.store);
	add(RECORD_DOMAIN, "Example.TEST", NULL, NULL, NULL);
	add(RECORD_DOMAIN, "example.org", NULL, NULL, NULL);
	add(RECORD_ACCOUNT, "anna@example.test", NULL, NULL, NULL);
	add(RECORD_ACCOUNT, "Bob@example.test", NULL, NULL, NULL);
}

static void
close_accounts(void)
{
	accounts->ops->close(accounts);
	backend_remove();
}

TestSuite(records, .init = open_accounts, .fini = close_accounts);

Test(records, damage_is_reported_with_a_cure)
{
	sqlite3 *other;
	cr_assert_eq(sqlite3_open("ftgate.db", &other), SQLITE_OK);
	sqlite3_exec(other, "DROP TABLE targets", NULL, NULL, NULL);
	sqlite3_close(other);
	cr_expect_eq(add(RECORD_ALIAS, "info@example.org", NULL, "add", "anna@example.test"), ADMIN_FAILED);
	cr_expect(has_error("ftgate.db: no such table"));
	cr_expect_eq(set(RECORD_DOMAIN, "example.org", NULL, "language", "de"), ADMIN_OK, "nothing is left open");
}

static int
prevent_commit(void *context)
{
	(void)context;
	return 1;
}

static enum admin_result
give_name(enum record_kind kind, const char *from, const char *to)
{
	return accounts->ops->rename(accounts, kind, from, to);
}

Test(records, mail_is_moved_back_if_its_new_name_is_not_committed)
{
	sqlite3 *database = sqlite_sql_database(((struct accounts *)accounts)->sql);
	sqlite3_commit_hook(database, prevent_commit, NULL);
	cr_expect_eq(give_name(RECORD_ACCOUNT, "anna@example.test", "eva@example.test"), ADMIN_FAILED);
	cr_expect_eq(access("mail/example.test/anna/cur", F_OK), 0);
	cr_expect_eq(give_name(RECORD_DOMAIN, "example.test", "example.net"), ADMIN_FAILED);
	cr_expect_eq(access("mail/example.test/anna/cur", F_OK), 0);
	sqlite3_commit_hook(database, NULL, NULL);
	cr_expect_eq(give_name(RECORD_ACCOUNT, "anna@example.test", "eva@example.test"), ADMIN_OK);
	cr_expect_eq(give_name(RECORD_DOMAIN, "example.test", "example.net"), ADMIN_OK);
	cr_expect_eq(access("mail/example.net/eva/cur", F_OK), 0);
}

static unsigned steps; /* of SQLite's machine, in hundreds */

static int
count_steps(void *context)
{
	(void)context;
	steps++;
	return 0;
}

/* Gives a domain, to whose addresses that many accounts have moved, another name. Returns the steps that this takes. */
static unsigned
rename_with_moved(sqlite3 *database, unsigned count)
{
	char sql[512];
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
	    " INSERT INTO accounts (domain, local, moved_to, created)"
	    " SELECT d.id, 'm' || i, 'n' || i || '@example.org', 0 FROM n, domains d WHERE d.name = 'example.test'",
	    count);
	cr_assert_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(database));
	steps = 0;
	sqlite3_progress_handler(database, 100, count_steps, NULL);
	cr_assert_eq(give_name(RECORD_DOMAIN, "example.org", "example.net"), ADMIN_OK);
	sqlite3_progress_handler(database, 0, NULL, NULL);
	cr_expect_eq(give_name(RECORD_DOMAIN, "example.net", "example.org"), ADMIN_OK);
	return steps;
}

Test(records, accounts_that_have_moved_to_a_domain_follow_it_in_time_of_their_number)
{
	sqlite3 *database = sqlite_sql_database(((struct accounts *)accounts)->sql);
	unsigned some = rename_with_moved(database, 400);
	cr_assert_eq(sqlite3_exec(database, "DELETE FROM accounts WHERE local LIKE 'm%'", NULL, NULL, NULL), SQLITE_OK);
	unsigned twice = rename_with_moved(database, 800);
	cr_expect_lt(twice, 3 * some, "%u for 400, %u for 800", some, twice);
}
