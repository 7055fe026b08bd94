/* Which answers about recipients of PostgreSQL strangers can replace. */
#include "directory/postgres/kept.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

enum { MANY = 100000 };

struct row {
	char what[40];
	enum directory_verdict verdict;
	enum recipient_kind kind;
	char local[16]; /* of the record; "": as it was asked about */
	bool neutral;
	bool replaced; /* by strangers */
};

static struct answer_cache *cache;

static void
set_up(void)
{
	cache = answer_cache_new();
	cr_assert_not_null(cache);
}

static void
tear_down(void)
{
	answer_cache_free(cache);
}

TestSuite(postgres_kept, .init = set_up, .fini = tear_down);

static struct answer_key
key_of(struct recipient_question *question, const char *local)
{
	struct answer_key key;
	snprintf(question->address.local, sizeof question->address.local, "%s", local);
	snprintf(question->address.domain, sizeof question->address.domain, "example.test");
	cr_assert(kept_recipients.identify(&question->base, &key));
	answer_key_end(cache, &key);
	return key;
}

/* Keeps the answer of a row about a name. */
static void
keep(const struct row *row, const char *local, int64_t time)
{
	const struct answer_subjects none = { .count = 0 };
	struct recipient_question question = { .base = { .verdict = row->verdict } };
	const struct answer_key key = key_of(&question, local);
	question.recipient.kind = row->kind;
	question.recipient.domain.neutral = row->neutral;
	snprintf(question.recipient.local, sizeof question.recipient.local, "%s",
	    row->local[0] == '\0' ? local : row->local);
	kept_recipients.keep(cache, &key, &none, time, &question.base);
}

static bool
find(const char *local)
{
	struct recipient_question question = { .base = { .verdict = DIRECTORY_FAILED } };
	const struct answer_key key = key_of(&question, local);
	return kept_recipients.find(cache, &key, 0, &question.base);
}

/* Each row as the answer about one name, and as those about many that strangers have invented. */
static struct row rows[] = {
	{ "account", DIRECTORY_FOUND, RECIPIENT_ACCOUNT, "Bob", false, false },
	{ "account that is disabled", DIRECTORY_DISABLED, RECIPIENT_ACCOUNT, "Bob", false, false },
	{ "list", DIRECTORY_FOUND, RECIPIENT_LIST, "Bob", false, false },
	{ "unknown", DIRECTORY_NO_MAILBOX, RECIPIENT_ACCOUNT, "", false, true },
	{ "domain that is not hosted", DIRECTORY_NO_DOMAIN, RECIPIENT_ACCOUNT, "", false, true },
	{ "relayed domain", DIRECTORY_FOUND, RECIPIENT_RELAYED, "", false, true },
	{ "alias for all addresses", DIRECTORY_FOUND, RECIPIENT_ALIAS, DIRECTORY_CATCH_ALL, false, true },
	{ "tag", DIRECTORY_FOUND, RECIPIENT_ACCOUNT, "anna", false, true },
	{ "tag of a disabled account", DIRECTORY_DISABLED, RECIPIENT_ACCOUNT, "anna", false, true },
	{ "neutral: account", DIRECTORY_FOUND, RECIPIENT_ACCOUNT, "Bob", true, false },
	{ "neutral: alias", DIRECTORY_FOUND, RECIPIENT_ALIAS, "Bob", true, true },
	{ "neutral: unknown", DIRECTORY_NO_MAILBOX, RECIPIENT_ACCOUNT, "", true, true },
	{ "neutral: disabled", DIRECTORY_DISABLED, RECIPIENT_ACCOUNT, "Bob", true, true },
	{ "neutral: no privilege", DIRECTORY_NO_PRIVILEGE, RECIPIENT_ACCOUNT, "Bob", true, true },
	{ "neutral: spamtrap", DIRECTORY_SPAMTRAP, RECIPIENT_ACCOUNT, "Bob", true, true },
	{ "neutral: moved", DIRECTORY_MOVED, RECIPIENT_ACCOUNT, "Bob", true, true },
};

ParameterizedTestParameters(postgres_kept, strangers_replace_answers_about_names_without_a_record_alone)
{
	return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct row *row, postgres_kept, strangers_replace_answers_about_names_without_a_record_alone)
{
	static const struct row unknown = { .verdict = DIRECTORY_NO_MAILBOX };
	keep(row, "BOB", 0);
	cr_assert(find("bob"), "%s", row->what);
	for (unsigned i = 0; i < MANY; i++) {
		char name[16];
		snprintf(name, sizeof name, "x%u", i);
		keep(&unknown, name, i);
	}
	cr_expect_eq(find("bob"), !row->replaced, "%s", row->what);
}

Test(postgres_kept, what_strangers_invent_replaces_no_account)
{
	keep(&rows[0], "bob", 0);
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
		for (unsigned i = 0; i < MANY / 4 && rows[row].replaced && !rows[row].neutral; i++) {
			char name[16];
			snprintf(name, sizeof name, "x%u", i);
			keep(&rows[row], name, i);
		}
	cr_expect(find("BOB"));
}

Test(postgres_kept, what_can_be_no_name_has_no_key)
{
	struct answer_key key;
	struct recipient_question question = { .address = { .local = "\377", .domain = "example.test" } };
	cr_expect(!kept_recipients.identify(&question.base, &key));
}
