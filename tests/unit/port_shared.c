/* The state that servers share: counts, marks and leases, and the removal of expired rows. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/shared_store.h"
#include "support/ask_directory.h"
#include "support/backend.h"

enum { SERVERS = 3, MINUTE = 60 * 1000 };

static struct shared_store *stores[SERVERS];
static struct shared_exchange exchanges[SERVERS];

static void
open_all(void)
{
	backend_make();
	for (int i = 0; i < SERVERS; i++)
		stores[i] = backend_shared();
}

static void
close_all(void)
{
	for (int i = 0; i < SERVERS; i++)
		backend_close_shared(stores[i]);
	backend_remove();
}

TestSuite(shared, .init = open_all, .fini = close_all);

static int answers;
static bool last;

static void
exchanged(struct shared_exchange *exchange, bool ok)
{
	(void)exchange;
	answers++;
	last = ok;
}

static void
leased(struct shared_lease *lease, bool held)
{
	(void)lease;
	answers++;
	last = held;
}

static void
purged(struct shared_purge *purge, bool ok)
{
	(void)purge;
	answers++;
	last = ok;
}

static bool
wait_for_answer(void)
{
	while (answers == 0)
		ask_turn();
	cr_assert_eq(answers, 1);
	answers = 0;
	return last;
}

/* Exchanges one count of a server; returns that of the others. */
static uint32_t
count(int server, const char *name, uint32_t count, int64_t stamp)
{
	struct shared_exchange *exchange = &exchanges[server];
	exchange->done = exchanged;
	exchange->service = "smtp";
	exchange->server = server + 1;
	exchange->stamp = stamp;
	exchange->mark_count = exchange->news_count = 0;
	exchange->count = name != NULL;
	exchange->counts[0] = (struct shared_count) { .count = count, .left = MINUTE };
	if (name != NULL)
		snprintf(exchange->counts[0].name, SHARED_NAME_SIZE, "%s", name);
	stores[server]->ops->exchange(stores[server], exchange);
	cr_assert(wait_for_answer(), "%s", stores[server]->ops->trouble(stores[server]));
	return exchange->counts[0].others;
}

static size_t
mark(int server, const char *address, const char *cause)
{
	struct shared_exchange *exchange = &exchanges[server];
	exchange->done = exchanged;
	exchange->service = "smtp";
	exchange->server = server + 1;
	exchange->stamp++;
	exchange->count = exchange->news_count = 0;
	exchange->mark_count = address != NULL;
	exchange->marks[0] = (struct shared_mark) { .left = MINUTE };
	if (address != NULL) {
		snprintf(exchange->marks[0].note.address, sizeof exchange->marks[0].note.address, "%s", address);
		snprintf(exchange->marks[0].note.cause, sizeof exchange->marks[0].note.cause, "%s", cause);
	}
	stores[server]->ops->exchange(stores[server], exchange);
	cr_assert(wait_for_answer(), "%s", stores[server]->ops->trouble(stores[server]));
	return exchange->news_count;
}

Test(shared, sum_is_that_of_the_other_servers)
{
	cr_expect_eq(count(0, "smtp a", 3, 1), 0);
	cr_expect_eq(count(1, "smtp a", 4, 1), 3);
	cr_expect_eq(count(2, "smtp a", 5, 1), 7);
	cr_expect_eq(count(0, "smtp a", 3, 2), 9);
	cr_expect_eq(count(0, "smtp b", 1, 3), 0);
	cr_expect_gt(exchanges[2].counts[0].others_left, MINUTE / 2);
	cr_expect_leq(exchanges[2].counts[0].others_left, MINUTE);
}

Test(shared, statement_that_is_repeated_or_late_changes_nothing)
{
	count(0, "smtp a", 3, 7);
	count(0, "smtp a", 3, 7);
	count(0, "smtp a", 2, 6);
	cr_expect_eq(count(1, "smtp a", 1, 1), 3);
	count(0, "smtp a", 0, 8);
	cr_expect_eq(count(1, "smtp a", 1, 2), 0);
}

Test(shared, expired_counts_are_no_part_of_a_sum)
{
	count(0, "smtp a", 3, 1);
	backend_sql("UPDATE limit_counts SET until = until - 60001");
	cr_expect_eq(count(1, "smtp a", 1, 1), 0);
	count(0, "smtp a", 2, 2);
	cr_expect_eq(count(1, "smtp a", 1, 2), 2);
}

Test(shared, names_with_any_octets_are_kept_apart)
{
	count(0, "smtp \"quoted\" \\ {a,b}", 3, 1);
	cr_expect_eq(count(1, "smtp \"quoted\" \\ {a,b}", 1, 1), 3);
	cr_expect_eq(count(1, "smtp \"quoted\" \\ {a,c}", 1, 1), 0);
}

Test(shared, marks_are_news_to_the_others_once)
{
	cr_expect_eq(mark(0, "192.0.2.1", "#4.29"), 0, "its own");
	cr_expect_eq(mark(1, "192.0.2.2", "#4.50"), 1);
	cr_expect_str_eq(exchanges[1].news[0].note.address, "192.0.2.1");
	cr_expect_str_eq(exchanges[1].news[0].note.cause, "#4.29");
	cr_expect_gt(exchanges[1].news[0].left, MINUTE / 2);
	cr_expect_eq(mark(1, NULL, NULL), 0);
	cr_expect_eq(mark(0, NULL, NULL), 1);
	cr_expect_eq(mark(2, NULL, NULL), 2);
	cr_expect_eq(mark(0, "192.0.2.1", ""), 0);
	cr_expect_eq(mark(2, NULL, NULL), 1);
	cr_expect_str_eq(exchanges[2].news[0].note.cause, "");
}

Test(shared, news_of_an_exchange_that_has_failed_come_with_the_next_one)
{
	struct shared_exchange *exchange = &exchanges[0];
	backend_sql("ALTER TABLE limit_marks ADD CHECK (cause <> '#9.99')");
	mark(1, "192.0.2.1", "#4.29");
	mark(0, NULL, NULL);
	mark(1, "192.0.2.2", "#4.29");
	exchange->mark_count = 1;
	exchange->marks[0] = (struct shared_mark) { .note = { "192.0.2.3", "#9.99" }, .left = MINUTE };
	exchange->news_count = 0;
	stores[0]->ops->exchange(stores[0], exchange);
	cr_assert_not(wait_for_answer(), "it is refused");
	cr_expect_eq(mark(0, NULL, NULL), 1);
	cr_expect_str_eq(exchange->news[0].note.address, "192.0.2.2");
}

Test(shared, mark_that_is_late_changes_nothing)
{
	mark(0, "192.0.2.1", "#4.29");
	mark(0, "192.0.2.1", "");
	exchanges[0].stamp -= 2;
	mark(0, "192.0.2.1", "#4.29");
	cr_expect_eq(mark(1, NULL, NULL), 1);
	cr_expect_str_eq(exchanges[1].news[0].note.cause, "");
	exchanges[1].stamp = -1;
	mark(1, "192.0.2.1", "#4.50");
	cr_expect_eq(mark(2, NULL, NULL), 1, "a stamp holds for its server");
	cr_expect_str_eq(exchanges[2].news[0].note.cause, "#4.50");
}

Test(shared, name_that_is_cut_when_read_is_refused)
{
	static const char add[] =
	    "INSERT INTO limit_marks VALUES ('smtp', repeat('%s', %d), '#5.01', 9000000000000, 1, 9)";
	char sql[sizeof add + 8];
	snprintf(sql, sizeof sql, add, "\xc3\xa4", 20);
	cr_expect(backend_refuses(sql));
	snprintf(sql, sizeof sql, add, "x", 40);
	cr_expect(backend_refuses(sql));
	backend_sql("UPDATE limit_generation SET generation = 1");
	snprintf(sql, sizeof sql, add, "x", 39);
	cr_expect_not(backend_refuses(sql));
	cr_expect_eq(mark(0, NULL, NULL), 1);
	cr_expect_eq(mark(0, NULL, NULL), 0);
}

Test(shared, marks_of_another_service_are_none)
{
	backend_sql("INSERT INTO limit_marks VALUES ('pop3', '192.0.2.1', '#5.01', 9000000000000, 1, 9)");
	cr_expect_eq(mark(0, NULL, NULL), 0);
}

Test(shared, more_marks_than_fit_come_by_and_by)
{
	backend_sql("UPDATE limit_generation SET generation = 3");
	backend_sql(
	    "INSERT INTO limit_marks SELECT 'smtp', '10.0.' || i / 256 || '.' || i % 256, '#4.29', 9000000000000,"
	    " 1 + i % 3, 9 FROM generate_series(0, 1099) i");
	cr_expect_eq(mark(0, NULL, NULL), SHARED_NEWS_MAX);
	cr_expect(exchanges[0].more);
	cr_expect_eq(mark(0, NULL, NULL), SHARED_NEWS_MAX);
	cr_expect_eq(mark(0, NULL, NULL), 1100 - 2 * SHARED_NEWS_MAX);
	cr_expect_eq(mark(0, NULL, NULL), 0);
}

Test(shared, marks_later_than_the_last_change_are_no_news)
{
	backend_sql("UPDATE limit_generation SET generation = 3");
	backend_sql("INSERT INTO limit_marks SELECT 'smtp', '10.0.0.' || i, '#4.29', 9000000000000, i, 9"
	            " FROM generate_series(1, 9) i");
	cr_expect_eq(mark(0, NULL, NULL), 3);
	cr_expect_eq(mark(0, NULL, NULL), 0);
}

Test(shared, database_that_has_gone_back_is_read_anew)
{
	mark(1, "192.0.2.1", "#4.29");
	mark(1, "192.0.2.2", "#4.29");
	cr_expect_eq(mark(0, NULL, NULL), 2);
	backend_sql("UPDATE limit_generation SET generation = 1; DELETE FROM limit_marks WHERE generation > 1");
	mark(0, NULL, NULL);
	cr_expect_eq(mark(0, NULL, NULL), 1);
}

static bool
take(int server, int64_t duration)
{
	struct shared_lease lease = { .done = leased, .name = "work", .owner = server + 1, .duration = duration };
	stores[server]->ops->lease(stores[server], &lease);
	return wait_for_answer();
}

Test(shared, marks_before_a_pardon_of_all_are_no_news)
{
	mark(1, "192.0.2.1", "#4.29");
	mark(1, "*", "");
	mark(1, "192.0.2.2", "#4.29");
	cr_expect_eq(mark(0, NULL, NULL), 2);
	cr_expect_str_eq(exchanges[0].news[0].note.address, "*");
	cr_expect_str_eq(exchanges[0].news[1].note.address, "192.0.2.2");
}

static void
begin_exchange(uint32_t count)
{
	struct shared_exchange *exchange = &exchanges[0];
	*exchange = (struct shared_exchange) { .done = exchanged, .service = "smtp", .server = 1, .count = 1 };
	exchange->counts[0] = (struct shared_count) { .name = "smtp a", .count = count, .left = MINUTE };
	stores[0]->ops->exchange(stores[0], exchange);
}

Test(shared, exchange_is_kept_if_purging_in_the_same_turn_fails)
{
	struct shared_purge purge = { .done = purged, .kind = 0, .rows = -1 };
	count(0, NULL, 0, 0);
	begin_exchange(3);
	stores[0]->ops->purge(stores[0], &purge);
	while (answers < 2)
		ask_turn();
	answers = 0;
	cr_expect_not(last, "purging has failed");
	cr_expect_eq(count(1, "smtp a", 1, 1), 3);
}

Test(shared, exchange_that_is_not_committed_has_failed)
{
	backend_sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';"
	            "CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON limit_counts DEFERRABLE INITIALLY DEFERRED"
	            " FOR EACH ROW EXECUTE FUNCTION refuse()");
	begin_exchange(3);
	cr_expect_not(wait_for_answer());
}

Test(shared, lease_is_of_one_owner_who_alone_extends_it)
{
	cr_expect(take(0, MINUTE));
	cr_expect_not(take(1, 10 * MINUTE));
	backend_sql("UPDATE leases SET until = until - 30000");
	cr_expect_not(take(1, 10 * MINUTE));
	cr_expect_not(take(2, 10 * MINUTE));
	backend_sql("UPDATE leases SET until = until - 30001");
	cr_expect(take(2, MINUTE), "nobody has extended it");
	cr_expect_not(take(0, MINUTE), "its former owner has lost it");
	cr_expect(take(2, 2 * MINUTE));
	cr_expect(take(2, 0), "it is given up");
	cr_expect(take(1, MINUTE));
}

/* Takes the lease again and again, until it is killed. */
static void
hold(int told)
{
	for (int i = 0; i < SERVERS; i++)
		stores[i] = backend_shared();
	for (;;) {
		bool held = take(0, MINUTE);
		if (write(told, &held, sizeof held) != sizeof held)
			_exit(1);
	}
}

Test(shared, change_in_whose_way_another_one_was_is_made_over_the_same_connection)
{
	backend_sql(
	    "CREATE SEQUENCE conflicts;"
	    "CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN IF nextval(''conflicts'') = 1 THEN RAISE EXCEPTION ''deadlock'' USING ERRCODE = ''40P01''; END IF;"
	    "  RETURN NEW; END';"
	    "CREATE TRIGGER conflicting BEFORE INSERT ON leases FOR EACH ROW EXECUTE FUNCTION conflict()");
	cr_expect(take(0, MINUTE));
}

Test(shared, lease_of_a_killed_owner_ends_by_its_time)
{
	int told[2], status;
	bool held = false;
	for (int i = 0; i < SERVERS; i++)
		backend_close_shared(stores[i]);
	cr_assert_eq(pipe(told), 0);
	pid_t child = fork();
	if (child == 0)
		hold(told[1]);
	cr_assert_eq(read(told[0], &held, sizeof held), sizeof held);
	cr_expect(held);
	kill(child, SIGKILL);
	cr_assert_eq(waitpid(child, &status, 0), child);
	for (int i = 0; i < SERVERS; i++)
		stores[i] = backend_shared();
	for (int i = 0; i < 5; i++)
		cr_expect_not(take(1, MINUTE));
	backend_sql("UPDATE leases SET until = until - 60001");
	cr_expect(take(1, MINUTE));
}

Test(shared, purging_removes_expired_rows_by_and_by_and_no_others)
{
	struct shared_purge purge = { .done = purged, .kind = 0, .rows = 500 };
	backend_sql(
	    "INSERT INTO limit_counts SELECT 'smtp ' || i, 1, 1, CASE WHEN i <= 700 THEN 1 ELSE 9000000000000 END, 1"
	    " FROM generate_series(1, 900) i");
	stores[0]->ops->purge(stores[0], &purge);
	cr_expect(wait_for_answer());
	cr_expect_eq(purge.rows, 500);
	purge.rows = 500;
	stores[0]->ops->purge(stores[0], &purge);
	cr_expect(wait_for_answer());
	cr_expect_eq(purge.rows, 200);
	cr_expect_eq(count(1, "smtp 900", 1, 1), 1);
}

Test(shared, each_kind_is_purged)
{
	backend_sql("INSERT INTO limit_counts VALUES ('smtp a', 1, 1, 1, 1)");
	backend_sql("INSERT INTO limit_marks VALUES ('smtp', '192.0.2.1', '', 1, 1, 1)");
	backend_sql("INSERT INTO leases VALUES ('work', 1, 1)");
	backend_sql("INSERT INTO greylist VALUES (1, 1, 1, 0)");
	backend_sql(
	    "DELETE FROM changes; INSERT INTO changes OVERRIDING SYSTEM VALUE VALUES (1, 1, 's'), (2, 2, 's'), (12002, 3, 's')");
	for (size_t kind = 0; kind < stores[0]->purge_kinds; kind++) {
		struct shared_purge purge = { .done = purged, .kind = kind, .rows = 500 };
		stores[0]->ops->purge(stores[0], &purge);
		cr_expect(wait_for_answer());
		cr_expect_eq(purge.rows, 1, "kind %zu", kind);
	}
}
