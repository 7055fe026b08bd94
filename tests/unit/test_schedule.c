/* When entries of the queue are due, and which destinations are known. */
#include "relay/schedule.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/destination.h"

enum { MANY = 20000 };

static struct schedule schedule;

static void
tear_down(void)
{
	schedule_clear(&schedule);
}

TestSuite(schedule, .fini = tear_down);

static struct schedule_item *
add(unsigned number, int64_t due)
{
	char id[QUEUE_ID_SIZE];
	snprintf(id, sizeof id, "entry%u", number);
	struct schedule_item *item = schedule_add(&schedule, id);
	cr_assert_not_null(item);
	schedule_set(&schedule, item, due);
	return item;
}

static struct schedule_item *
find(unsigned number)
{
	char id[QUEUE_ID_SIZE];
	snprintf(id, sizeof id, "entry%u", number);
	return schedule_find(&schedule, id);
}

/* Takes all of them out, and sees that none was due before the one before it. */
static void
drain(size_t count)
{
	int64_t last = INT64_MIN;
	uint64_t number = 0;
	for (; count > 0; count--) {
		struct schedule_item *item = schedule_first(&schedule);
		cr_assert_not_null(item);
		cr_assert(item->due > last || (item->due == last && item->number > number));
		last = item->due;
		number = item->number;
		schedule_forget(&schedule, item);
	}
	cr_expect_null(schedule_first(&schedule));
}

Test(schedule, gives_entries_in_the_order_of_their_times)
{
	srandom(1);
	for (unsigned i = 0; i < MANY; i++)
		add(i, random() % 1000);
	for (unsigned i = 0; i < MANY; i += 3)
		schedule_set(&schedule, find(i), random() % 2000 - 500);
	drain(MANY);
}

Test(schedule, finds_and_removes_entries)
{
	for (unsigned i = 0; i < MANY; i++)
		cr_expect_eq(add(i, 5)->domains, UINT64_MAX);
	for (unsigned i = 0; i < MANY; i += 2)
		schedule_forget(&schedule, find(i));
	for (unsigned i = 0; i < MANY; i++)
		cr_expect_eq(find(i) != NULL, i % 2 == 1);
	drain(MANY / 2);
}

Test(schedule, is_reordered_after_a_change)
{
	for (unsigned i = 0; i < MANY; i++)
		add(i, 100);
	for (unsigned i = 0; i < MANY; i++)
		find(i)->due = random() % 50;
	schedule_reorder(&schedule);
	drain(MANY);
}

Test(schedule, empty_schedule_has_no_entry)
{
	cr_expect_null(schedule_first(&schedule));
	cr_expect_null(schedule_find(&schedule, "x"));
	schedule_reorder(&schedule);
}

Test(schedule, knows_a_domain_and_those_above_it)
{
	uint64_t bits = schedule_bits("a.example.net");
	cr_expect(bits & schedule_bit("a.example.net"));
	cr_expect(bits & schedule_bit("example.net"));
	cr_expect(bits & schedule_bit("net"));
	cr_expect_leq(__builtin_popcountll(bits), 3);
	cr_expect_eq(schedule_bits("[192"), schedule_bit("[192"));
}

Test(destination, lets_entries_wait_in_their_order)
{
	static struct destinations all;
	struct destination *one = destination_get(&all, "example.net");
	cr_assert_not_null(one);
	cr_expect_eq(destination_get(&all, "example.net"), one);
	cr_expect_neq(destination_get(&all, "example.org"), one);
	struct schedule_item *items[4];
	for (unsigned i = 0; i < 4; i++)
		destination_park(one, items[i] = add(i, 5));
	destination_unpark(items[0]);
	destination_unpark(items[2]);
	destination_unpark(items[2]);
	cr_expect(one->first == items[1] && one->last == items[3] && items[1]->behind == items[3]);
	destination_unpark(items[3]);
	cr_expect(one->first == items[1] && one->last == items[1]);
	destination_unpark(items[1]);
	cr_expect(one->first == NULL && one->last == NULL && items[1]->parked == NULL);
	schedule_clear(&schedule);
	destinations_clear(&all);
}

/* Keys whose hash was the same: a letter less in one place makes up for 33 more in the next. */
Test(destination, keys_that_strangers_choose_do_not_share_a_bucket)
{
	enum { PAIRS = 12 };
	static struct destinations all;
	size_t longest = 0;
	for (unsigned i = 0; i < 1U << PAIRS; i++) {
		char key[2 * PAIRS + 1] = "";
		for (unsigned pair = 0; pair < PAIRS; pair++)
			memcpy(key + 2 * (size_t)pair, i >> pair & 1 ? "ez" : "fY", 2);
		cr_assert_not_null(destination_get(&all, key));
	}
	for (size_t i = 0; i < DESTINATION_BUCKETS; i++) {
		size_t len = 0;
		for (const struct destination *at = all.buckets[i]; at != NULL; at = at->next)
			len++;
		longest = len > longest ? len : longest;
	}
	cr_expect_lt(longest, 100);
	destinations_clear(&all);
}

Test(destination, is_freed_once_it_holds_no_state)
{
	static struct destinations all;
	struct destination *one = destination_get(&all, "one"), *two = destination_get(&all, "two");
	struct destination *three = destination_get(&all, "three");
	one->active = 1;
	(void)breaker_open(&two->breaker, 1000, "why");
	three->refs = 1;
	destinations_sweep(&all, 2000);
	cr_expect_eq(destination_get(&all, "one"), one);
	cr_expect_eq(destination_get(&all, "two"), two);
	destinations_sweep(&all, 10000);
	cr_expect_not(breaker_has_failed(&destination_get(&all, "two")->breaker));
	cr_expect_eq(destination_get(&all, "three"), three);
	destinations_clear(&all);
}
