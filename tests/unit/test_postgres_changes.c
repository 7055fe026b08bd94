/* Which answers are given while changes cannot be followed, or are those of another history. */
#include "directory/postgres/changes.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/connection_internal.h"
#include "directory/postgres/statements.h"
#include "support/folder.h"

enum { TIMEOUT = 5000, LIFETIME = 300000, STALE = 300000 };

/* The table of changes, as a reading finds it. */
struct table {
	int rows;
	const char *cells[2][CHANGE_COLUMNS];
};

static const struct table first = { 1, { { "7", "100", "s" } } };
static const struct table same = { 1, { { "7", "100", "s" } } };
static const struct table more = { 2, { { "7", "100", "s" }, { "8", "101", "n" } } };
static const struct table other = { 1, { { "7", "999", "s" } } };
static const struct table empty = { 0, { { "" } } };

static int
rows_of(const PGresult *result)
{
	return ((const struct table *)result)->rows;
}

static char *
value_of(const PGresult *result, int row, int column)
{
	static char value[32];
	snprintf(value, sizeof value, "%s", ((const struct table *)result)->cells[row][column]);
	return value;
}

static void
clear(PGresult *result)
{
	(void)result;
}

static const struct libpq libpq = { .PQntuples = rows_of, .PQgetvalue = value_of, .PQclear = clear };
static uv_loop_t loop;
static struct pg pg;
static struct changes changes;
static struct answer_cache *cache;

static void
set_up(void)
{
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600), NULL);
	cr_assert_eq(uv_loop_init(&loop), 0);
	cache = answer_cache_new();
	cr_assert_not_null(cache);
	pg = (struct pg) { .libpq = &libpq, .settings = { .timeout = TIMEOUT }, .loop = &loop, .state = PG_READY };
	deadlines_open(&pg.deadlines, TIMEOUT, pg_now(&pg));
	cr_assert_eq(uv_prepare_init(&loop, &pg.turn), 0);
	changes_open(&changes, &pg, &loop, cache, NULL);
}

static void
tear_down(void)
{
	answer_cache_free(cache);
	folder_remove();
}

TestSuite(postgres_changes, .init = set_up, .fini = tear_down);

/* Time passes, without a turn of the loop. */
static void
pass(void)
{
	int64_t before = pg_now(&pg);
	while (pg_now(&pg) == before)
		uv_update_time(&loop);
}

/* A reading of the table, over this connection or a new one. */
static void
read_table(const struct table *table)
{
	struct pg_query *query;
	pass();
	if (!changes.asking)
		changes_ready(&changes);
	query = pg_queue_take(&pg.waiting);
	cr_assert_eq(query, &changes.query);
	deadlines_remove(query);
	pass();
	query->done(query, (PGresult *)table);
}

static void
lose(void)
{
	pass();
	changes_lost(&changes);
}

static struct answer_key
key_of(const char *name)
{
	struct answer_key key;
	answer_key_begin(&key, name);
	answer_key_end(cache, &key);
	return key;
}

/* The answer to a question that was asked at a time. */
static void
keep_asked(const char *name, int64_t asked)
{
	const struct answer_key key = key_of(name);
	struct answer_subjects subjects = { .count = 0 };
	answer_cache_depend(cache, &subjects, "a:somebody@example.test");
	answer_cache_keep(cache, ANSWER_RECIPIENT, &key, &subjects, asked, "x", 1);
}

static void
keep(const char *name)
{
	pass();
	keep_asked(name, pg_now(&pg));
}

static bool
is_given(const char *name, bool failed)
{
	const struct answer_key key = key_of(name);
	int64_t horizon = changes_horizon(&changes, LIFETIME, STALE, failed);
	char value;
	return horizon != INT64_MAX && answer_cache_find(cache, ANSWER_RECIPIENT, &key, horizon, &value, 1);
}

Test(postgres_changes, answers_of_the_same_history_go_on)
{
	read_table(&first);
	keep("a");
	cr_expect(is_given("a", false));
	read_table(&more);
	cr_expect(is_given("a", false));
	lose();
	cr_expect(is_given("a", false), "stale");
}

Test(postgres_changes, answers_of_another_history_end_at_once)
{
	read_table(&first);
	keep("a");
	lose();
	read_table(&other);
	cr_expect(!is_given("a", false));
	cr_expect(!is_given("a", true));
	lose();
	cr_expect(!is_given("a", true));
}

Test(postgres_changes, empty_table_ends_all_answers_and_is_logged_once)
{
	char log[1024] = "";
	read_table(&first);
	keep("a");
	lose();
	for (unsigned i = 0; i < 4; i++) {
		read_table(&empty);
		cr_expect(!is_given("a", false));
	}
	int file = open("log", O_RDONLY);
	cr_assert_gt(read(file, log, sizeof log - 1), 0);
	close(file);
	const char *line = strstr(log, "the table changes is empty");
	cr_assert_not_null(line);
	cr_expect_null(strstr(line + 1, "the table changes is empty"));
	read_table(&first);
	keep("a");
	cr_expect(is_given("a", false));
}

Test(postgres_changes, answers_asked_after_the_last_reading_end_with_a_new_connection)
{
	read_table(&first);
	keep("before");
	read_table(&same);
	keep("behind");
	read_table(&same);
	cr_expect(is_given("behind", false));
	keep("uncertain");
	lose();
	cr_expect(is_given("uncertain", false), "stale");
	read_table(&same);
	cr_expect(is_given("before", false));
	cr_expect(is_given("behind", false));
	cr_expect(!is_given("uncertain", false));
	keep("new");
	read_table(&same);
	cr_expect(is_given("new", false));
}

Test(postgres_changes, answer_behind_a_reading_that_was_asked_later_is_not_kept)
{
	read_table(&first);
	pass();
	int64_t before = pg_now(&pg);
	read_table(&same);
	keep_asked("again", before);
	cr_expect(!is_given("again", false));
	keep_asked("with it", changes.read);
	cr_expect(is_given("with it", false));
	lose();
	read_table(&same);
	cr_expect(!is_given("with it", false));
}

Test(postgres_changes, answers_asked_after_the_last_reading_end_with_one_that_failed)
{
	read_table(&first);
	keep("before");
	read_table(&same);
	keep("uncertain");
	read_table(NULL);
	read_table(&same);
	cr_expect(is_given("before", false));
	cr_expect(!is_given("uncertain", false));
}
