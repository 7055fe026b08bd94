/* The limits of a server, and what it lets a client do by them. */
#include "config/section.h"
#include "port/guard.h"

#include <criterion/criterion.h>
#include <string.h>

static int64_t time_now;

static int64_t
tell_time(struct clock *clock)
{
	(void)clock;
	return time_now;
}

static struct clock steady = { .now = tell_time };
static struct limits limits;
static struct guard guards[2];

static void
open_guards(void)
{
	limits = limits_standard();
	time_now = 1000;
	struct counters *counters = counters_new(1000);
	cr_assert_neq(counters, NULL);
	for (unsigned i = 0; i < 2; i++)
		guards[i] = (struct guard) { counters, &steady, &limits, i };
}

static void
close_guards(void)
{
	counters_free(guards[0].counters);
}

TestSuite(guard, .init = open_guards, .fini = close_guards);

Test(guard, an_address_has_so_many_sessions_at_all_workers)
{
	limits.max_sessions_per_address = 2;
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_WELCOME);
	cr_expect_eq(guard_enter(&guards[1], "192.0.2.1"), GUARD_WELCOME);
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_TOO_MANY_HERE);
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.2"), GUARD_WELCOME);
	guard_leave(&guards[1], "192.0.2.1");
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_WELCOME);
}

Test(guard, a_server_has_so_many_sessions)
{
	limits.max_sessions = 2;
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_WELCOME);
	cr_expect_eq(guard_enter(&guards[1], "192.0.2.2"), GUARD_WELCOME);
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.3"), GUARD_TOO_MANY);
	guard_leave(&guards[0], "192.0.2.1");
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.3"), GUARD_WELCOME);
}

Test(guard, sessions_of_a_dead_worker_are_forgotten)
{
	limits.max_sessions_per_address = 1;
	guard_enter(&guards[1], "192.0.2.1");
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_TOO_MANY_HERE);
	guard_open(&guards[1]);
	cr_expect_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_WELCOME);
}

Test(guard, without_a_limit_there_is_none)
{
	limits.max_sessions_per_address = 0;
	limits.max_recipients_per_hour = 0;
	limits.max_failed_logins = 0;
	for (int i = 0; i < 500; i++) {
		cr_assert_eq(guard_enter(&guards[0], "192.0.2.1"), GUARD_WELCOME);
		cr_assert_not(guard_recipient(&guards[0], "a", 1));
		guard_failed_login(&guards[0], "192.0.2.1");
	}
	cr_expect_not(guard_is_blacklisted(&guards[0], "192.0.2.1"));
}

Test(guard, a_blacklisted_address_is_free_again_in_time)
{
	guard_blacklist(&guards[0], "192.0.2.1");
	cr_expect(guard_is_blacklisted(&guards[1], "192.0.2.1"));
	cr_expect_not(guard_is_blacklisted(&guards[1], "192.0.2.2"));
	time_now += limits.blacklist_time;
	cr_expect_not(guard_is_blacklisted(&guards[1], "192.0.2.1"));
}

Test(guard, failed_logins_lead_to_the_blacklist)
{
	limits.max_failed_logins = 3;
	cr_expect_not(guard_failed_login(&guards[0], "2001:db8::1"));
	cr_expect_not(guard_failed_login(&guards[1], "2001:db8::2"));
	cr_expect_not(guard_is_blacklisted(&guards[0], "2001:db8::1"));
	cr_expect(guard_failed_login(&guards[0], "2001:db8::3"));
	cr_expect(guard_is_blacklisted(&guards[0], "2001:db8::4"));
	cr_expect_not(guard_failed_login(&guards[1], "2001:db8::3"), "it is told once");
}

Test(guard, a_pardoned_address_begins_anew)
{
	limits.max_failed_logins = 2;
	guard_failed_login(&guards[0], "192.0.2.1");
	guard_failed_login(&guards[0], "192.0.2.1");
	guard_blacklist(&guards[0], "192.0.2.2");
	cr_expect(guard_pardon(&guards[1], "::ffff:192.0.2.1"));
	cr_expect_not(guard_pardon(&guards[1], "192.0.2.1"), "it is on it no more");
	cr_expect_not(guard_is_blacklisted(&guards[0], "192.0.2.1"));
	cr_expect(guard_is_blacklisted(&guards[0], "192.0.2.2"));
	cr_expect_not(guard_failed_login(&guards[0], "192.0.2.1"), "the ones before are forgotten");
	cr_expect(guard_failed_login(&guards[0], "192.0.2.1"));
}

Test(guard, all_are_pardoned_and_nothing_else_is_forgotten)
{
	limits.max_sessions_per_address = 1;
	limits.max_recipients_per_hour = 1;
	limits.max_failed_logins = 2;
	guard_enter(&guards[0], "192.0.2.1");
	guard_recipient(&guards[0], "a", 1);
	guard_failed_login(&guards[0], "192.0.2.3");
	guard_blacklist(&guards[0], "192.0.2.9");
	time_now += limits.blacklist_time - 1;
	guard_blacklist(&guards[0], "192.0.2.1");
	guard_blacklist(&guards[1], "2001:db8::1");
	time_now += 1;
	cr_expect_eq(guard_pardon_all(&guards[0]), 2, "the first has been let off by time");
	cr_expect_eq(guard_pardon_all(&guards[0]), 0);
	cr_expect_not(guard_is_blacklisted(&guards[0], "192.0.2.1"));
	cr_expect_eq(guard_enter(&guards[1], "192.0.2.1"), GUARD_TOO_MANY_HERE);
	cr_expect_not(guard_failed_login(&guards[0], "192.0.2.3"));
}

Test(guard, recipients_are_so_many_an_hour)
{
	limits.max_recipients_per_hour = 2;
	cr_expect_not(guard_recipient(&guards[0], "a", 1));
	cr_expect_not(guard_recipient(&guards[1], "a", 1));
	cr_expect(guard_recipient(&guards[0], "a", 1));
	cr_expect_not(guard_recipient(&guards[0], "b", 1));
	time_now += 60 * 60 * 1000;
	cr_expect_not(guard_recipient(&guards[0], "a", 1));
}

static const struct setting *
find(const char *name)
{
	const struct setting *setting = section_setting(section_find("limits"), name);
	cr_assert_not_null(setting);
	return setting;
}

Test(limits, take_their_units)
{
	char error[SECTION_ERROR_SIZE];
	struct limits set = limits_standard();
	cr_expect_eq(setting_set(find("max-sessions"), &set, "7", error), 0);
	cr_expect_eq(set.max_sessions, 7);
	cr_expect_eq(setting_set(find("max-message-size"), &set, "10M", error), 0);
	cr_expect_eq(set.max_message_size, 10 << 20);
	cr_expect_eq(setting_set(find("max-message-size"), &set, "0", error), 0);
	cr_expect_eq(set.max_message_size, 0);
	cr_expect_eq(setting_set(find("tarpit-delay"), &set, "1500ms", error), 0);
	cr_expect_eq(set.tarpit_delay, 1500);
	cr_expect_eq(setting_set(find("blacklist-time"), &set, "2d", error), 0);
	cr_expect_eq(set.blacklist_time, 2 * 24 * 60 * LIMIT_MINUTE);
}

Test(limits, refusals_name_the_cure)
{
	static const struct {
		const char *name, *text, *error;
	} cases[] = {
		{ "max-sessions", "many", "'many' is not a number such as 100" },
		{ "max-sessions", "", "'' is not a number such as 100" },
		{ "max-sessions", "-1", "'-1' is not a number such as 100" },
		{ "max-sessions", "99999999999999999999", "'99999999999999999999' is not a number such as 100" },
		{ "max-sessions", "0", "0 is out of bounds: it may be from 1 to 1000000" },
		{ "max-message-size", "10 M", "'10 M' is not octets such as 500, 64K, 10M or 1G" },
		{ "max-message-size", "2000G", "2000G is out of bounds: it may be from 0 to 1024G" },
		{ "max-message-size", "9999999999999G", "'9999999999999G' is not octets such as 500, 64K, 10M or 1G" },
		{ "tarpit-delay", "30", "'30' is not a time such as 500ms, 30s, 5m, 1h or 2d" },
		{ "tarpit-delay", "2m", "2m is out of bounds: it may be from 0 to 1m" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char error[SECTION_ERROR_SIZE];
		struct limits set = limits_standard(), before = set;
		cr_expect_eq(setting_set(find(cases[i].name), &set, cases[i].text, error), -1);
		cr_expect_str_eq(error, cases[i].error);
		cr_expect_eq(memcmp(&set, &before, sizeof set), 0);
	}
}
