/* Where the entries of a .po stand: libgettextpo tells the line of a message only in its own complaints. */
#ifndef MSG_LINES_H
#define MSG_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_CONTEXT_MAX = 64 };

struct lines_entry {
	char context[LINES_CONTEXT_MAX]; /* as it stands between the quotes, cut */
	size_t start;                    /* line of its first keyword */
	size_t text;                     /* line of its (first) msgstr */
};

struct lines {
	struct lines_entry *entry;
	size_t count, room;
	size_t next; /* entries are asked for in the order of the file */
};

/* Reads where the entries of a file stand; obsolete ones (#~) are left out. False with errno. */
bool lines_read(struct lines *lines, const char *path);

/* The next entry with this msgctxt ("" for none); the one at hand where there is none. Never NULL. */
const struct lines_entry *lines_find(struct lines *lines, const char *context);

/* The line of the first entry with this msgctxt; 0 where there is none. */
size_t lines_first(const struct lines *lines, const char *context);

void lines_free(struct lines *lines);

#endif
