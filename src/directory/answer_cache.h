/*
 * Recent answers of a directory to questions. An answer is valid until a record that it depends on changes. Memory is
 * bounded. A look-up allocates no memory, and its time does not depend on the number of answers. For one thread.
 */
#ifndef DIRECTORY_ANSWER_CACHE_H
#define DIRECTORY_ANSWER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each part has its own memory, so that strangers who invent addresses replace
 * only answers about addresses without a record of their own: those that do
 * not exist, have a tag, or belong to a relayed domain or to the alias for all
 * addresses.
 */
enum answer_part {
	ANSWER_CLIENT,
	ANSWER_SENDER,
	ANSWER_RECIPIENT, /* that has a record */
	ANSWER_NO_RECIPIENT,
	ANSWER_PARTS,
};

enum {
	ANSWER_SUBJECTS_MAX = 3,
	ANSWER_SIZE_MAX = 4096, /* octets of an answer */
	ANSWER_KEY_MAX = 512,   /* octets of a key */
	/* Octets of the answers of all parts together, without some 512 KiB that are always there. */
	ANSWER_OCTETS_MAX = 10 << 20,
};

/* The subjects that an answer depends on, and how often they had changed when the question was asked. */
struct answer_subjects {
	uint16_t slots[ANSWER_SUBJECTS_MAX];
	unsigned count;
	uint64_t changes;
};

/* What an answer is about. */
struct answer_key {
	char octets[ANSWER_KEY_MAX];
	size_t len;
	uint64_t hash;
};

struct answer_cache;

/* An empty cache; NULL when memory is out. */
struct answer_cache *answer_cache_new(void);
void answer_cache_free(struct answer_cache *cache);

/*
 * Begins a key with a text, or adds one. A text that does not fit is truncated:
 * the keys of two questions must not differ only in the truncated part.
 */
void answer_key_begin(struct answer_key *key, const char *text);
void answer_key_add(struct answer_key *key, const char *text);

/* Ends a key, with its hash, which clients cannot predict. */
void answer_key_end(const struct answer_cache *cache, struct answer_key *key);

/* Are two keys the same? Both have been ended. */
bool answer_key_equal(const struct answer_key *one, const struct answer_key *other);

/* Adds a subject that the answer will depend on. Call it before the question is sent. */
void answer_cache_depend(const struct answer_cache *cache, struct answer_subjects *subjects, const char *subject);

/* Has none of the subjects changed since then? */
bool answer_cache_holds(const struct answer_cache *cache, const struct answer_subjects *subjects);

/*
 * Notes a change of a subject, or of any: answers that depend on it are not
 * found any more. The time does not depend on their number.
 */
void answer_cache_change(struct answer_cache *cache, const char *subject);
void answer_cache_change_all(struct answer_cache *cache);

/* Drops the answers that were asked at a time or later. Takes a time that depends on the size of the cache. */
void answer_cache_drop_since(struct answer_cache *cache, int64_t time);

/* From now on, keeps no answer that was asked before a time. Those that are kept stay. */
void answer_cache_begin(struct answer_cache *cache, int64_t time);

/*
 * Copies the answer of a key to value, if it was asked at a time or later; size must be the one with which it was kept.
 */
bool answer_cache_find(const struct answer_cache *cache, enum answer_part part, const struct answer_key *key,
    int64_t not_before, void *value, size_t size);

/*
 * Keeps an answer that was asked at a time, in place of an older one if the part is full; does nothing if its subjects
 * have changed since it was asked, or memory is out. value has no pointers.
 */
void answer_cache_keep(struct answer_cache *cache, enum answer_part part, const struct answer_key *key,
    const struct answer_subjects *subjects, int64_t time, const void *value, size_t size);

/* The octets that the answers take. */
size_t answer_cache_octets(const struct answer_cache *cache);

#endif
