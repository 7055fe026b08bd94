/* The turns of the loop: shares and queues. */
#include "net/turns.h"

#include <criterion/criterion.h>

enum { ENTRIES = 10 };

static struct turns turns;
static struct turn_entry entries[ENTRIES];
static unsigned woken;

static void
wake(struct turns *of)
{
	(void)of;
	woken++;
}

static void
begin(void)
{
	turns_open(&turns, wake);
}

TestSuite(turns, .init = begin);

Test(turns, share_is_used_up_by_octets_or_commands_and_whole_in_the_next_turn)
{
	struct share share = { 0 };
	cr_expect(turns_has_share(&turns, &share));
	share.octets = TURN_OCTETS;
	cr_expect_not(turns_has_share(&turns, &share));
	turns_begin(&turns);
	cr_expect(turns_has_share(&turns, &share));
	share.commands = TURN_COMMANDS - 1;
	cr_expect(turns_has_share(&turns, &share));
	share.commands++;
	cr_expect_not(turns_has_share(&turns, &share));
}

Test(turns, entries_are_served_in_their_order_and_once)
{
	for (size_t i = 0; i < ENTRIES; i++)
		turns_wait(&turns, &entries[i], TURN_NOW);
	turns_wait(&turns, &entries[0], TURN_NOW);
	for (size_t i = 0; i < ENTRIES; i++)
		cr_expect_eq(turns_take(&turns), &entries[i]);
	cr_expect_null(turns_take(&turns));
	cr_expect(turns_are_empty(&turns));
}

Test(turns, entry_that_waits_for_the_next_turn_is_not_served_in_this_one)
{
	turns_wait(&turns, &entries[0], TURN_NEXT);
	turns_wait(&turns, &entries[1], TURN_NOW);
	cr_expect_eq(turns_take(&turns), &entries[1]);
	cr_expect_null(turns_take(&turns));
	turns_begin(&turns);
	cr_expect_eq(turns_take(&turns), &entries[0]);
}

Test(turns, entry_whose_job_is_done_need_not_wait_for_the_next_turn)
{
	turns_wait(&turns, &entries[0], TURN_NEXT);
	turns_wait(&turns, &entries[0], TURN_NOW);
	cr_expect_eq(turns_take(&turns), &entries[0]);
	turns_begin(&turns);
	cr_expect_null(turns_take(&turns));
}

Test(turns, loop_is_woken_for_the_first_that_waits)
{
	turns_wait(&turns, &entries[0], TURN_NEXT);
	turns_wait(&turns, &entries[1], TURN_NEXT);
	cr_expect_eq(woken, 1);
	turns_begin(&turns);
	while (turns_take(&turns) != NULL)
		;
	turns_wait(&turns, &entries[0], TURN_NOW);
	cr_expect_eq(woken, 2);
}

Test(turns, entry_that_is_forgotten_leaves_the_others_in_order)
{
	for (size_t i = 0; i < 4; i++)
		turns_wait(&turns, &entries[i], TURN_NOW);
	turns_forget(&turns, &entries[0]);
	turns_forget(&turns, &entries[2]);
	turns_forget(&turns, &entries[2]);
	cr_expect_eq(turns_take(&turns), &entries[1]);
	cr_expect_eq(turns_take(&turns), &entries[3]);
	cr_expect_null(turns_take(&turns));
}

Test(turns, handshakes_are_bounded_and_nobody_overtakes)
{
	for (unsigned i = 0; i < TURN_HANDSHAKES; i++)
		cr_expect(turns_take_handshake(&turns, &entries[i]));
	cr_expect_not(turns_take_handshake(&turns, &entries[8]));
	cr_expect_not(turns_take_handshake(&turns, &entries[9]));
	cr_expect_null(turns_take(&turns));
	turns_begin(&turns);
	cr_expect_not(turns_take_handshake(&turns, &entries[7]));
	cr_expect_eq(turns_take(&turns), &entries[8]);
	cr_expect(turns_take_handshake(&turns, &entries[8]));
	cr_expect_not(turns_take_handshake(&turns, &entries[8]), "one step is granted");
	cr_expect_eq(turns_take(&turns), &entries[9]);
	cr_expect_eq(turns_take(&turns), &entries[7]);
	cr_expect_eq(turns_take(&turns), &entries[8]);
	cr_expect_null(turns_take(&turns));
}
