/* A set of texts, to find out which have been seen before in time that does not grow with their number. */
#include "base/text/text_set.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/siphash.h"

enum { LEAST_ROOM = 16 };

static bool
is_free(const struct text_hash *slot)
{
	return slot->half[0] == 0 && slot->half[1] == 0;
}

/* The slot of a hash, or the free one for it. One slot at least is free. */
static struct text_hash *
find(const struct text_set *set, struct text_hash hash)
{
	size_t at = hash.half[0] & (set->room - 1);
	while (!is_free(&set->slots[at]) &&
	    (set->slots[at].half[0] != hash.half[0] || set->slots[at].half[1] != hash.half[1]))
		at = (at + 1) & (set->room - 1);
	return &set->slots[at];
}

/* Keeps the set at most three quarters full. */
static int
reserve(struct text_set *set)
{
	struct text_set grown = *set;
	if (set->count < set->room / 4 * 3)
		return 0;
	if (set->room > UINT32_MAX / 2) {
		errno = ENOMEM;
		return -1;
	}
	grown.room = set->room == 0 ? LEAST_ROOM : 2 * set->room;
	grown.slots = calloc(grown.room, sizeof *grown.slots);
	if (grown.slots == NULL)
		return -1;
	for (size_t i = 0; i < set->room; i++)
		if (!is_free(&set->slots[i]))
			*find(&grown, set->slots[i]) = set->slots[i];
	free(set->slots);
	*set = grown;
	return 0;
}

static uint64_t keys[2][2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
draw_keys(void)
{
	if (getrandom(keys, sizeof keys, 0) != sizeof keys)
		abort(); /* 32 octets are had at once, but before the system has started */
}

static struct text_hash
hash_of(const char *text, size_t len)
{
	pthread_once(&once, draw_keys);
	return (struct text_hash) { { siphash(keys[0], text, len), siphash(keys[1], text, len) } };
}

bool
text_set_has(const struct text_set *set, const char *text, size_t len)
{
	return set->count > 0 && !is_free(find(set, hash_of(text, len)));
}

int
text_set_add(struct text_set *set, const char *text, size_t len)
{
	if (reserve(set) < 0)
		return -1;
	const struct text_hash hash = hash_of(text, len);
	struct text_hash *slot = find(set, hash);
	if (!is_free(slot))
		return 0;
	*slot = hash;
	set->count++;
	return 1;
}

void
text_set_clear(struct text_set *set)
{
	free(set->slots);
	*set = (struct text_set) { .slots = NULL };
}
