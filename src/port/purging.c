/* Removes expired rows of the shared store. One server does so once an hour, in small steps. */
#include "port/purging.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/log/log.h"

static int64_t
now(const struct purging *purging)
{
	return purging->clock->now(purging->clock);
}

/* A random instant of the hour, so that the servers do not try at the same time. */
static int64_t
random_pause(int64_t every)
{
	uint32_t number = 0;
	if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
		return every / 2;
	return number % every;
}

static void
end(struct purging *purging, int64_t pause)
{
	purging->pause = pause;
	if (purging->ended != NULL)
		purging->ended(purging);
}

/* The pause until the next try, in the next hour. */
static void
rest(struct purging *purging)
{
	purging->until = 0;
	purging->finished = false;
	purging->purge.kind = 0;
	end(purging, random_pause(purging->every));
}

static void
leased(struct shared_lease *lease, bool held)
{
	struct purging *purging = (struct purging *)((char *)lease - offsetof(struct purging, lease));
	if (!held || purging->finished) {
		rest(purging);
		return;
	}
	purging->until = purging->asked + lease->duration;
	end(purging, 0);
}

static void
purged(struct shared_purge *purge, bool ok)
{
	struct purging *purging = (struct purging *)((char *)purge - offsetof(struct purging, purge));
	if (!ok) {
		rest(purging);
		return;
	}
	if (purge->rows < PURGE_ROWS)
		purge->kind++;
	purging->finished = purge->kind == purging->store->purge_kinds;
	end(purging, purging->finished ? 0 : PURGE_PAUSE);
}

void
purging_open(struct purging *purging, struct shared_store *store, struct clock *clock, int64_t owner, int64_t every)
{
	*purging = (struct purging) {
		.store = store,
		.clock = clock,
		.every = every,
		.pause = random_pause(every),
		.lease = { .done = leased, .name = "purge", .owner = owner },
		.purge = { .done = purged },
	};
}

/* Extends the lease after half of its time, so that a late statement still ends within it. */
void
purging_begin(struct purging *purging)
{
	bool extends = purging->until - now(purging) < PURGE_LEASE / 2;
	if (purging->finished || extends) {
		purging->asked = now(purging);
		purging->lease.duration = purging->finished ? PURGE_REST : PURGE_LEASE;
		purging->store->ops->lease(purging->store, &purging->lease);
		return;
	}
	purging->purge.rows = PURGE_ROWS;
	purging->store->ops->purge(purging->store, &purging->purge);
}
