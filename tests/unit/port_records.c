/* The administration of domains, accounts, aliases, lists and access lists. Runs on each backend. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "port/admin.h"
#include "store/maildir_store.h"
#include "support/backend.h"
#include "support/folder.h"

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

static enum admin_result
drop(enum record_kind kind, const char *one, const char *two)
{
	const char *const name[] = { one, two };
	return accounts->ops->remove(accounts, kind, name);
}

static char told[8192];
static enum record_kind told_kind;

/* "name=value;" of each field but when it was made. */
static void
note(void *context, const char *const *values)
{
	const struct record_field *field;
	(void)context;
	for (size_t i = 0; (field = record_field(told_kind, i)) != NULL; i++) {
		size_t len = strlen(told);
		if (strcmp(field->name, "created") != 0)
			snprintf(
			    told + len, sizeof told - len, "%s=%s;", field->name, values[i] == NULL ? "-" : values[i]);
	}
}

static const char *
show(enum record_kind kind, const char *one, const char *two)
{
	const char *const name[] = { one, two };
	told_kind = kind;
	told[0] = '\0';
	if (accounts->ops->show(accounts, kind, name, note, NULL) != ADMIN_OK)
		return accounts->ops->error(accounts);
	return told;
}

static const char *
list(enum record_kind kind, const char *within)
{
	told_kind = kind;
	told[0] = '\0';
	if (accounts->ops->list(accounts, kind, within, note, NULL) != ADMIN_OK)
		return accounts->ops->error(accounts);
	return told;
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

Test(records, domain_is_kept_with_its_limits)
{
	cr_expect_str_eq(show(RECORD_DOMAIN, "EXAMPLE.test", NULL),
	    "name=example.test;language=-;max-message-size=0;max-accounts=0;quota-bytes=0;quota-messages=0;greylist=1;relay=0;delivery=-;recipients=distinct;"
	    "accounts=2;");
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "language", "pt_BR"), ADMIN_OK);
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "max-message-size", "10m"), ADMIN_OK);
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "greylist", "no"), ADMIN_OK);
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "quota-messages", "500"), ADMIN_OK);
	cr_expect_str_eq(show(RECORD_DOMAIN, "example.test", NULL),
	    "name=example.test;language=pt_BR;max-message-size=10485760;max-accounts=0;quota-bytes=0;quota-messages=500;"
	    "greylist=0;relay=0;delivery=-;recipients=distinct;accounts=2;");
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "language", ""), ADMIN_OK);
	cr_expect_not_null(strstr(show(RECORD_DOMAIN, "example.test", NULL), "language=-;"));
}

#define RATES "max-messages-per-hour=-;max-messages-per-day=-;max-recipients-per-hour=-;max-recipients-per-day=-;"

Test(records, account_is_kept_with_its_rights)
{
	cr_expect_str_eq(show(RECORD_ACCOUNT, "Anna@Example.test", NULL),
	    "address=anna@example.test;password=0;scram-sha-256=0;secret=0;smtp=1;pop3=1;send=1;receive=1;disabled=0;"
	    "spamtrap=0;quota-bytes=-;quota-messages=-;" RATES "language=-;moved-to=-;delivery=-;");
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "pop3", "off"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "disabled", "YES"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "quota-bytes", "1G"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "quota-messages", ""), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "max-messages-per-hour", "100"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "max-messages-per-day", "0"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "max-recipients-per-day", ""), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "moved-to", "anna@example.net"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, "delivery", "lmtp:[::1]:24"), ADMIN_OK);
	cr_expect_str_eq(show(RECORD_ACCOUNT, "anna@example.test", NULL),
	    "address=anna@example.test;password=0;scram-sha-256=0;secret=0;smtp=1;pop3=0;send=1;receive=1;disabled=1;"
	    "spamtrap=0;quota-bytes=1073741824;quota-messages=-;"
	    "max-messages-per-hour=100;max-messages-per-day=0;max-recipients-per-hour=-;max-recipients-per-day=-;language=-;moved-to=anna@example.net;delivery=lmtp:[::1]:24;");
}

Test(records, only_the_forms_of_a_password_are_shown)
{
	const char *const name = "anna@example.test";
	const struct record_password password = { "$y$hash", "SCRAM-SHA-256$x", NULL };
	cr_expect_eq(
	    accounts->ops->set(accounts, RECORD_ACCOUNT, &name, &(struct record_change) { .password = &password }),
	    ADMIN_OK);
	cr_expect_not_null(strstr(show(RECORD_ACCOUNT, name, NULL), "password=1;scram-sha-256=1;secret=0;"));
	cr_expect_null(strstr(told, "$y$"));
}

Test(records, value_that_does_not_fit_is_named_with_its_cure)
{
	static const struct {
		const char *setting, *value, *error;
	} wrong[] = {
		{ "language", "deutsch!", "language=deutsch!: write a language such as de" },
		{ "language", "-de", "language" },
		{ "language", "de-", "language" },
		{ "language", "ninelettr-de", "language" },
		{ "disabled", "maybe", "disabled=maybe: write yes or no" },
		{ "disabled", "", "write yes or no" },
		{ "quota-bytes", "10X", "quota-bytes=10X: write octets such as" },
		{ "quota-bytes", "-1", "write octets" },
		{ "quota-bytes", "10KB", "write octets" },
		{ "quota-bytes", "9999999999999999999", "write octets" },
		{ "quota-bytes", "9000000000G", "write octets" },
		{ "quota-messages", "1K", "write a number" },
		{ "quota-messages", " 1", "write a number" },
		{ "max-messages-per-hour", "-1", "write a number" },
		{ "max-recipients-per-day", "none", "write a number" },
		{ "delivery", "dovecot", "delivery=dovecot: write maildir, lmtp:ADDRESS:PORT" },
		{ "delivery", "lmtp:mail.example.net", "write maildir" },
		{ "delivery", "lmtp:192.0.2.1:0", "write maildir" },
		{ "delivery", "lmtp:/", "write maildir" },
		{ "moved-to", "two\nlines", "moved-to=two" },
		{ "moved-to", "Anna@EXAMPLE.test", "moved-to=Anna@EXAMPLE.test: this is the address itself" },
		{ "moved-to", "elsewhere", "moved-to=elsewhere: write a mail address such as anna@example.org" },
		{ "moved-to", "anna@", "write a mail address" },
		{ "moved-to", "@example.net", "write a mail address" },
		{ "moved-to", "<anna@example.net>", "write a mail address" },
		{ "moved-to", "anna@[192.0.2.1]", "write a mail address" },
		{ "moved-to", "anna@example.net bob@example.net", "write a mail address" },
		{ "password", "opensesame", "'password' does not exist or cannot be changed" },
		{ "address", "x@y", "'address' does not exist or cannot be changed" },
		{ "local = 'x', smtp", "0", "does not exist or cannot be changed" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		cr_expect_eq(set(RECORD_ACCOUNT, "anna@example.test", NULL, wrong[i].setting, wrong[i].value),
		    ADMIN_UNFIT, "%s=%s", wrong[i].setting, wrong[i].value);
		cr_expect(has_error(wrong[i].error), "%s", accounts->ops->error(accounts));
	}
}

Test(records, change_is_atomic)
{
	const char *const name = "carol@example.test";
	const struct record_setting settings[] = { { "smtp", "no" }, { "language", "???" } };
	cr_expect_eq(accounts->ops->add(accounts, RECORD_ACCOUNT, &name, &(struct record_change) { settings, 2, NULL }),
	    ADMIN_UNFIT);
	show(RECORD_ACCOUNT, name, NULL);
	cr_expect(has_error("there is no account carol@example.test; to list them: ftgatectl account list"));
	cr_expect_eq(folder_count("mail/example.test/carol"), 0);
}

Test(records, malformed_name_is_refused)
{
	static const char *const domains[] = { "", ".", "a..b", "-a.b", "[127.0.0.1]", "\xF0\x9F\x98\x80.example",
		"xn--99999999999", "\xFF.example", "a b", "x/../y", "192.0.2.1" };
	static const char *const addresses[] = { "", "anna", "@example.test", "anna@", "anna@[127.0.0.1]",
		"a b@example.test", "anna@example.test x", "<anna@example.test>", "\"\"@example.test" };
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		cr_expect_eq(add(RECORD_DOMAIN, domains[i], NULL, NULL, NULL), ADMIN_UNFIT, "%s", domains[i]);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		cr_expect_eq(add(RECORD_ACCOUNT, addresses[i], NULL, NULL, NULL), ADMIN_UNFIT, "%s", addresses[i]);
	cr_expect_eq(add(RECORD_ACCOUNT, "x@example.com", NULL, NULL, NULL), ADMIN_NO_DOMAIN);
	cr_expect(has_error("first run: ftgatectl domain add example.com"));
}

Test(records, quoted_and_utf8_addresses_are_shown_as_written)
{
	cr_expect_eq(add(RECORD_ACCOUNT, "\"two words\"@example.test", NULL, NULL, NULL), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCOUNT, "j\xC3\xB6rg@example.test", NULL, NULL, NULL), ADMIN_OK);
	cr_expect_not_null(
	    strstr(show(RECORD_ACCOUNT, "\"two words\"@example.test", NULL), "\"two words\"@example.test;"));
	cr_expect_not_null(strstr(show(RECORD_ACCOUNT, "\"j\xC3\xB6rg\"@example.test", NULL), "=j\xC3\xB6rg@"));
}

Test(records, full_domain_refuses_more_accounts)
{
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "max-accounts", "2"), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCOUNT, "carol@example.test", NULL, NULL, NULL), ADMIN_REFUSED);
	cr_expect(has_error("max-accounts=NUMBER"));
}

Test(records, alias_target_must_exist)
{
	cr_expect_eq(add(RECORD_ALIAS, "info@example.org", NULL, "add", "anna@example.test"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "add", "bob@EXAMPLE.test"), ADMIN_OK);
	cr_expect_str_eq(show(RECORD_ALIAS, "info@example.org", NULL),
	    "address=info@example.org;targets=anna@example.test\nbob@example.test;");
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "add", "anna@example.test"), ADMIN_EXISTS);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "add", "nobody@example.test"), ADMIN_MISSING);
	cr_expect(has_error("nobody@example.test is not an account, alias or list"));
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "add", "x@elsewhere.example"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "remove", "x@elsewhere.example"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "add", "postmaster@example.org"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "remove", "carol@example.test"), ADMIN_MISSING);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "expand", "anyone"), ADMIN_UNFIT, "it is no list");
}

Test(records, domain_that_is_relayed_has_no_mailboxes_here)
{
	cr_expect_eq(add(RECORD_DOMAIN, "away.example", NULL, "relay", "yes"), ADMIN_OK);
	cr_expect_not_null(strstr(show(RECORD_DOMAIN, "away.example", NULL), "relay=1;"));
	cr_expect_eq(add(RECORD_ACCOUNT, "anna@away.example", NULL, NULL, NULL), ADMIN_REFUSED);
	cr_expect(has_error("ftgatectl domain set away.example relay=no"));
	cr_expect_eq(add(RECORD_LIST, "staff@away.example", NULL, NULL, NULL), ADMIN_REFUSED);
	cr_expect_eq(add(RECORD_ALIAS, "info@example.org", NULL, "add", "who@away.example"), ADMIN_OK);
	cr_expect_eq(set(RECORD_DOMAIN, "example.test", NULL, "relay", "yes"), ADMIN_REFUSED);
	cr_expect(has_error("remove them first"));
	cr_expect_eq(set(RECORD_DOMAIN, "away.example", NULL, "relay", "no"), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCOUNT, "anna@away.example", NULL, NULL, NULL), ADMIN_OK);
}

Test(records, alias_has_at_least_one_target)
{
	cr_expect_eq(add(RECORD_ALIAS, "info@example.org", NULL, NULL, NULL), ADMIN_REFUSED);
	cr_expect_eq(add(RECORD_ALIAS, "info@example.org", NULL, "add", "anna@example.test"), ADMIN_OK);
	cr_expect_eq(set(RECORD_ALIAS, "info@example.org", NULL, "remove", "anna@example.test"), ADMIN_REFUSED);
	cr_expect_eq(add(RECORD_LIST, "staff@example.org", NULL, NULL, NULL), ADMIN_OK, "a list may be filled later");
}

Test(records, address_belongs_to_one_record)
{
	cr_expect_eq(add(RECORD_ALIAS, "ANNA@example.test", NULL, "add", "bob@example.test"), ADMIN_EXISTS);
	cr_expect_eq(add(RECORD_LIST, "staff@example.test", NULL, NULL, NULL), ADMIN_OK);
	cr_expect_eq(add(RECORD_ALIAS, "staff@example.test", NULL, "add", "bob@example.test"), ADMIN_EXISTS);
	cr_expect_eq(add(RECORD_ACCOUNT, "staff@example.test", NULL, NULL, NULL), ADMIN_EXISTS);
	cr_expect_eq(add(RECORD_DOMAIN, "example.test", NULL, NULL, NULL), ADMIN_EXISTS);
	show(RECORD_ALIAS, "staff@example.test", NULL);
	cr_expect(has_error("there is no alias staff@example.test"));
}

Test(records, alias_cannot_target_itself)
{
	add(RECORD_ALIAS, "a@example.test", NULL, "add", "anna@example.test");
	add(RECORD_ALIAS, "b@example.test", NULL, "add", "a@example.test");
	add(RECORD_LIST, "c@example.test", NULL, "add", "b@example.test");
	cr_expect_eq(set(RECORD_ALIAS, "a@example.test", NULL, "add", "a@example.test"), ADMIN_REFUSED);
	cr_expect_eq(set(RECORD_ALIAS, "a@example.test", NULL, "add", "b@example.test"), ADMIN_REFUSED);
	cr_expect_eq(set(RECORD_ALIAS, "a@example.test", NULL, "add", "C@example.test"), ADMIN_REFUSED);
	cr_expect(has_error("leads back"));
}

Test(records, command_that_frees_a_target_can_be_run)
{
	add(RECORD_ALIAS, "*@example.org", NULL, "add", "anna@example.test");
	cr_expect_eq(drop(RECORD_ACCOUNT, "anna@example.test", NULL), ADMIN_REFUSED);
	cr_expect(has_error("first run: ftgatectl alias remove '*@example.org'"));
	set(RECORD_ALIAS, "*@example.org", NULL, "add", "bob@example.test");
	cr_expect_eq(drop(RECORD_ACCOUNT, "anna@example.test", NULL), ADMIN_REFUSED);
	cr_expect(has_error("first run: ftgatectl alias set '*@example.org' remove=anna@example.test"));
	set(RECORD_ALIAS, "*@example.org", NULL, "remove", "anna@example.test");
	add(RECORD_LIST, "all@example.org", NULL, "add", "anna@example.test");
	cr_expect_eq(drop(RECORD_ACCOUNT, "anna@example.test", NULL), ADMIN_REFUSED);
	cr_expect(has_error("first run: ftgatectl list set all@example.org remove=anna@example.test"));
}

Test(records, target_of_others_cannot_be_removed)
{
	add(RECORD_ALIAS, "info@example.org", NULL, "add", "anna@example.test");
	cr_expect_eq(drop(RECORD_ACCOUNT, "anna@example.test", NULL), ADMIN_REFUSED);
	cr_expect(has_error("first run: ftgatectl alias remove info@example.org"));
	cr_expect_eq(drop(RECORD_DOMAIN, "example.org", NULL), ADMIN_REFUSED);
	cr_expect_eq(drop(RECORD_ALIAS, "info@example.org", NULL), ADMIN_OK);
	cr_expect_eq(drop(RECORD_DOMAIN, "example.org", NULL), ADMIN_OK);
	cr_expect_eq(drop(RECORD_ACCOUNT, "anna@example.test", NULL), ADMIN_OK);
	cr_expect_eq(folder_count("mail/example.test/anna/*"), 3, "the mail stays");
	cr_expect_eq(drop(RECORD_ACCOUNT, "anna@example.test", NULL), ADMIN_MISSING);
	cr_expect_eq(drop(RECORD_DOMAIN, "example.test", NULL), ADMIN_REFUSED, "bob is there");
}

Test(records, list_shows_its_members_and_rights)
{
	add(RECORD_LIST, "staff@example.test", NULL, "add", "anna@example.test");
	cr_expect_eq(set(RECORD_LIST, "staff@example.test", NULL, "expand", "accounts"), ADMIN_OK);
	cr_expect_eq(set(RECORD_LIST, "staff@example.test", NULL, "expand", "all"), ADMIN_UNFIT);
	cr_expect_eq(set(RECORD_LIST, "staff@example.test", NULL, "post", "members"), ADMIN_OK);
	cr_expect_eq(set(RECORD_LIST, "staff@example.test", NULL, "post", "nobody"), ADMIN_UNFIT);
	cr_expect_str_eq(accounts->ops->error(accounts), "post=nobody: write anyone, accounts or members");
	cr_expect_str_eq(list(RECORD_LIST, NULL),
	    "address=staff@example.test;expand=accounts;post=members;members=anna@example.test;");
	cr_expect_str_empty(list(RECORD_ALIAS, NULL));
}

Test(records, are_listed_by_name_and_domain)
{
	cr_expect_not_null(strstr(list(RECORD_DOMAIN, NULL), "name=example.org"));
	cr_expect_not_null(strstr(list(RECORD_ACCOUNT, "example.test"), "address=Bob@example.test"));
	cr_expect_str_empty(list(RECORD_ACCOUNT, "example.org"));
	cr_expect_not_null(strstr(list(RECORD_ACCOUNT, "example.com"), "example.com is not hosted here"));
}

Test(records, access_entries_are_networks_addresses_and_domains)
{
	cr_expect_eq(add(RECORD_ACCESS, "refused", "192.0.2.0/24", "comment", "noise"), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCESS, "relay", "2001:DB8::/32", NULL, NULL), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCESS, "blacklist", "Bad.example", NULL, NULL), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCESS, "blacklist", "x@Bad.example", NULL, NULL), ADMIN_OK);
	cr_expect_str_eq(list(RECORD_ACCESS, NULL),
	    "kind=blacklist;value=bad.example;comment=-;text=-;kind=blacklist;value=x@bad.example;comment=-;text=-;"
	    "kind=refused;value=192.0.2.0/24;comment=noise;text=-;kind=relay;value=2001:db8::/32;comment=-;text=-;");
	cr_expect_eq(add(RECORD_ACCESS, "refused", "192.0.2.0/24", NULL, NULL), ADMIN_EXISTS);
	cr_expect_eq(add(RECORD_ACCESS, "blacklist", "BAD.example", NULL, NULL), ADMIN_EXISTS);
	cr_expect_eq(drop(RECORD_ACCESS, "refused", "192.0.2.0/24"), ADMIN_OK);
	cr_expect_eq(drop(RECORD_ACCESS, "blacklist", "X@BAD.EXAMPLE"), ADMIN_OK);
	cr_expect_str_eq(list(RECORD_ACCESS, "blacklist"), "kind=blacklist;value=bad.example;comment=-;text=-;");
}

Test(records, malformed_access_entry_is_refused)
{
	static const char *const wrong[][2] = { { "refuse", "192.0.2.0/24" }, { "refused", "192.0.2.1/24" },
		{ "refused", "bad.example" }, { "relay", "x@bad.example" }, { "blacklist", "192.0.2.0/33" },
		{ "blacklist", "nothing" }, { "blacklist", "" }, { "blacklist", "a b.example" } };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect_eq(add(RECORD_ACCESS, wrong[i][0], wrong[i][1], NULL, NULL), ADMIN_UNFIT, "%s", wrong[i][1]);
}

Test(records, spellings_of_a_domain_are_one_and_people_see_the_u_label)
{
	cr_expect_eq(add(RECORD_DOMAIN, "xn--bcher-kva.example", NULL, NULL, NULL), ADMIN_OK);
	cr_expect_eq(add(RECORD_DOMAIN,
	                 "B\xC3\x9C"
	                 "CHER.example",
	                 NULL, NULL, NULL),
	    ADMIN_EXISTS);
	cr_expect_eq(add(RECORD_ACCOUNT,
	                 "anna@b\xC3\xBC"
	                 "cher.example",
	                 NULL, NULL, NULL),
	    ADMIN_OK);
	cr_expect_not_null(strstr(show(RECORD_ACCOUNT, "anna@XN--Bcher-KVA.example", NULL),
	    "address=anna@b\xC3\xBC"
	    "cher.example;"));
	cr_expect_not_null(strstr(list(RECORD_ACCOUNT,
	                              "B\xC3\x9C"
	                              "CHER.example"),
	    "anna@b\xC3\xBC"
	    "cher.example"));
	cr_expect_eq(folder_count("mail/xn--bcher-kva.example/anna"), 1);
	cr_expect_eq(add(RECORD_ACCESS, "blacklist",
	                 "spam@b\xC3\xBC"
	                 "cher.example",
	                 NULL, NULL),
	    ADMIN_OK);
	cr_expect_not_null(strstr(show(RECORD_ACCESS, "blacklist", "SPAM@xn--bcher-kva.example"),
	    "value=spam@b\xC3\xBC"
	    "cher.example;"));
}

Test(records, spellings_of_a_local_part_are_one)
{
	cr_expect_eq(add(RECORD_ACCOUNT, "Jo\xCC\x88rg.\xC3\x84@example.test", NULL, NULL, NULL), ADMIN_OK);
	cr_expect_eq(add(RECORD_ACCOUNT, "j\xC3\x96rg.\xC3\xA4@example.test", NULL, NULL, NULL), ADMIN_EXISTS);
	cr_expect_eq(
	    add(RECORD_ALIAS, "J\xC3\x96RG.\xC3\x84@example.test", NULL, "add", "anna@example.test"), ADMIN_EXISTS);
	cr_expect_not_null(strstr(show(RECORD_ACCOUNT, "J\xC3\x96RG.\xC3\xA4@example.test", NULL),
	                       "address=J\xC3\xB6rg.\xC3\x84@example.test;"),
	    "as it was added, in NFC");
	cr_expect_eq(
	    add(RECORD_ALIAS, "info@example.test", NULL, "add", "j\xC3\xB6RG.\xC3\x84@example.test"), ADMIN_OK);
	cr_expect_eq(accounts->ops->remove(
	                 accounts, RECORD_ACCOUNT, (const char *const[]) { "j\xC3\xB6rg.\xC3\xA4@example.test" }),
	    ADMIN_REFUSED);
	cr_expect(has_error("info@example.test leads to j\xC3\xB6RG.\xC3\x84@example.test"), "%s",
	    accounts->ops->error(accounts));
}

Test(records, accounts_that_have_moved_to_an_alias_follow_its_name)
{
	enum { MOVED = 3 };
	char name[32];
	cr_assert_eq(add(RECORD_ALIAS, "info@example.test", NULL, "add", "anna@example.net"), ADMIN_OK);
	for (int i = 0; i < MOVED; i++) {
		snprintf(name, sizeof name, "m%d@example.test", i);
		cr_assert_eq(
		    add(RECORD_ACCOUNT, name, NULL, "moved-to", i == 1 ? "infos@example.test" : "Info@EXAMPLE.test"),
		    ADMIN_OK);
	}
	cr_expect_eq(accounts->ops->rename(accounts, RECORD_ALIAS, "info@example.test", "news@example.test"), ADMIN_OK);
	for (int i = 0; i < MOVED; i++) {
		snprintf(name, sizeof name, "m%d@example.test", i);
		cr_expect_not_null(strstr(show(RECORD_ACCOUNT, name, NULL),
		    i == 1 ? "moved-to=infos@example.test;" : "moved-to=news@example.test;"));
	}
}
