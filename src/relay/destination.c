/*
 * The queue manager's record of a domain, a route or an address: attempts under way, whether it answers, waiting
 * entries.
 */
#include "relay/destination.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/siphash.h"

enum { MEMORY = 3600 }; /* seconds for which a failure is remembered after the server may be tried again */

static struct destination **
bucket_of(struct destinations *all, const char *key)
{
	if (all->hash_key[0] == 0 && getentropy(all->hash_key, sizeof all->hash_key) < 0)
		all->hash_key[0] = (uintptr_t)all;
	return &all->buckets[siphash(all->hash_key, key, strlen(key)) % DESTINATION_BUCKETS];
}

struct destination *
destination_get(struct destinations *all, const char *key)
{
	struct destination **bucket = bucket_of(all, key);
	for (struct destination *found = *bucket; found != NULL; found = found->next)
		if (strcmp(found->key, key) == 0)
			return found;
	struct destination *made = calloc(1, sizeof *made);
	if (made == NULL || (made->key = strdup(key)) == NULL) {
		free(made);
		return NULL;
	}
	made->window = DESTINATION_WINDOW * DESTINATION_PART;
	made->next = *bucket;
	*bucket = made;
	return made;
}

static void
free_destination(struct destination *destination)
{
	free(destination->key);
	(void)breaker_close(&destination->breaker);
	free(destination);
}

/* Unused, and without a failure to remember. */
static bool
is_idle(const struct destination *destination, int64_t now)
{
	const struct breaker *breaker = &destination->breaker;
	return destination->refs == 0 && destination->active == 0 && destination->woken == 0 &&
	    destination->first == NULL && (!breaker_has_failed(breaker) || breaker->until + MEMORY < now);
}

unsigned
destinations_sweep(struct destinations *all, int64_t now)
{
	unsigned down = 0;
	for (size_t i = 0; i < DESTINATION_BUCKETS; i++)
		for (struct destination **at = &all->buckets[i]; *at != NULL;) {
			struct destination *destination = *at;
			if (!is_idle(destination, now)) {
				at = &destination->next;
				continue;
			}
			*at = destination->next;
			down += destination->key[0] != '@' && breaker_has_failed(&destination->breaker);
			free_destination(destination);
		}
	return down;
}

void
destinations_clear(struct destinations *all)
{
	for (size_t i = 0; i < DESTINATION_BUCKETS; i++)
		for (struct destination *at = all->buckets[i], *next; at != NULL; at = next) {
			next = at->next;
			free_destination(at);
		}
	*all = (struct destinations) { 0 };
}

void
destination_grow(struct destination *destination, unsigned max)
{
	unsigned most = max * DESTINATION_PART;
	unsigned step = DESTINATION_PART * DESTINATION_PART / destination->window;
	destination->window = destination->window + step < most ? destination->window + step : most;
}

void
destination_shrink(struct destination *destination)
{
	bool small = destination->window < 2 * DESTINATION_PART;
	destination->window = small ? DESTINATION_PART : destination->window - DESTINATION_PART;
}

unsigned
destination_room(const struct destination *destination, int64_t now, unsigned max)
{
	const struct breaker *breaker = &destination->breaker;
	unsigned window = destination->window / DESTINATION_PART;
	unsigned share = destination->answered && !breaker_has_failed(breaker) ? window < max ? window : max : 1;
	if (breaker_is_open(breaker, now) || destination->active >= share)
		return 0;
	return share - destination->active;
}

void
destination_park(struct destination *destination, struct schedule_item *item)
{
	item->parked = destination;
	item->behind = NULL;
	item->before = destination->last;
	if (destination->last != NULL)
		destination->last->behind = item;
	else
		destination->first = item;
	destination->last = item;
}

void
destination_unpark(struct schedule_item *item)
{
	struct destination *destination = item->parked;
	if (destination == NULL)
		return;
	if (item->before != NULL)
		item->before->behind = item->behind;
	else
		destination->first = item->behind;
	if (item->behind != NULL)
		item->behind->before = item->before;
	else
		destination->last = item->before;
	if (destination->probe == item)
		destination->probe = NULL;
	item->parked = NULL;
	item->before = item->behind = NULL;
}
