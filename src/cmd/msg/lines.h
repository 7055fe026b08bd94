/* The line numbers of the entries of a .po: libgettextpo gives the line of a message only in its own errors. */
#ifndef MSG_LINES_H
#define MSG_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_CONTEXT_MAX = 64 };

struct lines_entry {
	char context[LINES_CONTEXT_MAX]; /* as between the quotes, cut */
	size_t start;                    /* line of its first keyword */
	size_t text;                     /* line of its (first) msgstr */
};

struct lines {
	struct lines_entry *entry;
	size_t count, room;
	size_t next; /* entries are looked up in the order of the file */
};

/* Reads the line numbers of the entries of a file, without obsolete ones (#~). Returns false with errno. */
bool lines_read(struct lines *lines, const char *path);

/* The next entry with this msgctxt ("" for none); the current one if there is none. Never NULL. */
const struct lines_entry *lines_find(struct lines *lines, const char *context);

/* The line of the first entry with this msgctxt; 0 if there is none. */
size_t lines_first(const struct lines *lines, const char *context);

/* Frees the result of lines_read(). */
void lines_free(struct lines *lines);

#endif
