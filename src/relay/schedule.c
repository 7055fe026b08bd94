/* When each entry of the queue is due: an index by ID and a heap by time, in memory. */
#include "relay/schedule.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MIN = 256 };

/* FNV-1a; the IDs are our own. */
static uint64_t
hash(const char *text)
{
	uint64_t h = 0xCBF29CE484222325;
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001B3;
	return h;
}

uint64_t
schedule_bit(const char *domain)
{
	uint64_t h = hash(domain);
	return UINT64_C(1) << ((h ^ h >> 32) % 64);
}

uint64_t
schedule_bits(const char *domain)
{
	uint64_t bits = 0;
	for (; domain != NULL; domain = strchr(domain, '.')) {
		domain += *domain == '.';
		bits |= schedule_bit(domain);
	}
	return bits;
}

static bool
is_before(const struct schedule_item *a, const struct schedule_item *b)
{
	return a->due != b->due ? a->due < b->due : a->number < b->number;
}

static void
put(struct schedule *s, struct schedule_item *item, size_t position)
{
	s->heap[position] = item;
	item->position = position;
}

static void
move_up(struct schedule *s, struct schedule_item *item)
{
	size_t position = item->position;
	for (; position > 0 && is_before(item, s->heap[(position - 1) / 2]); position = (position - 1) / 2)
		put(s, s->heap[(position - 1) / 2], position);
	put(s, item, position);
}

static void
move_down(struct schedule *s, struct schedule_item *item)
{
	size_t position = item->position;
	for (size_t child; (child = 2 * position + 1) < s->count; position = child) {
		child += child + 1 < s->count && is_before(s->heap[child + 1], s->heap[child]);
		if (!is_before(s->heap[child], item))
			break;
		put(s, s->heap[child], position);
	}
	put(s, item, position);
}

void
schedule_set(struct schedule *s, struct schedule_item *item, int64_t due)
{
	item->due = due;
	move_up(s, item);
	move_down(s, item);
}

void
schedule_reorder(struct schedule *s)
{
	for (size_t i = s->count / 2; i-- > 0;)
		move_down(s, s->heap[i]);
}

struct schedule_item *
schedule_first(const struct schedule *s)
{
	return s->count > 0 ? s->heap[0] : NULL;
}

struct schedule_item *
schedule_find(const struct schedule *s, const char *id)
{
	struct schedule_item *item = s->bucket_count > 0 ? s->buckets[hash(id) % s->bucket_count] : NULL;
	while (item != NULL && strcmp(item->id, id) != 0)
		item = item->next_of_bucket;
	return item;
}

static bool
grow(struct schedule *s)
{
	size_t room = s->room == 0 ? BUCKETS_MIN : 2 * s->room;
	struct schedule_item **heap = reallocarray(s->heap, room, sizeof(struct schedule_item *));
	if (heap == NULL)
		return false;
	s->heap = heap;
	struct schedule_item **buckets = calloc(room, sizeof(struct schedule_item *));
	if (buckets == NULL)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		struct schedule_item **bucket = &buckets[hash(heap[i]->id) % room];
		heap[i]->next_of_bucket = *bucket;
		*bucket = heap[i];
	}
	free(s->buckets);
	s->buckets = buckets;
	s->bucket_count = s->room = room;
	return true;
}

struct schedule_item *
schedule_add(struct schedule *s, const char *id)
{
	if (s->count == s->room && !grow(s))
		return NULL;
	struct schedule_item *item = calloc(1, sizeof *item);
	if (item == NULL)
		return NULL;
	memcpy(item->id, id, strnlen(id, sizeof item->id - 1));
	item->due = INT64_MAX;
	item->domains = UINT64_MAX;
	item->unread = true;
	item->number = ++s->last;
	struct schedule_item **bucket = &s->buckets[hash(item->id) % s->bucket_count];
	item->next_of_bucket = *bucket;
	*bucket = item;
	item->position = s->count++;
	move_up(s, item);
	return item;
}

void
schedule_forget(struct schedule *s, struct schedule_item *item)
{
	struct schedule_item **at = &s->buckets[hash(item->id) % s->bucket_count];
	while (*at != item)
		at = &(*at)->next_of_bucket;
	*at = item->next_of_bucket;
	struct schedule_item *last = s->heap[--s->count];
	if (last != item) {
		put(s, last, item->position);
		schedule_set(s, last, last->due);
	}
	free(item);
}

void
schedule_clear(struct schedule *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->heap[i]);
	free(s->heap);
	free(s->buckets);
	*s = (struct schedule) { 0 };
}
