/* What the directory makes of recipients, users, clients and senders. Runs on each backend. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "port/directory.h"
#include "support/ask_directory.h"
#include "support/backend.h"
#include "support/folder.h"

static struct directory *directory;

#define ACCOUNT(domain, local, columns, values)                                                                        \
	"INSERT INTO accounts (domain, local, created" columns ") VALUES (" domain ", '" local "', 0" values ");"
#define ALIAS(id, local, kind)                                                                                         \
	"INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (" id ", 1, '" local "', '" kind        \
	"', 'accounts', 0);"
#define TARGET(alias, local)                                                                                           \
	"INSERT INTO targets (alias, local, domain) VALUES (" alias ", '" local "', 'example.test');"

static const char people[] =
    "INSERT INTO domains (id, name, created, language, max_message_size, quota_bytes, quota_messages)"
    " VALUES (1, 'example.test', 0, 'de', 5000, 1000, 10), (2, 'example.org', 0, NULL, 0, 0, 0);" ACCOUNT(
        "1", "anna", ", language, password, scram_sha256, secret", ", 'fr', '$y$', 'SCRAM', 'opensesame'")
        ACCOUNT("1", "bob", ", quota_bytes, quota_messages", ", 77, 0") ACCOUNT("1", "off", ", disabled", ", 1")
            ACCOUNT("1", "mute", ", receive", ", 0") ACCOUNT("1", "trap", ", spamtrap", ", 1")
                ACCOUNT("1", "gone", ", moved_to", ", 'gone@example.net'") ACCOUNT("2", "dora", "", "");

static const char ways[] = ALIAS("1", "info", "alias") TARGET("1", "anna") ALIAS("2", "staff", "list") TARGET(
    "2", "anna") TARGET("2", "bob") TARGET("2", "off") TARGET("2", "info") ALIAS("3", "circle", "alias") TARGET("3",
    "round") ALIAS("4", "round", "alias") TARGET("4", "circle") TARGET("4", "anna") ALIAS("5", "nowhere",
    "alias") TARGET("5", "nobody") ALIAS("6", "far",
    "alias") "INSERT INTO targets (alias, local, domain) VALUES (6, 'x', 'elsewhere.example');" ALIAS("7", "closed",
    "alias") TARGET("7", "off") ALIAS("8", "left", "alias") TARGET("8", "gone") ALIAS("9", "empty",
    "list") "INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (10, 2, 'info', 'list', 'anyone', 0), (11, 2, 'hers', 'alias', 'nobody', 0);"
            "INSERT INTO targets (alias, local, domain) VALUES (10, 'dora', 'example.org'), (11, 'dora', 'example.org');";

static void
open_all(void)
{
	backend_make();
	backend_sql(people);
	backend_sql(ways);
	directory = backend_directory(NULL);
}

static void
close_all(void)
{
	directory->ops->close(directory);
	backend_remove();
}

TestSuite(recipients, .init = open_all, .fini = close_all);

static struct address
make_address(const char *local, const char *domain)
{
	struct address address = { .null = false };
	snprintf(address.local, sizeof address.local, "%s", local);
	snprintf(address.domain, sizeof address.domain, "%s", domain);
	return address;
}

static struct ask_found found;

static enum directory_verdict
resolve(const char *local, const char *domain)
{
	struct address address = make_address(local, domain);
	return ask_recipient(directory, &address, NULL, &found);
}

static bool
is_logged(const char *text)
{
	size_t len;
	return strstr(folder_read("log", &len), text) != NULL;
}

Test(recipients, account_has_its_languages_and_limits)
{
	cr_expect_eq(resolve("ANNA", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.kind, RECIPIENT_ACCOUNT);
	cr_expect_str_eq(found.local, "anna");
	cr_expect_str_eq(found.language, "fr");
	cr_expect_str_eq(found.domain.name, "example.test");
	cr_expect_str_eq(found.domain.language, "de");
	cr_expect_eq(found.domain.max_message_size, 5000);
	cr_expect_eq(found.count, 1);
	cr_expect_str_eq(found.mailboxes[0].address, "anna@example.test");
	cr_expect_eq(found.mailboxes[0].quota.bytes, 1000, "its domain's");
	cr_expect_eq(found.mailboxes[0].quota.messages, 10);
	cr_expect_eq(resolve("bob", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.mailboxes[0].quota.bytes, 77);
	cr_expect_eq(found.mailboxes[0].quota.messages, 0, "none, whatever its domain's is");
	cr_expect_str_empty(found.language);
}

Test(recipients, unusable_account_is_reported_as_such)
{
	cr_expect_eq(resolve("off", "example.test"), DIRECTORY_DISABLED);
	cr_expect_eq(resolve("mute", "example.test"), DIRECTORY_NO_PRIVILEGE);
	cr_expect_eq(resolve("trap", "example.test"), DIRECTORY_SPAMTRAP);
	cr_expect_eq(resolve("gone", "example.test"), DIRECTORY_MOVED);
	cr_expect_str_eq(found.moved_to, "gone@example.net");
	cr_expect_eq(found.count, 0);
	cr_expect_str_eq(found.domain.language, "de");
	cr_expect_eq(resolve("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_str_eq(found.domain.language, "de");
	cr_expect_eq(resolve("anna", "example.com"), DIRECTORY_NO_DOMAIN);
}

Test(recipients, alias_and_list_lead_to_each_mailbox_once)
{
	cr_expect_eq(resolve("Info", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.kind, RECIPIENT_ALIAS);
	cr_expect_eq(found.count, 1);
	cr_expect_str_eq(found.mailboxes[0].address, "anna@example.test");
	cr_expect_str_eq(found.local, "info");
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND, "though one is switched off");
	cr_expect_eq(found.kind, RECIPIENT_LIST);
	cr_expect_eq(found.count, 2, "anna is in it twice");
}

Test(recipients, targets_that_get_no_mail_are_named_with_the_cause)
{
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.left_out, 1);
	cr_expect_str_eq(found.left_out_names, "off@example.test disabled");
	backend_sql(
	    "INSERT INTO targets (alias, local, domain) VALUES (1, 'gone', 'example.test'), (1, 'mute', 'example.test'),"
	    " (1, 'off', 'example.test'), (1, 'trap', 'example.test'); DELETE FROM targets WHERE alias = 2 AND local = 'bob'");
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.count, 1);
	cr_expect_eq(found.left_out, 4, "one of them is reached twice");
	for (const char *const *name = (const char *const[]) { "gone@example.test moved",
	         "mute@example.test no-privilege", "off@example.test disabled", "trap@example.test spamtrap", NULL };
	     *name != NULL; name++)
		cr_expect(strstr(found.left_out_names, *name) != NULL, "%s: %s", *name, found.left_out_names);
	cr_expect_eq(resolve("info", "example.org"), DIRECTORY_FOUND);
	cr_expect_eq(found.left_out, 0);
}

Test(recipients, names_that_are_left_out_are_cut_between_two_of_them)
{
	backend_sql("INSERT INTO accounts (domain, local, disabled, created) VALUES"
	            " (1, 'a234567890123456789012345678901234567890123456789012345678901', 1, 0),"
	            " (1, 'b234567890123456789012345678901234567890123456789012345678901', 1, 0),"
	            " (1, 'c234567890123456789012345678901234567890123456789012345678901', 1, 0),"
	            " (1, 'd234567890123456789012345678901234567890123456789012345678901', 1, 0),"
	            " (1, 'e234567890123456789012345678901234567890123456789012345678901', 1, 0),"
	            " (1, 'f234567890123456789012345678901234567890123456789012345678901', 1, 0);"
	            "INSERT INTO targets (alias, local, domain) SELECT 2, local, 'example.test' FROM accounts"
	            " WHERE local LIKE '_23456789%'");
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.left_out, 7);
	cr_expect_gt(strlen(found.left_out_names), sizeof found.left_out_names / 2);
	cr_expect_str_eq(strrchr(found.left_out_names, ' '), " disabled");
}

Test(recipients, mailbox_has_the_store_of_its_account_or_its_domain)
{
	cr_expect_eq(resolve("anna", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_empty(found.mailboxes[0].store);
	backend_sql("UPDATE domains SET delivery = 'lmtp:192.0.2.1:24' WHERE id = 1;"
	            "UPDATE accounts SET delivery = 'maildir' WHERE local = 'bob'");
	cr_expect_eq(resolve("anna", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(found.mailboxes[0].store, "lmtp:192.0.2.1:24");
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_assert_eq(found.count, 2);
	for (size_t i = 0; i < found.count; i++)
		cr_expect_str_eq(found.mailboxes[i].store,
		    strncmp(found.mailboxes[i].address, "bob", 3) == 0 ? "maildir" : "lmtp:192.0.2.1:24");
	cr_expect_eq(resolve("postmaster", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(found.mailboxes[0].store, "lmtp:192.0.2.1:24", "no account");
	cr_expect_eq(resolve("dora", "example.org"), DIRECTORY_FOUND);
	cr_expect_str_empty(found.mailboxes[0].store);
}

Test(recipients, alias_has_the_verdict_of_its_only_target)
{
	cr_expect_eq(resolve("closed", "example.test"), DIRECTORY_DISABLED);
	cr_expect_eq(resolve("left", "example.test"), DIRECTORY_MOVED);
	cr_expect_str_eq(found.moved_to, "gone@example.net");
}

Test(recipients, alias_loop_is_a_configuration_error)
{
	cr_expect_eq(resolve("circle", "example.test"), DIRECTORY_MISCONFIGURED);
	cr_expect(is_logged("event=directory-misconfigured detail=\"circle@example.test: this alias leads to itself"));
	cr_expect_eq(resolve("round", "example.test"), DIRECTORY_MISCONFIGURED);
}

Test(recipients, alias_without_a_target_is_a_configuration_error)
{
	cr_expect_eq(resolve("nowhere", "example.test"), DIRECTORY_MISCONFIGURED);
	cr_expect(is_logged("detail=\"nobody@example.test: an alias leads to this address, which does not exist"));
	cr_expect_eq(resolve("empty", "example.test"), DIRECTORY_MISCONFIGURED);
}

Test(recipients, alias_may_target_other_servers)
{
	cr_expect_eq(resolve("far", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.count, 0);
	cr_assert_eq(found.elsewhere_count, 1);
	cr_expect_str_eq(found.elsewhere[0].address.local, "x");
	cr_expect_str_eq(found.elsewhere[0].address.domain, "elsewhere.example");
	backend_sql(
	    "INSERT INTO targets (alias, local, domain) VALUES (2, 'x', 'elsewhere.example'), (2, 'far', 'example.test')");
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(found.count, 2);
	cr_expect_eq(found.elsewhere_count, 1, "each is there once");
	cr_expect_eq(resolve("x", "elsewhere.example"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(found.elsewhere_count, 0);
}

/* The list of a target: "": none. */
static const char *
list_of(const char *address)
{
	unsigned list = 0;
	bool is_target = false;
	for (size_t i = 0; i < found.count; i++) {
		if (strcmp(found.mailboxes[i].address, address) != 0)
			continue;
		list = found.mailboxes[i].list;
		is_target = true;
	}
	cr_assert(is_target, "%s", address);
	cr_assert_leq(list, found.list_count);
	return list > 0 ? found.lists[list - 1].local : "";
}

Test(recipients, target_has_the_first_list_on_its_way_and_none_if_it_is_reached_without_one)
{
	cr_expect_eq(resolve("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(list_of("anna@example.test"), "staff");
	backend_sql(
	    "INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (60, 1, 'outer', 'list', 'nobody', 0),"
	    " (61, 1, 'both', 'alias', 'nobody', 0), (62, 1, 'late', 'alias', 'nobody', 0)");
	backend_sql(
	    "INSERT INTO targets (alias, local, domain) VALUES (60, 'staff', 'example.test'), (61, 'outer', 'example.test'),"
	    " (61, 'far', 'example.test'), (62, 'staff', 'example.test'), (62, 'info', 'example.test')");
	cr_expect_eq(resolve("outer", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(list_of("anna@example.test"), "outer");
	cr_expect_eq(found.list_count, 1);
	cr_expect_eq(resolve("both", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(list_of("anna@example.test"), "outer");
	cr_assert_eq(found.elsewhere_count, 1);
	cr_expect_eq(found.elsewhere[0].list, 0);
	cr_expect_not(found.elsewhere[0].relayed);
	cr_expect_eq(resolve("late", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(list_of("anna@example.test"), "", "an alias leads there, too");
}

static void
add_lists(int first, int last)
{
	char text[256];
	for (int i = first; i <= last; i++) {
		snprintf(text, sizeof text,
		    "INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (%d, 1, 'l%d', 'list', 'nobody', 0);"
		    "INSERT INTO targets (alias, local, domain) VALUES (%d, 'anna', 'example.test'), (60, 'l%d', 'example.test')",
		    100 + i, i, 100 + i, i);
		backend_sql(text);
	}
}

Test(recipients, lists_behind_an_alias_are_bounded)
{
	backend_sql(
	    "INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (60, 1, 'many', 'alias', 'nobody', 0)");
	add_lists(1, DIRECTORY_LISTS_MAX);
	cr_expect_eq(resolve("many", "example.test"), DIRECTORY_FOUND);
	add_lists(DIRECTORY_LISTS_MAX + 1, DIRECTORY_LISTS_MAX + 1);
	cr_expect_eq(resolve("many", "example.test"), DIRECTORY_MISCONFIGURED);
}

Test(recipients, all_recipients_of_a_relayed_domain_are_remote)
{
	struct domain domain;
	backend_sql("INSERT INTO domains (id, name, created, relayed) VALUES (3, 'away.example', 0, 1)");
	cr_expect_eq(resolve("anyone", "away.example"), DIRECTORY_FOUND);
	cr_expect_eq(found.count, 0);
	cr_assert_eq(found.elsewhere_count, 1);
	cr_expect_str_eq(found.elsewhere[0].address.domain, "away.example");
	cr_expect(found.domain.relayed);
	cr_expect_eq(resolve("postmaster", "away.example"), DIRECTORY_FOUND);
	cr_expect_eq(found.count, 0);
	cr_expect_eq(ask_domain(directory, "away.example", &domain), DIRECTORY_FOUND);
	cr_expect(domain.relayed);
	cr_expect_eq(ask_domain(directory, "example.org", &domain), DIRECTORY_FOUND);
	cr_expect_not(domain.relayed);
}

Test(recipients, postmaster_without_a_domain_is_not_that_of_a_relayed_one)
{
	backend_sql(
	    "DELETE FROM targets; DELETE FROM aliases; DELETE FROM accounts; UPDATE domains SET relayed = 1 WHERE id = 1");
	cr_expect_eq(resolve("postmaster", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(found.domain.name, "example.org");
}

static void
make_chain(int first, int count)
{
	char text[256];
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof text,
		    "INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (%d, 1, 'c%d', 'alias', 'nobody', 0);"
		    "INSERT INTO targets (alias, local, domain) VALUES (%d, '%s%d', 'example.test');",
		    first + i, i, first + i, i + 1 < count ? "c" : "anna", i + 1);
		backend_sql(text);
	}
	snprintf(text, sizeof text, "UPDATE targets SET local = 'anna' WHERE local = 'anna%d'", count);
	backend_sql(text);
}

Test(recipients, alias_chains_are_bounded)
{
	make_chain(100, DIRECTORY_DEPTH_MAX + 1);
	cr_expect_eq(resolve("c1", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(resolve("c0", "example.test"), DIRECTORY_MISCONFIGURED);
	cr_expect(is_logged("too many aliases"));
}

Test(recipients, list_length_is_bounded)
{
	backend_sql(
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)"
	    " INSERT INTO accounts (domain, local, created) SELECT 2, 'n' || i, 0 FROM n;"
	    "INSERT INTO targets (alias, local, domain) SELECT 10, local, 'example.org' FROM accounts WHERE local LIKE 'n%';"
	    "DELETE FROM targets WHERE alias = 10 AND local = 'dora'");
	cr_expect_eq(resolve("info", "example.org"), DIRECTORY_FOUND);
	cr_expect_eq(found.count, 1999);
	backend_sql("INSERT INTO targets (alias, local, domain) VALUES (10, 'dora', 'example.org')");
	cr_expect_eq(resolve("info", "example.org"), DIRECTORY_MISCONFIGURED);
}

Test(recipients, bare_local_part_may_be_an_alias)
{
	cr_expect_eq(resolve("staff", ""), DIRECTORY_FOUND);
	cr_expect_eq(resolve("dora", ""), DIRECTORY_FOUND);
	cr_expect_str_eq(found.domain.name, "example.org");
	cr_expect_eq(resolve("info", ""), DIRECTORY_AMBIGUOUS);
	cr_expect_eq(resolve("nobody", ""), DIRECTORY_NO_MAILBOX);
}

static struct members_question expansion;

static enum directory_verdict
expand(const char *local, const char *domain)
{
	members_clear(&expansion);
	expansion = (struct members_question) { .address = make_address(local, domain), .needed = EXPANSION_ACCOUNTS };
	return ask_members(directory, &expansion);
}

Test(recipients, list_is_expanded_by_one_level)
{
	cr_expect_eq(expand("Staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(expansion.right, EXPANSION_ACCOUNTS);
	cr_assert_eq(expansion.count, 4);
	cr_expect_str_eq(expansion.members[0].local, "anna");
	cr_expect_str_eq(expansion.members[2].local, "info");
	cr_expect_str_eq(expansion.members[2].domain, "example.test");
	cr_expect_eq(expand("info", "example.org"), DIRECTORY_FOUND);
	cr_expect_eq(expansion.right, EXPANSION_ANYONE);
	cr_expect_eq(expand("empty", ""), DIRECTORY_FOUND);
	cr_expect_eq(expansion.count, 0);
	cr_expect_eq(expand("anna", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(expand("info", "example.com"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(expand("info", ""), DIRECTORY_AMBIGUOUS);
}

/* A list that can get no mail is not read for a stranger either. */
Test(recipients, members_that_are_read_are_bounded)
{
	backend_sql("DELETE FROM targets WHERE alias = 10;"
	            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
	            " INSERT INTO targets (alias, local, domain) SELECT 10, 'n' || i, 'example.net' FROM n");
	cr_expect_eq(expand("info", "example.org"), DIRECTORY_FOUND);
	cr_expect_eq(expansion.count, DIRECTORY_TARGETS_MAX);
	members_clear(&expansion);
	backend_sql("INSERT INTO targets (alias, local, domain) VALUES (10, 'one.more', 'example.net')");
	cr_expect_eq(expand("info", "example.org"), DIRECTORY_MISCONFIGURED);
	cr_expect_eq(expansion.count, 0);
	cr_expect_null(expansion.members);
	cr_expect(is_logged("too many addresses"));
}

static bool
is_member(const char *local, const char *domain, const char *of)
{
	struct address list = make_address(of, "");
	char sender[ADDRESS_MAX + 1];
	snprintf(sender, sizeof sender, "%s@%s", local, domain);
	ask_recipient(directory, &list, sender, &found);
	return found.member;
}

Test(recipients, list_knows_its_members_by_the_addresses_that_were_added)
{
	cr_expect_not(is_member("anna", "example.test", "staff"), "nobody asks");
	backend_sql("UPDATE aliases SET post = 'members' WHERE local = 'staff'");
	cr_expect(is_member("Anna", "example.test", "staff"));
	cr_expect(is_member("info", "example.test", "staff"));
	cr_expect_not(is_member("anna", "example.org", "staff"));
	cr_expect_not(is_member("dora", "example.org", "staff"));
	cr_expect_not(is_member("anna", "example.test", "nobody"));
}

Test(recipients, members_are_read_only_for_those_who_may_know_them)
{
	cr_expect_eq(expand("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(expansion.count, 4);
	members_clear(&expansion);
	expansion.needed = EXPANSION_ANYONE;
	cr_expect_eq(ask_members(directory, &expansion), DIRECTORY_FOUND);
	cr_expect_eq(expansion.right, EXPANSION_ACCOUNTS);
	cr_expect_eq(expansion.count, 0);
}

Test(recipients, list_is_open_by_default)
{
	resolve("staff", "example.test");
	cr_expect_eq(found.post, POSTING_ANYONE);
	backend_sql("UPDATE aliases SET post = 'members' WHERE local = 'staff';"
	            "INSERT INTO targets (alias, local, domain) VALUES (1, 'staff', 'example.test')");
	resolve("staff", "");
	cr_expect_eq(found.post, POSTING_MEMBERS);
	resolve("info", "example.test");
	cr_expect_eq(found.post, POSTING_ANYONE, "who writes to the alias writes to no list");
	backend_sql("UPDATE aliases SET post = 'accounts'");
	resolve("staff", "example.test");
	cr_expect_eq(found.post, POSTING_ACCOUNTS);
	resolve("hers", "example.org");
	cr_expect_eq(found.post, POSTING_ANYONE, "an alias is no list");
}

Test(recipients, mail_to_a_domain_is_greylisted_by_default)
{
	struct domain domain;
	cr_expect_eq(ask_domain(directory, "example.org", &domain), DIRECTORY_FOUND);
	cr_expect(domain.greylist);
	backend_sql("UPDATE domains SET greylist = 0 WHERE name = 'example.org'");
	ask_domain(directory, "example.org", &domain);
	cr_expect_not(domain.greylist);
}

static struct account user;

static enum directory_verdict
account(const char *name)
{
	return ask_login(directory, name, &user);
}

Test(recipients, user_is_returned_with_password_hash_and_verifier)
{
	cr_expect_eq(account("Anna@EXAMPLE.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(user.password, "$y$");
	cr_expect_str_eq(user.scram_sha256, "SCRAM");
	cr_expect_str_eq(user.secret, "opensesame");
	cr_expect_str_eq(user.language, "fr");
	cr_expect_str_eq(user.domain.name, "example.test");
	cr_expect_eq(user.flags, ACCOUNT_SMTP | ACCOUNT_POP3 | ACCOUNT_SEND | ACCOUNT_RECEIVE);
	cr_expect_eq(account("dora"), DIRECTORY_FOUND);
	cr_expect_str_empty(user.password);
	cr_expect_eq(account("off@example.test"), DIRECTORY_FOUND);
	cr_expect(user.flags & ACCOUNT_DISABLED);
}

Test(recipients, other_names_are_no_users)
{
	static const char *const none[] = { "", "@", "anna@", "@example.test", "nobody@example.test",
		"anna@example.com", "info@example.test", "info", "staff", "a@anna@example.test" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cr_expect_eq(account(none[i]), DIRECTORY_NO_MAILBOX, "%s", none[i]);
}

static bool
owns(const char *name, const char *local, const char *domain)
{
	struct sender_question question = { .address = make_address(local, domain) };
	cr_assert_eq(account(name), DIRECTORY_FOUND);
	question.account = user.mailbox.account;
	cr_expect_eq(ask_sender(directory, &question), DIRECTORY_FOUND);
	return question.owned;
}

Test(recipients, account_owns_its_addresses_and_aliases_but_no_list)
{
	cr_expect(owns("anna", "Anna", "example.test"));
	cr_expect(owns("anna", "info", "example.test"));
	cr_expect_not(owns("anna", "staff", "example.test"));
	cr_expect_not(owns("anna", "bob", "example.test"));
	cr_expect_not(owns("anna", "anna", "example.org"));
	cr_expect(owns("dora", "hers", "example.org"));
	cr_expect_not(owns("dora", "info", "example.org"), "a list");
}

Test(recipients, domain_is_returned)
{
	struct domain domain;
	cr_expect_eq(ask_domain(directory, "example.test", &domain), DIRECTORY_FOUND);
	cr_expect_str_eq(domain.language, "de");
	cr_expect_eq(ask_domain(directory, "example.org", &domain), DIRECTORY_FOUND);
	cr_expect_str_empty(domain.language);
	cr_expect_eq(ask_domain(directory, "example.com", &domain), DIRECTORY_NO_DOMAIN);
}

static unsigned
client(const char *address)
{
	unsigned access = 99;
	cr_expect_eq(ask_client(directory, address, &access), DIRECTORY_FOUND);
	return access;
}

static void
add_network(struct admin *admin, const char *kind, const char *network)
{
	const char *const name[] = { kind, network };
	cr_assert_eq(admin->ops->add(admin, RECORD_ACCESS, name, &(struct record_change) { .count = 0 }), ADMIN_OK);
}

Test(recipients, most_specific_network_decides)
{
	struct admin *admin = backend_admin(NULL);
	add_network(admin, "refused", "192.0.2.0/24");
	add_network(admin, "permitted", "192.0.2.16/28");
	add_network(admin, "blacklist", "192.0.2.21");
	add_network(admin, "relay", "192.0.0.0/8");
	add_network(admin, "blacklist", "2001:db8::/32");
	admin->ops->close(admin);
	cr_expect_eq(client("192.0.2.1"), ACCESS_REFUSED | ACCESS_RELAY);
	cr_expect_eq(client("192.0.2.17"), ACCESS_PERMITTED | ACCESS_RELAY);
	cr_expect_eq(client("192.0.2.21"), ACCESS_BLACKLIST | ACCESS_RELAY);
	cr_expect_eq(client("192.0.3.1"), ACCESS_RELAY);
	cr_expect_eq(client("198.51.100.1"), 0);
	cr_expect_eq(client("2001:db8:1::1"), ACCESS_BLACKLIST);
	cr_expect_eq(client("2001:db9::1"), 0);
	cr_expect_eq(client("::ffff:192.0.3.1"), ACCESS_RELAY);
	cr_expect_eq(client("not an address"), 0);
}

static unsigned
sender(const char *local, const char *domain)
{
	struct sender_question question = { .address = make_address(local, domain), .access = 99 };
	cr_expect_eq(ask_sender(directory, &question), DIRECTORY_FOUND);
	return question.access;
}

Test(recipients, address_overrides_domain_overrides_parent_domain)
{
	backend_sql(
	    "INSERT INTO access (kind, sender, created) VALUES ('blacklist', 'example.com', 0),"
	    " ('permitted', 'good@example.com', 0), ('permitted', 'fine.example.com', 0), ('blacklist', 'x@org', 0)");
	cr_expect_eq(sender("anyone", "example.com"), ACCESS_BLACKLIST);
	cr_expect_eq(sender("GOOD", "example.com"), ACCESS_PERMITTED);
	cr_expect_eq(sender("good", "sub.example.com"), ACCESS_BLACKLIST);
	cr_expect_eq(sender("x", "a.fine.example.com"), ACCESS_PERMITTED);
	cr_expect_eq(sender("x", "notexample.com"), 0);
	cr_expect_eq(sender("", ""), 0);
}

Test(recipients, database_refuses_contradictory_records)
{
	static const char *const wrong[] = {
		"INSERT INTO accounts (domain, local, created) VALUES (1, 'INFO', 0)",
		"INSERT INTO accounts (domain, local, created) VALUES (99, 'x', 0)",
		"INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (50, 1, 'Anna', 'alias', 'nobody', 0)",
		"INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (50, 1, 'x', 'other', 'nobody', 0)",
		"INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (50, 1, 'x', 'alias', 'other', 0)",
		"UPDATE aliases SET local = 'anna' WHERE id = 1",
		"UPDATE accounts SET local = 'info' WHERE local = 'anna'",
		"UPDATE accounts SET disabled = 2",
		"UPDATE accounts SET quota_bytes = -1",
		"UPDATE domains SET language = ''",
		"INSERT INTO targets (alias, local, domain) VALUES (999, 'anna', 'example.test')",
		"DELETE FROM domains",
		"INSERT INTO access (kind, created) VALUES ('refused', 0)",
		"INSERT INTO access (kind, sender, created) VALUES ('relay', 'x@y', 0)",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect(backend_refuses(wrong[i]), "%s", wrong[i]);
	backend_sql("DELETE FROM aliases WHERE id = 1");
	cr_expect_not(backend_refuses("INSERT INTO accounts (domain, local, created) VALUES (1, 'info', 0)"));
	backend_sql("UPDATE domains SET max_accounts = 2 WHERE id = 2");
	cr_expect_not(backend_refuses("INSERT INTO accounts (domain, local, created) VALUES (2, 'second', 0)"));
	cr_expect(backend_refuses("INSERT INTO accounts (domain, local, created) VALUES (2, 'third', 0)"));
}
