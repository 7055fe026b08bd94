/* The limits of a server, and what it lets a client do by them. */
#include "config/section.h"
#include "port/limiter.h"

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
static struct limiter limiters[2];

static void
open_limiter(void)
{
	limits = limits_standard();
	time_now = 1000;
	struct counters *counters = counters_new(1000);
	cr_assert_neq(counters, NULL);
	for (unsigned i = 0; i < 2; i++)
		limiters[i] = (struct limiter) { counters, &steady, &limits, i };
}

static void
close_limiters(void)
{
	counters_free(limiters[0].counters);
}

TestSuite(limiter, .init = open_limiter, .fini = close_limiters);

Test(limiter, sessions_of_an_address_are_limited_across_workers)
{
	limits.max_sessions_per_address = 2;
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_WELCOME);
	cr_expect_eq(limiter_enter(&limiters[1], "192.0.2.1"), LIMITER_WELCOME);
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_TOO_MANY_HERE);
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.2"), LIMITER_WELCOME);
	limiter_leave(&limiters[1], "192.0.2.1");
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_WELCOME);
}

Test(limiter, sessions_of_a_server_are_limited)
{
	limits.max_sessions = 2;
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_WELCOME);
	cr_expect_eq(limiter_enter(&limiters[1], "192.0.2.2"), LIMITER_WELCOME);
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.3"), LIMITER_TOO_MANY);
	limiter_leave(&limiters[0], "192.0.2.1");
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.3"), LIMITER_WELCOME);
}

Test(limiter, sessions_of_a_dead_worker_are_forgotten)
{
	limits.max_sessions_per_address = 1;
	limiter_enter(&limiters[1], "192.0.2.1");
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_TOO_MANY_HERE);
	limiter_open(&limiters[1]);
	cr_expect_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_WELCOME);
}

Test(limiter, zero_means_no_limit)
{
	limits.max_sessions_per_address = 0;
	limits.max_recipients_per_hour = 0;
	limits.max_failed_logins = 0;
	for (int i = 0; i < 500; i++) {
		cr_assert_eq(limiter_enter(&limiters[0], "192.0.2.1"), LIMITER_WELCOME);
		cr_assert_not(limiter_recipient(&limiters[0], "192.0.2.1", true));
		limiter_failed_login(&limiters[0], "192.0.2.1", "#4.50");
	}
	cr_expect_not(limiter_is_blacklisted(&limiters[0], "192.0.2.1"));
}

Test(limiter, blacklisting_expires)
{
	limiter_blacklist(&limiters[0], "192.0.2.1", "#4.50");
	cr_expect(limiter_is_blacklisted(&limiters[1], "192.0.2.1"));
	cr_expect_not(limiter_is_blacklisted(&limiters[1], "192.0.2.2"));
	time_now += limits.blacklist_time;
	cr_expect_not(limiter_is_blacklisted(&limiters[1], "192.0.2.1"));
}

Test(limiter, failed_logins_lead_to_the_blacklist)
{
	limits.max_failed_logins = 3;
	cr_expect_not(limiter_failed_login(&limiters[0], "2001:db8::1", "#4.50"));
	cr_expect_not(limiter_failed_login(&limiters[1], "2001:db8::2", "#4.50"));
	cr_expect_not(limiter_is_blacklisted(&limiters[0], "2001:db8::1"));
	cr_expect(limiter_failed_login(&limiters[0], "2001:db8::3", "#4.50"));
	cr_expect(limiter_is_blacklisted(&limiters[0], "2001:db8::4"));
	cr_expect_not(limiter_failed_login(&limiters[1], "2001:db8::3", "#4.50"), "it is told once");
}

Test(limiter, removing_an_address_resets_its_counters)
{
	limits.max_failed_logins = 2;
	limiter_failed_login(&limiters[0], "192.0.2.1", "#4.50");
	limiter_failed_login(&limiters[0], "192.0.2.1", "#4.50");
	limiter_blacklist(&limiters[0], "192.0.2.2", "#4.50");
	cr_expect(limiter_pardon(&limiters[1], "::ffff:192.0.2.1"));
	cr_expect_not(limiter_pardon(&limiters[1], "192.0.2.1"), "it is on it no more");
	cr_expect_not(limiter_is_blacklisted(&limiters[0], "192.0.2.1"));
	cr_expect(limiter_is_blacklisted(&limiters[0], "192.0.2.2"));
	cr_expect_not(limiter_failed_login(&limiters[0], "192.0.2.1", "#4.50"), "the ones before are forgotten");
	cr_expect(limiter_failed_login(&limiters[0], "192.0.2.1", "#4.50"));
}

Test(limiter, clearing_the_blacklist_keeps_other_counters)
{
	limits.max_sessions_per_address = 1;
	limits.max_recipients_per_hour = 1;
	limits.max_failed_logins = 2;
	limiter_enter(&limiters[0], "192.0.2.1");
	limiter_recipient(&limiters[0], "192.0.2.1", true);
	limiter_failed_login(&limiters[0], "192.0.2.3", "#4.50");
	limiter_blacklist(&limiters[0], "192.0.2.9", "#4.50");
	time_now += limits.blacklist_time - 1;
	limiter_blacklist(&limiters[0], "192.0.2.1", "#4.50");
	limiter_blacklist(&limiters[1], "2001:db8::1", "#4.50");
	time_now += 1;
	cr_expect_eq(limiter_pardon_all(&limiters[0]), 2, "the first has been let off by time");
	cr_expect_eq(limiter_pardon_all(&limiters[0]), 0);
	cr_expect_not(limiter_is_blacklisted(&limiters[0], "192.0.2.1"));
	cr_expect_eq(limiter_enter(&limiters[1], "192.0.2.1"), LIMITER_TOO_MANY_HERE);
	cr_expect_not(limiter_failed_login(&limiters[0], "192.0.2.3", "#4.50"));
}

Test(limiter, recipients_are_limited_per_hour)
{
	limits.max_recipients_per_hour = 2;
	cr_expect_not(limiter_recipient(&limiters[0], "192.0.2.1", true));
	cr_expect_not(limiter_recipient(&limiters[1], "192.0.2.1", true));
	cr_expect(limiter_recipient(&limiters[0], "192.0.2.1", true));
	cr_expect_not(limiter_recipient(&limiters[0], "192.0.2.2", true));
	time_now += 60 * 60 * 1000;
	cr_expect_not(limiter_recipient(&limiters[0], "192.0.2.1", true));
}

Test(limiter, recipients_of_a_network_of_64_bits_are_counted_together)
{
	limits.max_recipients_per_hour = 2;
	cr_expect_not(limiter_recipient(&limiters[0], "2001:db8::1", true));
	cr_expect_not(limiter_recipient(&limiters[1], "2001:db8::2", true));
	cr_expect(limiter_recipient(&limiters[0], "2001:db8::3", false));
	cr_expect(limiter_recipient(&limiters[1], "2001:db8::3", true));
	cr_expect_not(limiter_recipient(&limiters[0], "2001:db8:0:1::1", true), "another network");
	cr_expect_not(limiter_recipient(&limiters[0], "192.0.2.1", true));
	cr_expect_not(limiter_recipient(&limiters[0], "::ffff:192.0.2.1", true));
	cr_expect(limiter_recipient(&limiters[0], "192.0.2.1", true), "that was the same address");
}

static bool
is_over(unsigned worker, int64_t account, bool is_first, const char *limit)
{
	const char *over = limiter_account(&limiters[worker], account, NULL, is_first, true);
	return limit == NULL || over == NULL ? over == limit : strcmp(over, limit) == 0;
}

Test(limiter, recipients_of_an_account_are_limited_per_hour_and_day_across_workers)
{
	enum { MINUTE = 60 * 1000 };
	limits.max_recipients_account_hour = 2;
	limits.max_recipients_account_day = 3;
	cr_expect(is_over(0, 1, true, NULL));
	cr_expect(is_over(1, 1, false, NULL));
	cr_expect(is_over(0, 1, true, "max-recipients-per-account-hour"));
	cr_expect(is_over(0, 2, true, NULL), "each account has its own");
	time_now += 60 * MINUTE;
	cr_expect(is_over(1, 1, true, NULL), "what was refused counts neither for the hour nor for the day");
	cr_expect(is_over(0, 1, true, "max-recipients-per-account-day"));
	time_now += 60 * MINUTE;
	cr_expect(is_over(0, 1, true, "max-recipients-per-account-day"));
	time_now += 22 * 60 * MINUTE;
	cr_expect(is_over(0, 1, true, NULL));
}

Test(limiter, limits_are_asked_for_without_being_counted)
{
	const struct account_rates own = { { [RATE_RECIPIENTS_HOUR] = 1 } };
	limits.max_recipients_per_hour = 1;
	for (int i = 0; i < 3; i++) {
		cr_expect_not(limiter_recipient(&limiters[0], "192.0.2.1", false));
		cr_expect_null(limiter_account(&limiters[0], 1, &own, true, false));
	}
	cr_expect_not(limiter_recipient(&limiters[0], "192.0.2.1", true));
	cr_expect(limiter_recipient(&limiters[1], "192.0.2.1", false));
	cr_expect_null(limiter_account(&limiters[0], 1, &own, true, true));
	cr_expect_not_null(limiter_account(&limiters[1], 1, &own, true, false));
}

Test(limiter, an_account_can_have_rates_of_its_own)
{
	const struct account_rates more = { { [RATE_MESSAGES_HOUR] = 3, [RATE_MESSAGES_DAY] = RATE_UNLIMITED } };
	const struct account_rates less = { { [RATE_RECIPIENTS_DAY] = 1 } };
	const struct account_rates server = { { 0 } };
	limits.max_messages_account_hour = 2;
	limits.max_messages_account_day = 2;
	for (int i = 0; i < 3; i++)
		cr_expect_null(limiter_account(&limiters[i % 2], 1, &more, true, true));
	cr_expect_str_eq(limiter_account(&limiters[0], 1, &more, true, true), "max-messages-per-account-hour");
	cr_expect_null(limiter_account(&limiters[0], 1, &more, false, true), "recipients are not limited");
	cr_expect_null(limiter_account(&limiters[0], 2, &less, true, true));
	cr_expect_str_eq(limiter_account(&limiters[1], 2, &less, false, true), "max-recipients-per-account-day");
	cr_expect_null(limiter_account(&limiters[1], 2, &server, true, true), "the server has no limit of recipients");
	cr_expect_str_eq(limiter_account(&limiters[1], 2, &server, true, true), "max-messages-per-account-hour");
}

Test(limiter, messages_of_an_account_are_limited_whatever_their_recipients)
{
	limits.max_messages_account_hour = 2;
	limits.max_messages_account_day = 3;
	cr_expect(is_over(0, 1, true, NULL));
	for (int i = 0; i < 50; i++)
		cr_assert(is_over(0, 1, false, NULL));
	cr_expect(is_over(1, 1, true, NULL));
	cr_expect(is_over(0, 1, true, "max-messages-per-account-hour"));
	cr_expect(is_over(0, 1, false, NULL), "a further recipient of a message that has been counted");
	time_now += 60 * 60 * 1000;
	cr_expect(is_over(0, 1, true, NULL));
	cr_expect(is_over(0, 1, true, "max-messages-per-account-day"));
}

Test(limiter, rates_of_accounts_and_recipients_of_senders_are_counted_apart)
{
	limits.max_recipients_per_hour = 1;
	limits.max_recipients_account_hour = 1;
	cr_expect_not(limiter_account_recipient(&limiters[0], 1, true));
	cr_expect(is_over(0, 1, true, NULL));
	limits.max_recipients_account_hour = 0;
	for (int i = 0; i < 50; i++)
		cr_assert(is_over(0, 1, true, NULL), "0 is no limit");
}

static const struct setting *
find(const char *name)
{
	const struct setting *setting = section_setting(section_find("limits"), name);
	cr_assert_not_null(setting);
	return setting;
}

Test(limits, accept_units)
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
