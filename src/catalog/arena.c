/* The memory of one generation: allocated in pieces, freed at once. */
#include "catalog/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 * 1024 };

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) char bytes[];
};

static bool
grow(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK ? size : BLOCK;
	if (arena->fixed || size > SIZE_MAX / 2)
		return false;
	struct arena_block *block = malloc(sizeof(*block) + room + ARENA_SLACK);
	if (block == NULL)
		return false;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->next = block->bytes;
	arena->left = room;
	return true;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t align = alignof(max_align_t);
	if (arena->failed || size > SIZE_MAX - align)
		goto fail;
	size = (size + align - 1) / align * align;
	if (size > arena->left && !grow(arena, size))
		goto fail;
	void *p = arena->next;
	arena->next += size;
	arena->left -= size;
	return memset(p, 0, size);
fail:
	arena->failed = true;
	return NULL;
}

void
arena_free(struct arena *arena)
{
	for (struct arena_block *block = arena->blocks, *next; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (struct arena) { 0 };
}
