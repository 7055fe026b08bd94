/* Limits by address and by account that hold for all workers of a server together. */
#include "port/limiter.h"

#include <stdio.h>
#include <string.h>

#include "base/address/network.h"
#include "port/counters_share.h"

enum { HOUR = 60 * 60 * 1000, DAY = 24 * HOUR };

/* The rates of an account, its own or the server's. A key is the name of the rate with the number of the account. */
static const struct rate {
	const char *name;
	const char *short_name; /* for other servers */
	size_t limit;           /* offset in struct limits */
	int64_t period;
	bool of_messages;
} rates_of[ACCOUNT_RATES] = {
	[RATE_MESSAGES_HOUR] = { "max-messages-per-account-hour", "messages-hour",
	    offsetof(struct limits, max_messages_account_hour), HOUR, true },
	[RATE_MESSAGES_DAY] = { "max-messages-per-account-day", "messages-day",
	    offsetof(struct limits, max_messages_account_day), DAY, true },
	[RATE_RECIPIENTS_HOUR] = { "max-recipients-per-account-hour", "recipients-hour",
	    offsetof(struct limits, max_recipients_account_hour), HOUR, false },
	[RATE_RECIPIENTS_DAY] = { "max-recipients-per-account-day", "recipients-day",
	    offsetof(struct limits, max_recipients_account_day), DAY, false },
};

static int64_t
now(const struct limiter *limiter)
{
	return limiter->clock->now(limiter->clock);
}

/* The key of the sessions of all addresses is a name that is no address. */
static struct counter_key
all_sessions(const struct limiter *limiter)
{
	return counter_name(limiter->counters, COUNTER_SESSIONS, "", 0);
}

void
limiter_open(struct limiter *limiter)
{
	counters_disown(limiter->counters, limiter->worker);
}

uint64_t
limiter_key(const struct limiter *limiter, const char *address)
{
	return counter_address(limiter->counters, COUNTER_SESSIONS, address).digest[0];
}

enum limiter_verdict
limiter_enter(struct limiter *limiter, const char *address)
{
	struct counter_key all = all_sessions(limiter);
	struct counter_key own = counter_address(limiter->counters, COUNTER_SESSIONS, address);
	if (counters_enter(limiter->counters, &all, limiter->worker, now(limiter)) > limiter->limits->max_sessions) {
		counters_leave(limiter->counters, &all, limiter->worker);
		return LIMITER_TOO_MANY;
	}
	int64_t max = limiter->limits->max_sessions_per_address;
	if (counters_enter(limiter->counters, &own, limiter->worker, now(limiter)) <= max || max == 0)
		return LIMITER_WELCOME;
	limiter_leave(limiter, address);
	return LIMITER_TOO_MANY_HERE;
}

void
limiter_leave(struct limiter *limiter, const char *address)
{
	struct counter_key all = all_sessions(limiter);
	struct counter_key own = counter_address(limiter->counters, COUNTER_SESSIONS, address);
	counters_leave(limiter->counters, &own, limiter->worker);
	counters_leave(limiter->counters, &all, limiter->worker);
}

bool
limiter_is_blacklisted(struct limiter *limiter, const char *address)
{
	struct counter_key key = counter_address(limiter->counters, COUNTER_BLACKLIST, address);
	return counters_read(limiter->counters, &key, now(limiter)) > 0;
}

/* As clients are counted: an IPv6 client by its network. */
static struct counter_note
note_of(const char *address, const char *cause)
{
	struct counter_note note = { .cause = "" };
	struct network network;
	char text[NETWORK_TEXT_SIZE] = "";
	if (network_parse_address(&network, address)) {
		network_widen(&network, network_is_ipv4(&network) ? NETWORK_BITS : 64);
		network_write(text, &network);
	}
	snprintf(note.address, sizeof note.address, "%.39s", *text == '\0' ? address : text);
	snprintf(note.cause, sizeof note.cause, "%.7s", cause);
	return note;
}

size_t
limiter_blacklisted(struct limiter *limiter, size_t skipped, size_t most,
    void (*call)(void *context, const struct counter_note *note, int64_t left), void *context)
{
	return counters_each(limiter->counters, COUNTER_BLACKLIST, skipped, most, call, context, now(limiter));
}

bool
limiter_blacklist(struct limiter *limiter, const char *address, const char *cause)
{
	const struct counter_note note = note_of(address, cause);
	struct counter_key key = counter_address(limiter->counters, COUNTER_BLACKLIST, address);
	int64_t time = limiter->limits->blacklist_time;
	return time > 0 && counters_mark(limiter->counters, &key, time, &note, now(limiter));
}

/* Shares the change with other servers. */
static void
spread_pardon(struct limiter *limiter, const char *address)
{
	const struct counter_note note = note_of(address, "");
	struct counter_key key = counter_name(limiter->counters, COUNTER_PARDONS, note.address, strlen(note.address));
	if (!counters_is_shared(limiter->counters))
		return;
	counters_forget(limiter->counters, &key, now(limiter));
	counters_mark(limiter->counters, &key, limiter->limits->blacklist_time, &note, now(limiter));
}

/* One more failed login would bring the address back at once. */
static bool
forget(struct limiter *limiter, const char *address)
{
	struct counter_key key = counter_address(limiter->counters, COUNTER_BLACKLIST, address);
	struct counter_key logins = counter_address(limiter->counters, COUNTER_FAILED_LOGINS, address);
	counters_forget(limiter->counters, &logins, now(limiter));
	return counters_forget(limiter->counters, &key, now(limiter));
}

static size_t
forget_all(struct limiter *limiter)
{
	counters_clear(limiter->counters, COUNTER_FAILED_LOGINS, now(limiter));
	return counters_clear(limiter->counters, COUNTER_BLACKLIST, now(limiter));
}

bool
limiter_pardon(struct limiter *limiter, const char *address)
{
	spread_pardon(limiter, address);
	return forget(limiter, address);
}

size_t
limiter_pardon_all(struct limiter *limiter)
{
	spread_pardon(limiter, LIMITER_ALL);
	return forget_all(limiter);
}

/* The database is not trusted: another program may have written the address. */
static bool
is_reference(const char *cause)
{
	return cause[0] == '#' && strspn(cause + 1, "0123456789.") == strlen(cause + 1);
}

/* The text of an address in a note, without the bits of a network. */
static void
address_of(char address[sizeof((struct counter_note *)NULL)->address], const struct counter_note *note)
{
	snprintf(address, sizeof note->address, "%.*s", (int)strcspn(note->address, "/"), note->address);
}

bool
limiter_learn_logins(struct limiter *limiter, const struct counter_note *note, uint64_t failed)
{
	char address[sizeof note->address];
	int64_t most = limiter->limits->max_failed_logins;
	address_of(address, note);
	return most > 0 && failed >= (uint64_t)most && limiter_blacklist(limiter, address, note->cause);
}

void
limiter_learn(struct limiter *limiter, const struct counter_note *note, int64_t left)
{
	struct network network;
	char address[sizeof note->address];
	int64_t most = limiter->limits->blacklist_time;
	address_of(address, note);
	struct counter_key key = counter_address(limiter->counters, COUNTER_BLACKLIST, address);
	if (strcmp(address, LIMITER_ALL) == 0 && note->cause[0] == '\0')
		forget_all(limiter);
	else if (!network_parse_address(&network, address))
		return;
	else if (note->cause[0] == '\0')
		forget(limiter, address);
	else if (is_reference(note->cause) && left > 0 && most > 0) {
		const struct counter_note learnt = note_of(address, note->cause);
		counters_learn(limiter->counters, &key, left < most ? left : most, &learnt, now(limiter));
	}
}

/* The name of a counter for other servers, if there are any. */
static struct counter_note
shared_note(const struct limiter *limiter, const char *address, const char *cause)
{
	return counters_is_shared(limiter->counters) ? note_of(address, cause) : (struct counter_note) { .cause = "" };
}

/* Shares a counter only from a part of its limit on: small counters are many, and would load all servers. */
static uint32_t
count_one(struct limiter *limiter, const struct counter_key *key, const struct counter_note *note, int64_t most,
    int64_t lifetime)
{
	int64_t from = most / LIMITER_SHARED_PART;
	const struct counter_share share = { .note = *note, .from = from > 1 ? (uint32_t)from : 1 };
	bool shared = counters_is_shared(limiter->counters);
	return counters_add_shared(limiter->counters, key, 1, lifetime, shared ? &share : NULL, now(limiter));
}

static bool
is_over_hour(struct limiter *limiter, const struct counter_key *key, const struct counter_note *note, bool count)
{
	int64_t max = limiter->limits->max_recipients_per_hour;
	if (max == 0)
		return false;
	return count ? count_one(limiter, key, note, max, HOUR) > max
	             : counters_read(limiter->counters, key, now(limiter)) >= max;
}

bool
limiter_recipient(struct limiter *limiter, const char *address, bool count)
{
	const struct counter_key key = counter_address(limiter->counters, COUNTER_RECIPIENTS, address);
	const struct counter_note note = shared_note(limiter, address, "");
	return is_over_hour(limiter, &key, &note, count);
}

static struct counter_note
account_note(const char *limit, int64_t account)
{
	struct counter_note note = { .cause = "" };
	snprintf(note.address, sizeof note.address, "%.18s %lld", limit, (long long)account);
	return note;
}

static struct counter_key
account_key(const struct limiter *limiter, const struct counter_note *note)
{
	return counter_name(limiter->counters, COUNTER_RATES, note->address, strlen(note->address));
}

bool
limiter_account_recipient(struct limiter *limiter, int64_t account, bool count)
{
	const struct counter_note note = account_note("recipients", account);
	const struct counter_key key = account_key(limiter, &note);
	return is_over_hour(limiter, &key, &note, count);
}

/* 0: nothing is counted. */
static int64_t
most_of(const struct limiter *limiter, const struct account_rates *rates, size_t i, bool is_first)
{
	const void *limit = (const char *)limiter->limits + rates_of[i].limit;
	int64_t own = rates != NULL ? rates->most[i] : 0;
	if ((rates_of[i].of_messages && !is_first) || own == RATE_UNLIMITED)
		return 0;
	return own > 0 ? own : *(const int64_t *)limit;
}

/* Of two workers that count the last one at the same time, one is over the limit: the second pass finds that. */
const char *
limiter_account(struct limiter *limiter, int64_t account, const struct account_rates *rates, bool is_first, bool count)
{
	const char *over = NULL;
	for (size_t i = 0; i < ACCOUNT_RATES; i++) {
		const struct counter_note note = account_note(rates_of[i].short_name, account);
		struct counter_key key = account_key(limiter, &note);
		int64_t most = most_of(limiter, rates, i, is_first);
		if (most > 0 && counters_read(limiter->counters, &key, now(limiter)) >= most)
			return rates_of[i].name;
	}
	for (size_t i = 0; i < ACCOUNT_RATES && count; i++) {
		const struct counter_note note = account_note(rates_of[i].short_name, account);
		struct counter_key key = account_key(limiter, &note);
		int64_t most = most_of(limiter, rates, i, is_first);
		if (most > 0 && count_one(limiter, &key, &note, most, rates_of[i].period) > most)
			over = rates_of[i].name;
	}
	return over;
}

bool
limiter_failed_login(struct limiter *limiter, const char *address, const char *cause)
{
	struct counter_key key = counter_address(limiter->counters, COUNTER_FAILED_LOGINS, address);
	const struct limits *limits = limiter->limits;
	if (limits->max_failed_logins == 0 || limits->blacklist_time == 0)
		return false;
	const struct counter_note note = shared_note(limiter, address, cause);
	uint32_t failed = count_one(limiter, &key, &note, limits->max_failed_logins, limits->blacklist_time);
	return failed >= limits->max_failed_logins && limiter_blacklist(limiter, address, cause);
}

void
limiter_logged_in(struct limiter *limiter, const char *account, int64_t delay)
{
	struct counter_key key = counter_name(limiter->counters, COUNTER_LOGINS, account, strlen(account));
	if (delay > 0)
		counters_mark(limiter->counters, &key, delay, NULL, now(limiter));
}

bool
limiter_is_too_soon(struct limiter *limiter, const char *account)
{
	struct counter_key key = counter_name(limiter->counters, COUNTER_LOGINS, account, strlen(account));
	return counters_read(limiter->counters, &key, now(limiter)) > 0;
}
