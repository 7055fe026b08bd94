/* The word that is meant by one that is misspelled. */
#include "base/text/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/translate.h"

enum { SHORTEST = 3 }; /* every word of two letters is near to many */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
is_same(char a, char b)
{
	return ascii_lower(a) == ascii_lower(b) || (a == '_' && b == '-');
}

/* How many letters must be added, removed, replaced or exchanged with their neighbour to make one word of the other. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][NEAREST_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + !is_same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

void
nearest_try(struct nearest *search, const char *candidate)
{
	size_t word_len = strnlen(search->word, NEAREST_MAX + 1), len = strnlen(candidate, NEAREST_MAX + 1);
	if (word_len > NEAREST_MAX || len > NEAREST_MAX || len < SHORTEST)
		return;
	size_t found = distance(search->word, word_len, candidate, len);
	if ((3 * found > len && found > 1) || found >= least(word_len, len) ||
	    (search->best != NULL && found >= search->distance))
		return;
	search->best = candidate;
	search->distance = found;
}

const char *
nearest_of(const char *word, const char *const *candidates, size_t count)
{
	struct nearest search = { .word = word };
	for (size_t i = 0; i < count; i++)
		nearest_try(&search, candidates[i]);
	return search.best;
}

void
nearest_hint(char hint[NEAREST_HINT_SIZE], const char *best)
{
	*hint = '\0';
	if (best != NULL)
		/* TRANSLATORS: the end of an error about a word that is unknown: the word that is nearest to it. */
		snprintf(hint, NEAREST_HINT_SIZE, _("; did you mean '%s'?"), best);
}

void
nearest_hint_of(char hint[NEAREST_HINT_SIZE], const char *word, const char *const *candidates, size_t count)
{
	nearest_hint(hint, nearest_of(word, candidates, count));
}
