/* Addresses with tags, and the alias of all other addresses of a domain. Runs on each backend. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/ask_directory.h"
#include "support/backend.h"

static struct directory *directory;
static struct ask_found found;

#define ACCOUNT(domain, local, columns, values)                                                                        \
	"INSERT INTO accounts (domain, local, created" columns ") VALUES (" domain ", '" local "', 0" values ");"
#define ALIAS(id, local, kind)                                                                                         \
	"INSERT INTO aliases (id, domain, local, kind, created) VALUES (" id ", 1, '" local "', '" kind "', 0);"
#define TARGET(alias, local)                                                                                           \
	"INSERT INTO targets (alias, local, domain) VALUES (" alias ", '" local "', 'example.test');"

static void
open_all(void)
{
	backend_make();
	backend_sql("INSERT INTO domains (id, name, created, quota_bytes, quota_messages)"
	            " VALUES (1, 'example.test', 0, 1000, 10), (2, 'example.org', 0, 0, 0);");
	backend_sql(ACCOUNT("1", "anna", "", "") ACCOUNT("1", "bob", "", "") ACCOUNT("2", "dora", "", ""));
	backend_sql(
	    ACCOUNT("1", "off", ", disabled", ", 1") ACCOUNT("1", "gone", ", moved_to", ", 'gone@example.net'"));
	backend_sql(ALIAS("1", "info", "alias") TARGET("1", "anna") ALIAS("2", "staff", "list") TARGET("2", "anna"));
	directory = backend_directory(NULL);
}

static void
close_all(void)
{
	directory->ops->close(directory);
	backend_remove();
}

TestSuite(tags, .init = open_all, .fini = close_all);

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

static void
ignore(struct directory_question *question)
{
	(void)question;
}

/* The directory of a server with tags, and an alias for the other addresses of example.test. */
static void
open_with_tags(bool plus_addressing)
{
	const struct directory_settings settings = { .plus_addressing = plus_addressing };
	directory->ops->close(directory);
	backend_sql(ACCOUNT("1", "bob+work", "", "") ACCOUNT("1", "+", "", "") ALIAS("20", "wide", "list")
	        TARGET("20", "anna"));
	directory = backend_directory(&settings);
}

static void
add_catch_all(void)
{
	backend_sql(ALIAS("30", "*", "alias") TARGET("30", "bob"));
}

/* Where the mail of a local part at example.test goes: to one mailbox. */
static void
expect_mailbox(const char *local, const char *mailbox)
{
	cr_expect_eq(resolve(local, "example.test"), DIRECTORY_FOUND, "%s", local);
	cr_expect_eq(found.count, 1, "%s", local);
	cr_expect_str_eq(found.mailboxes[0].address, mailbox, "%s", local);
}

Test(tags, tag_has_no_meaning_unless_it_is_set)
{
	open_with_tags(false);
	cr_expect_eq(resolve("anna+x", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(resolve("anna+x", ""), DIRECTORY_NO_MAILBOX);
	expect_mailbox("bob+work", "bob+work@example.test");
}

Test(tags, address_with_a_tag_is_that_of_the_account_or_alias)
{
	open_with_tags(true);
	expect_mailbox("anna+x", "anna@example.test");
	expect_mailbox("ANNA+x+y", "anna@example.test");
	expect_mailbox("anna+", "anna@example.test");
	expect_mailbox("info+x", "anna@example.test");
	cr_expect_eq(found.kind, RECIPIENT_ALIAS);
	expect_mailbox("bob+work", "bob+work@example.test");
	expect_mailbox("bob+play", "bob@example.test");
	expect_mailbox("bob+work+more", "bob@example.test");
	expect_mailbox("+", "+@example.test");
	cr_expect_eq(resolve("++", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(resolve("nobody+x", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_str_eq(found.local, "nobody+x");
	cr_expect_eq(resolve("wide+x", "example.test"), DIRECTORY_NO_MAILBOX, "a list has no tags");
	cr_expect_eq(resolve("off+x", "example.test"), DIRECTORY_DISABLED);
	cr_expect_eq(resolve("gone+x", "example.test"), DIRECTORY_MOVED);
	cr_expect_str_eq(found.moved_to, "gone@example.net");
	cr_expect_eq(resolve("anna+x", "example.com"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(resolve("dora+x", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(found.mailboxes[0].address, "dora@example.org");
}

/* An account whose name people write in two forms of Unicode. */
Test(tags, tag_is_removed_from_every_spelling_of_a_name)
{
	open_with_tags(true);
	backend_sql("INSERT INTO accounts (domain, local, written, created) VALUES (1, 'j\u00f6rg', 'J\u00f6rg', 0);");
	cr_expect_eq(resolve("JO\u0308RG+x", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(found.local, "J\u00f6rg");
}

Test(tags, user_may_send_from_own_addresses_with_tags)
{
	struct sender_question question = { .base = { .done = ignore }, .account = 1 };
	static const struct {
		const char *local;
		bool owned;
	} cases[] = { { "anna+x", true }, { "info+x", true }, { "bob+x", false }, { "anna", true },
		{ "nobody+x", false } };
	open_with_tags(true);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		question.address = make_address(cases[i].local, "example.test");
		cr_expect_eq(ask_sender(directory, &question), DIRECTORY_FOUND);
		cr_expect_eq(question.owned, cases[i].owned, "%s", cases[i].local);
	}
	backend_sql(ACCOUNT("1", "anna+other", "", ""));
	question.address = make_address("anna+other", "example.test");
	cr_expect_eq(ask_sender(directory, &question), DIRECTORY_FOUND);
	cr_expect_not(question.owned, "it is another account");
}

Test(tags, user_cannot_log_in_with_a_tag)
{
	struct account account;
	open_with_tags(true);
	cr_expect_eq(ask_login(directory, "anna@example.test", &account), DIRECTORY_FOUND);
	cr_expect_eq(ask_login(directory, "anna+x@example.test", &account), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(ask_login(directory, "anna+x", &account), DIRECTORY_NO_MAILBOX);
	add_catch_all();
	cr_expect_eq(ask_login(directory, "anna+x@example.test", &account), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(ask_login(directory, "nobody@example.test", &account), DIRECTORY_NO_MAILBOX);
}

Test(tags, catch_all_gets_what_has_no_record)
{
	unsigned access;
	struct sender_question sender = {
		.base = { .done = ignore }, .account = 2, .address = make_address("nobody", "example.test")
	};
	add_catch_all();
	expect_mailbox("nobody", "bob@example.test");
	cr_expect_eq(found.kind, RECIPIENT_ALIAS);
	cr_expect_str_eq(found.local, DIRECTORY_CATCH_ALL);
	expect_mailbox("anna+x", "bob@example.test");
	expect_mailbox("*", "bob@example.test");
	expect_mailbox("anna", "anna@example.test");
	expect_mailbox("info", "anna@example.test");
	expect_mailbox("postmaster", "bob@example.test");
	cr_expect_eq(resolve("off", "example.test"), DIRECTORY_DISABLED);
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.kind, RECIPIENT_LIST);
	cr_expect_eq(resolve("nobody", "example.org"), DIRECTORY_NO_MAILBOX, "of one domain only");
	cr_expect_eq(resolve("nobody", "example.com"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(resolve("nobody", ""), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(ask_client(directory, "192.0.2.1", &access), DIRECTORY_FOUND);
	cr_expect_eq(ask_sender(directory, &sender), DIRECTORY_FOUND);
	cr_expect_not(sender.owned, "nobody sends from all addresses of a domain");
	sender.address = make_address("*", "example.test");
	cr_expect_eq(ask_sender(directory, &sender), DIRECTORY_FOUND);
	cr_expect_not(sender.owned, "nor from the name of the catch-all");
}

Test(tags, tag_is_preferred_to_the_catch_all)
{
	open_with_tags(true);
	add_catch_all();
	expect_mailbox("anna+x", "anna@example.test");
	expect_mailbox("wide+x", "bob@example.test");
	expect_mailbox("nobody+x", "bob@example.test");
	struct sender_question sender = {
		.base = { .done = ignore }, .account = 2, .address = make_address("*+x", "example.test")
	};
	cr_expect_eq(ask_sender(directory, &sender), DIRECTORY_FOUND);
	cr_expect_not(sender.owned);
}

Test(tags, list_named_as_a_catch_all_is_none)
{
	backend_sql(ALIAS("30", "*", "list") TARGET("30", "bob"));
	cr_expect_eq(resolve("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(found.kind, RECIPIENT_ACCOUNT);
	cr_expect_str_eq(found.local, "nobody");
}

Test(tags, postmaster_without_an_account_has_the_quota_of_its_domain)
{
	expect_mailbox("postmaster", "postmaster@example.test");
	cr_expect_eq(found.mailboxes[0].quota.bytes, 1000);
	cr_expect_eq(found.mailboxes[0].quota.messages, 10);
	backend_sql(ALIAS("40", "office", "alias") TARGET("40", "postmaster"));
	expect_mailbox("office", "postmaster@example.test");
	cr_expect_eq(found.mailboxes[0].quota.messages, 10);
	cr_expect_eq(resolve("postmaster", "example.org"), DIRECTORY_FOUND);
	cr_expect_eq(found.mailboxes[0].quota.bytes, 0);
}
