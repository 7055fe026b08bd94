/* Counters and marks that all processes of a server share: by kind and address or account, each with its expiry. */
#include "port/counters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/siphash.h"
#include "port/counters_internal.h"

static int
init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;
	int error = pthread_mutexattr_init(&attributes);
	if (error != 0)
		return error;
	error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (error == 0)
		error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (error == 0)
		error = pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return error;
}

static int
init_table(struct counters *counters)
{
	for (size_t i = 0; i < STRIPES; i++) {
		int error = init_lock(&counters->stripes[i].lock);
		if (error != 0)
			return error;
	}
	ssize_t got = getrandom(counters->secret, sizeof counters->secret, 0);
	return got == (ssize_t)sizeof counters->secret ? 0 : EAGAIN;
}

/* The flags of the sets stand behind the head, and the slots behind them, at the size of a line of the cache. */
static size_t
place_of_slots(size_t sets)
{
	enum { LINE = 64 };
	return (sizeof(struct counters) + sets + LINE - 1) / LINE * LINE;
}

struct counters *
counters_new(size_t entries)
{
	size_t sets = entries / SET_SLOTS + 1;
	size_t size = place_of_slots(sets) + sets * SET_SLOTS * sizeof(struct slot);
	struct counters *counters = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counters == MAP_FAILED)
		return NULL;
	counters->size = size;
	counters->sets = sets;
	counters->slots = (struct slot *)(void *)((char *)counters + place_of_slots(sets));
	int error = init_table(counters);
	if (error == 0)
		return counters;
	munmap(counters, size);
	errno = error;
	return NULL;
}

void
counters_free(struct counters *counters)
{
	if (counters != NULL)
		munmap(counters, counters->size);
}

struct counter_key
counter_name(const struct counters *counters, enum counter_kind kind, const char *name, size_t len)
{
	return (struct counter_key) { kind,
		{ siphash(counters->secret[0], name, len), siphash(counters->secret[1], name, len) } };
}

struct counter_key
counter_address(const struct counters *counters, enum counter_kind kind, const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;
	if (inet_pton(AF_INET, address, &v4) == 1)
		return counter_name(counters, kind, (const char *)&v4, sizeof v4);
	if (inet_pton(AF_INET6, address, &v6) != 1)
		return counter_name(counters, kind, address, strlen(address));
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return counter_name(counters, kind, (const char *)&v6.s6_addr[12], sizeof v4);
	return counter_name(counters, kind, (const char *)&v6, 8);
}

struct slot *
counters_set(struct counters *counters, const struct counter_key *key)
{
	return &counters->slots[key->digest[0] % counters->sets * SET_SLOTS];
}

size_t
counters_number(const struct counters *counters, const struct slot *set)
{
	return (size_t)(set - counters->slots) / SET_SLOTS;
}

bool
counters_has_flag(const struct counters *counters, size_t set, enum set_flag flag)
{
	return (atomic_load_explicit(&counters->flags[set], memory_order_relaxed) & flag) != 0;
}

void
counters_set_flag(struct counters *counters, size_t set, enum set_flag flag)
{
	if (!counters_has_flag(counters, set, flag))
		atomic_fetch_or(&counters->flags[set], (unsigned char)flag);
}

static struct stripe *
stripe_of(struct counters *counters, const struct slot *set)
{
	return &counters->stripes[counters_number(counters, set) % STRIPES];
}

/* Completes the lock of a stripe. Cannot fail: each holder makes the state consistent before it unlocks. */
static struct stripe *
complete_lock(struct stripe *stripe, int error)
{
	if (error == EOWNERDEAD) {
		if (stripe->changing != NULL)
			*stripe->changing = (struct slot) { 0 };
		stripe->changing = NULL;
		error = pthread_mutex_consistent(&stripe->lock);
	}
	assert(error == 0);
	(void)error;
	return stripe;
}

struct stripe *
counters_lock(struct counters *counters, const struct slot *set)
{
	struct stripe *stripe = stripe_of(counters, set);
	return complete_lock(stripe, pthread_mutex_lock(&stripe->lock));
}

/* Returns NULL if it is locked already. */
static struct stripe *
try_lock(struct counters *counters, const struct slot *set)
{
	struct stripe *stripe = stripe_of(counters, set);
	int error = pthread_mutex_trylock(&stripe->lock);
	return error == EBUSY ? NULL : complete_lock(stripe, error);
}

void
counters_unlock(struct stripe *stripe)
{
	pthread_mutex_unlock(&stripe->lock);
}

/* The fences are for the compiler: a signal ends a process between instructions. */
void
counters_put(struct stripe *stripe, struct slot *slot, struct slot value)
{
	stripe->changing = slot;
	atomic_signal_fence(memory_order_seq_cst);
	*slot = value;
	atomic_signal_fence(memory_order_seq_cst);
	stripe->changing = NULL;
}

static bool
is_live(const struct slot *slot, int64_t now)
{
	return slot->count != 0 && slot->expires > now;
}

static bool
is_of(const struct slot *slot, const struct counter_key *key)
{
	return slot->digest[0] == key->digest[0] && slot->digest[1] == key->digest[1] &&
	    slot->kind == (uint16_t)key->kind;
}

struct slot *
counters_find(struct slot *set, const struct counter_key *key, unsigned owner, int64_t now)
{
	for (struct slot *slot = set; slot < set + SET_SLOTS; slot++)
		if (is_live(slot, now) && is_of(slot, key) && slot->owner == owner)
			return slot;
	return NULL;
}

/* Is a slot empty? It is not if it has a forgotten counter that other servers do not know of yet. */
static bool
is_free(const struct slot *slot, int64_t now)
{
	return slot->expires <= now || (slot->count == 0 && slot->sent == 0);
}

/* Is a worth less than b? A forgotten counter is worth least. Compares by kind, then by count, then by expiry. */
static bool
is_less(const struct slot *a, const struct slot *b)
{
	if (a->count == 0 || b->count == 0)
		return a->count < b->count;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->count != b->count ? a->count < b->count : a->expires < b->expires;
}

/* The slot for a new entry: a free one, or that of the least valuable entry. NULL if all are of a higher kind. */
static struct slot *
make_room(struct slot *set, const struct slot *fresh, int64_t now)
{
	struct slot *least = set;
	for (struct slot *slot = set; slot < set + SET_SLOTS; slot++) {
		if (is_free(slot, now))
			return slot;
		if (is_less(slot, least))
			least = slot;
	}
	return least->count == 0 || least->kind <= fresh->kind ? least : NULL;
}

/* The count of all servers, as far as it is known. */
static uint32_t
sum_of(const struct slot *slot, int64_t now)
{
	uint32_t sum = slot->count;
	if (slot->others_expire > now && __builtin_add_overflow(sum, slot->others, &sum))
		sum = UINT32_MAX;
	return sum;
}

/*
 * Flags a set for the process that shares counters: other servers do not know
 * one of its values, or a caller here asked for one.
 */
static void
note_use(struct counters *counters, const struct slot *set, const struct slot *slot)
{
	if (slot->from > 0 && slot->count >= slot->from && (slot->count > slot->sent || slot->others > 0))
		counters_set_flag(counters, counters_number(counters, set), SET_UNSENT);
}

/* Adds to an entry, which is created if it is missing. Returns its new value. */
static struct slot
add(struct counters *counters, struct stripe *stripe, struct slot *set, const struct slot *fresh, int64_t now)
{
	const struct counter_key key = { (enum counter_kind)fresh->kind, { fresh->digest[0], fresh->digest[1] } };
	struct slot *slot = counters_find(set, &key, fresh->owner, now);
	struct slot value = slot != NULL ? *slot : *fresh;
	if (slot == NULL)
		slot = make_room(set, fresh, now);
	else if (__builtin_add_overflow(value.count, fresh->count, &value.count))
		value.count = UINT32_MAX;
	if (slot == NULL)
		return value;
	counters_set_flag(counters, counters_number(counters, set), SET_USED);
	counters_put(stripe, slot, value);
	note_use(counters, set, slot);
	return value;
}

static struct slot
fresh_slot(const struct counter_key *key, uint32_t count, unsigned owner, int64_t expires)
{
	return (struct slot) {
		.digest = { key->digest[0], key->digest[1] },
		.expires = expires,
		.count = count,
		.kind = (uint16_t)key->kind,
		.owner = (uint16_t)owner,
	};
}

uint32_t
counters_add_shared(struct counters *counters, const struct counter_key *key, uint32_t amount, int64_t lifetime,
    const struct counter_share *share, int64_t now)
{
	if (amount == 0)
		return counters_read(counters, key, now);
	struct slot fresh = fresh_slot(key, amount, NO_OWNER, now + lifetime);
	if (share != NULL) {
		fresh.note = share->note;
		fresh.from = share->from;
	}
	struct slot *set = counters_set(counters, key);
	struct stripe *stripe = counters_lock(counters, set);
	const struct slot value = add(counters, stripe, set, &fresh, now);
	counters_unlock(stripe);
	return sum_of(&value, now);
}

uint32_t
counters_add(struct counters *counters, const struct counter_key *key, uint32_t amount, int64_t lifetime, int64_t now)
{
	return counters_add_shared(counters, key, amount, lifetime, NULL, now);
}

uint32_t
counters_read(struct counters *counters, const struct counter_key *key, int64_t now)
{
	struct slot *set = counters_set(counters, key);
	struct stripe *stripe = counters_lock(counters, set);
	const struct slot *slot = counters_find(set, key, NO_OWNER, now);
	uint32_t count = slot != NULL ? sum_of(slot, now) : 0;
	if (slot != NULL)
		note_use(counters, set, slot);
	counters_unlock(stripe);
	return count;
}

bool
counters_mark(struct counters *counters, const struct counter_key *key, int64_t lifetime,
    const struct counter_note *note, int64_t now)
{
	struct slot fresh = fresh_slot(key, 1, NO_OWNER, now + lifetime);
	if (note != NULL)
		fresh.note = *note;
	fresh.from = note != NULL && counters->shared;
	struct slot *set = counters_set(counters, key);
	struct stripe *stripe = counters_lock(counters, set);
	bool absent = counters_find(set, key, NO_OWNER, now) == NULL;
	if (absent)
		add(counters, stripe, set, &fresh, now);
	counters_unlock(stripe);
	return absent;
}

/* If other servers know of a counter, its entry remains, with a count of 0, until that has been sent. */
static void
forget(struct counters *counters, struct stripe *stripe, const struct slot *set, struct slot *slot)
{
	struct slot value = { 0 };
	if (slot->sent > 0) {
		value = *slot;
		value.count = 0;
		counters_set_flag(counters, counters_number(counters, set), SET_UNSENT);
	}
	counters_put(stripe, slot, value);
}

bool
counters_forget(struct counters *counters, const struct counter_key *key, int64_t now)
{
	struct slot *set = counters_set(counters, key);
	struct stripe *stripe = counters_lock(counters, set);
	struct slot *slot = counters_find(set, key, NO_OWNER, now);
	if (slot != NULL)
		forget(counters, stripe, set, slot);
	counters_unlock(stripe);
	return slot != NULL;
}

void
counters_copy_set(struct counters *counters, size_t set, struct slot copy[SET_SLOTS])
{
	const struct slot *slots = &counters->slots[set * SET_SLOTS];
	struct stripe *stripe = counters_lock(counters, slots);
	memcpy(copy, slots, SET_SLOTS * sizeof *copy);
	counters_unlock(stripe);
}

size_t
counters_each(struct counters *counters, enum counter_kind kind, size_t skipped, size_t most,
    void (*call)(void *context, const struct counter_note *note, int64_t left), void *context, int64_t now)
{
	struct slot copy[SET_SLOTS];
	size_t found = 0;
	for (size_t set = 0; set < counters->sets && found < skipped + most; set++) {
		if (!counters_has_flag(counters, set, SET_USED))
			continue;
		counters_copy_set(counters, set, copy);
		for (size_t i = 0; i < SET_SLOTS && found < skipped + most; i++) {
			if (!is_live(&copy[i], now) || copy[i].kind != (uint16_t)kind ||
			    copy[i].note.address[0] == '\0')
				continue;
			if (found++ >= skipped)
				call(context, &copy[i].note, copy[i].expires - now);
		}
	}
	return found > skipped ? found - skipped : 0;
}

static size_t
clear_set(struct counters *counters, struct slot *set, enum counter_kind kind, int64_t now)
{
	size_t cleared = 0;
	struct stripe *stripe = counters_lock(counters, set);
	for (struct slot *slot = set; slot < set + SET_SLOTS; slot++) {
		if (is_live(slot, now) && slot->kind == (uint16_t)kind) {
			forget(counters, stripe, set, slot);
			cleared++;
		}
	}
	counters_unlock(stripe);
	return cleared;
}

size_t
counters_clear(struct counters *counters, enum counter_kind kind, int64_t now)
{
	size_t cleared = 0;
	for (size_t i = 0; i < counters->sets; i++)
		if (counters_has_flag(counters, i, SET_USED))
			cleared += clear_set(counters, &counters->slots[i * SET_SLOTS], kind, now);
	return cleared;
}

uint32_t
counters_enter(struct counters *counters, const struct counter_key *key, unsigned owner, int64_t now)
{
	struct slot fresh = fresh_slot(key, 1, owner, INT64_MAX);
	struct slot *set = counters_set(counters, key);
	uint32_t count = 0;
	assert(owner < WORKERS_MAX);
	struct stripe *stripe = counters_lock(counters, set);
	add(counters, stripe, set, &fresh, now);
	for (const struct slot *slot = set; slot < set + SET_SLOTS; slot++)
		if (is_live(slot, now) && is_of(slot, key))
			count += slot->count;
	counters_unlock(stripe);
	return count;
}

void
counters_leave(struct counters *counters, const struct counter_key *key, unsigned owner)
{
	struct slot *set = counters_set(counters, key);
	struct stripe *stripe = counters_lock(counters, set);
	struct slot *slot = counters_find(set, key, owner, 0);
	if (slot != NULL) {
		struct slot value = *slot;
		value.count--;
		counters_put(stripe, slot, value);
	}
	counters_unlock(stripe);
}

static void
disown(struct counters *counters, unsigned owner,
    struct stripe *(*lock_set)(struct counters *counters, const struct slot *set))
{
	for (size_t i = 0; i < counters->sets; i++) {
		struct slot *set = &counters->slots[i * SET_SLOTS];
		struct stripe *stripe = counters_has_flag(counters, i, SET_USED) ? lock_set(counters, set) : NULL;
		if (stripe == NULL)
			continue;
		for (struct slot *slot = set; slot < set + SET_SLOTS; slot++)
			if (slot->count != 0 && slot->owner == owner)
				counters_put(stripe, slot, (struct slot) { 0 });
		counters_unlock(stripe);
	}
}

void
counters_disown(struct counters *counters, unsigned owner)
{
	disown(counters, owner, counters_lock);
}

void
counters_try_disown(struct counters *counters, unsigned owner)
{
	disown(counters, owner, try_lock);
}
