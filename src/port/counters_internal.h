/*
 * Shared by the files of the counters: counters.c, which counts, and
 * counters_share.c, which shares the counts with other servers.
 */
#ifndef PORT_COUNTERS_INTERNAL_H
#define PORT_COUNTERS_INTERNAL_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "port/counters.h"

enum {
	SET_SLOTS = 64, /* an entry stands in one of so many slots, which are searched */
	STRIPES = 64,   /* locks: set n is under lock n modulo STRIPES */
	NO_OWNER = 0xFFFF,
};

/*
 * Flags of a set that are read without its lock. A set that was never used has
 * no memory yet: a scan of all sets skips it.
 */
enum set_flag { SET_USED = 1, SET_UNSENT = 2 };

/* An entry; a count of 0 is none. */
struct slot {
	uint64_t digest[2];
	int64_t expires;
	uint32_t count;
	uint16_t kind;
	uint16_t owner;
	/* if the entry is shared with other servers; its note has its name */
	uint32_t from;   /* the count from which on it is shared; 0: it is not shared */
	uint32_t sent;   /* its count when it was sent last; 0: never */
	uint32_t others; /* the count of the other servers then */
	int64_t others_expire;
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
	size_t collected; /* the set at which counters_collect() begins */
	bool shared;      /* with other servers */
	uint64_t secret[2][2];
	struct stripe stripes[STRIPES];
	struct slot *slots;
	atomic_uchar flags[]; /* of each set; the slots stand behind */
};

/* The set in which a key can stand. */
struct slot *counters_set(struct counters *counters, const struct counter_key *key);

/* Takes the lock of a set. */
struct stripe *counters_lock(struct counters *counters, const struct slot *set);
void counters_unlock(struct stripe *stripe);

/* Changes a slot, under its lock. Slots must be changed by this function only. */
void counters_put(struct stripe *stripe, struct slot *slot, struct slot value);

/* The live entry of a key, under its lock; NULL: there is none. */
struct slot *counters_find(struct slot *set, const struct counter_key *key, unsigned owner, int64_t now);

/* Copies the slots of a set, so that nothing is called under its lock. */
void counters_copy_set(struct counters *counters, size_t set, struct slot copy[SET_SLOTS]);

/* Does a set have a flag? Gives it one. */
bool counters_has_flag(const struct counters *counters, size_t set, enum set_flag flag);
void counters_set_flag(struct counters *counters, size_t set, enum set_flag flag);

/* The number of a set. */
size_t counters_number(const struct counters *counters, const struct slot *set);

#endif
