/* The line numbers of the entries of a .po, which its compiled catalogue does not have. */
#ifndef BASE_PO_LINES_H
#define BASE_PO_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	PO_CONTEXT_MAX = 64,
	PO_ID_MAX = 256,
	PO_SIZE_MAX = 1024 * 1024, /* octets of a file */
};

struct po_place {
	char context[PO_CONTEXT_MAX]; /* as between the quotes, cut */
	char id[PO_ID_MAX];           /* its msgid, without escapes of quotes and backslashes, cut */
	size_t start;                 /* line of its first keyword */
	size_t text;                  /* line of its (first) msgstr */
};

struct po_lines {
	struct po_place *entry;
	size_t count, room;
	size_t next; /* entries are looked up in the order of the file */
};

/*
 * Reads the line numbers of the entries of a file, without obsolete ones (#~). Returns false with errno: EFBIG if the file is
 * larger than PO_SIZE_MAX, EINVAL if it is no regular file. po_lines_free() in any case.
 */
bool po_lines_read(struct po_lines *lines, const char *path);

/* The same for a stream. */
bool po_lines_parse(struct po_lines *lines, FILE *stream);

/* The next entry with this msgctxt ("" for none); the current one if there is none. Never NULL. */
const struct po_place *po_lines_next(struct po_lines *lines, const char *context);

/*
 * The first entry with this msgctxt whose msgid is the given one, or, if other is true, is another one. NULL if there is none.
 * An id of NULL stands for any.
 */
const struct po_place *po_lines_find(const struct po_lines *lines, const char *context, const char *id, bool other);

/* Frees the result of po_lines_read(). */
void po_lines_free(struct po_lines *lines);

#endif
