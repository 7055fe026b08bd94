/* The word that is meant by one that is misspelled. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

enum { NEAREST_MAX = 40 }; /* octets of a word; a longer one is near to none */

/* A search: .word is what somebody wrote. best is NULL until a candidate is near enough. */
struct nearest {
	const char *word, *best;
	size_t distance; /* of best */
};

/*
 * Compares the word with a candidate, which must outlive the search. It becomes the best if fewer changes than for those
 * before make the word of it: to add, remove or replace a letter, or to exchange two neighbours (Damerau-Levenshtein,
 * without a second change of exchanged letters). At most a third of its letters may differ, of short words one, and a
 * candidate of two letters is near to none. Case, and "_"
 * for "-", are no difference. O(NEAREST_MAX^2) and no allocation.
 */
void nearest_try(struct nearest *search, const char *candidate);

/* The nearest of count words to a word; NULL if none is near. */
const char *nearest_of(const char *word, const char *const *candidates, size_t count);

/* Writes "; did you mean 'account'?" in the language of the user, for the end of an error; "" if best is NULL. */
enum { NEAREST_HINT_SIZE = 256 };
void nearest_hint(char hint[NEAREST_HINT_SIZE], const char *best);

/* The same for the nearest of count words to a word. */
void nearest_hint_of(char hint[NEAREST_HINT_SIZE], const char *word, const char *const *candidates, size_t count);

#endif
