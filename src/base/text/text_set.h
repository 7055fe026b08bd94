/* A set of texts, to find out which have been seen before in time that does not grow with their number. */
#ifndef BASE_TEXT_SET_H
#define BASE_TEXT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All zero is empty. Keeps no text, but 128 bits of hashes with keys that are secret to the process: an attacker cannot
 * make two texts collide, and the odds of a collision are negligible. 16 octets a text, 21 to 43 with the room to grow.
 */
struct text_set {
	struct text_hash {
		uint64_t half[2]; /* both 0: free */
	} * slots;
	uint32_t count, room; /* room is a power of two, or 0 */
};

/* Adds a text. Returns 1 if it is new, 0 if the set has it, -1 with ENOMEM. */
int text_set_add(struct text_set *set, const char *text, size_t len);

/* Has the set this text? */
bool text_set_has(const struct text_set *set, const char *text, size_t len);

/* Empties the set and frees its memory. */
void text_set_clear(struct text_set *set);

#endif
