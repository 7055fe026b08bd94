/* The line reader: however octets are cut, the same lines come out, and each is what stood between two CRLF. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "session/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 256, LINES = 64 };

/* What has been read: how each line was judged, and the text of the good ones. */
struct lines {
	size_t count;
	enum line_status status[LINES];
	size_t len[LINES];
	char text[LINES][LIMIT];
};

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
take(struct lines *lines, const struct line *line)
{
	if (line->status == LINE_UNFINISHED || lines->count == LINES)
		return;
	size_t i = lines->count++;
	lines->status[i] = line->status;
	lines->len[i] = line->status == LINE_READY ? line->len : 0;
	if (line->status != LINE_READY)
		return;
	require(line->len + 2 <= LIMIT);
	require(memchr(line->text, '\n', line->len) == NULL && memchr(line->text, '\0', line->len) == NULL);
	memcpy(lines->text[i], line->text, line->len);
}

/* Reads all of it, step octets at a time. Each piece is a block of its own, so that reading past its end is seen. */
static void
read_all(struct lines *lines, const uint8_t *data, size_t size, size_t step)
{
	struct line_reader reader = { .limit = LIMIT };
	lines->count = 0;
	for (size_t at = 0; at < size; at += step) {
		size_t len = size - at < step ? size - at : step;
		char *piece = malloc(len);
		require(piece != NULL);
		memcpy(piece, data + at, len);
		for (size_t used = 0; used < len;) {
			struct line line;
			size_t taken = line_read(&reader, piece + used, len - used, &line);
			require(taken > 0 && taken <= len - used);
			used += taken;
			take(lines, &line);
			if (line.status != LINE_UNFINISHED)
				line_release(&reader);
		}
		free(piece);
	}
	line_release(&reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lines whole, cut;
	if (size == 0)
		return 0;
	read_all(&whole, data, size, size);
	for (size_t step = 1; step < size && step <= 7; step += 2) {
		read_all(&cut, data, size, step);
		require(cut.count == whole.count);
		for (size_t i = 0; i < whole.count; i++) {
			require(cut.status[i] == whole.status[i] && cut.len[i] == whole.len[i]);
			require(memcmp(cut.text[i], whole.text[i], whole.len[i]) == 0);
		}
	}
	return 0;
}
