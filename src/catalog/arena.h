/* The memory of one generation: allocated in pieces, freed at once. */
#ifndef CATALOG_ARENA_H
#define CATALOG_ARENA_H

#include <stdbool.h>
#include <stddef.h>

enum { ARENA_SLACK = 64 }; /* octets behind any piece that can be read, whatever they are */

/* All zero: grows by malloc(). With fixed set: uses only next and left, which ARENA_SLACK further octets must follow. */
struct arena {
	struct arena_block *blocks;
	char *next;
	size_t left;
	bool fixed;
	bool failed; /* an allocation has failed; never reset */
};

/* Returns size octets, aligned for any type and zeroed. If memory is exhausted, returns NULL and sets failed. */
void *arena_alloc(struct arena *arena, size_t size);

/* Frees all pieces. The arena can be used again. */
void arena_free(struct arena *arena);

#endif
