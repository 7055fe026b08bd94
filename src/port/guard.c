/* What a server lets a client do, whichever of its workers the client meets: limits by address and by account. */
#include "port/guard.h"

#include <string.h>

enum { HOUR = 60 * 60 * 1000 };

static int64_t
now(const struct guard *guard)
{
	return guard->clock->now(guard->clock);
}

/* The sessions of all addresses are counted under a name that no address has. */
static struct counter_key
all_sessions(const struct guard *guard)
{
	return counter_name(guard->counters, COUNTER_SESSIONS, "", 0);
}

void
guard_open(struct guard *guard)
{
	counters_disown(guard->counters, guard->worker);
}

enum guard_verdict
guard_enter(struct guard *guard, const char *address)
{
	struct counter_key all = all_sessions(guard);
	struct counter_key own = counter_address(guard->counters, COUNTER_SESSIONS, address);
	if (counters_enter(guard->counters, &all, guard->worker, now(guard)) > guard->limits->max_sessions) {
		counters_leave(guard->counters, &all, guard->worker);
		return GUARD_TOO_MANY;
	}
	int64_t max = guard->limits->max_sessions_per_address;
	if (counters_enter(guard->counters, &own, guard->worker, now(guard)) <= max || max == 0)
		return GUARD_WELCOME;
	guard_leave(guard, address);
	return GUARD_TOO_MANY_HERE;
}

void
guard_leave(struct guard *guard, const char *address)
{
	struct counter_key all = all_sessions(guard);
	struct counter_key own = counter_address(guard->counters, COUNTER_SESSIONS, address);
	counters_leave(guard->counters, &own, guard->worker);
	counters_leave(guard->counters, &all, guard->worker);
}

bool
guard_is_blacklisted(struct guard *guard, const char *address)
{
	struct counter_key key = counter_address(guard->counters, COUNTER_BLACKLIST, address);
	return counters_read(guard->counters, &key, now(guard)) > 0;
}

bool
guard_blacklist(struct guard *guard, const char *address)
{
	struct counter_key key = counter_address(guard->counters, COUNTER_BLACKLIST, address);
	int64_t time = guard->limits->blacklist_time;
	return time > 0 && counters_mark(guard->counters, &key, time, now(guard));
}

/* One more failed login would bring the address back at once. */
bool
guard_pardon(struct guard *guard, const char *address)
{
	struct counter_key key = counter_address(guard->counters, COUNTER_BLACKLIST, address);
	struct counter_key logins = counter_address(guard->counters, COUNTER_FAILED_LOGINS, address);
	counters_forget(guard->counters, &logins, now(guard));
	return counters_forget(guard->counters, &key, now(guard));
}

size_t
guard_pardon_all(struct guard *guard)
{
	counters_clear(guard->counters, COUNTER_FAILED_LOGINS, now(guard));
	return counters_clear(guard->counters, COUNTER_BLACKLIST, now(guard));
}

bool
guard_recipient(struct guard *guard, const char *sender, size_t len)
{
	struct counter_key key = counter_name(guard->counters, COUNTER_RECIPIENTS, sender, len);
	int64_t max = guard->limits->max_recipients_per_hour;
	return max > 0 && counters_add(guard->counters, &key, 1, HOUR, now(guard)) > max;
}

bool
guard_failed_login(struct guard *guard, const char *address)
{
	struct counter_key key = counter_address(guard->counters, COUNTER_FAILED_LOGINS, address);
	const struct limits *limits = guard->limits;
	if (limits->max_failed_logins == 0 || limits->blacklist_time == 0)
		return false;
	uint32_t failed = counters_add(guard->counters, &key, 1, limits->blacklist_time, now(guard));
	return failed >= limits->max_failed_logins && guard_blacklist(guard, address);
}

void
guard_logged_in(struct guard *guard, const char *account, int64_t delay)
{
	struct counter_key key = counter_name(guard->counters, COUNTER_LOGINS, account, strlen(account));
	if (delay > 0)
		counters_mark(guard->counters, &key, delay, now(guard));
}

bool
guard_is_too_soon(struct guard *guard, const char *account)
{
	struct counter_key key = counter_name(guard->counters, COUNTER_LOGINS, account, strlen(account));
	return counters_read(guard->counters, &key, now(guard)) > 0;
}
