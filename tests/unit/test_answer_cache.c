/* Answers that are kept: each until its subjects change, in bounded memory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/answer_cache.h"

enum { SIZE = 1200, MANY = 100000 };

static struct answer_cache *cache;

static void
set_up(void)
{
	cache = answer_cache_new();
	cr_assert_not_null(cache);
}

static void
tear_down(void)
{
	answer_cache_free(cache);
}

TestSuite(answer_cache, .init = set_up, .fini = tear_down);

static struct answer_key
key_of(const char *first, const char *second)
{
	struct answer_key key;
	answer_key_begin(&key, first);
	answer_key_add(&key, second);
	answer_key_end(cache, &key);
	return key;
}

static void
keep(enum answer_part part, const char *name, const char *subject, int64_t time, const char *text)
{
	const struct answer_key key = key_of(name, "");
	struct answer_subjects subjects = { .count = 0 };
	char value[SIZE] = "";
	answer_cache_depend(cache, &subjects, subject);
	snprintf(value + SIZE / 2, SIZE / 2, "%s", text);
	answer_cache_keep(cache, part, &key, &subjects, time, value, sizeof value);
}

/* The text that was kept, until the next call; NULL: none. */
static const char *
find(enum answer_part part, const char *name, int64_t not_before)
{
	static char value[SIZE];
	const struct answer_key key = key_of(name, "");
	memset(value, 'x', sizeof value);
	if (!answer_cache_find(cache, part, &key, not_before, value, sizeof value))
		return NULL;
	for (size_t i = 0; i < SIZE / 2; i++)
		cr_assert_eq(value[i], '\0');
	return value + SIZE / 2;
}

Test(answer_cache, finds_what_was_kept_by_its_whole_key)
{
	const struct answer_key one = key_of("a", "bc"), other = key_of("ab", "c");
	keep(ANSWER_RECIPIENT, "a@one.example", "d:one.example", 0, "one");
	cr_expect_str_eq(find(ANSWER_RECIPIENT, "a@one.example", 0), "one");
	cr_expect_null(find(ANSWER_RECIPIENT, "a@one.exampl", 0));
	cr_expect_null(find(ANSWER_SENDER, "a@one.example", 0));
	cr_expect(!answer_key_equal(&one, &other));
}

Test(answer_cache, later_answer_replaces_the_one_before)
{
	keep(ANSWER_CLIENT, "192.0.2.1", "n", 0, "before");
	size_t octets = answer_cache_octets(cache);
	keep(ANSWER_CLIENT, "192.0.2.1", "n", 1, "behind");
	cr_expect_str_eq(find(ANSWER_CLIENT, "192.0.2.1", 0), "behind");
	cr_expect_eq(answer_cache_octets(cache), octets);
}

Test(answer_cache, answer_of_any_octets_is_the_same_when_it_is_found)
{
	char value[ANSWER_SIZE_MAX], found[ANSWER_SIZE_MAX];
	const struct answer_subjects none = { .count = 0 };
	for (unsigned round = 0; round < 200; round++) {
		const struct answer_key key = key_of("k", "");
		size_t size = round < 20 ? round + 1 : 1 + (size_t)rand() % ANSWER_SIZE_MAX;
		for (size_t i = 0; i < size; i++)
			value[i] = rand() % 20 < (int)(round % 20) ? 0 : (char)rand();
		answer_cache_keep(cache, ANSWER_SENDER, &key, &none, 0, value, size);
		cr_assert(answer_cache_find(cache, ANSWER_SENDER, &key, 0, found, size));
		cr_assert_arr_eq(value, found, size);
	}
}

Test(answer_cache, change_drops_the_answers_of_its_subject_alone)
{
	keep(ANSWER_RECIPIENT, "a@one.example", "a:a@one.example", 0, "a");
	keep(ANSWER_NO_RECIPIENT, "b@one.example", "a:b@one.example", 0, "b");
	answer_cache_change(cache, "a:a@one.example");
	cr_expect_null(find(ANSWER_RECIPIENT, "a@one.example", 0));
	cr_expect_str_eq(find(ANSWER_NO_RECIPIENT, "b@one.example", 0), "b");
	answer_cache_change_all(cache);
	cr_expect_null(find(ANSWER_NO_RECIPIENT, "b@one.example", 0));
	keep(ANSWER_RECIPIENT, "a@one.example", "a:a@one.example", 0, "a");
	cr_expect_str_eq(find(ANSWER_RECIPIENT, "a@one.example", 0), "a");
}

Test(answer_cache, answer_depends_on_each_of_its_subjects)
{
	static const char *const changes[] = { "d:one.example", "a:a+b@one.example", "a:a@one.example" };
	const struct answer_key key = key_of("a+b@one.example", "");
	char value[8] = "a";
	for (size_t i = 0; i < ANSWER_SUBJECTS_MAX; i++) {
		struct answer_subjects subjects = { .count = 0 };
		for (size_t j = 0; j < ANSWER_SUBJECTS_MAX; j++)
			answer_cache_depend(cache, &subjects, changes[j]);
		answer_cache_keep(cache, ANSWER_RECIPIENT, &key, &subjects, 0, value, sizeof value);
		cr_expect(answer_cache_find(cache, ANSWER_RECIPIENT, &key, 0, value, sizeof value));
		answer_cache_change(cache, changes[i]);
		cr_expect(!answer_cache_find(cache, ANSWER_RECIPIENT, &key, 0, value, sizeof value));
	}
}

Test(answer_cache, answer_that_was_asked_before_a_change_is_not_kept_after_it)
{
	const struct answer_key key = key_of("a@one.example", "");
	struct answer_subjects subjects = { .count = 0 };
	char value[8] = "old";
	answer_cache_depend(cache, &subjects, "a:a@one.example");
	answer_cache_change(cache, "a:a@one.example");
	answer_cache_keep(cache, ANSWER_RECIPIENT, &key, &subjects, 0, value, sizeof value);
	cr_expect_eq(answer_cache_octets(cache), 0);
}

Test(answer_cache, answer_lasts_for_its_lifetime)
{
	keep(ANSWER_SENDER, "a@one.example", "s", 5, "a");
	cr_expect_str_eq(find(ANSWER_SENDER, "a@one.example", 5), "a");
	cr_expect_null(find(ANSWER_SENDER, "a@one.example", 6));
}

Test(answer_cache, memory_is_bounded_whatever_is_asked)
{
	char name[ANSWER_KEY_MAX], text[SIZE / 2];
	memset(text, 'y', sizeof text);
	text[sizeof text - 1] = '\0';
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%u%0*d", i, 400, 0);
		keep(i % ANSWER_PARTS, name, "d:one.example", i, text);
	}
	cr_expect_leq(answer_cache_octets(cache), ANSWER_OCTETS_MAX);
	cr_expect_geq(answer_cache_octets(cache), ANSWER_OCTETS_MAX * 9 / 10);
	cr_expect_not_null(find((MANY - 1) % ANSWER_PARTS, name, 0));
}

Test(answer_cache, inventing_addresses_replaces_no_recipient_that_exists)
{
	char name[64];
	keep(ANSWER_RECIPIENT, "a@one.example", "d:one.example", 0, "a");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%u@one.example", i);
		keep(ANSWER_NO_RECIPIENT, name, "d:one.example", i, "none");
	}
	cr_expect_str_eq(find(ANSWER_RECIPIENT, "a@one.example", 0), "a");
}

Test(answer_cache, of_places_that_are_taken_the_oldest_is_replaced)
{
	char name[64];
	unsigned found = 0;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%u", i);
		keep(ANSWER_SENDER, name, "s", i, "");
	}
	for (unsigned i = 0; i < MANY / 2; i++) {
		snprintf(name, sizeof name, "%u", i);
		found += find(ANSWER_SENDER, name, 0) != NULL;
	}
	cr_expect_leq(found, 8192 / 100);
}

/* How many answers are found, of names that are numbers. */
static unsigned
count_found(enum answer_part part, unsigned from, unsigned to)
{
	char name[16];
	unsigned found = 0;
	for (unsigned i = from; i < to; i++) {
		snprintf(name, sizeof name, "%u", i);
		found += find(part, name, 0) != NULL;
	}
	return found;
}

static void
keep_some(enum answer_part part, unsigned from, unsigned to, const char *subject, const char *text)
{
	char name[16];
	for (unsigned i = from; i < to; i++) {
		snprintf(name, sizeof name, "%u", i);
		keep(part, name, subject, i, text);
	}
}

enum { SOME = 4000 };

Test(answer_cache, answer_that_does_not_hold_is_replaced_before_others)
{
	keep_some(ANSWER_SENDER, 0, SOME, "d:one.example", "");
	keep_some(ANSWER_SENDER, SOME, 2 * SOME, "d:two.example", "");
	unsigned before = count_found(ANSWER_SENDER, 0, SOME);
	answer_cache_change(cache, "d:two.example");
	keep_some(ANSWER_SENDER, 2 * SOME, 3 * SOME, "d:three.example", "");
	cr_expect_geq(count_found(ANSWER_SENDER, 0, SOME), before * 6 / 10);
}

enum { HOT = 100, OFTEN = 500, ROUNDS = 40 };

Test(answer_cache, answers_that_are_renewed_outlast_others_if_memory_is_short)
{
	char text[SIZE / 2];
	unsigned found = 0;
	memset(text, 'y', sizeof text);
	text[sizeof text - 1] = '\0';
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned from = HOT + round * OFTEN;
		found += count_found(ANSWER_SENDER, 0, HOT);
		for (unsigned i = 0; i < HOT; i++) {
			char name[16];
			snprintf(name, sizeof name, "%u", i);
			keep(ANSWER_SENDER, name, "s", from, text);
		}
		keep_some(ANSWER_SENDER, from, from + OFTEN, "s", text);
	}
	cr_expect_geq(found, HOT * (ROUNDS - 1) * 96 / 100);
}

Test(answer_cache, answers_of_a_time_and_later_are_dropped_and_older_questions_not_kept)
{
	keep(ANSWER_RECIPIENT, "a@one.example", "d:one.example", 1, "a");
	keep(ANSWER_RECIPIENT, "b@one.example", "d:one.example", 2, "b");
	keep(ANSWER_CLIENT, "192.0.2.1", "n", 3, "c");
	answer_cache_drop_since(cache, 2);
	answer_cache_begin(cache, 5);
	cr_expect_str_eq(find(ANSWER_RECIPIENT, "a@one.example", 0), "a");
	cr_expect_null(find(ANSWER_RECIPIENT, "b@one.example", 0));
	cr_expect_null(find(ANSWER_CLIENT, "192.0.2.1", 0));
	keep(ANSWER_CLIENT, "192.0.2.1", "n", 4, "c");
	cr_expect_null(find(ANSWER_CLIENT, "192.0.2.1", 0));
	keep(ANSWER_CLIENT, "192.0.2.1", "n", 5, "c");
	cr_expect_str_eq(find(ANSWER_CLIENT, "192.0.2.1", 0), "c");
}
