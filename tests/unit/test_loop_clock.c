/* Chores of the clock of a loop. */
#include "net/loop_clock.h"

#include <criterion/criterion.h>

static uv_loop_t loop;
static struct loop_clock clock_;
static struct chore first, second;
static unsigned runs;

static void
set_up(void)
{
	uv_loop_init(&loop);
	cr_assert_eq(loop_clock_open(&clock_, &loop), 0);
	first = second = (struct chore) { 0 };
	runs = 0;
}

TestSuite(loop_clock, .init = set_up);

static void
count(struct chore *chore)
{
	cr_expect_not(chore->waiting);
	runs++;
}

/* Cancels the other one. */
static void
cancel(struct chore *chore)
{
	count(chore);
	clock_.clock.forget(&clock_.clock, chore == &first ? &second : &first);
}

/* Asks to be run once more. */
static void
repeat(struct chore *chore)
{
	count(chore);
	if (runs < 3)
		clock_.clock.soon(&clock_.clock, chore);
}

static void
run_soon(struct chore *chore, void (*run)(struct chore *chore))
{
	chore->run = run;
	clock_.clock.soon(&clock_.clock, chore);
}

Test(loop_clock, chore_runs_once)
{
	run_soon(&first, count);
	clock_.clock.soon(&clock_.clock, &first);
	run_soon(&second, count);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(runs, 2);
}

Test(loop_clock, chore_that_is_cancelled_does_not_run)
{
	run_soon(&first, count);
	run_soon(&second, count);
	clock_.clock.forget(&clock_.clock, &first);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(runs, 1);
}

/* The owner of a chore may free it once it is cancelled. */
Test(loop_clock, chore_cancels_another_of_the_same_time)
{
	run_soon(&first, cancel);
	run_soon(&second, cancel);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(runs, 1);
}

Test(loop_clock, chore_may_ask_to_run_again)
{
	run_soon(&first, repeat);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(runs, 3);
}
