/* The line numbers of the entries of a .po. */
#include "base/text/po_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_AHEAD = 16 }; /* entries that libgettextpo can skip between two: obsolete or duplicate ones */

static struct po_place *
add(struct po_lines *lines, size_t number)
{
	if (lines->count == lines->room) {
		size_t room = lines->room > 0 ? lines->room * 2 : 128;
		struct po_place *grown = reallocarray(lines->entry, room, sizeof *grown);

		if (!grown)
			return NULL;
		lines->entry = grown;
		lines->room = room;
	}
	lines->entry[lines->count] = (struct po_place) { .start = number, .text = number };
	return &lines->entry[lines->count++];
}

/* Adds the quoted part of a line to a context. */
static void
add_context(struct po_place *entry, const char *line)
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

/* Adds the quoted part of a line to a msgid. */
static void
add_id(struct po_place *entry, const char *line)
{
	const char *at = strchr(line, '"'), *close = strrchr(line, '"');
	size_t len = strlen(entry->id);

	if (!at || close == at)
		return;
	while (++at < close && len < sizeof entry->id - 1) {
		at += at[0] == '\\' && (at[1] == '"' || at[1] == '\\');
		entry->id[len++] = *at;
	}
}

static bool
begins(const char *line, const char *keyword)
{
	size_t n = strlen(keyword);

	return strncmp(line, keyword, n) == 0 && strchr(" \t\"[\n", line[n]);
}

enum state { BETWEEN, IN_CONTEXT, IN_ID, IN_PLURAL, IN_TEXT };

/* Parses a line, which belongs to the last entry. */
static bool
parse_line(struct po_lines *lines, enum state *state, const char *line, size_t number)
{
	struct po_place *last = lines->count > 0 ? &lines->entry[lines->count - 1] : NULL;

	line += strspn(line, " \t");
	if (begins(line, "msgctxt")) {
		last = add(lines, number);
		*state = IN_CONTEXT;
	} else if (begins(line, "msgid")) {
		if (*state != IN_CONTEXT)
			last = add(lines, number);
		*state = IN_ID;
	} else if (begins(line, "msgid_plural") && *state == IN_ID) {
		*state = IN_PLURAL;
	} else if (begins(line, "msgstr") && (*state == IN_ID || *state == IN_PLURAL)) {
		last->text = number;
		*state = IN_TEXT;
	}
	if (*state == IN_CONTEXT && last && strchr("m\"", *line))
		add_context(last, line);
	if (*state == IN_ID && last && strchr("m\"", *line))
		add_id(last, line);
	return last || *state == BETWEEN;
}

bool
po_lines_parse(struct po_lines *lines, FILE *stream)
{
	enum state state = BETWEEN;
	char *line = NULL;
	size_t size = 0, number = 0;
	bool fine = true;
	*lines = (struct po_lines) { 0 };
	while (fine && getline(&line, &size, stream) >= 0)
		fine = parse_line(lines, &state, line, ++number);
	free(line);
	return fine && !ferror(stream);
}

bool
po_lines_read(struct po_lines *lines, const char *path)
{
	struct stat st = { 0 };
	*lines = (struct po_lines) { 0 };
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > PO_SIZE_MAX) {
		close(fd);
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return false;
	}
	FILE *file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		return false;
	}
	bool fine = po_lines_parse(lines, file);
	fclose(file);
	return fine;
}

const struct po_place *
po_lines_next(struct po_lines *lines, const char *context)
{
	static const struct po_place nowhere = { .start = 0, .text = 0 };

	for (size_t i = lines->next; i < lines->count && i < lines->next + LOOK_AHEAD; i++)
		if (strncmp(lines->entry[i].context, context, PO_CONTEXT_MAX - 1) == 0) {
			lines->next = i + 1;
			return &lines->entry[i];
		}
	return lines->next < lines->count ? &lines->entry[lines->next] : &nowhere;
}

const struct po_place *
po_lines_find(const struct po_lines *lines, const char *context, const char *id, bool other)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct po_place *entry = &lines->entry[i];

		if (strncmp(entry->context, context, PO_CONTEXT_MAX - 1) == 0 &&
		    (id == NULL || (strncmp(entry->id, id, PO_ID_MAX - 1) != 0) == other))
			return entry;
	}
	return NULL;
}

void
po_lines_free(struct po_lines *lines)
{
	free(lines->entry);
	*lines = (struct po_lines) { 0 };
}
