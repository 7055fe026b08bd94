/* Counters and marks that processes share. */
#include "port/counters.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/siphash.h"

enum { HOUR = 3600 * 1000 };

static struct counters *
make(size_t entries)
{
	struct counters *counters = counters_new(entries);
	cr_assert_neq(counters, NULL);
	return counters;
}

static bool
same(const struct counters *counters, const char *a, const char *b)
{
	struct counter_key left = counter_address(counters, COUNTER_SESSIONS, a);
	struct counter_key right = counter_address(counters, COUNTER_SESSIONS, b);
	return memcmp(left.digest, right.digest, sizeof left.digest) == 0;
}

Test(siphash, gives_the_published_values)
{
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	unsigned char bytes[15];
	for (unsigned char i = 0; i < sizeof bytes; i++)
		bytes[i] = i;
	cr_expect_eq(siphash(key, bytes, 0), 0x726fdb47dd0e0e31);
	cr_expect_eq(siphash(key, bytes, 15), 0xa129ca6149be45e5);
}

Test(counters, counts_until_the_lifetime_of_the_first_ends)
{
	struct counters *counters = make(1);
	struct counter_key key = counter_name(counters, COUNTER_RECIPIENTS, "erika@example.test", 18);
	cr_expect_eq(counters_read(counters, &key, 1000), 0);
	cr_expect_eq(counters_add(counters, &key, 1, HOUR, 1000), 1);
	cr_expect_eq(counters_add(counters, &key, 4, HOUR, 2000), 5);
	cr_expect_eq(counters_read(counters, &key, 1000 + HOUR - 1), 5);
	cr_expect_eq(counters_read(counters, &key, 1000 + HOUR), 0);
	cr_expect_eq(counters_add(counters, &key, 1, HOUR, 1000 + HOUR), 1);
	counters_free(counters);
}

Test(counters, stay_at_the_highest_number)
{
	struct counters *counters = make(1);
	struct counter_key key = counter_name(counters, COUNTER_RECIPIENTS, "a", 1);
	counters_add(counters, &key, UINT32_MAX - 1, HOUR, 0);
	cr_expect_eq(counters_add(counters, &key, 7, HOUR, 0), UINT32_MAX);
	counters_free(counters);
}

Test(counters, kinds_and_names_do_not_collide)
{
	struct counters *counters = make(1);
	struct counter_key a = counter_name(counters, COUNTER_RECIPIENTS, "a", 1);
	struct counter_key b = counter_name(counters, COUNTER_RECIPIENTS, "b", 1);
	struct counter_key c = counter_name(counters, COUNTER_FAILED_LOGINS, "a", 1);
	counters_add(counters, &a, 3, HOUR, 0);
	cr_expect_eq(counters_read(counters, &b, 0), 0);
	cr_expect_eq(counters_read(counters, &c, 0), 0);
	counters_free(counters);
}

Test(counters, a_mark_is_set_once_until_it_expires)
{
	struct counters *counters = make(1);
	struct counter_key key = counter_address(counters, COUNTER_BLACKLIST, "192.0.2.1");
	cr_expect(counters_mark(counters, &key, 100, NULL, 0));
	cr_expect_not(counters_mark(counters, &key, 100, NULL, 99));
	cr_expect_eq(counters_read(counters, &key, 99), 1);
	cr_expect_eq(counters_read(counters, &key, 100), 0);
	cr_expect(counters_mark(counters, &key, 100, NULL, 100));
	counters_free(counters);
}

Test(counters, ipv6_clients_are_one_by_64_bits)
{
	struct counters *counters = make(1);
	cr_expect(same(counters, "2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
	cr_expect_not(same(counters, "2001:db8:0:1::1", "2001:db8:0:2::1"));
	cr_expect_not(same(counters, "192.0.2.1", "192.0.2.2"));
	cr_expect(same(counters, "192.0.2.1", "::ffff:192.0.2.1"));
	cr_expect_not(same(counters, "::ffff:192.0.2.1", "::ffff:192.0.2.2"));
	cr_expect_not(same(counters, "no address", "nor this"));
	counters_free(counters);
}

Test(counters, sessions_are_those_of_all_owners)
{
	struct counters *counters = make(1);
	struct counter_key key = counter_address(counters, COUNTER_SESSIONS, "192.0.2.1");
	cr_expect_eq(counters_enter(counters, &key, 0, 0), 1);
	cr_expect_eq(counters_enter(counters, &key, 1, 0), 2);
	cr_expect_eq(counters_enter(counters, &key, 1, INT64_MAX - 1), 3);
	counters_leave(counters, &key, 0);
	counters_leave(counters, &key, 0);
	cr_expect_eq(counters_enter(counters, &key, 2, 0), 3);
	counters_free(counters);
}

Test(counters, a_dead_owner_leaves_no_sessions)
{
	struct counters *counters = make(1000);
	struct counter_key last;
	for (int i = 0; i < 200; i++) {
		char address[32];
		snprintf(address, sizeof address, "198.51.100.%d", i);
		last = counter_address(counters, COUNTER_SESSIONS, address);
		counters_enter(counters, &last, 5, 0);
		counters_enter(counters, &last, 6, 0);
	}
	cr_expect_eq(counters_enter(counters, &last, 6, 0), 3);
	counters_disown(counters, 5);
	cr_expect_eq(counters_enter(counters, &last, 6, 0), 3);
	counters_free(counters);
}

/* One set of slots, and twice as many entries. */
Test(counters, least_valuable_entries_are_evicted)
{
	struct counters *counters = make(1);
	struct counter_key session = counter_address(counters, COUNTER_SESSIONS, "192.0.2.1");
	struct counter_key mark = counter_address(counters, COUNTER_BLACKLIST, "192.0.2.1");
	struct counter_key busy = counter_name(counters, COUNTER_RECIPIENTS, "busy", 4);
	counters_enter(counters, &session, 0, 0);
	counters_mark(counters, &mark, HOUR, NULL, 0);
	counters_add(counters, &busy, 50, HOUR, 0);
	for (int i = 0; i < 128; i++) {
		char name[32];
		int len = snprintf(name, sizeof name, "n%d", i);
		struct counter_key key = counter_name(counters, COUNTER_RECIPIENTS, name, (size_t)len);
		cr_expect_eq(counters_add(counters, &key, 1, HOUR, i), 1);
		cr_expect_eq(counters_read(counters, &key, i), 1);
	}
	cr_expect_eq(counters_read(counters, &busy, 0), 50);
	cr_expect_eq(counters_read(counters, &mark, 0), 1);
	cr_expect_eq(counters_enter(counters, &session, 0, 0), 2);
	counters_free(counters);
}

/* Strangers, who need no more than addresses, leave the rates of accounts alone. */
Test(counters, rates_of_accounts_are_not_evicted_for_addresses)
{
	struct counters *counters = make(1);
	struct counter_key rate = counter_name(counters, COUNTER_RATES, "a", 1);
	counters_add(counters, &rate, 1, HOUR, 0);
	for (int i = 0; i < 128; i++) {
		char address[32];
		snprintf(address, sizeof address, "2001:db8:0:%x::1", (unsigned)i);
		struct counter_key key = counter_address(counters, COUNTER_RECIPIENTS, address);
		counters_add(counters, &key, 50, HOUR, i);
	}
	cr_expect_eq(counters_read(counters, &rate, 0), 1);
	counters_free(counters);
}

Test(counters, no_entry_is_evicted_for_a_lesser_kind)
{
	struct counters *counters = make(1);
	struct counter_key login = counter_address(counters, COUNTER_FAILED_LOGINS, "192.0.2.1");
	for (int i = 0; i < 64; i++) {
		char address[32];
		snprintf(address, sizeof address, "198.51.100.%d", i);
		struct counter_key key = counter_address(counters, COUNTER_BLACKLIST, address);
		counters_mark(counters, &key, HOUR, NULL, 0);
	}
	cr_expect_eq(counters_add(counters, &login, 1, HOUR, 0), 1);
	cr_expect_eq(counters_read(counters, &login, 0), 0);
	counters_free(counters);
}

/* A process that changes entries of its own without end, and one that others share. */
static void
work_without_end(struct counters *counters, unsigned owner)
{
	for (unsigned i = 0;; i++) {
		char address[32];
		snprintf(address, sizeof address, "10.0.%u.%u", owner, i % 50);
		struct counter_key session = counter_address(counters, COUNTER_SESSIONS, address);
		struct counter_key login = counter_address(counters, COUNTER_FAILED_LOGINS, address);
		counters_enter(counters, &session, owner, i);
		counters_add(counters, &login, 1, 5, i);
		counters_leave(counters, &session, owner);
	}
}

static void
sleep_microseconds(long microseconds)
{
	struct timespec wait = { .tv_nsec = microseconds * 1000 };
	nanosleep(&wait, NULL);
}

Test(counters, survive_processes_killed_at_any_instant, .timeout = 120)
{
	enum { KILLS = 300 };
	struct counters *counters = make(64);
	struct counter_key kept = counter_address(counters, COUNTER_SESSIONS, "192.0.2.1");
	counters_enter(counters, &kept, 60, 0);
	for (unsigned i = 0; i < KILLS; i++) {
		pid_t workers[2];
		for (unsigned w = 0; w < 2; w++) {
			workers[w] = fork();
			if (workers[w] == 0)
				work_without_end(counters, w);
			cr_assert_gt(workers[w], 0);
		}
		sleep_microseconds(200 + (long)(i * 7919 % 3000));
		for (unsigned w = 0; w < 2; w++) {
			kill(workers[w], SIGKILL);
			waitpid(workers[w], NULL, 0);
			counters_disown(counters, w);
		}
		for (unsigned n = 0; n < 50; n++) {
			char address[32];
			snprintf(address, sizeof address, "10.0.0.%u", n);
			struct counter_key key = counter_address(counters, COUNTER_SESSIONS, address);
			cr_assert_eq(counters_enter(counters, &key, 61, 0), 1);
			counters_leave(counters, &key, 61);
		}
	}
	cr_expect_eq(counters_enter(counters, &kept, 60, 0), 2);
	counters_free(counters);
}

/* A process that is in the table nearly all the time, stopped at any instant: a call that waited for it would not end. */
Test(counters, owner_is_taken_out_without_waiting_for_a_stopped_process, .timeout = 60)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct counters *counters = make(1);
	struct counter_key key = counter_address(counters, COUNTER_SESSIONS, "192.0.2.1");
	pid_t worker = fork();
	if (worker == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			counters_clear(counters, COUNTER_LOGINS, 1);
	}
	for (int i = 0; i < 100; i++) {
		nanosleep(&pause, NULL);
		kill(worker, SIGSTOP);
		cr_assert_eq(waitpid(worker, NULL, WUNTRACED), worker);
		counters_try_disown(counters, 5);
		kill(worker, SIGCONT);
	}
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
	counters_enter(counters, &key, 5, 1);
	counters_try_disown(counters, 5);
	cr_expect_eq(counters_enter(counters, &key, 6, 1), 1);
	counters_free(counters);
}

struct listed {
	char text[400];
};

static void
note_mark(void *context, const struct counter_note *note, int64_t left)
{
	struct listed *listed = context;
	size_t len = strlen(listed->text);
	snprintf(
	    listed->text + len, sizeof listed->text - len, "%s %s %lld;", note->address, note->cause, (long long)left);
}

Test(counters, marks_with_a_note_are_listed_in_parts)
{
	static const char *const addresses[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3" };
	struct counters *counters = make(100);
	struct listed all = { "" }, parts = { "" };
	for (size_t i = 0; i < 3; i++) {
		struct counter_key key = counter_address(counters, COUNTER_BLACKLIST, addresses[i]);
		struct counter_note note = { .cause = "#4.29" };
		snprintf(note.address, sizeof note.address, "%s", addresses[i]);
		counters_mark(counters, &key, 100, &note, 0);
	}
	struct counter_key bare = counter_address(counters, COUNTER_BLACKLIST, "192.0.2.4");
	counters_mark(counters, &bare, 100, NULL, 0);
	cr_expect_eq(counters_each(counters, COUNTER_BLACKLIST, 0, 10, note_mark, &all, 40), 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_not_null(strstr(all.text, addresses[i]));
	cr_expect_not_null(strstr(all.text, "192.0.2.3 #4.29 60;"));
	cr_expect_eq(counters_each(counters, COUNTER_BLACKLIST, 0, 2, note_mark, &parts, 40), 2);
	cr_expect_eq(counters_each(counters, COUNTER_BLACKLIST, 2, 2, note_mark, &parts, 40), 1);
	cr_expect_str_eq(parts.text, all.text);
	cr_expect_eq(counters_each(counters, COUNTER_BLACKLIST, 0, 10, note_mark, &all, 100), 0, "they have expired");
	counters_free(counters);
}
