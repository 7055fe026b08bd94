/* Which server purges, and in which steps. */
#include "port/purging.h"

#include <criterion/criterion.h>
#include <string.h>

enum { SERVERS = 2, KINDS = 3 };

static int64_t time_now;

static int64_t
tell_time(struct clock *clock)
{
	(void)clock;
	return time_now;
}

static struct clock steady = { .now = tell_time };

/* The lease, and the rows of each kind. */
static struct {
	struct shared_store store;
	int64_t owner, until;
	int64_t rows[KINDS];
	unsigned leases, purges;
	bool away;
} store;

static void
lease(struct shared_store *base, struct shared_lease *lease)
{
	(void)base;
	store.leases++;
	bool held = !store.away && (store.until <= time_now || store.owner == lease->owner);
	if (held) {
		store.owner = lease->owner;
		store.until = time_now + lease->duration;
	}
	lease->done(lease, held);
}

static void
purge(struct shared_store *base, struct shared_purge *purge)
{
	(void)base;
	cr_assert_lt(purge->kind, KINDS);
	cr_assert_leq(purge->rows, PURGE_ROWS);
	store.purges++;
	if (purge->rows > store.rows[purge->kind])
		purge->rows = store.rows[purge->kind];
	store.rows[purge->kind] -= store.away ? 0 : purge->rows;
	purge->done(purge, !store.away);
}

static const struct shared_store_ops ops = { .lease = lease, .purge = purge };
static struct purging servers[SERVERS];

static void
open_servers(void)
{
	time_now = 1000000;
	store.store = (struct shared_store) { .ops = &ops, .purge_kinds = KINDS };
	for (int i = 0; i < SERVERS; i++)
		purging_open(&servers[i], &store.store, &steady, i + 1, PURGE_EVERY);
}

TestSuite(purging, .init = open_servers);

/* Lets a server do its next step at its time. */
static void
step(int server)
{
	time_now += servers[server].pause;
	purging_begin(&servers[server]);
}

Test(purging, begins_within_the_hour)
{
	for (int i = 0; i < SERVERS; i++) {
		cr_expect_geq(servers[i].pause, 0);
		cr_expect_lt(servers[i].pause, PURGE_EVERY);
	}
	cr_expect_neq(servers[0].pause, servers[1].pause);
}

Test(purging, one_server_removes_all_in_small_steps)
{
	store.rows[0] = 3 * PURGE_ROWS;
	store.rows[2] = PURGE_ROWS + 1;
	step(0);
	cr_expect_eq(store.owner, 1);
	for (int i = 0; i < 4 + 1 + 2; i++)
		step(0);
	cr_expect_eq(store.purges, 4 + 1 + 2);
	for (int i = 0; i < KINDS; i++)
		cr_expect_eq(store.rows[i], 0);
	int64_t before = time_now;
	step(0);
	cr_expect_eq(store.until, before + PURGE_REST, "it keeps the lease");
	purging_begin(&servers[1]);
	cr_expect_eq(store.purges, 4 + 1 + 2, "the other one has nothing to do");
	cr_expect_eq(store.owner, 1);
	cr_expect_eq(store.until, before + PURGE_REST, "nor has it extended the lease");
}

Test(purging, lease_is_extended_while_the_work_lasts)
{
	store.rows[0] = 100000 * PURGE_ROWS;
	step(0);
	for (int i = 0; i < 3 * PURGE_LEASE / PURGE_PAUSE; i++) {
		step(0);
		cr_assert_gt(store.until, time_now + PURGE_LEASE / 4);
	}
	cr_expect_gt(store.leases, 3);
	cr_expect_lt(store.leases, 10);
}

Test(purging, another_server_goes_on_when_the_owner_has_ended)
{
	store.rows[0] = 10 * PURGE_ROWS;
	step(0);
	step(0);
	purging_begin(&servers[1]);
	cr_expect_eq(store.owner, 1);
	time_now += PURGE_LEASE;
	purging_begin(&servers[1]);
	cr_expect_eq(store.owner, 2);
	purging_begin(&servers[1]);
	cr_expect_eq(store.rows[0], 8 * PURGE_ROWS);
}

Test(purging, owner_that_has_lost_the_lease_stops)
{
	store.rows[0] = 10 * PURGE_ROWS;
	step(0);
	store.owner = 2;
	store.until = time_now + PURGE_EVERY;
	time_now += PURGE_LEASE;
	purging_begin(&servers[0]);
	purging_begin(&servers[0]);
	cr_expect_eq(store.purges, 0);
	cr_expect_eq(store.rows[0], 10 * PURGE_ROWS);
}

Test(purging, failure_ends_it_until_the_next_hour)
{
	store.rows[0] = 10 * PURGE_ROWS;
	step(0);
	store.away = true;
	step(0);
	cr_expect_eq(servers[0].until, 0);
	step(0);
	cr_expect_eq(store.purges, 1);
}
