/* Counters and marks that all processes of a server share: by kind and address or account, each with its expiry. */
#include "port/counters.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/siphash.h"

enum {
	SET_SLOTS = 64, /* an entry stands in one of so many slots, which are searched */
	STRIPES = 64,   /* locks: set n is under lock n modulo STRIPES */
	NO_OWNER = 0xFFFF,
};

/* An entry; a count of 0 is none. */
struct slot {
	uint64_t digest[2];
	int64_t expires;
	uint32_t count;
	uint16_t kind;
	uint16_t owner;
	struct counter_note note; /* of a mark; its address is "" without one */
};
static_assert(WORKERS_MAX <= UINT16_MAX, "the number of a worker fits its slot");

/*
 * The lock is robust: the next process to lock it learns that its holder was killed, and clears the one slot that the
 * holder was changing. So every change is announced before it begins, and no change spans two slots.
 */
struct stripe {
	pthread_mutex_t lock;
	struct slot *volatile changing; /* all processes have the table at the same place */
};

struct counters {
	size_t size;
	size_t sets;
	uint64_t secret[2][2];
	struct stripe stripes[STRIPES];
	struct slot slots[];
};

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

struct counters *
counters_new(size_t entries)
{
	size_t sets = entries / SET_SLOTS + 1;
	size_t size = sizeof(struct counters) + sets * SET_SLOTS * sizeof(struct slot);
	struct counters *counters = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counters == MAP_FAILED)
		return NULL;
	counters->size = size;
	counters->sets = sets;
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

static struct slot *
set_of(struct counters *counters, const struct counter_key *key)
{
	return &counters->slots[key->digest[0] % counters->sets * SET_SLOTS];
}

static struct stripe *
stripe_of(struct counters *counters, const struct slot *set)
{
	return &counters->stripes[(size_t)(set - counters->slots) / SET_SLOTS % STRIPES];
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

/* Locks what a slot stands under. */
static struct stripe *
lock(struct counters *counters, const struct slot *set)
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

static void
unlock(struct stripe *stripe)
{
	pthread_mutex_unlock(&stripe->lock);
}

/* The one way in which a slot changes. The fences are for the compiler: a signal ends a process between instructions. */
static void
put(struct stripe *stripe, struct slot *slot, struct slot value)
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

static struct slot *
find(struct slot *set, const struct counter_key *key, unsigned owner, int64_t now)
{
	for (struct slot *slot = set; slot < set + SET_SLOTS; slot++)
		if (is_live(slot, now) && is_of(slot, key) && slot->owner == owner)
			return slot;
	return NULL;
}

/* Is a worth less than b? Compares by kind, then by count, then by expiry. */
static bool
is_less(const struct slot *a, const struct slot *b)
{
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
		if (!is_live(slot, now))
			return slot;
		if (is_less(slot, least))
			least = slot;
	}
	return least->kind <= fresh->kind ? least : NULL;
}

/* Adds to an entry, which is made if it is missing. Returns its new value. */
static uint32_t
add(struct stripe *stripe, struct slot *set, const struct counter_key *key, const struct slot *fresh, int64_t now)
{
	struct slot *slot = find(set, key, fresh->owner, now);
	struct slot value = slot != NULL ? *slot : *fresh;
	if (slot == NULL)
		slot = make_room(set, fresh, now);
	else if (__builtin_add_overflow(value.count, fresh->count, &value.count))
		value.count = UINT32_MAX;
	if (slot != NULL)
		put(stripe, slot, value);
	return value.count;
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
counters_add(struct counters *counters, const struct counter_key *key, uint32_t amount, int64_t lifetime, int64_t now)
{
	if (amount == 0)
		return counters_read(counters, key, now);
	struct slot fresh = fresh_slot(key, amount, NO_OWNER, now + lifetime);
	struct slot *set = set_of(counters, key);
	struct stripe *stripe = lock(counters, set);
	uint32_t count = add(stripe, set, key, &fresh, now);
	unlock(stripe);
	return count;
}

uint32_t
counters_read(struct counters *counters, const struct counter_key *key, int64_t now)
{
	struct slot *set = set_of(counters, key);
	struct stripe *stripe = lock(counters, set);
	const struct slot *slot = find(set, key, NO_OWNER, now);
	uint32_t count = slot != NULL ? slot->count : 0;
	unlock(stripe);
	return count;
}

bool
counters_mark(struct counters *counters, const struct counter_key *key, int64_t lifetime,
    const struct counter_note *note, int64_t now)
{
	struct slot fresh = fresh_slot(key, 1, NO_OWNER, now + lifetime);
	if (note != NULL)
		fresh.note = *note;
	struct slot *set = set_of(counters, key);
	struct stripe *stripe = lock(counters, set);
	bool absent = find(set, key, NO_OWNER, now) == NULL;
	if (absent)
		add(stripe, set, key, &fresh, now);
	unlock(stripe);
	return absent;
}

bool
counters_forget(struct counters *counters, const struct counter_key *key, int64_t now)
{
	struct slot *set = set_of(counters, key);
	struct stripe *stripe = lock(counters, set);
	struct slot *slot = find(set, key, NO_OWNER, now);
	if (slot != NULL)
		put(stripe, slot, (struct slot) { 0 });
	unlock(stripe);
	return slot != NULL;
}

/* Copies the slots of a set, so that nothing is called under its lock. */
static void
copy_set(struct counters *counters, size_t set, struct slot copy[SET_SLOTS])
{
	const struct slot *slots = &counters->slots[set * SET_SLOTS];
	struct stripe *stripe = lock(counters, slots);
	memcpy(copy, slots, SET_SLOTS * sizeof *copy);
	unlock(stripe);
}

size_t
counters_each(struct counters *counters, enum counter_kind kind, size_t skipped, size_t most,
    void (*call)(void *context, const struct counter_note *note, int64_t left), void *context, int64_t now)
{
	struct slot copy[SET_SLOTS];
	size_t found = 0;
	for (size_t set = 0; set < counters->sets && found < skipped + most; set++) {
		copy_set(counters, set, copy);
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

size_t
counters_clear(struct counters *counters, enum counter_kind kind, int64_t now)
{
	size_t cleared = 0;
	for (size_t i = 0; i < counters->sets; i++) {
		struct slot *set = &counters->slots[i * SET_SLOTS];
		struct stripe *stripe = lock(counters, set);
		for (struct slot *slot = set; slot < set + SET_SLOTS; slot++) {
			if (is_live(slot, now) && slot->kind == (uint16_t)kind) {
				put(stripe, slot, (struct slot) { 0 });
				cleared++;
			}
		}
		unlock(stripe);
	}
	return cleared;
}

uint32_t
counters_enter(struct counters *counters, const struct counter_key *key, unsigned owner, int64_t now)
{
	struct slot fresh = fresh_slot(key, 1, owner, INT64_MAX);
	struct slot *set = set_of(counters, key);
	uint32_t count = 0;
	assert(owner < WORKERS_MAX);
	struct stripe *stripe = lock(counters, set);
	add(stripe, set, key, &fresh, now);
	for (const struct slot *slot = set; slot < set + SET_SLOTS; slot++)
		if (is_live(slot, now) && is_of(slot, key))
			count += slot->count;
	unlock(stripe);
	return count;
}

void
counters_leave(struct counters *counters, const struct counter_key *key, unsigned owner)
{
	struct slot *set = set_of(counters, key);
	struct stripe *stripe = lock(counters, set);
	struct slot *slot = find(set, key, owner, 0);
	if (slot != NULL) {
		struct slot value = *slot;
		value.count--;
		put(stripe, slot, value);
	}
	unlock(stripe);
}

static void
disown(struct counters *counters, unsigned owner,
    struct stripe *(*lock_set)(struct counters *counters, const struct slot *set))
{
	for (size_t i = 0; i < counters->sets; i++) {
		struct slot *set = &counters->slots[i * SET_SLOTS];
		struct stripe *stripe = lock_set(counters, set);
		if (stripe == NULL)
			continue;
		for (struct slot *slot = set; slot < set + SET_SLOTS; slot++)
			if (slot->count != 0 && slot->owner == owner)
				put(stripe, slot, (struct slot) { 0 });
		unlock(stripe);
	}
}

void
counters_disown(struct counters *counters, unsigned owner)
{
	disown(counters, owner, lock);
}

void
counters_try_disown(struct counters *counters, unsigned owner)
{
	disown(counters, owner, try_lock);
}
