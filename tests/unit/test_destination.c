/* How many attempts at a time a destination gets. */
#include "relay/destination.h"

#include <criterion/criterion.h>

enum { MAX = 20 };

static struct destinations all;
static struct destination *destination;

static void
set_up(void)
{
	destination = destination_get(&all, "example.net");
	cr_assert_not_null(destination);
}

static void
tear_down(void)
{
	destinations_clear(&all);
}

TestSuite(destination, .init = set_up, .fini = tear_down);

static unsigned
room(void)
{
	return destination_room(destination, 0, MAX);
}

Test(destination, a_server_that_has_not_answered_gets_one_attempt)
{
	cr_expect_eq(room(), 1);
	destination->active = 1;
	cr_expect_eq(room(), 0);
}

Test(destination, window_grows_by_one_for_each_window_of_accepted_messages)
{
	destination->answered = true;
	cr_expect_eq(room(), DESTINATION_WINDOW);
	for (unsigned window = DESTINATION_WINDOW; window < MAX; window++) {
		cr_assert_eq(room(), window);
		for (unsigned i = 0; i <= window; i++)
			destination_grow(destination, MAX);
		cr_assert_geq(room(), window + 1);
		destination->window = (window + 1) * DESTINATION_PART;
	}
	for (int i = 0; i < 1000; i++)
		destination_grow(destination, MAX);
	cr_expect_eq(room(), MAX, "it never exceeds the limit");
}

Test(destination, window_shrinks_by_one_for_each_session_that_is_turned_away)
{
	destination->answered = true;
	for (unsigned left = DESTINATION_WINDOW - 1; left > 0; left--) {
		destination_shrink(destination);
		cr_expect_eq(room(), left);
	}
	for (int i = 0; i < 10; i++)
		destination_shrink(destination);
	cr_expect_eq(room(), 1, "one attempt always remains");
	for (int i = 0; i < 1000; i++)
		destination_grow(destination, MAX);
	cr_expect_eq(room(), MAX);
}

Test(destination, a_limit_below_the_window_counts)
{
	destination->answered = true;
	cr_expect_eq(destination_room(destination, 0, 2), 2);
	destination_grow(destination, 2);
	cr_expect_eq(destination_room(destination, 0, 2), 2);
}
