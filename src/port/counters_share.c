/* Collects the counters that other servers must know, and adds the counts of those servers. */
#include "port/counters_share.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "port/counters_internal.h"

enum { CANDIDATES = 32 * SET_SLOTS }; /* the best SHARED_MAX of these are sent; the others wait */

struct candidates {
	struct counter_shared entries[CANDIDATES];
	size_t count;
};

void
counters_share(struct counters *counters)
{
	counters->shared = true;
}

bool
counters_is_shared(const struct counters *counters)
{
	return counters->shared;
}

int64_t
counters_server(const struct counters *counters)
{
	return (int64_t)(siphash(counters->secret[0], "server", 6) >> 1);
}

static bool
is_mark(const struct counter_shared *entry)
{
	return entry->key.kind == COUNTER_BLACKLIST || entry->key.kind == COUNTER_PARDONS;
}

/* Must an entry be sent? It must if it has changed or begun anew since it was sent, or if its sum is used. */
static bool
is_due(const struct slot *slot, int64_t now)
{
	if (slot->from == 0 || slot->expires <= now)
		return false;
	if (slot->count == 0)
		return slot->sent > 0 && slot->kind < COUNTER_BLACKLIST;
	return slot->count < slot->sent ||
	    (slot->count >= slot->from && (slot->count > slot->sent || slot->others > 0));
}

static void
add_candidate(struct candidates *candidates, const struct slot *slot, int64_t now)
{
	candidates->entries[candidates->count++] = (struct counter_shared) {
		.key = { (enum counter_kind)slot->kind, { slot->digest[0], slot->digest[1] } },
		.note = slot->note,
		.count = slot->count,
		.unsent = slot->count > slot->sent ? slot->count - slot->sent : 0,
		.left = slot->expires - now,
		.fresh = slot->sent == 0,
	};
}

/* Clears the flag before it reads the set: a change meanwhile sets the flag again. */
static void
look_at(struct counters *counters, size_t set, struct candidates *candidates, int64_t now)
{
	struct slot copy[SET_SLOTS];
	atomic_fetch_and(&counters->flags[set], (unsigned char)~SET_UNSENT);
	counters_copy_set(counters, set, copy);
	for (size_t i = 0; i < SET_SLOTS; i++)
		if (is_due(&copy[i], now))
			add_candidate(candidates, &copy[i], now);
}

static int
compare(const void *left, const void *right)
{
	const struct counter_shared *a = left, *b = right;
	if (is_mark(a) != is_mark(b))
		return is_mark(a) ? -1 : 1;
	return (a->unsent < b->unsent) - (a->unsent > b->unsent);
}

/* Takes the first ones, within the limits of each sort. The others remain to be sent. */
static size_t
choose(struct counters *counters, const struct candidates *candidates, struct counter_shared entries[SHARED_MAX])
{
	size_t count = 0, marks = 0, fresh = 0;
	for (size_t i = 0; i < candidates->count; i++) {
		const struct counter_shared *entry = &candidates->entries[i];
		size_t *room = is_mark(entry) ? &marks : &fresh;
		size_t most = is_mark(entry) ? SHARED_MARKS_MAX : SHARED_FRESH_MAX;
		bool counted = is_mark(entry) || entry->fresh;
		if (count == SHARED_MAX || (counted && *room == most)) {
			counters_unsent(counters, entry);
			continue;
		}
		*room += counted;
		entries[count++] = *entry;
	}
	return count;
}

void
counters_collect_all(struct counters *counters)
{
	for (size_t set = 0; set < counters->sets; set++)
		if (counters_has_flag(counters, set, SET_USED))
			counters_set_flag(counters, set, SET_UNSENT);
}

/* Begins where the last collection ended, so that each set gets its turn. */
size_t
counters_collect(struct counters *counters, struct counter_shared entries[SHARED_MAX], int64_t now)
{
	struct candidates *candidates = calloc(1, sizeof *candidates);
	if (candidates == NULL)
		return 0;
	for (size_t i = 0; i < counters->sets && candidates->count + SET_SLOTS <= CANDIDATES; i++) {
		size_t set = counters->collected;
		counters->collected = (set + 1) % counters->sets;
		if (counters_has_flag(counters, set, SET_UNSENT))
			look_at(counters, set, candidates, now);
	}
	qsort(candidates->entries, candidates->count, sizeof *candidates->entries, compare);
	size_t count = choose(counters, candidates, entries);
	free(candidates);
	return count;
}

/* The entry of a key, live or forgotten. */
static struct slot *
find(struct slot *set, const struct counter_key *key, bool forgotten, int64_t now)
{
	if (!forgotten)
		return counters_find(set, key, NO_OWNER, now);
	for (struct slot *slot = set; slot < set + SET_SLOTS; slot++)
		if (slot->count == 0 && slot->sent > 0 && slot->kind == (uint16_t)key->kind &&
		    slot->digest[0] == key->digest[0] && slot->digest[1] == key->digest[1])
			return slot;
	return NULL;
}

/*
 * Other servers know of a counter that was forgotten here meanwhile, so they
 * must learn that, too. If there is no room, the counter expires there.
 */
static void
keep_forgotten(struct stripe *stripe, struct slot *set, const struct counter_shared *entry, int64_t now)
{
	struct slot *slot = set;
	while (slot < set + SET_SLOTS && slot->expires > now && (slot->count != 0 || slot->sent != 0))
		slot++;
	if (slot < set + SET_SLOTS && !is_mark(entry) && find(set, &entry->key, true, now) == NULL)
		counters_put(stripe, slot,
		    (struct slot) {
		        .digest = { entry->key.digest[0], entry->key.digest[1] },
		        .expires = now + entry->left,
		        .kind = (uint16_t)entry->key.kind,
		        .owner = NO_OWNER,
		        .from = 1,
		        .sent = entry->count,
		        .note = entry->note,
		    });
}

void
counters_sent(struct counters *counters, const struct counter_shared *entry, uint32_t others, int64_t left, int64_t now)
{
	struct slot *set = counters_set(counters, &entry->key);
	struct stripe *stripe = counters_lock(counters, set);
	struct slot *slot = find(set, &entry->key, entry->count == 0, now);
	if (slot != NULL) {
		struct slot value = { 0 };
		if (entry->count > 0) {
			value = *slot;
			value.sent = entry->count;
			value.others = others;
			value.others_expire = now + left;
		}
		counters_put(stripe, slot, value);
	} else if (entry->count > 0) {
		keep_forgotten(stripe, set, entry, now);
	}
	if (slot == NULL || slot->count < slot->sent)
		counters_unsent(counters, entry);
	counters_unlock(stripe);
}

void
counters_unsent(struct counters *counters, const struct counter_shared *entry)
{
	counters_set_flag(counters, counters_number(counters, counters_set(counters, &entry->key)), SET_UNSENT);
}

void
counters_learn(struct counters *counters, const struct counter_key *key, int64_t lifetime,
    const struct counter_note *note, int64_t now)
{
	const struct counter_shared known = { .key = *key, .count = 1 };
	if (counters_mark(counters, key, lifetime, note, now))
		counters_sent(counters, &known, 0, 0, now);
}
