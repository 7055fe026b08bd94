/* The directory and the administration: verdicts, and changes while it is in use. Runs on each backend. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/log/log.h"
#include "store/maildir_store.h"
#include "support/ask_directory.h"
#include "support/backend.h"
#include "support/folder.h"

static struct admin *accounts;
static struct maildir_store mailboxes;
static struct directory *directory;

static void
open_accounts(void)
{
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	accounts = backend_admin(&mailboxes.store);
	admin_add_domain(accounts, "example.test");
	admin_add_domain(accounts, "Example.ORG");
	admin_add_account(accounts, "anna", "example.test", NULL);
	admin_add_account(accounts, "Bob", "example.test", NULL);
	admin_add_account(accounts, "bob", "example.org", NULL);
}

static void
open_directory(void)
{
	backend_make();
	open_accounts();
	directory = backend_directory(NULL);
}

static void
close_directory(void)
{
	directory->ops->close(directory);
	accounts->ops->close(accounts);
	backend_remove();
}

TestSuite(directory, .init = open_directory, .fini = close_directory);

static struct mailbox mailbox;

static enum directory_verdict
verdict(const char *local, const char *domain)
{
	struct address address = { .null = false };
	snprintf(address.local, sizeof address.local, "%s", local);
	snprintf(address.domain, sizeof address.domain, "%s", domain);
	static struct ask_found found;
	enum directory_verdict verdict = ask_recipient(directory, &address, NULL, &found);
	if (verdict == DIRECTORY_FOUND)
		mailbox = found.mailboxes[0];
	return verdict;
}

Test(directory, account_is_found_with_its_address)
{
	cr_expect_eq(verdict("anna", "example.test"), DIRECTORY_FOUND);
	cr_expect_gt(mailbox.account, 0);
	cr_expect_str_eq(mailbox.address, "anna@example.test");
	cr_expect_eq(folder_count("mail/example.test/anna/*"), 3);
}

Test(directory, case_of_ascii_letters_does_not_matter)
{
	cr_expect_eq(verdict("ANNA", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(verdict("bOB", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "bob@example.test");
	cr_expect_eq(verdict("bob", "example.org"), DIRECTORY_FOUND, "a domain is kept in lower case");
}

Test(directory, unknown_user_and_foreign_domain_differ)
{
	cr_expect_eq(verdict("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(verdict("anna", "example.com"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(verdict("anna", "[127.0.0.1]"), DIRECTORY_NO_DOMAIN);
}

Test(directory, names_are_neither_patterns_nor_sql)
{
	static const char *const odd[] = { "%", "_nna", "' OR 1=1 --", "anna'", "an\\na", "*" };
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		cr_expect_eq(verdict(odd[i], "example.test"), DIRECTORY_NO_MAILBOX, "%s", odd[i]);
}

Test(directory, bare_local_part_is_looked_for_in_every_domain)
{
	cr_expect_eq(verdict("anna", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "anna@example.test");
	cr_expect_eq(verdict("bob", ""), DIRECTORY_AMBIGUOUS);
	cr_expect_eq(verdict("nobody", ""), DIRECTORY_NO_MAILBOX);
}

Test(directory, postmaster_needs_no_account)
{
	cr_expect_eq(verdict("PostMaster", "example.org"), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "postmaster@example.org");
	cr_expect_eq(mailbox.account, 0);
	cr_expect_eq(verdict("postmaster", "example.com"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(verdict("Postmaster", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "postmaster@example.test");
}

/* Opens the directory of a server with a postmaster of its own. */
static void
open_own(const char *hostname, const char *local, const char *domain)
{
	struct directory_settings own = { .postmaster = { .null = false } };
	snprintf(own.hostname, sizeof own.hostname, "%s", hostname);
	snprintf(own.postmaster.local, sizeof own.postmaster.local, "%s", local);
	snprintf(own.postmaster.domain, sizeof own.postmaster.domain, "%s", domain);
	directory->ops->close(directory);
	directory = backend_directory(&own);
}

Test(directory, server_has_a_postmaster)
{
	open_own("mx.example.net", "", "");
	cr_expect_eq(verdict("PostMaster", "mx.example.net"), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "postmaster@example.test", "that of the first domain");
	cr_expect_eq(verdict("anna", "mx.example.net"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(verdict("postmaster", "example.net"), DIRECTORY_NO_DOMAIN);
	admin_add_account(accounts, "postmaster", "example.test", NULL);
	cr_expect_eq(verdict("postmaster", "mx.example.net"), DIRECTORY_FOUND);
	cr_expect_gt(mailbox.account, 0);
}

Test(directory, postmaster_of_a_hosted_domain_stays_that_of_the_domain)
{
	open_own("example.org", "anna", "example.test");
	admin_add_account(accounts, "postmaster", "example.org", NULL);
	cr_expect_eq(verdict("postmaster", "example.org"), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "postmaster@example.org");
}

Test(directory, setting_names_who_gets_the_mail_of_a_postmaster_without_an_account)
{
	static const char *const domains[] = { "", "mx.example.net", "example.test", "example.org" };
	open_own("mx.example.net", "Anna", "example.test");
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
		cr_expect_eq(verdict("postmaster", domains[i]), DIRECTORY_FOUND, "%s", domains[i]);
		cr_expect_str_eq(mailbox.address, "anna@example.test", "%s", domains[i]);
	}
}

Test(directory, setting_may_name_an_alias_and_an_alias_may_lead_to_the_servers_postmaster)
{
	const struct record_setting target = { "add", "anna@example.test" },
	                            back = { "add", "postmaster@mx.example.net" };
	const char *const names[] = { "admins@example.test", "help@example.test" };
	open_own("mx.example.net", "admins", "example.test");
	accounts->ops->add(accounts, RECORD_LIST, &names[0], &(struct record_change) { &target, 1, NULL });
	accounts->ops->add(accounts, RECORD_ALIAS, &names[1], &(struct record_change) { &back, 1, NULL });
	cr_expect_eq(verdict("postmaster", "mx.example.net"), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "anna@example.test");
	cr_expect_eq(verdict("help", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "anna@example.test");
}

Test(directory, setting_that_names_nobody_is_logged_and_refuses_nothing)
{
	char log[4096] = "";
	open_own("mx.example.net", "nobody", "example.com");
	cr_expect_eq(verdict("postmaster", "mx.example.net"), DIRECTORY_FOUND);
	cr_expect_eq(verdict("postmaster", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "postmaster@example.test");
	log_flush();
	FILE *file = fopen("log", "r");
	cr_assert_not_null(file);
	log[fread(log, 1, sizeof log - 1, file)] = '\0';
	fclose(file);
	const char *first = strstr(log, "event=directory-misconfigured");
	cr_expect_not_null(first);
	cr_expect_null(strstr(first + 1, "event=directory-misconfigured"), "once");
}

static void
open_empty_directory(void)
{
	backend_make();
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	accounts = backend_admin(&mailboxes.store);
	directory = backend_directory(NULL);
}

Test(empty_directory, postmaster_exists_without_any_domain, .init = open_empty_directory, .fini = close_directory)
{
	cr_expect_eq(verdict("postmaster", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(mailbox.address, "postmaster@localhost");
}

Test(directory, change_is_seen_at_once)
{
	cr_expect_eq(verdict("carol", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(admin_add_account(accounts, "carol", "example.test", NULL), ADMIN_OK);
	cr_expect_eq(verdict("carol", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(verdict("carol", "new.example"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(admin_add_domain(accounts, "new.example"), ADMIN_OK);
	cr_expect_eq(verdict("carol", "new.example"), DIRECTORY_NO_MAILBOX);
}

Test(accounts, are_refused_if_they_exist_or_have_no_domain, .init = open_directory, .fini = close_directory)
{
	cr_expect_eq(admin_add_domain(accounts, "EXAMPLE.test"), ADMIN_EXISTS);
	cr_expect_eq(admin_add_account(accounts, "ANNA", "example.test", NULL), ADMIN_EXISTS);
	cr_expect_eq(admin_add_account(accounts, "anna", "example.com", NULL), ADMIN_NO_DOMAIN);
	cr_expect_eq(admin_add_account(accounts, "dora", "EXAMPLE.test", "$y$hash"), ADMIN_OK);
}

Test(accounts, persist_after_reopening, .init = open_directory, .fini = close_directory)
{
	accounts->ops->close(accounts);
	accounts = backend_admin(&mailboxes.store);
	cr_expect_eq(admin_add_account(accounts, "anna", "example.test", NULL), ADMIN_EXISTS);
}
