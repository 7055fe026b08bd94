/* The greylisting store in a file: trouble with it, and its size. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/sqlite/greylist.h"
#include "port/greylist.h"
#include "support/folder.h"

enum { NOON = 1893456000, MINUTE = 60, DAY = 24 * 60 * 60, SIZE = 64 << 20 };

static const struct greylist_rules rules = {
	.delay = 5 * MINUTE, .window = 2 * DAY, .lifetime = 36 * DAY, .passes = 0
};
static unsigned char secret[GREYLIST_SECRET_SIZE] = "a secret of ours";
static struct greylist_store *store;

static void
open_store(void)
{
	store = greylist_sqlite_new("greylist.db", SIZE);
	cr_assert_not_null(store);
}

static void
close_store(void)
{
	store->ops->close(store);
}

static void
open_all(void)
{
	folder_make();
	open_store();
}

static void
close_all(void)
{
	close_store();
	folder_remove();
}

TestSuite(greylist, .init = open_all, .fini = close_all);

/* Written as local@domain; "" is the null sender. */
static struct address
address(const char *text)
{
	struct address address = { .null = *text == '\0' };
	sscanf(text, "%64[^@]@%255s", address.local, address.domain);
	return address;
}

static struct greylist_keys
keys(const char *client, const char *from, const char *to)
{
	struct address sender = address(from), recipient = address(to);
	return greylist_keys(secret, client, &sender, &recipient);
}

static enum greylist_verdict
judge_by(const struct greylist_rules *by, const char *client, const char *from, int64_t now, int64_t *left)
{
	struct greylist_keys of = keys(client, from, "alice@example.test");
	return greylist_judge(store, by, &of, now, left);
}

static enum greylist_verdict
judge(const char *from, int64_t now)
{
	int64_t left;
	return judge_by(&rules, "192.0.2.7", from, now, &left);
}

static void
restart(void)
{
	close_store();
	open_store();
}

static sqlite3 *
lock(void)
{
	sqlite3 *database;
	cr_assert_eq(sqlite3_open("greylist.db", &database), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return database;
}

Test(greylist, locked_file_is_an_error_while_it_is_locked)
{
	judge("a@example.net", NOON);
	judge("p@example.net", NOON);
	cr_expect_eq(judge("p@example.net", NOON + 300), GREYLIST_PASS);
	sqlite3 *holder = lock();
	cr_expect_eq(judge("a@example.net", NOON + 1), GREYLIST_WAIT, "nothing is to be written");
	cr_expect_eq(judge("p@example.net", NOON + 301), GREYLIST_PASS);
	cr_expect_eq(judge("b@example.net", NOON + 1), GREYLIST_FAILED);
	cr_expect_str_eq(store->ops->trouble(store), "database is locked");
	cr_expect_eq(judge("a@example.net", NOON + 1), GREYLIST_FAILED, "it is not waited for again");
	sqlite3_close(holder);
	cr_expect_eq(judge("b@example.net", NOON + 3), GREYLIST_WAIT);
	cr_expect_eq(judge("b@example.net", NOON + 303), GREYLIST_PASS);
}

static void
write_file(const char *content, size_t at)
{
	FILE *file = fopen("greylist.db", at == 0 ? "w" : "r+");
	cr_assert_not_null(file);
	fseek(file, (long)at, SEEK_SET);
	for (int i = 0; i < 1000; i++)
		fputs(content, file);
	fclose(file);
}

Test(greylist, broken_file_is_an_error_until_it_is_removed)
{
	write_file("this is no database ", 0);
	cr_expect_eq(judge("a@example.net", NOON), GREYLIST_FAILED);
	cr_expect_str_eq(store->ops->trouble(store), "file is not a database");
	unlink("greylist.db");
	cr_expect_eq(judge("a@example.net", NOON + 1), GREYLIST_WAIT);
}

Test(greylist, corrupt_page_is_an_error)
{
	char from[32];
	for (int i = 0; i < 1000; i++) {
		snprintf(from, sizeof from, "x@e%d.example", i);
		judge(from, NOON);
	}
	close_store();
	write_file("\377\377\377\377", 4096);
	open_store();
	cr_expect_eq(judge("a@example.net", NOON), GREYLIST_FAILED);
}

Test(greylist, file_of_a_newer_version_is_not_modified)
{
	sqlite3 *database;
	cr_assert_eq(sqlite3_open("greylist.db", &database), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(database, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	cr_expect_eq(judge("a@example.net", NOON), GREYLIST_FAILED);
	cr_expect_str_eq(store->ops->trouble(store), "a newer ftgate has written it");
}

Test(greylist, file_removed_while_in_use_is_made_anew)
{
	judge("a@example.net", NOON);
	unlink("greylist.db");
	cr_expect_eq(judge("a@example.net", NOON + 300), GREYLIST_WAIT, "nothing is known any more");
	cr_expect_eq(folder_count("greylist.db"), 1);
	cr_expect_eq(judge("a@example.net", NOON + 600), GREYLIST_PASS);
}

Test(greylist, missing_folder_is_an_error)
{
	struct greylist_store *nowhere = greylist_sqlite_new("none/greylist.db", SIZE);
	struct greylist_record record;
	cr_assert_not_null(nowhere);
	cr_expect_not(nowhere->ops->meet(nowhere, 1, NOON, NOON + DAY, &record));
	cr_expect_str_eq(nowhere->ops->trouble(nowhere), "unable to open database file");
	nowhere->ops->close(nowhere);
}

static off_t
size_of_file(void)
{
	struct stat status;
	cr_assert_eq(stat("greylist.db", &status), 0);
	return status.st_size;
}

/* Spreads numbers as a hash would. */
static uint64_t
hash(uint64_t number)
{
	number = (number + 1) * 0x9E3779B97F4A7C15;
	number = (number ^ number >> 32) * 0xD6E8FEB86659FD93;
	return number ^ number >> 32;
}

/* Of a thousand mails an hour, each tenth comes again and passes, the others never do. */
Test(greylist, file_size_stays_bounded)
{
	enum { HOURS = 7 * 24, MAILS = 500, KEPT = 2 * 24 * MAILS + HOURS * MAILS / 10 };
	struct greylist_rules by = rules;
	int64_t left;
	for (unsigned i = 0; i < HOURS * MAILS; i++) {
		struct greylist_keys of = { .mail = hash(i) };
		int64_t now = NOON + (int64_t)i * 3600 / MAILS;
		cr_assert_eq(greylist_judge(store, &by, &of, now, &left), GREYLIST_WAIT);
		of.mail = hash(i - MAILS);
		if (i >= MAILS && i % 10 == 0)
			cr_assert_eq(greylist_judge(store, &by, &of, now, &left), GREYLIST_PASS);
	}
	restart();
	cr_expect_leq(size_of_file(), KEPT * 9 / 8 * 40, "%ld octets", (long)size_of_file());
	for (unsigned i = 0; i < HOURS * MAILS; i += 10) {
		struct greylist_keys of = { .mail = hash(i) };
		if (i + MAILS < HOURS * MAILS)
			cr_assert_eq(greylist_judge(store, &by, &of, NOON + 8 * DAY, &left), GREYLIST_PASS);
	}
}

Test(greylist, flood_neither_grows_the_file_nor_evicts_passed_clients)
{
	enum { LARGEST = 1 << 20, PASSED = 1000, FLOOD = 100000 };
	int64_t left;
	struct greylist_store *small = greylist_sqlite_new("greylist.db", LARGEST);
	cr_assert_not_null(small);
	for (int64_t now = NOON; now <= NOON + 300; now += 300)
		for (unsigned i = 0; i < PASSED; i++) {
			struct greylist_keys of = { .mail = hash(i) };
			cr_assert_eq(greylist_judge(small, &rules, &of, now, &left),
			    now == NOON ? GREYLIST_WAIT : GREYLIST_PASS);
		}
	for (unsigned i = 0; i < FLOOD; i++) {
		struct greylist_keys of = { .mail = hash(1000000 + i) };
		cr_assert_eq(greylist_judge(small, &rules, &of, NOON + 400, &left), GREYLIST_WAIT, "mail %u: %s", i,
		    small->ops->trouble(small));
	}
	cr_expect_leq(size_of_file(), LARGEST);
	for (unsigned i = 0; i < PASSED; i++) {
		struct greylist_keys of = { .mail = hash(i) };
		cr_assert_eq(greylist_judge(small, &rules, &of, NOON + DAY, &left), GREYLIST_PASS);
	}
	small->ops->close(small);
}

/* Runs a job at once. */
static void
run_now(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static unsigned answers;

static void
count_answer(struct greylist_question *question)
{
	(void)question;
	answers++;
}

Test(greylist, question_fails_with_the_cause_if_the_file_is_broken)
{
	struct executor executor = { .start = run_now };
	struct greylist greylist = { .store = store, .rules = rules, .executor = &executor };
	struct greylist_question question = {
		.keys = keys("192.0.2.7", "a@example.net", "b@example.test"), .now = NOON, .answered = count_answer
	};
	close_store();
	write_file("this is no database ", 0);
	open_store();
	greylist.store = store;
	greylist_ask(&greylist, &question);
	cr_expect_eq(question.verdict, GREYLIST_FAILED);
	cr_expect_str_eq(question.trouble, "file is not a database");
	cr_expect_eq(answers, 1);
}
