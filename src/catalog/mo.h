/* GNU .mo files, which are read whole and checked before they are used. */
#ifndef CATALOG_MO_H
#define CATALOG_MO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MO_SIZE_MAX = 1024 * 1024, /* octets of a file */
	MO_ENTRIES_MAX = 16384,
	MO_STRINGS_MAX = 4 *
	    MO_SIZE_MAX, /* octets of all strings: they can share octets of the file, but each is read */
	MO_HEADER = 28,  /* octets: seven words */
};

#define MO_MAGIC 0x950412deu

/*
 * A checked file: every string is inside bytes and ends with a NUL. The system-dependent strings of minor revision 1, which
 * C programs assemble from segments, are counted but are not among the entries.
 */
struct mo {
	char *bytes;
	size_t size;
	uint32_t entries;
	uint32_t keys;           /* offset of the table of keys */
	uint32_t texts;          /* offset of the table of texts */
	uint32_t dependents;     /* how many system-dependent strings there are */
	uint32_t dependent_keys; /* offset of the table of their keys */
	size_t strings;          /* octets of all strings together */
	bool swapped;            /* of the other byte order */
};

struct mo_string {
	const char *bytes; /* len octets, then a NUL */
	size_t len;
};

/*
 * Reads the file at path into memory. Returns 0, -1 with errno (ENOENT if there is no file), or -2 with the reason in *why
 * if it is not a valid .mo. After 0, free it with mo_free().
 */
int mo_read(struct mo *mo, const char *path, const char **why);

/* The same for octets in memory, which must outlive mo. Returns false with *why. */
bool mo_parse(struct mo *mo, char *bytes, size_t size, const char **why);

/* One entry of a file to write: the key and the text as mo_key() and mo_text() return them. */
struct mo_entry {
	struct mo_string key;
	struct mo_string text;
};

/*
 * Makes a file, in the byte order of the machine, of entries, which it sorts. Returns its octets, to be freed by the
 * caller, and their number in *size; or NULL with errno: ENOMEM, EFBIG if the file would be larger than mo_read()
 * accepts, EEXIST if two entries have the same msgctxt and msgid.
 */
char *mo_write(struct mo_entry *entries, size_t count, size_t *size);

/* Frees the result of mo_read(). */
void mo_free(struct mo *mo);

/* The i-th key (msgctxt, EOT, msgid, and after a NUL a plural msgid) and its text (plural forms separated by NUL). */
struct mo_string mo_key(const struct mo *mo, uint32_t i);
struct mo_string mo_text(const struct mo *mo, uint32_t i);

/* The beginning of the key of the i-th system-dependent string, up to its first system-dependent segment. */
struct mo_string mo_dependent_key(const struct mo *mo, uint32_t i);

#endif
