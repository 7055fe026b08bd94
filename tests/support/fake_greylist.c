/* What the greylisting of the fixture has seen: a few records in memory. */
#include "smtp_fixture.h"

#include <stddef.h>

enum { RECORDS = 64 };

static struct {
	uint64_t key;
	struct greylist_record record;
} seen[RECORDS];
static bool in_trouble;

/* The place of a key; one is always free. */
static struct greylist_record *
place(uint64_t key)
{
	size_t at = 0;
	while (at < RECORDS - 1 && seen[at].key != key && seen[at].record.until != 0)
		at++;
	seen[at].key = key;
	return &seen[at].record;
}

static bool
find(struct greylist_store *store, uint64_t key, int64_t now, struct greylist_record *record)
{
	(void)store;
	*record = *place(key);
	if (record->until <= now)
		*record = (struct greylist_record) { 0 };
	return !in_trouble;
}

static bool
meet(struct greylist_store *store, uint64_t key, int64_t now, int64_t until, struct greylist_record *record)
{
	if (!find(store, key, now, record))
		return false;
	if (record->until == 0)
		*place(key) = *record = (struct greylist_record) { now, until, 0 };
	return true;
}

static bool
pass(struct greylist_store *store, uint64_t key, int64_t now, int64_t until)
{
	struct greylist_record record;
	if (!meet(store, key, now, until, &record))
		return false;
	place(key)->passed++;
	place(key)->until = until;
	return true;
}

static const char *
trouble(const struct greylist_store *store)
{
	(void)store;
	return "database is locked";
}

static const struct greylist_store_ops ops = { .find = find, .meet = meet, .pass = pass, .trouble = trouble };

void
fixture_greylist(struct smtp_fixture *fixture, bool trouble_with_it)
{
	static struct greylist_store store = { &ops };
	for (size_t i = 0; i < RECORDS; i++)
		seen[i].record = (struct greylist_record) { 0 };
	fixture->greylist = (struct greylist) {
		.store = &store,
		.rules = { .delay = 300, .window = 3600, .lifetime = 86400, .passes = 2 },
		.secret = "fixture",
		.executor = &fixture->executor,
	};
	in_trouble = trouble_with_it;
	fixture->config.greylist = &fixture->greylist;
}
