/* Which answers the directory of PostgreSQL gives from memory, and when it asks the database again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/ask_directory.h"
#include "support/backend.h"

static struct directory *directory;
static struct ask_found found;

static void
set_up(void)
{
	backend_make();
	backend_sql(
	    "INSERT INTO domains (id, name, created) VALUES (1, 'example.test', 0), (2, 'example.org', 0);"
	    "INSERT INTO accounts (id, domain, local, created) VALUES (1, 1, 'anna', 0), (2, 2, 'bert', 0);"
	    "INSERT INTO aliases (id, domain, local, kind, post, created) VALUES"
	    " (1, 1, 'staff', 'list', 'members', 0), (2, 1, 'sales', 'alias', 'anyone', 0);"
	    "INSERT INTO targets (alias, local, domain) VALUES (1, 'anna', 'example.test'), (2, 'anna', 'example.test');"
	    "INSERT INTO access (id, kind, sender, created) VALUES (1, 'blacklist', 'spam.example', 0)");
	directory = backend_directory(NULL);
}

static void
tear_down(void)
{
	directory->ops->close(directory);
	backend_remove();
}

TestSuite(kept, .init = set_up, .fini = tear_down);

static uint64_t
count(enum stats_item item)
{
	return backend_stats()->value[item];
}

static struct address
address_of(const char *local, const char *domain)
{
	struct address address = { .local = "" };
	snprintf(address.local, sizeof address.local, "%s", local);
	snprintf(address.domain, sizeof address.domain, "%s", domain);
	return address;
}

static enum directory_verdict
ask_name(const char *local, const char *domain)
{
	const struct address address = address_of(local, domain);
	return ask_recipient(directory, &address, "anna@example.test", &found);
}

static unsigned
access_of(const char *address)
{
	unsigned access;
	cr_assert_eq(ask_client(directory, address, &access), DIRECTORY_FOUND);
	return access;
}

static struct sender_question
sender_of(const char *local, const char *domain, int64_t account)
{
	struct sender_question question = { .address = address_of(local, domain), .account = account };
	cr_assert_eq(ask_sender(directory, &question), DIRECTORY_FOUND);
	return question;
}

/* All questions whose answers are kept, once. */
static void
ask_all(void)
{
	cr_expect_eq(ask_name("anna", "example.test"), DIRECTORY_FOUND);
	cr_expect_str_eq(found.mailboxes[0].address, "anna@example.test");
	cr_expect_eq(ask_name("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(ask_name("anna", "elsewhere.test"), DIRECTORY_NO_DOMAIN);
	cr_expect_eq(access_of("192.0.2.1"), 0);
	cr_expect_eq(sender_of("x", "spam.example", 0).access, ACCESS_BLACKLIST);
	cr_expect(sender_of("x", "example.test", 0).hosted);
}

Test(kept, whether_the_domain_of_a_sender_is_relayed_is_kept)
{
	backend_sql("INSERT INTO domains (id, name, relayed, created) VALUES (9, 'relayed.test', 1, 0)");
	for (int times = 0; times < 2; times++) {
		struct sender_question question = sender_of("x", "relayed.test", 0);
		cr_expect(question.hosted && question.relayed);
	}
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 1);
	cr_expect_eq(count(STAT_ANSWERS_KEPT), 1);
}

Test(kept, second_question_is_answered_from_memory)
{
	ask_all();
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 6);
	cr_expect_eq(count(STAT_ANSWERS_KEPT), 0);
	ask_all();
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 6);
	cr_expect_eq(count(STAT_ANSWERS_KEPT), 6);
}

Test(kept, user_who_has_logged_in_is_always_asked_for)
{
	cr_expect(sender_of("anna", "example.test", 1).owned);
	backend_sql("UPDATE accounts SET local = 'anne' WHERE id = 1");
	cr_expect(!sender_of("anna", "example.test", 1).owned);
	cr_expect_eq(count(STAT_ANSWERS_KEPT) + count(STAT_ANSWERS_ASKED), 0);
}

Test(kept, answers_that_depend_on_other_names_are_not_kept)
{
	static const char *const names[][2] = { { "anna", "" }, { "postmaster", "example.test" },
		{ "staff-bounces", "example.test" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_eq(ask_name(names[i][0], names[i][1]), DIRECTORY_FOUND);
	cr_expect_eq(count(STAT_ANSWERS_KEPT) + count(STAT_ANSWERS_ASKED), 0);
}

/* Questions that wait for their answers at once. */
static unsigned answers;

static void
count_answer(struct directory_question *question)
{
	(void)question;
	answers++;
}

static void
ask_at_once(struct recipient_question *questions, size_t number)
{
	(void)backend_is_updated();
	for (size_t i = 0; i < number; i++) {
		questions[i].base.done = count_answer;
		directory->ops->recipient(directory, &questions[i]);
	}
	cr_assert_eq(answers, 0);
	while (answers < number)
		backend_turn();
}

Test(kept, question_that_is_under_way_is_asked_once)
{
	struct recipient_question questions[3];
	for (size_t i = 0; i < 3; i++)
		questions[i] = (struct recipient_question) { .address = address_of("anna", "example.test") };
	ask_at_once(questions, 3);
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 1);
	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(questions[i].base.verdict, DIRECTORY_FOUND);
		cr_expect_str_eq(questions[i].recipient.mailbox.address, "anna@example.test");
	}
}

Test(kept, each_sender_is_asked_for_by_a_list_of_members)
{
	static const char *const senders[] = { "anna@example.test", "bert@example.org", "" };
	struct recipient_question questions[3];
	for (size_t i = 0; i < 3; i++)
		questions[i] = (struct recipient_question) {
			.address = address_of("staff", "example.test"),
			.sender = senders[i],
		};
	ask_at_once(questions, 3);
	cr_expect(questions[0].recipient.member);
	cr_expect(!questions[1].recipient.member);
	cr_expect(!questions[2].recipient.member);
	cr_expect_eq(ask_name("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect(found.member);
}

static void
expect(const char *local, const char *domain)
{
	const struct address address = address_of(local, domain);
	directory->ops->expect(directory, &address);
}

Test(kept, expected_question_counts_when_it_is_asked)
{
	struct recipient_question questions[2];
	(void)access_of("192.0.2.1");
	expect("anna", "example.test");
	expect("anna", "example.test");
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 1);
	for (size_t i = 0; i < 2; i++)
		questions[i] = (struct recipient_question) { .address = address_of("anna", "example.test") };
	ask_at_once(questions, 2);
	for (size_t i = 0; i < 2; i++)
		cr_expect_str_eq(questions[i].recipient.mailbox.address, "anna@example.test");
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 2);
	cr_expect_eq(count(STAT_ANSWERS_KEPT), 1);
}

Test(kept, expected_answer_is_kept_and_counts_when_it_is_first_found)
{
	(void)access_of("192.0.2.1");
	expect("anna", "example.test");
	(void)access_of("192.0.2.2");
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 2);
	for (unsigned i = 0; i < 2; i++) {
		cr_expect_eq(ask_name("anna", "example.test"), DIRECTORY_FOUND);
		cr_expect_str_eq(found.mailboxes[0].address, "anna@example.test");
		cr_expect_eq(count(STAT_ANSWERS_ASKED), 3);
		cr_expect_eq(count(STAT_ANSWERS_KEPT), i);
	}
}

Test(kept, expected_list_of_members_is_asked_for_by_its_sender)
{
	(void)access_of("192.0.2.1");
	expect("staff", "example.test");
	cr_expect_eq(ask_name("staff", "example.test"), DIRECTORY_FOUND);
	cr_expect(found.member);
}

Test(kept, directory_closes_while_nobody_has_asked_what_it_expects)
{
	(void)access_of("192.0.2.1");
	expect("anna", "");
	expect("staff-bounces", "example.test");
	for (unsigned i = 0; i < 2000; i++) {
		char local[16];
		snprintf(local, sizeof local, "x%u", i);
		expect(local, "example.test");
	}
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 1);
}

Test(kept, spellings_of_a_name_have_one_answer)
{
	cr_expect_eq(ask_name("anna", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(ask_name("ANNA", "example.test"), DIRECTORY_FOUND);
	cr_expect_eq(ask_name("\303\204nne", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(ask_name("a\314\210NNE", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 2);
	cr_expect_eq(count(STAT_ANSWERS_KEPT), 2);
	cr_expect_eq(ask_name("\377", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(ask_name("\376", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(count(STAT_ANSWERS_KEPT), 2);
}

Test(kept, name_without_a_record_is_spelled_as_it_was_asked_about)
{
	struct recipient_question questions[3];
	static const char *const names[] = { "Bob", "bOb", "boB" };
	backend_sql("INSERT INTO domains (id, name, relayed, created) VALUES (9, 'relayed.test', 1, 0)");
	for (size_t i = 0; i < 3; i++)
		questions[i] = (struct recipient_question) { .address = address_of(names[i], "relayed.test") };
	ask_at_once(questions, 2);
	questions[2].base.done = count_answer;
	directory->ops->recipient(directory, &questions[2]);
	for (size_t i = 0; i < 3; i++)
		cr_expect_str_eq(questions[i].recipient.local, names[i]);
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 1);
}

/* How many changes a statement announces. */
static int64_t
announced(const char *sql)
{
	(void)access_of("192.0.2.9");
	uint64_t before = backend_stats()->records_change;
	backend_sql(sql);
	(void)access_of("192.0.2.9");
	return (int64_t)(backend_stats()->records_change - before);
}

Test(kept, each_change_of_what_answers_are_made_of_is_announced)
{
	static const struct {
		const char *sql;
		int64_t changes;
	} rows[] = {
		{ "UPDATE domains SET language = 'de' WHERE id = 1", 1 },
		{ "UPDATE domains SET name = 'example.net' WHERE id = 2", 2 },
		{ "INSERT INTO domains (id, name, created) VALUES (9, 'third.test', 0)", 1 },
		{ "DELETE FROM domains WHERE name = 'third.test'", 1 },
		{ "UPDATE accounts SET disabled = 1 WHERE id = 1", 1 },
		{ "UPDATE accounts SET local = 'anne' WHERE id = 1", 2 },
		{ "DELETE FROM accounts WHERE id = 2", 1 },
		{ "INSERT INTO aliases (id, domain, local, kind, created) VALUES (9, 1, '*', 'alias', 0)", 1 },
		{ "UPDATE aliases SET post = 'anyone'", 3 },
		{ "DELETE FROM aliases WHERE id = 1", 1 },
		{ "INSERT INTO access (id, kind, network, bits, created) VALUES (9, 'refused', '\\x00000000000000000000ffffc0000200', 120, 0)",
		    1 },
		{ "UPDATE access SET kind = 'permitted' WHERE id = 1", 1 },
		{ "DELETE FROM access", 2 },
		{ "TRUNCATE access", 1 },
		{ "UPDATE ftgate_schema SET version = version", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(announced(rows[i].sql), rows[i].changes, "%s", rows[i].sql);
}

Test(kept, change_of_an_address_leaves_answers_about_others)
{
	ask_all();
	uint64_t asked = count(STAT_ANSWERS_ASKED);
	backend_sql("UPDATE accounts SET receive = 0 WHERE id = 1");
	cr_expect_eq(ask_name("anna", "example.test"), DIRECTORY_NO_PRIVILEGE);
	cr_expect_eq(ask_name("nobody", "example.test"), DIRECTORY_NO_MAILBOX);
	cr_expect_eq(sender_of("x", "spam.example", 0).access, ACCESS_BLACKLIST);
	cr_expect_eq(count(STAT_ANSWERS_ASKED), asked + 1);
}

Test(kept, more_changes_than_are_followed_drop_all_answers)
{
	ask_all();
	backend_sql(
	    "INSERT INTO accounts (id, domain, local, created) SELECT 10 + i, 1, 'many' || i, 0 FROM generate_series(1, 1500) i");
	ask_all();
	cr_expect_eq(count(STAT_ANSWERS_ASKED), 12);
}

Test(kept, another_history_of_changes_drops_all_answers)
{
	ask_all();
	backend_sql(
	    "ALTER TABLE accounts DISABLE TRIGGER USER; UPDATE accounts SET receive = 0; UPDATE changes SET mark = 0;"
	    "SELECT ftgate_announce('d:unrelated.test')");
	cr_expect_eq(ask_name("anna", "example.test"), DIRECTORY_NO_PRIVILEGE);
}

Test(kept, changes_are_purged)
{
	backend_sql("INSERT INTO changes (subject) SELECT 's' FROM generate_series(1, 12000)");
	backend_sql("DO $$ BEGIN FOR i IN 1..2560 LOOP PERFORM ftgate_announce('s'); END LOOP; END $$");
	cr_expect(!backend_refuses("CREATE TABLE few AS SELECT 1 / (count(*) < 12400)::int FROM changes"));
}

Test(kept, transactions_that_change_records_wait_for_each_other)
{
	backend_sql("BEGIN; UPDATE accounts SET receive = 0 WHERE id = 1");
	cr_expect(backend_waits("UPDATE domains SET language = 'de' WHERE id = 2"));
	backend_sql("ROLLBACK");
	cr_expect(!backend_waits("UPDATE domains SET language = 'de' WHERE id = 2"));
}
