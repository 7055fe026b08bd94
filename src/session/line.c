/* Splits a client's octets into command lines. */
#include "session/line.h"

#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

enum { SIZE_MIN = 128 };

/* Returns a pointer behind the first CRLF, whose CR may have arrived before these octets; NULL if there is none. */
static const char *
find_end(const struct line_reader *reader, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	for (const char *p = bytes, *lf; p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL; p = lf + 1)
		if (lf > bytes ? lf[-1] == '\r' : reader->cr)
			return lf + 1;
	return NULL;
}

static void
skip(struct line_reader *reader, enum line_status why)
{
	line_release(reader);
	reader->skipping = why;
}

/* A line may hold a password, whose octets must not stay in memory that is given back. */
static void
wipe(struct line_reader *reader)
{
	if (reader->partial != NULL)
		explicit_bzero(reader->partial, reader->used);
}

static bool
grow(struct line_reader *reader, size_t len)
{
	size_t size = reader->size == 0 ? SIZE_MIN : reader->size;

	while (size - reader->used < len)
		size *= 2;
	if (size == reader->size)
		return true;
	char *partial = calloc(1, size);
	if (partial == NULL)
		return false;
	if (reader->used > 0)
		memcpy(partial, reader->partial, reader->used);
	wipe(reader);
	free(reader->partial);
	reader->partial = partial;
	reader->size = size;
	return true;
}

/* Adds octets to the unfinished line, unless it is being skipped. */
static void
keep(struct line_reader *reader, const char *bytes, size_t len)
{
	if (reader->skipping != LINE_UNFINISHED || len == 0)
		return;
	if (len > reader->limit - reader->used) {
		skip(reader, LINE_TOO_LONG);
	} else if (!grow(reader, len)) {
		skip(reader, LINE_NO_MEMORY);
	} else {
		memcpy(reader->partial + reader->used, bytes, len);
		reader->used += len;
	}
}

static bool
holds_control(const char *text, size_t len)
{
	bool control = false;

	for (size_t i = 0; i < len; i++)
		control |= ascii_is_control(text[i]) && text[i] != '\t';
	return control;
}

/* Returns the line that ends with these octets. */
static struct line
complete(struct line_reader *reader, const char *bytes, size_t len)
{
	struct line line = { .text = bytes, .len = len };

	if (reader->used > 0) {
		keep(reader, bytes, len);
		line.text = reader->partial;
		line.len = reader->used;
	} else if (len > reader->limit && reader->skipping == LINE_UNFINISHED) {
		reader->skipping = LINE_TOO_LONG;
	}
	if (reader->skipping != LINE_UNFINISHED) {
		line = (struct line) { .status = reader->skipping };
	} else {
		line.len -= 2;
		line.status = holds_control(line.text, line.len) ? LINE_BAD : LINE_READY;
	}
	reader->skipping = LINE_UNFINISHED;
	reader->cr = false;
	return line;
}

size_t
line_read(struct line_reader *reader, const char *bytes, size_t len, struct line *line)
{
	const char *end = find_end(reader, bytes, len);

	if (end != NULL) {
		*line = complete(reader, bytes, (size_t)(end - bytes));
		return (size_t)(end - bytes);
	}
	*line = (struct line) { .status = LINE_UNFINISHED };
	keep(reader, bytes, len);
	if (len > 0)
		reader->cr = bytes[len - 1] == '\r';
	return len;
}

void
line_release(struct line_reader *reader)
{
	wipe(reader);
	free(reader->partial);
	reader->partial = NULL;
	reader->used = 0;
	reader->size = 0;
}
