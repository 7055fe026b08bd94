/* The watchdog of the master, by times that the test makes. */
#include "process/watchdog.h"

#include <criterion/criterion.h>

enum { BEAT = 1000, LIMIT = 30000, START = 30000 };

static struct watchdog watchdog;
static int64_t now;
static uint64_t beats[2];

static void
begin(void)
{
	now = 1000000;
	beats[0] = beats[1] = 7;
	watchdog = (struct watchdog) { .terms = { BEAT, LIMIT, START } };
	watchdog_start(&watchdog, 0, beats[0], now);
	watchdog_start(&watchdog, 1, beats[1], now);
}

/* Time passes, in which the workers of a mask beat once a second and the master looks as often. */
static void
pass(int seconds, unsigned alive)
{
	for (int i = 0; i < seconds; i++) {
		now += 1000;
		watchdog_look(&watchdog, now);
		for (unsigned worker = 0; worker < 2; worker++) {
			beats[worker] += alive >> worker & 1;
			watchdog_note(&watchdog, worker, beats[worker], now);
		}
	}
}

TestSuite(watchdog, .init = begin);

Test(watchdog, workers_that_beat_never_hang)
{
	pass(3600, 3);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
	cr_expect(watchdog_is_alive(&watchdog, 0, now));
}

Test(watchdog, worker_that_never_beats_hangs_from_its_start_on)
{
	pass(29, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
	pass(1, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), 1);
	cr_expect_not(watchdog_is_alive(&watchdog, 1, now));
	cr_expect(watchdog_is_alive(&watchdog, 0, now));
}

Test(watchdog, beat_in_time_starts_the_limit_again)
{
	pass(29, 1);
	pass(1, 3);
	pass(29, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
	pass(1, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), 1);
}

Test(watchdog, the_one_that_is_silent_for_longest_goes_first_and_frees_the_others)
{
	pass(1, 1);
	pass(30, 0);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), 1);
	watchdog_end(&watchdog, 1);
	pass(1, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
}

Test(watchdog, time_in_which_the_master_did_not_look_counts_for_nobody)
{
	pass(20, 1);
	now += 3600000;
	pass(9, 0);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
	pass(1, 0);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), 1);
}

Test(watchdog, worker_that_ended_does_not_hang_and_a_new_one_has_the_whole_limit)
{
	pass(20, 1);
	watchdog_end(&watchdog, 1);
	pass(60, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
	cr_expect_not(watchdog_is_alive(&watchdog, 1, now));
	watchdog_start(&watchdog, 1, beats[1], now);
	pass(29, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1);
}

Test(watchdog, limit_before_the_first_beat_is_another)
{
	watchdog.terms.limit = 3000;
	pass(1, 1);
	pass(28, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), -1, "worker 1 has never beaten");
	pass(3, 0);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), 1, "it is silent for longer");
	watchdog_end(&watchdog, 1);
	cr_expect_eq(watchdog_find_hung(&watchdog, now), 0);
}

Test(watchdog, one_beat_at_most_is_counted_between_two_looks)
{
	watchdog.terms = (struct watchdog_terms) { .beat = 100, .limit = 1000, .start = START };
	pass(1, 3);
	watchdog_look(&watchdog, now += 50);
	cr_expect_eq(watchdog_silence(&watchdog, 0, now), 50);
	watchdog_look(&watchdog, now += 100);
	cr_expect_eq(watchdog_silence(&watchdog, 0, now), 150);
	watchdog_look(&watchdog, now += 400);
	cr_expect_eq(watchdog_silence(&watchdog, 0, now), 250);
}

/* All processes of a server are stopped for a second, at any time between two beats. */
Test(watchdog, pause_of_all_processes_is_no_hang_even_with_a_short_limit)
{
	for (int64_t pause = 500; pause <= 1500; pause += 10) {
		begin();
		watchdog.terms = (struct watchdog_terms) { .beat = 250, .limit = 1000, .start = 10000 };
		pass(1, 3);
		watchdog_look(&watchdog, now += 250);
		watchdog_look(&watchdog, now += pause);
		cr_assert_eq(watchdog_find_hung(&watchdog, now), -1, "pause of %lld ms", (long long)pause);
		watchdog_look(&watchdog, now += 250);
		cr_assert_eq(watchdog_find_hung(&watchdog, now), -1, "pause of %lld ms", (long long)pause);
		watchdog_look(&watchdog, now += 250);
		cr_assert_neq(watchdog_find_hung(&watchdog, now), -1, "pause of %lld ms", (long long)pause);
	}
}

/* A worker that starts after the last look has its whole limit. */
Test(watchdog, worker_that_starts_in_a_pause_has_its_whole_limit)
{
	pass(1, 3);
	now += 5000;
	watchdog_start(&watchdog, 1, beats[1], now);
	watchdog_look(&watchdog, now += 10);
	cr_expect_eq(watchdog_silence(&watchdog, 1, now), 0);
}
