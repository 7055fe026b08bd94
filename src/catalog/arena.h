/* Memory of one generation: taken piece by piece, given back at once. */
#ifndef CATALOG_ARENA_H
#define CATALOG_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* All zero, it grows by malloc; with fixed set, it uses next and left alone. */
struct arena {
	struct arena_block *blocks;
	char *next;
	size_t left;
	bool fixed;
	bool failed; /* an allocation failed; stays set */
};

/* size octets, aligned for any type and zeroed; NULL, and failed set, when memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
void arena_free(struct arena *arena);

#endif
