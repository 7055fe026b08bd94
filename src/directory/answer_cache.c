/* Recent answers of a directory to questions. An answer is valid until a record that it depends on changes. */
#include "directory/answer_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/siphash.h"

enum {
	TOGETHER = 16,   /* places of which one is emptied if there are too many octets */
	WAYS = 4,        /* places that an answer can be in */
	SUBJECTS = 8192, /* counts, shared by subjects with one hash: a change drops the answers of all of them */
	ZEROS_MIN = 8,   /* shortest run of zeros that is stored as its length */
};

/* An answer: the octets of its key, then its own, packed. */
struct entry {
	uint64_t hash;
	int64_t time;
	struct answer_subjects subjects;
	uint16_t key_len, packed_len;
	unsigned char octets[];
};

struct part {
	struct entry **places;
	size_t count; /* of places, a power of 2 */
	size_t octets, octets_max;
	size_t hand; /* the first of the places of which one is emptied next if there are too many octets */
};

struct answer_cache {
	uint64_t secret[2];
	uint64_t changes[SUBJECTS]; /* of subjects, by their hash */
	uint64_t all;               /* changes of all of them */
	int64_t begun;              /* when answers must have been asked to be kept */
	struct part parts[ANSWER_PARTS];
};

static const struct {
	size_t places, octets;
} sizes[ANSWER_PARTS] = {
	[ANSWER_CLIENT] = { 8192, 2 << 20 },
	[ANSWER_SENDER] = { 8192, 2 << 20 },
	[ANSWER_RECIPIENT] = { 16384, 4 << 20 },
	[ANSWER_NO_RECIPIENT] = { 8192, 2 << 20 },
};

struct answer_cache *
answer_cache_new(void)
{
	struct answer_cache *cache = calloc(1, sizeof *cache);
	if (cache == NULL)
		return NULL;
	if (getentropy(cache->secret, sizeof cache->secret) < 0)
		cache->secret[0] = (uintptr_t)cache;
	for (size_t i = 0; i < ANSWER_PARTS; i++) {
		struct part *part = &cache->parts[i];
		part->count = sizes[i].places;
		part->octets_max = sizes[i].octets;
		part->places = calloc(part->count, sizeof(struct entry *));
		if (part->places == NULL) {
			answer_cache_free(cache);
			return NULL;
		}
	}
	return cache;
}

void
answer_cache_free(struct answer_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < ANSWER_PARTS; i++) {
		for (size_t j = 0; cache->parts[i].places != NULL && j < cache->parts[i].count; j++)
			free(cache->parts[i].places[j]);
		free(cache->parts[i].places);
	}
	free(cache);
}

void
answer_key_begin(struct answer_key *key, const char *text)
{
	key->len = 0;
	answer_key_add(key, text);
}

/* With its NUL, so that "a" and "bc" differ from "ab" and "c". */
void
answer_key_add(struct answer_key *key, const char *text)
{
	size_t len = strlen(text) + 1, room = sizeof key->octets - key->len;
	if (len > room)
		len = room;
	memcpy(key->octets + key->len, text, len);
	key->len += len;
}

void
answer_key_end(const struct answer_cache *cache, struct answer_key *key)
{
	key->hash = siphash(cache->secret, key->octets, key->len);
}

bool
answer_key_equal(const struct answer_key *one, const struct answer_key *other)
{
	return one->hash == other->hash && one->len == other->len && memcmp(one->octets, other->octets, one->len) == 0;
}

static size_t
slot_of(const struct answer_cache *cache, const char *subject)
{
	return siphash(cache->secret, subject, strlen(subject)) % SUBJECTS;
}

/* Counts only grow, so the sum is unchanged only if each count is. */
static uint64_t
changes_of(const struct answer_cache *cache, const struct answer_subjects *subjects)
{
	uint64_t sum = cache->all;
	for (unsigned i = 0; i < subjects->count; i++)
		sum += cache->changes[subjects->slots[i]];
	return sum;
}

void
answer_cache_depend(const struct answer_cache *cache, struct answer_subjects *subjects, const char *subject)
{
	subjects->slots[subjects->count++] = (uint16_t)slot_of(cache, subject);
	subjects->changes = changes_of(cache, subjects);
}

bool
answer_cache_holds(const struct answer_cache *cache, const struct answer_subjects *subjects)
{
	return changes_of(cache, subjects) == subjects->changes;
}

void
answer_cache_change(struct answer_cache *cache, const char *subject)
{
	cache->changes[slot_of(cache, subject)]++;
}

void
answer_cache_change_all(struct answer_cache *cache)
{
	cache->all++;
}

/* The beginning of the next run of zeros that is long enough, or that ends the octets. */
static size_t
find_zeros(const unsigned char *octets, size_t at, size_t size)
{
	size_t zeros = 0;
	for (; at < size && zeros < ZEROS_MIN; at++)
		zeros = octets[at] == 0 ? zeros + 1 : 0;
	return at - zeros;
}

/* Packs octets as runs: the number of octets, the number of zeros, the octets. Returns the packed length. */
static size_t
pack(unsigned char to[ANSWER_SIZE_MAX + ZEROS_MIN], const unsigned char *from, size_t size)
{
	size_t len = 0;
	for (size_t at = 0, end; at < size; at = end) {
		size_t zeros = find_zeros(from, at, size);
		for (end = zeros; end < size && from[end] == 0;)
			end++;
		const uint16_t numbers[2] = { (uint16_t)(zeros - at), (uint16_t)(end - zeros) };
		memcpy(to + len, numbers, sizeof numbers);
		memcpy(to + len + sizeof numbers, from + at, numbers[0]);
		len += sizeof numbers + numbers[0];
	}
	return len;
}

static void
unpack(unsigned char *to, size_t size, const unsigned char *from, size_t len)
{
	uint16_t numbers[2];
	memset(to, 0, size);
	for (const unsigned char *end = from + len; from < end; from += sizeof numbers + numbers[0]) {
		memcpy(numbers, from, sizeof numbers);
		memcpy(to, from + sizeof numbers, numbers[0]);
		to += numbers[0] + numbers[1];
	}
}

static struct entry **
places_of(const struct part *part, const struct answer_key *key)
{
	return &part->places[key->hash % (part->count / WAYS) * WAYS];
}

static bool
is_about(const struct entry *entry, const struct answer_key *key)
{
	return entry != NULL && entry->hash == key->hash && entry->key_len == key->len &&
	    memcmp(entry->octets, key->octets, key->len) == 0;
}

bool
answer_cache_find(const struct answer_cache *cache, enum answer_part part, const struct answer_key *key,
    int64_t not_before, void *value, size_t size)
{
	struct entry **places = places_of(&cache->parts[part], key);
	for (size_t i = 0; i < WAYS; i++) {
		const struct entry *entry = places[i];
		if (!is_about(entry, key))
			continue;
		if (entry->time < not_before || !answer_cache_holds(cache, &entry->subjects))
			return false;
		unpack(value, size, entry->octets + entry->key_len, entry->packed_len);
		return true;
	}
	return false;
}

static size_t
octets_of(const struct entry *entry)
{
	return sizeof *entry + entry->key_len + entry->packed_len;
}

static void
drop(struct part *part, struct entry **place)
{
	if (*place == NULL)
		return;
	part->octets -= octets_of(*place);
	free(*place);
	*place = NULL;
}

/* When an answer was asked; before all others if it does not hold any more. */
static int64_t
rank(const struct answer_cache *cache, const struct entry *entry)
{
	return answer_cache_holds(cache, &entry->subjects) ? entry->time : INT64_MIN;
}

/*
 * The place of an answer: the one with the same key, else a free one, else one
 * whose answer does not hold any more, else the oldest one.
 */
static struct entry **
choose(const struct answer_cache *cache, struct entry **places, const struct answer_key *key)
{
	struct entry **chosen = &places[0];
	for (size_t i = 0; i < WAYS; i++)
		if (is_about(places[i], key))
			return &places[i];
	for (size_t i = 1; i < WAYS && *chosen != NULL; i++)
		if (places[i] == NULL || rank(cache, places[i]) < rank(cache, *chosen))
			chosen = &places[i];
	return chosen;
}

/* Drops one of the answers in some places, in the order of choose(), but not the one that was kept last. */
static void
drop_one(const struct answer_cache *cache, struct part *part, struct entry **places, struct entry *const *last)
{
	struct entry **chosen = NULL;
	for (struct entry **place = places; place < places + TOGETHER; place++)
		if (*place != NULL && place != last && (chosen == NULL || rank(cache, *place) < rank(cache, *chosen)))
			chosen = place;
	if (chosen != NULL)
		drop(part, chosen);
}

void
answer_cache_keep(struct answer_cache *cache, enum answer_part number, const struct answer_key *key,
    const struct answer_subjects *subjects, int64_t time, const void *value, size_t size)
{
	struct part *part = &cache->parts[number];
	unsigned char packed[ANSWER_SIZE_MAX + ZEROS_MIN];
	if (time < cache->begun || !answer_cache_holds(cache, subjects))
		return;
	size_t len = pack(packed, value, size);
	struct entry *entry = malloc(sizeof *entry + key->len + len);
	if (entry == NULL)
		return;
	*entry = (struct entry) {
		.hash = key->hash,
		.time = time,
		.subjects = *subjects,
		.key_len = (uint16_t)key->len,
		.packed_len = (uint16_t)len,
	};
	memcpy(entry->octets, key->octets, key->len);
	memcpy(entry->octets + key->len, packed, len);
	struct entry **place = choose(cache, places_of(part, key), key);
	drop(part, place);
	*place = entry;
	part->octets += octets_of(entry);
	for (; part->octets > part->octets_max; part->hand = (part->hand + TOGETHER) % part->count)
		drop_one(cache, part, &part->places[part->hand], place);
}

void
answer_cache_drop_since(struct answer_cache *cache, int64_t time)
{
	for (struct part *part = cache->parts; part < cache->parts + ANSWER_PARTS; part++)
		for (size_t i = 0; i < part->count; i++)
			if (part->places[i] != NULL && part->places[i]->time >= time)
				drop(part, &part->places[i]);
}

void
answer_cache_begin(struct answer_cache *cache, int64_t time)
{
	cache->begun = time;
}

size_t
answer_cache_octets(const struct answer_cache *cache)
{
	size_t octets = 0;
	for (size_t i = 0; i < ANSWER_PARTS; i++)
		octets += cache->parts[i].octets;
	return octets;
}
