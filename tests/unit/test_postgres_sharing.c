/* Questions to PostgreSQL about the same recipient, and answers that do not fit their questions. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "directory/postgres/connection_internal.h"
#include "directory/postgres/directory_internal.h"
#include "directory/postgres/statements.h"

enum { TIMEOUT = 5000, LIFETIME = 300000, QUESTIONS = 3 };

/* What the database says of one name. NULL: the column is null. */
struct row {
	const char *cells[REACH_COLUMNS];
};

/* The second row of each answer: there is no alias for all addresses. */
static const struct row catch_all = { { [NAME_NUMBER] = "2", [NAME_DOMAIN] = "example.test" } };

static const char *
cell(const PGresult *result, int row, int column)
{
	return (row == 0 ? (const struct row *)result : &catch_all)->cells[column];
}

static int
rows_of(const PGresult *result)
{
	return result == NULL ? 0 : 2;
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
	return cell(result, row, column) == NULL;
}

static char *
value_of(const PGresult *result, int row, int column)
{
	static char none[] = "";
	return is_null(result, row, column) ? none : (char *)cell(result, row, column);
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

/* What the database says of a name that it was asked about, and another thing than it should say. */
struct damage {
	char what[40];
	int column;
	char value[80]; /* "": null */
	enum directory_verdict verdict;
};

/* bob@example.test: an account. */
static const struct row account = { {
    [NAME_NUMBER] = "1",
    [NAME_DOMAIN] = "example.test",
    [NAME_ACCOUNT] = "5",
    [NAME_ACCOUNT_LOCAL] = "BOB",
    [NAME_FLAGS] = "9",
    [NAME_MEMBER] = "0",
} };

static struct damage damages[] = {
	{ "the name in another spelling", NAME_ACCOUNT_LOCAL, "Bob", DIRECTORY_FOUND },
	{ "no account", NAME_ACCOUNT, "", DIRECTORY_NO_MAILBOX },
	{ "no domain", NAME_DOMAIN, "", DIRECTORY_NO_DOMAIN },
	{ "another account", NAME_ACCOUNT_LOCAL, "alice", DIRECTORY_FAILED },
	{ "an account without a name", NAME_ACCOUNT_LOCAL, "", DIRECTORY_FAILED },
	{ "an account that is not UTF-8", NAME_ACCOUNT_LOCAL, "bob\xFF", DIRECTORY_FAILED },
	{ "an account whose name is too long", NAME_ACCOUNT_LOCAL,
	    "bob234567890123456789012345678901234567890123456789012345678901234567890", DIRECTORY_FAILED },
	{ "another domain", NAME_DOMAIN, "example.org", DIRECTORY_FAILED },
	{ "no row", NAME_NUMBER, "3", DIRECTORY_FAILED },
};

ParameterizedTestParameters(postgres_sharing, record_of_another_name_answers_no_question)
{
	return cr_make_param_array(struct damage, damages, sizeof damages / sizeof *damages);
}

ParameterizedTest(struct damage *damage, postgres_sharing, record_of_another_name_answers_no_question)
{
	struct row row = account;
	row.cells[damage->column] = damage->value[0] == '\0' ? NULL : damage->value;
	ask(0, "bob");
	answer(next(), &row);
	cr_expect_eq(answers, 1);
	cr_expect_eq(questions[0].base.verdict, damage->verdict, "%s: %d", damage->what, questions[0].base.verdict);
	bool named = strstr(questions[0].base.detail, "bob@example.test") != NULL;
	cr_expect_eq(named, damage->verdict == DIRECTORY_FAILED, "%s: %s", damage->what, questions[0].base.detail);
}

Test(postgres_sharing, alias_of_another_name_answers_no_question)
{
	ask(0, "stuff");
	answer(next(), &members_list);
	cr_expect_eq(questions[0].base.verdict, DIRECTORY_FAILED);
}

/* staff@example.test leads to bob@example.test. */
static const struct row target = { {
    [NAME_NUMBER] = "0",
    [NAME_DOMAIN] = "example.test",
    [NAME_ACCOUNT] = "5",
    [NAME_ACCOUNT_LOCAL] = "Bob",
    [NAME_FLAGS] = "9",
    [REACH_ALIAS] = "7",
    [REACH_LOCAL] = "BOB",
    [REACH_DOMAIN] = "example.test",
    [REACH_KEY] = "bob",
} };

static struct damage target_damages[] = {
	{ "nothing", NAME_NUMBER, "0", DIRECTORY_FOUND },
	{ "a target of another name", REACH_LOCAL, "alice", DIRECTORY_FAILED },
	{ "a target without a domain", REACH_DOMAIN, "", DIRECTORY_FAILED },
	{ "another account", NAME_ACCOUNT_LOCAL, "alice", DIRECTORY_FAILED },
	{ "another domain", NAME_DOMAIN, "example.org", DIRECTORY_FAILED },
};

ParameterizedTestParameters(postgres_sharing, target_of_another_name_answers_no_question)
{
	return cr_make_param_array(struct damage, target_damages, sizeof target_damages / sizeof *target_damages);
}

ParameterizedTest(struct damage *damage, postgres_sharing, target_of_another_name_answers_no_question)
{
	struct expansion_question question = { .base.done = answered };
	struct row row = target;
	row.cells[damage->column] = damage->value[0] == '\0' ? NULL : damage->value;
	snprintf(question.address.local, sizeof question.address.local, "staff");
	snprintf(question.address.domain, sizeof question.address.domain, "example.test");
	directory->directory.ops->expand(&directory->directory, &question);
	answer(next(), &row);
	answer(next(), &members_list);
	cr_expect_eq(answers, 1);
	cr_expect_eq(question.base.verdict, damage->verdict, "%s: %d", damage->what, question.base.verdict);
	expansion_clear(&question.expansion);
}

Test(postgres_sharing, target_without_a_name_is_no_member)
{
	static const struct row domain = { { [NAME_NUMBER] = "1", [NAME_DOMAIN] = "example.test" } };
	static const struct row nameless = { { "bob", NULL } };
	struct members_question question = { .base.done = answered };
	snprintf(question.address.local, sizeof question.address.local, "staff");
	snprintf(question.address.domain, sizeof question.address.domain, "example.test");
	directory->directory.ops->members(&directory->directory, &question);
	answer(next(), &domain);
	answer(next(), &members_list);
	answer(next(), &nameless);
	cr_expect_eq(answers, 1);
	cr_expect_eq(question.base.verdict, DIRECTORY_FAILED);
	cr_expect_eq(question.count, 0);
}

static const struct address staff = { .local = "staff", .domain = "example.test" };

/* The database is asked about the list, and answers. */
static void
answer_about_staff(const struct row *row)
{
	ask(0, "staff");
	struct pg_query *query = next();
	cr_assert_not_null(query);
	answer(query, row);
	cr_assert_null(next());
}

Test(postgres_sharing, answer_that_depends_on_the_asker_is_not_expected_nor_waited_for)
{
	directory->changes.known = true;
	directory->directory.ops->expect(&directory->directory, &staff);
	answer(next(), &members_list);
	directory->directory.ops->expect(&directory->directory, &staff);
	cr_expect_null(next(), "it would be asked for in vain");
	for (unsigned i = 0; i < QUESTIONS; i++)
		ask(i, "STAFF");
	for (unsigned i = 0; i < QUESTIONS; i++) {
		struct pg_query *query = next();
		cr_assert_not_null(query, "question %u waits for another", i);
		answer(query, &members_list);
		cr_expect(questions[i].recipient.member);
	}
	cr_expect_eq(answers, QUESTIONS);
}

Test(postgres_sharing, answer_that_depends_on_the_asker_no_more_is_kept)
{
	struct row row = members_list;
	row.cells[NAME_POST] = "anyone";
	directory->changes.known = true;
	answer_about_staff(&members_list);
	answer_about_staff(&row);
	ask(1, "staff");
	cr_expect_null(next());
	cr_expect_eq(answers, 3);
	answer_cache_change_all(directory->cache);
	directory->directory.ops->expect(&directory->directory, &staff);
	ask(1, "staff");
	struct pg_query *query = next();
	cr_assert_not_null(query);
	cr_expect_null(next(), "it waits for what was expected");
	answer(query, &row);
	cr_expect_eq(answers, 4);
}
