/* GNU .mo files, read whole and checked before anything in them is believed. */
#ifndef CATALOG_MO_H
#define CATALOG_MO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MO_SIZE_MAX = 1024 * 1024, /* octets of a file */
	MO_ENTRIES_MAX = 16384,
};

/* A checked file: every string of it lies inside bytes and ends in a NUL. */
struct mo {
	char *bytes;
	size_t size;
	uint32_t entries;
	uint32_t keys;  /* offset of the table of keys */
	uint32_t texts; /* offset of the table of texts */
	bool swapped;   /* of the other byte order */
};

struct mo_string {
	const char *bytes; /* len octets, then a NUL */
	size_t len;
};

/*
 * Reads the file at path into memory. 0; -1 with errno, ENOENT where there is none; -2 where it is no sound .mo, and
 * *why says in what way. To be freed with mo_free().
 */
int mo_read(struct mo *mo, const char *path, const char **why);

/* The same for octets in memory, which must stay as long as mo is used and are not freed with it. */
bool mo_parse(struct mo *mo, char *bytes, size_t size, const char **why);

void mo_free(struct mo *mo);

/* The i-th key (msgctxt EOT msgid, a plural msgid behind a NUL) and its text (plural forms with a NUL between). */
struct mo_string mo_key(const struct mo *mo, uint32_t i);
struct mo_string mo_text(const struct mo *mo, uint32_t i);

#endif
