/* The timer wheel of questions to PostgreSQL. */
#include "directory/postgres/deadlines.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "directory/postgres/connection_internal.h"

enum { TIMEOUT = 5000, START = 1000000, QUESTIONS = 1000, LATE = 100000 };

static struct pg_deadlines deadlines;
static struct pg_query questions[QUESTIONS];

static void
add(struct pg_query *question, int64_t deadline)
{
	*question = (struct pg_query) { .deadline = deadline };
	deadlines_add(&deadlines, question);
}

/* Goes from one time to another one as a timer does. Returns how many were due. */
static int
run_until(int64_t end)
{
	int due = 0;
	for (int64_t now; (now = deadlines_next(&deadlines)) <= end;) {
		struct pg_query *question;
		while ((question = deadlines_take(&deadlines, now)) != NULL) {
			cr_expect_leq(now, question->deadline);
			cr_expect_gt(now + deadlines.width, question->deadline);
			due++;
		}
	}
	return due;
}

Test(postgres_deadlines, questions_are_due_before_their_deadlines_in_any_order)
{
	deadlines_open(&deadlines, TIMEOUT, START);
	for (int i = 0; i < QUESTIONS; i++)
		add(&questions[i], START + 100 + i * 7919 % (TIMEOUT - 100));
	cr_expect_eq(run_until(START + TIMEOUT), QUESTIONS);
	cr_expect_eq(deadlines_next(&deadlines), INT64_MAX);
}

Test(postgres_deadlines, removed_questions_are_not_due)
{
	deadlines_open(&deadlines, TIMEOUT, START);
	for (int i = 0; i < QUESTIONS; i++)
		add(&questions[i], START + 100 + i % 10);
	for (int i = 0; i < QUESTIONS; i += 2)
		deadlines_remove(&questions[i]);
	deadlines_remove(&questions[0]);
	cr_expect_eq(run_until(START + TIMEOUT), QUESTIONS / 2);
}

Test(postgres_deadlines, deadlines_that_have_passed_are_due_next)
{
	deadlines_open(&deadlines, TIMEOUT, START);
	add(&questions[0], START - TIMEOUT);
	cr_expect_leq(deadlines_next(&deadlines), START + deadlines.width);
	cr_expect_eq(deadlines_take(&deadlines, START + deadlines.width), &questions[0]);
}

Test(postgres_deadlines, loop_that_was_late_finds_all_that_are_due_and_no_other)
{
	deadlines_open(&deadlines, TIMEOUT, START);
	add(&questions[0], START + TIMEOUT);
	add(&questions[1], START + 200);
	/* of the next turn of the wheel, in the slot of the first one */
	add(&questions[2], START + TIMEOUT + DEADLINE_SLOTS * deadlines.width);
	add(&questions[3], START + LATE + TIMEOUT);
	int due = 0;
	while (deadlines_take(&deadlines, START + TIMEOUT + deadlines.width) != NULL)
		due++;
	cr_expect_eq(due, 2);
	cr_expect_eq(deadlines_take(&deadlines, START + LATE), &questions[2]);
	cr_expect_null(deadlines_take(&deadlines, START + LATE));
	cr_expect_eq(deadlines_take(&deadlines, START + LATE + TIMEOUT), &questions[3]);
}

static void
clear_nothing(PGresult *result)
{
	cr_expect_null(result);
}

static void
free_question(struct pg_query *question, PGresult *result)
{
	cr_expect_null(result);
	free(question);
}

static void
append(struct pg *pg, enum pg_purpose purpose)
{
	struct pg_query *question = malloc(sizeof *question);
	cr_assert_not_null(question);
	*question = (struct pg_query) { .purpose = purpose, .done = free_question, .deadline = START + 100 };
	deadlines_add(&pg->deadlines, question);
	pg_queue_append(&pg->sent, question);
}

Test(postgres_deadlines, question_that_is_abandoned_leaves_its_slot_before_its_owner_frees_it)
{
	const struct libpq libpq = { .PQclear = clear_nothing };
	struct pg pg = { .libpq = &libpq };
	deadlines_open(&pg.deadlines, TIMEOUT, START);
	append(&pg, PG_ANSWER);
	append(&pg, PG_ANSWER);
	append(&pg, PG_ABANDONED);
	pg_abandon(&pg);
	cr_expect_null(pg.sent.first);
	cr_expect_eq(deadlines_next(&pg.deadlines), INT64_MAX);
}
