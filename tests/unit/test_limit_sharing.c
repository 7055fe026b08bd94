/* Servers share their counters by a store that is a table in memory. */
#include "port/limit_sharing.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log/log.h"
#include "config/section.h"
#include "port/counters_internal.h"

enum { SERVERS = 4, ROWS = 20000, MOST = 32, HOUR = 60 * 60 * 1000 };

static int64_t time_now;

static int64_t
tell_time(struct clock *clock)
{
	(void)clock;
	return time_now;
}

static struct clock steady = { .now = tell_time };
static struct limits limits;

/* The store: what each server has counted, and marks in the order in which they were set. */
static struct {
	struct shared_store store;
	struct {
		char name[SHARED_NAME_SIZE];
		int64_t server;
		uint32_t count;
	} rows[ROWS];
	size_t row_count;
	struct {
		struct shared_mark mark;
		int64_t server;
	} marks[ROWS];
	size_t mark_count;
	bool away;
	bool more;               /* there is another page of news */
	void (*meanwhile)(void); /* is called before an exchange ends */
} store;

static struct server {
	struct counters *counters;
	struct limiter limiter;
	struct limit_sharing sharing;
} servers[SERVERS];

static void
add_row(const struct shared_exchange *exchange, const struct shared_count *count)
{
	for (size_t i = 0; i < store.row_count; i++) {
		if (store.rows[i].server == exchange->server && strcmp(store.rows[i].name, count->name) == 0) {
			store.rows[i].count = count->count;
			return;
		}
	}
	cr_assert_lt(store.row_count, ROWS);
	store.rows[store.row_count].server = exchange->server;
	store.rows[store.row_count].count = count->count;
	memcpy(store.rows[store.row_count++].name, count->name, SHARED_NAME_SIZE);
}

static void
sum_up(const struct shared_exchange *exchange, struct shared_count *count)
{
	for (size_t i = 0; i < store.row_count; i++)
		if (store.rows[i].server != exchange->server && strcmp(store.rows[i].name, count->name) == 0)
			count->others += store.rows[i].count;
	count->others_left = HOUR;
}

static void
exchange_marks(struct shared_exchange *exchange)
{
	for (size_t i = 0; i < exchange->mark_count; i++) {
		store.marks[store.mark_count].mark = exchange->marks[i];
		store.marks[store.mark_count++].server = exchange->server;
	}
	exchange->restarted = exchange->position.generation > (int64_t)store.mark_count;
	if (exchange->restarted) {
		exchange->position.generation = 0;
		return;
	}
	for (size_t i = (size_t)exchange->position.generation; i < store.mark_count; i++)
		if (store.marks[i].server != exchange->server)
			exchange->news[exchange->news_count++] = store.marks[i].mark;
	exchange->position.generation = (int64_t)store.mark_count;
}

static void
exchange_all(struct shared_store *base, struct shared_exchange *exchange)
{
	(void)base;
	if (store.away) {
		exchange->done(exchange, false);
		return;
	}
	for (size_t i = 0; i < exchange->count; i++)
		add_row(exchange, &exchange->counts[i]);
	for (size_t i = 0; i < exchange->count; i++)
		sum_up(exchange, &exchange->counts[i]);
	exchange_marks(exchange);
	exchange->more = store.more;
	if (store.meanwhile != NULL)
		store.meanwhile();
	exchange->done(exchange, true);
}

static const char *
trouble(const struct shared_store *base)
{
	(void)base;
	return "it is away";
}

static const struct shared_store_ops ops = { .exchange = exchange_all, .trouble = trouble };

static void
open_servers(void)
{
	limits = limits_standard();
	limits.max_recipients_per_hour = MOST;
	time_now = 1000;
	store.store.ops = &ops;
	log_open(open("/dev/null", O_WRONLY), NULL);
	for (unsigned i = 0; i < SERVERS; i++) {
		struct server *server = &servers[i];
		server->counters = counters_new(ROWS);
		cr_assert_not_null(server->counters);
		counters_share(server->counters);
		server->limiter = (struct limiter) { server->counters, &steady, &limits, 0 };
		limit_sharing_open(&server->sharing, &server->limiter, &store.store, "smtp");
	}
}

static void
close_servers(void)
{
	for (unsigned i = 0; i < SERVERS; i++)
		counters_free(servers[i].counters);
}

TestSuite(limit_sharing, .init = open_servers, .fini = close_servers);

static void
exchange(unsigned server)
{
	limit_sharing_begin(&servers[server].sharing);
	time_now += 1;
}

static void
exchange_everywhere(void)
{
	for (unsigned i = 0; i < SERVERS; i++)
		exchange(i);
}

/* Names recipients at a server, and returns how many it accepts. */
static unsigned
name(unsigned server, const char *client, unsigned recipients)
{
	unsigned accepted = 0;
	for (; recipients > 0; recipients--)
		accepted += !limiter_recipient(&servers[server].limiter, client, false) &&
		    !limiter_recipient(&servers[server].limiter, client, true);
	return accepted;
}

Test(limit_sharing, limit_is_overrun_by_what_the_other_servers_count_between_two_exchanges_at_most)
{
	for (unsigned burst = 1; burst <= MOST; burst++) {
		char client[16];
		unsigned total = 0, accepted;
		snprintf(client, sizeof client, "192.0.2.%u", burst);
		do {
			accepted = 0;
			for (unsigned i = 0; i < SERVERS; i++)
				accepted += name(i, client, burst);
			exchange_everywhere();
			total += accepted;
		} while (accepted > 0);
		cr_expect_geq(total, MOST);
		cr_expect_leq(total, MOST + (SERVERS - 1) * burst, "%u of a burst of %u", total, burst);
		cr_expect_eq(name(0, client, 1), 0);
	}
}

Test(limit_sharing, servers_used_in_turn_overrun_by_a_sixteenth_and_what_they_count_until_an_answer)
{
	limits.max_recipients_per_hour = 1000;
	unsigned part = 1000 / LIMITER_SHARED_PART - 1;
	for (unsigned burst = 1; burst <= part; burst += 20) {
		char client[16];
		snprintf(client, sizeof client, "192.0.2.%u", burst);
		unsigned total = name(0, client, 2000);
		exchange_everywhere();
		for (unsigned i = 1; i < SERVERS; i++) {
			total += name(i, client, part);
			exchange(i);
			total += name(i, client, burst);
			exchange(i);
			cr_expect_eq(name(i, client, 1), 0);
		}
		cr_expect_eq(total, 1000 + (SERVERS - 1) * (part + burst));
	}
}

/* The others exchange just before the server that was flooded, so that they learn of it one exchange later. */
Test(limit_sharing, flood_elsewhere_is_known_after_two_exchanges)
{
	limits.max_recipients_per_hour = 1000;
	const unsigned part = 1000 / LIMITER_SHARED_PART - 1, burst = 20;
	unsigned others = 0;
	for (unsigned i = 1; i < SERVERS; i++) {
		others += name(i, "192.0.2.1", part);
		exchange(i);
	}
	cr_expect_eq(name(0, "192.0.2.1", 2000), 1000);
	for (unsigned i = 1; i < SERVERS; i++) {
		others += name(i, "192.0.2.1", burst);
		exchange(i);
	}
	exchange(0);
	for (unsigned i = 1; i < SERVERS; i++) {
		others += name(i, "192.0.2.1", burst);
		exchange(i);
	}
	cr_expect_eq(others, (SERVERS - 1) * (part + 2 * burst));
	for (unsigned i = 0; i < SERVERS; i++)
		cr_expect_eq(name(i, "192.0.2.1", 1), 0);
}

Test(limit_sharing, server_that_was_idle_learns_the_sum_by_its_first_exchange)
{
	cr_expect_eq(name(0, "192.0.2.1", MOST), MOST);
	exchange(0);
	cr_expect_eq(name(1, "192.0.2.1", 2), 2);
	exchange(1);
	cr_expect_eq(name(1, "192.0.2.1", 1), 0);
}

Test(limit_sharing, counters_far_from_their_limit_are_not_sent)
{
	for (unsigned i = 0; i < 100; i++) {
		char client[32];
		snprintf(client, sizeof client, "2001:db8:0:%x::1", i);
		name(0, client, MOST / LIMITER_SHARED_PART - 1);
	}
	exchange(0);
	cr_expect_eq(store.row_count, 0);
	name(0, "2001:db8:0:7::2", 1);
	exchange(0);
	cr_expect_eq(store.row_count, 1);
	cr_expect_str_eq(store.rows[0].name, "smtp recipients 2001:db8:0:7::/64");
	cr_expect_eq(store.rows[0].count, MOST / LIMITER_SHARED_PART);
}

Test(limit_sharing, flood_of_networks_adds_a_bounded_number_of_rows_and_the_hottest_first)
{
	for (unsigned i = 0; i < 5000; i++) {
		char client[32];
		snprintf(client, sizeof client, "2001:db8:0:%x::1", i);
		name(0, client, 3);
	}
	name(0, "192.0.2.1", MOST);
	for (unsigned round = 1; round <= 10; round++) {
		exchange(0);
		cr_expect_leq(store.row_count, round * SHARED_FRESH_MAX);
		cr_expect_leq(servers[0].sharing.exchange.count, SHARED_MAX);
	}
	cr_expect_gt(store.row_count, 9 * SHARED_FRESH_MAX);
	bool hottest = false;
	for (size_t i = 0; i < store.row_count; i++)
		hottest = hottest || strcmp(store.rows[i].name, "smtp recipients 192.0.2.1") == 0;
	cr_expect(hottest);
}

Test(limit_sharing, each_server_counts_for_itself_while_the_store_is_away_and_nothing_is_lost)
{
	store.away = true;
	for (unsigned i = 0; i < SERVERS; i++)
		cr_expect_eq(name(i, "192.0.2.1", MOST + 1), MOST);
	for (unsigned round = 0; round < 10; round++)
		exchange_everywhere();
	cr_expect_eq(servers[0].sharing.pause, SHARING_PAUSE_MAX);
	store.away = false;
	exchange_everywhere();
	cr_expect_eq(servers[0].sharing.pause, SHARING_PAUSE);
	cr_expect_eq(store.row_count, SERVERS);
	for (unsigned i = 0; i < SERVERS; i++)
		cr_expect_eq(store.rows[i].count, MOST);
}

Test(limit_sharing, store_that_goes_away_between_two_pages_of_news_is_asked_after_a_pause)
{
	store.more = true;
	exchange(0);
	cr_expect_eq(servers[0].sharing.pause, 0, "the next page is asked at once");
	store.away = true;
	exchange(0);
	cr_expect_eq(servers[0].sharing.pause, 2 * SHARING_PAUSE);
	exchange(0);
	cr_expect_eq(servers[0].sharing.pause, 4 * SHARING_PAUSE);
}

Test(limit_sharing, process_in_place_of_one_that_ended_during_an_exchange_sends_its_entries)
{
	static struct counter_shared entries[SHARED_MAX];
	name(0, "192.0.2.1", MOST);
	cr_expect_eq(counters_collect(servers[0].counters, entries, time_now), 1);
	exchange(0);
	cr_expect_eq(store.row_count, 0);
	limit_sharing_open(&servers[0].sharing, &servers[0].limiter, &store.store, "smtp");
	exchange(0);
	cr_expect_eq(store.row_count, 1);
}

Test(limit_sharing, hours_are_forgotten)
{
	name(0, "192.0.2.1", MOST);
	name(1, "192.0.2.1", 2);
	exchange_everywhere();
	exchange_everywhere();
	cr_expect_eq(name(1, "192.0.2.1", 1), 0);
	time_now += HOUR;
	cr_expect_eq(name(1, "192.0.2.1", 1), 1);
}

Test(limit_sharing, failed_logins_at_several_servers_blacklist_everywhere)
{
	limits.max_failed_logins = SERVERS;
	for (unsigned i = 0; i < SERVERS; i++) {
		limiter_failed_login(&servers[i].limiter, "2001:db8::1", "#4.50");
		exchange(i);
	}
	cr_expect(limiter_is_blacklisted(&servers[SERVERS - 1].limiter, "2001:db8::1"));
	exchange_everywhere();
	exchange_everywhere();
	for (unsigned i = 0; i < SERVERS; i++)
		cr_expect(limiter_is_blacklisted(&servers[i].limiter, "2001:db8::2"), "%u", i);
	cr_expect_eq(store.mark_count, 1, "what was learned is not sent again");
}

Test(limit_sharing, pardon_holds_everywhere_and_forgets_failed_logins)
{
	limits.max_failed_logins = 2;
	for (unsigned i = 0; i < 2; i++)
		limiter_failed_login(&servers[i].limiter, "192.0.2.1", "#4.50");
	exchange_everywhere();
	exchange_everywhere();
	cr_expect(limiter_is_blacklisted(&servers[3].limiter, "192.0.2.1"));
	limiter_pardon(&servers[3].limiter, "192.0.2.1");
	exchange(3);
	exchange_everywhere();
	exchange_everywhere();
	for (unsigned i = 0; i < SERVERS; i++) {
		cr_expect_not(limiter_is_blacklisted(&servers[i].limiter, "192.0.2.1"), "%u", i);
		cr_expect_not(limiter_failed_login(&servers[i].limiter, "192.0.2.1", "#4.50"), "%u", i);
		limiter_pardon(&servers[i].limiter, "192.0.2.1");
		exchange_everywhere();
		exchange_everywhere();
	}
	for (size_t i = 0; i < store.row_count; i++)
		cr_expect_eq(store.rows[i].count, 0);
}

static void
pardon(void)
{
	limiter_pardon(&servers[0].limiter, "192.0.2.1");
}

static void
begin_another_hour(void)
{
	time_now += HOUR;
	name(0, "192.0.2.1", 3);
}

/* The only row of a counter after an exchange during which it is changed, and another one. */
static uint32_t
changed_meanwhile(void (*change)(void))
{
	store.meanwhile = change;
	exchange(0);
	store.meanwhile = NULL;
	exchange(0);
	cr_assert_eq(store.row_count, 1);
	return store.rows[0].count;
}

Test(limit_sharing, counter_that_is_forgotten_while_it_is_sent_is_forgotten_by_others)
{
	limits.max_failed_logins = 2;
	limiter_failed_login(&servers[0].limiter, "192.0.2.1", "#4.50");
	cr_expect_eq(changed_meanwhile(pardon), 0);
}

Test(limit_sharing, counter_that_begins_anew_while_it_is_sent_is_sent_anew)
{
	name(0, "192.0.2.1", MOST);
	cr_expect_eq(changed_meanwhile(begin_another_hour), 3);
}

Test(limit_sharing, pardon_that_is_read_again_takes_nothing_away)
{
	limiter_pardon_all(&servers[1].limiter);
	exchange(1);
	exchange(0);
	limiter_blacklist(&servers[0].limiter, "192.0.2.1", "#4.29");
	exchange(0);
	limit_sharing_open(&servers[0].sharing, &servers[0].limiter, &store.store, "smtp");
	exchange(0);
	cr_expect(limiter_is_blacklisted(&servers[0].limiter, "192.0.2.1"), "by a process in place of another");
	servers[0].sharing.rereads = false;
	servers[0].sharing.exchange.position.generation = ROWS;
	exchange(0);
	exchange(0);
	cr_expect(limiter_is_blacklisted(&servers[0].limiter, "192.0.2.1"), "from a store that has gone back");
	limiter_pardon_all(&servers[1].limiter);
	exchange(1);
	exchange(0);
	cr_expect_not(limiter_is_blacklisted(&servers[0].limiter, "192.0.2.1"), "it is a new one");
}

Test(limit_sharing, address_that_is_blacklisted_after_a_pardon_remains_so)
{
	limiter_blacklist(&servers[0].limiter, "192.0.2.1", "#4.29");
	exchange_everywhere();
	limiter_pardon_all(&servers[0].limiter);
	exchange_everywhere();
	limiter_blacklist(&servers[0].limiter, "192.0.2.1", "#4.29");
	exchange_everywhere();
	exchange_everywhere();
	for (unsigned i = 0; i < SERVERS; i++)
		cr_expect(limiter_is_blacklisted(&servers[i].limiter, "192.0.2.1"), "%u", i);
}

static void
count_mark(void *context, const struct counter_note *note, int64_t left)
{
	(void)note;
	(void)left;
	++*(unsigned *)context;
}

Test(limit_sharing, marks_that_no_server_writes_are_not_taken)
{
	static const struct counter_note hostile[] = {
		{ "192.0.2.1\nend", "#4.29" },
		{ "somebody", "#4.29" },
		{ "", "#4.29" },
		{ "*", "#4.29" },
		{ "192.0.2.1", "4.29" },
		{ "192.0.2.1", "#4\n29" },
		{ "192.0.2.1", "#x" },
	};
	unsigned marks = 0;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
		limiter_learn(&servers[0].limiter, &hostile[i], HOUR);
	limiter_blacklisted(&servers[0].limiter, 0, 100, count_mark, &marks);
	cr_expect_eq(marks, 0);
}

static void
keep_address(void *context, const struct counter_note *note, int64_t left)
{
	(void)left;
	snprintf(context, sizeof note->address, "%s", note->address);
}

Test(limit_sharing, mark_is_kept_by_its_network_alone)
{
	char address[sizeof(struct counter_note)] = "";
	limiter_learn(&servers[0].limiter, &(struct counter_note) { "192.0.2.1/\x1b[31m\xc3", "#4.29" }, HOUR);
	limiter_blacklisted(&servers[0].limiter, 0, 100, keep_address, address);
	cr_expect_str_eq(address, "192.0.2.1");
}

Test(limit_sharing, mark_lasts_no_longer_than_one_of_this_server)
{
	const struct counter_note note = { "192.0.2.1", "#4.29" };
	limiter_learn(&servers[0].limiter, &note, INT64_MAX);
	cr_expect(limiter_is_blacklisted(&servers[0].limiter, "192.0.2.1"));
	time_now += limits.blacklist_time;
	cr_expect_not(limiter_is_blacklisted(&servers[0].limiter, "192.0.2.1"));
}

Test(limit_sharing, table_takes_memory_for_what_is_used)
{
	struct counters *counters = counters_new(1 << 18);
	static unsigned char pages[1 << 14];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), resident = 0;
	const struct counter_key key = counter_address(counters, COUNTER_RECIPIENTS, "192.0.2.1");
	cr_assert_leq(counters->size / page, sizeof pages);
	counters_add(counters, &key, 1, HOUR, 1);
	counters_disown(counters, 0);
	counters_clear(counters, COUNTER_BLACKLIST, 1);
	cr_assert_eq(mincore(counters, counters->size, pages), 0);
	for (size_t i = 0; i < (counters->size + page - 1) / page; i++)
		resident += pages[i] & 1;
	cr_expect_lt(resident, 32, "%zu pages", resident);
	counters_free(counters);
}
