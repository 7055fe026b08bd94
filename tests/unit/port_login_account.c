/* Whether an account exists must not show in the salts of SCRAM, whichever way its name is spelled. Runs on each backend. */
#include "session/login_account.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/text/base64.h"
#include "session/password.h"
#include "session/sasl.h"
#include "store/maildir_store.h"
#include "support/ask_directory.h"
#include "support/backend.h"
#include "support/fake_clock.h"

enum { DOMAINS = 3, SALT_MAX = 128, NAME_MAX_LEN = 128 };
static const char *const domains[DOMAINS] = { "one.test", "two.test", "three.test" };

static struct admin *accounts;
static struct maildir_store mailboxes;
static struct directory *directory;
static struct sasl_server *server;

static void
add(const char *local, const char *domain)
{
	struct credentials credentials;
	char scram[PASSWORD_SCRAM_SIZE];
	cr_assert_eq(password_make(&credentials, "secret", false), PASSWORD_OK);
	password_write_scram(scram, &credentials.scram);
	struct record_password kept = { .hash = credentials.hash, .scram_sha256 = scram };
	char address[NAME_MAX_LEN];
	snprintf(address, sizeof address, "%s@%s", local, domain);
	const char *name = address;
	cr_assert_eq(accounts->ops->add(accounts, RECORD_ACCOUNT, &name, &(struct record_change) { .password = &kept }),
	    ADMIN_OK);
}

static void
open_directory(void)
{
	static const unsigned char secret[SASL_SECRET_SIZE] = "the same through restarts";
	backend_make();
	cr_assert_eq(maildir_store_open(&mailboxes, "."), 0);
	accounts = backend_admin(&mailboxes.store);
	for (size_t i = 0; i < DOMAINS; i++)
		admin_add_domain(accounts, domains[i]);
	add("anna", "one.test");
	add("bert", "two.test");
	add("Carla", "three.test");
	add("twin", "one.test");
	add("twin", "three.test");
	directory = backend_directory(NULL);
	server = sasl_server_new(secret, password_verify);
	cr_assert_not_null(server);
}

static void
close_directory(void)
{
	sasl_server_free(server);
	directory->ops->close(directory);
	accounts->ops->close(accounts);
	backend_remove();
}

TestSuite(login_account, .init = open_directory, .fini = close_directory);

static bool has_answered;

static void
note(struct login_account *account, bool answered)
{
	(void)account;
	has_answered = answered;
}

static void
find(struct login_account *account, const char *name)
{
	has_answered = false;
	login_account_find(account, directory, server, name, note);
	while (ask_turn != NULL && !has_answered)
		ask_turn();
	cr_assert(has_answered);
}

/* What follows the nonce in the server's first message: salt and iterations. */
static void
ask_salt(const char *name, char salt[SALT_MAX])
{
	char first[NAME_MAX_LEN + 16], line[BASE64_TEXT_SIZE(sizeof first)], octets[512] = "";
	size_t count;
	struct login_account account;
	int len = snprintf(first, sizeof first, "n,,n=%s,r=abc", name);
	base64_encode(line, first, (size_t)len);
	struct sasl *sasl = sasl_new(server, SASL_SCRAM_SHA_256);
	cr_assert_eq(sasl_start(sasl, line, strlen(line)), SASL_CHECK);
	find(&account, sasl_user(sasl));
	cr_assert_eq(
	    sasl_check(sasl, account.identity, login_account_credentials(&account)), SASL_CHALLENGE, "%s", name);
	cr_assert(sasl_has_shown_salt(sasl));
	cr_assert(base64_decode(octets, &count, sasl_challenge(sasl), strlen(sasl_challenge(sasl))));
	const char *found = strstr(octets, ",s=");
	cr_assert_not_null(found);
	snprintf(salt, SALT_MAX, "%s", found);
	sasl_free(sasl);
}

static void
ask_salt_at(const char *local, const char *domain, char salt[SALT_MAX])
{
	char name[NAME_MAX_LEN];
	snprintf(name, sizeof name, "%s@%s", local, domain);
	ask_salt(name, salt);
}

/* The index of the one domain with which the name has the salt that it has without a domain. */
static int
apparent_domain(const char *local)
{
	char bare[SALT_MAX], full[SALT_MAX];
	int found = -1;
	ask_salt(local, bare);
	for (int i = 0; i < DOMAINS; i++) {
		ask_salt_at(local, domains[i], full);
		if (strcmp(bare, full) != 0)
			continue;
		cr_expect_eq(found, -1, "%s has one salt in two domains", local);
		found = i;
	}
	cr_expect_geq(found, 0, "%s has a salt of its own without a domain", local);
	return found;
}

Test(login_account, every_name_appears_to_be_in_exactly_one_domain)
{
	static const char *const names[] = { "anna", "bert", "carla", "twin", "nobody", "somebody", "x", "info" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		apparent_domain(names[i]);
	cr_expect_eq(apparent_domain("anna"), 0);
	cr_expect_eq(apparent_domain("bert"), 1);
	cr_expect_eq(apparent_domain("carla"), 2);
}

Test(login_account, unknown_names_appear_in_every_domain)
{
	unsigned seen[DOMAINS] = { 0 };
	char name[32];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "stranger%d", i);
		seen[apparent_domain(name)]++;
	}
	for (int i = 0; i < DOMAINS; i++)
		cr_expect_gt(seen[i], 0, "%s", domains[i]);
}

Test(login_account, case_of_a_name_does_not_change_its_salt)
{
	static const char *const names[][2] = { { "anna", "ANNA" }, { "anna@one.test", "Anna@One.Test" },
		{ "twin@three.test", "TWIN@three.TEST" }, { "nobody", "NoBody" }, { "twin", "tWIN" },
		{ "nobody@one.test", "NOBODY@ONE.TEST" }, { "nobody@elsewhere.test", "nobody@Elsewhere.test" } };
	char one[SALT_MAX], other[SALT_MAX];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ask_salt(names[i][0], one);
		ask_salt(names[i][1], other);
		cr_expect_str_eq(one, other, "%s", names[i][0]);
	}
}

Test(login_account, iterations_are_the_same_for_known_and_unknown_names)
{
	char known[SALT_MAX], unknown[SALT_MAX];

	ask_salt("anna@one.test", known);
	ask_salt("nobody@one.test", unknown);
	cr_expect_str_eq(strstr(known, ",i="), strstr(unknown, ",i="));
	cr_expect_eq(strlen(known), strlen(unknown));
}

Test(login_account, few_unknown_names_change_their_domain_when_an_account_is_added)
{
	enum { NAMES = 60 };
	int before[NAMES];
	unsigned changed = 0;
	char name[32];

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "stranger%d", i);
		before[i] = apparent_domain(name);
	}
	add("dora", "two.test");
	fake_clock_pass(1);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "stranger%d", i);
		changed += apparent_domain(name) != before[i];
	}
	cr_expect_lt(changed, NAMES / 4, "%u", changed);
}

/* The salt of one of its accounts is shown, but no password, right or not, is that of the name. */
Test(login_account, nobody_logs_in_by_a_name_that_two_domains_have)
{
	struct login_account account;

	find(&account, "twin");
	cr_expect_not(account.known);
	cr_expect_str_empty(account.credentials.hash);
	find(&account, "twin@one.test");
	cr_expect(account.known);
	cr_expect_str_eq(account.address, "twin@one.test");
	cr_expect_str_neq(account.credentials.hash, "");
}

Test(login_account, malformed_name_is_unknown)
{
	char salt[SALT_MAX], name[NAME_MAX_LEN];

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ask_salt(name, salt);
	ask_salt("@one.test", salt);
	ask_salt("anna@", salt);
}

Test(login_account, spellings_beyond_ascii_have_one_identity_whether_they_exist_or_not)
{
	static const char *const names[][2] = {
		{ "\xC3\x84nne@xn--bcher-kva.test",
		    "a\xCC\x88NNE@B\xC3\x9C"
		    "cher.test" },
		{ "\xC3\x84nne", "\xC3\xA4nne" },
		{ "\xC3\x96tzi@xn--bcher-kva.test",
		    "\xC3\xB6TZI@b\xC3\xBC"
		    "cher.test" },
		{ "\xC3\x96tzi@b\xC3\xB6se.test", "\xC3\xB6tzi@xn--bse-sna.test" },
	};
	struct login_account one, other;
	admin_add_domain(accounts,
	    "b\xC3\xBC"
	    "cher.test");
	add("\xC3\x84nne", "xn--bcher-kva.test");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		find(&one, names[i][0]);
		find(&other, names[i][1]);
		cr_expect_str_eq(one.identity, other.identity, "%s", names[i][0]);
		cr_expect_eq(one.known, i < 2, "%s", names[i][0]);
		cr_expect_eq(other.known, i < 2, "%s", names[i][1]);
	}
}

Test(login_account, name_that_is_no_utf_8_is_unknown)
{
	struct login_account account;
	find(&account, "a\xFF@one.test");
	cr_expect_not(account.known);
	find(&account, "anna@\xFF.test");
	cr_expect_not(account.known);
}
