/* Questions to PostgreSQL that are about the same recipient, and what their answers say of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "directory/postgres/connection_internal.h"
#include "directory/postgres/directory_internal.h"
#include "directory/postgres/statements.h"

enum { TIMEOUT = 5000, LIFETIME = 300000, QUESTIONS = 3 };

/* The answer of the database about one name. NULL: the column is null. */
struct row {
	const char *cells[NAMES_COLUMNS];
};

static int
rows_of(const PGresult *result)
{
	return result != NULL;
}

static int
columns_of(const PGresult *result)
{
	(void)result;
	return NAMES_COLUMNS;
}

static int
is_null(const PGresult *result, int row, int column)
{
	cr_assert_eq(row, 0);
	return ((const struct row *)result)->cells[column] == NULL;
}

static char *
value_of(const PGresult *result, int row, int column)
{
	static char value[320];
	const char *cell = is_null(result, row, column) ? "" : ((const struct row *)result)->cells[column];
	snprintf(value, sizeof value, "%s", cell);
	return value;
}

static void
clear(PGresult *result)
{
	(void)result;
}

static void
finish(PGconn *connection)
{
	cr_expect_null(connection);
}

static struct job *started;

static void
start(struct executor *executor, struct job *job)
{
	(void)executor;
	started = job;
}

static const struct libpq libpq = {
	.PQntuples = rows_of,
	.PQnfields = columns_of,
	.PQgetisnull = is_null,
	.PQgetvalue = value_of,
	.PQclear = clear,
	.PQfinish = finish,
};
static struct executor executor = { .start = start };
static uv_loop_t loop;
static struct postgres_directory *directory;
static struct pg *pg;
static struct recipient_question questions[QUESTIONS];
static unsigned answers;

static void
set_up(void)
{
	static const struct postgres_settings settings = {
		.database = "postgresql:///ftgate", .timeout = TIMEOUT, .lifetime = LIFETIME
	};
	cr_assert_eq(uv_loop_init(&loop), 0);
	directory = (struct postgres_directory *)postgres_directory_new(&libpq, &settings, NULL, &loop, &executor);
	cr_assert_not_null(directory);
	pg = &directory->pg;
	answers = 0;
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	uv_close(handle, NULL);
}

static void
tear_down(void)
{
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
	directory->directory.ops->close(&directory->directory);
	started->done(started);
}

TestSuite(postgres_sharing, .init = set_up, .fini = tear_down);

/* Time passes, without a turn of the loop. */
static void
pass(void)
{
	int64_t before = pg_now(pg);
	while (pg_now(pg) == before)
		uv_update_time(&loop);
}

static void
answered(struct directory_question *question)
{
	(void)question;
	answers++;
}

/* A session asks about the recipient, some time later. Returns when. */
static int64_t
ask(unsigned number, const char *local)
{
	struct recipient_question *question = &questions[number];
	pass();
	*question = (struct recipient_question) { .base.done = answered, .sender = "a@example.org" };
	snprintf(question->address.local, sizeof question->address.local, "%s", local);
	snprintf(question->address.domain, sizeof question->address.domain, "example.test");
	directory->directory.ops->recipient(&directory->directory, question);
	return pg_now(pg);
}

/* What the database is asked next; NULL: nothing. */
static struct pg_query *
next(void)
{
	struct pg_query *query = pg_queue_take(&pg->waiting);
	if (query != NULL)
		deadlines_remove(query);
	return query;
}

static void
answer(struct pg_query *query, const struct row *row)
{
	pass();
	query->done(query, (PGresult *)row);
}

/* staff@example.test: only its members may post to it. */
static const struct row members_list = { {
    [NAME_NUMBER] = "1",
    [NAME_DOMAIN] = "example.test",
    [NAME_ALIAS] = "7",
    [NAME_ALIAS_LOCAL] = "Staff",
    [NAME_LIST] = "1",
    [NAME_POST] = "members",
    [NAME_MEMBER] = "1",
} };

Test(postgres_sharing, who_asks_again_keeps_the_deadline_of_the_first_question)
{
	int64_t asked[QUESTIONS];
	for (unsigned i = 0; i < QUESTIONS; i++)
		asked[i] = ask(i, "staff");
	struct pg_query *query = next();
	cr_assert_eq(query->deadline, asked[0] + TIMEOUT);
	cr_assert_null(next(), "the others wait");
	answer(query, &members_list);
	cr_assert_eq(answers, 1);
	for (unsigned i = QUESTIONS; i-- > 1;) {
		query = next();
		cr_assert_not_null(query);
		cr_expect_eq(query->deadline, asked[i] + TIMEOUT);
		answer(query, &members_list);
		cr_expect(questions[i].recipient.member);
	}
	cr_expect_eq(answers, QUESTIONS);
}
