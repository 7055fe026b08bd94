/* The pauses between attempts to connect to PostgreSQL. */
#include "directory/postgres/backoff.h"

#include <criterion/criterion.h>

enum { DRAWS = 1000 };

Test(postgres_backoff, pauses_double_up_to_the_longest)
{
	int64_t pause = 0;
	for (int64_t expected = BACKOFF_FIRST; expected < BACKOFF_MAX; expected *= 2) {
		pause = backoff_next(pause);
		cr_expect_eq(pause, expected);
	}
	for (int i = 0; i < 100; i++) {
		pause = backoff_next(pause);
		cr_expect_eq(pause, BACKOFF_MAX);
	}
}

/* A quarter of the draws comes into each quarter of the range, but for chance. */
Test(postgres_backoff, half_to_all_of_a_pause_comes_at_random)
{
	int quarters[5] = { 0 };
	for (int i = 0; i < DRAWS; i++) {
		int64_t pause = backoff_jitter(BACKOFF_FIRST);
		cr_assert_geq(pause, BACKOFF_FIRST / 2);
		cr_assert_leq(pause, BACKOFF_FIRST);
		quarters[(pause - BACKOFF_FIRST / 2) * 8 / BACKOFF_FIRST]++;
	}
	for (int i = 0; i < 4; i++)
		cr_expect_geq(quarters[i], DRAWS / 8);
}
