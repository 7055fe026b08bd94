/* The line numbers of the entries of a .po. */
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_AHEAD = 16 }; /* entries that libgettextpo can skip between two: obsolete or duplicate ones */

static struct lines_entry *
add(struct lines *lines, size_t number)
{
	if (lines->count == lines->room) {
		size_t room = lines->room > 0 ? lines->room * 2 : 128;
		struct lines_entry *grown = reallocarray(lines->entry, room, sizeof *grown);

		if (!grown)
			return NULL;
		lines->entry = grown;
		lines->room = room;
	}
	lines->entry[lines->count] = (struct lines_entry) { .start = number, .text = number };
	return &lines->entry[lines->count++];
}

/* Adds the quoted part of a line to a context. */
static void
add_context(struct lines_entry *entry, const char *line)
{
	const char *open = strchr(line, '"'), *close = strrchr(line, '"');
	size_t len = strlen(entry->context), n;

	if (!open || close == open)
		return;
	n = (size_t)(close - open) - 1;
	if (n > sizeof entry->context - 1 - len)
		n = sizeof entry->context - 1 - len;
	memcpy(entry->context + len, open + 1, n);
}

static bool
begins(const char *line, const char *keyword)
{
	size_t n = strlen(keyword);

	return strncmp(line, keyword, n) == 0 && strchr(" \t\"[\n", line[n]);
}

enum state { BETWEEN, IN_CONTEXT, IN_ID, IN_TEXT };

/* Parses a line, which belongs to the last entry. */
static bool
parse_line(struct lines *lines, enum state *state, const char *line, size_t number)
{
	struct lines_entry *last = lines->count > 0 ? &lines->entry[lines->count - 1] : NULL;

	line += strspn(line, " \t");
	if (begins(line, "msgctxt")) {
		last = add(lines, number);
		*state = IN_CONTEXT;
	} else if (begins(line, "msgid")) {
		if (*state != IN_CONTEXT)
			last = add(lines, number);
		*state = IN_ID;
	} else if (begins(line, "msgstr") && *state == IN_ID) {
		last->text = number;
		*state = IN_TEXT;
	}
	if (*state == IN_CONTEXT && last && strchr("m\"", *line))
		add_context(last, line);
	return last || *state == BETWEEN;
}

bool
lines_read(struct lines *lines, const char *path)
{
	FILE *file = fopen(path, "re");
	enum state state = BETWEEN;
	char *line = NULL;
	size_t size = 0, number = 0;
	bool fine = true;

	*lines = (struct lines) { 0 };
	if (!file)
		return false;
	while (fine && getline(&line, &size, file) >= 0)
		fine = parse_line(lines, &state, line, ++number);
	free(line);
	fine = fine && !ferror(file);
	fclose(file);
	return fine;
}

const struct lines_entry *
lines_find(struct lines *lines, const char *context)
{
	static const struct lines_entry nowhere = { .start = 0, .text = 0 };

	for (size_t i = lines->next; i < lines->count && i < lines->next + LOOK_AHEAD; i++)
		if (strncmp(lines->entry[i].context, context, LINES_CONTEXT_MAX - 1) == 0) {
			lines->next = i + 1;
			return &lines->entry[i];
		}
	return lines->next < lines->count ? &lines->entry[lines->next] : &nowhere;
}

size_t
lines_first(const struct lines *lines, const char *context)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strncmp(lines->entry[i].context, context, LINES_CONTEXT_MAX - 1) == 0)
			return lines->entry[i].start;
	return 0;
}

void
lines_free(struct lines *lines)
{
	free(lines->entry);
	*lines = (struct lines) { 0 };
}
