/* Messages in memory: without CRs, and with the changes to their header. */
#include "edited.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message/header_edit.h"

struct message {
	struct header_source source;
	const char *octets;
	size_t len, piece;
};

struct result {
	struct header_sink sink;
	FILE *file;
};

static ssize_t
read_message(struct header_source *source, char *octets, size_t size, uint64_t at)
{
	const struct message *message = (const struct message *)source;
	size_t left = message->len - (size_t)at;
	size_t some = left < size ? left : size;
	some = some < message->piece ? some : message->piece;
	memcpy(octets, message->octets + at, some);
	return (ssize_t)some;
}

static int
write_result(struct header_sink *sink, const char *octets, size_t len)
{
	return fwrite(octets, 1, len, ((struct result *)sink)->file) == len ? 0 : -1;
}

char *
edited_lines(const char *octets, size_t len, size_t *lines_len)
{
	char *lines = malloc(len + 1);
	size_t at = 0;
	if (lines == NULL)
		abort();
	for (size_t i = 0; i < len; i++)
		if (octets[i] != '\r' || i + 1 == len || octets[i + 1] != '\n')
			lines[at++] = octets[i];
	*lines_len = at;
	return lines;
}

int
edited_file(const char *octets, size_t len)
{
	char *lines = edited_lines(octets, len, &len);
	int file = memfd_create("message", MFD_CLOEXEC);
	if (file < 0 || write(file, lines, len) != (ssize_t)len)
		abort();
	free(lines);
	return file;
}

char *
edited_in_pieces(const struct field_edits *edits, const char *octets, size_t *len, size_t *local, size_t piece)
{
	char *text = NULL;
	size_t text_len;
	struct header_edited edited;
	struct message message = { { read_message, *local }, octets, *len, piece };
	struct result result = { { write_result }, open_memstream(&text, &text_len) };
	if (result.file == NULL || header_edit(edits, &message.source, &result.sink, &edited) < 0)
		abort();
	fwrite(octets + edited.read.octets, 1, *len - (size_t)edited.read.octets, result.file);
	if (fclose(result.file) != 0 || text_len != *len - edited.read.octets + edited.written.octets)
		abort();
	*len = text_len;
	*local = (size_t)edited.local.octets;
	return text;
}

static char *
add_crs(const char *lines, size_t *len)
{
	char *octets = malloc(2 * *len + 1);
	size_t at = 0;
	if (octets == NULL)
		abort();
	for (size_t i = 0; i < *len; i++) {
		if (lines[i] == '\n')
			octets[at++] = '\r';
		octets[at++] = lines[i];
	}
	*len = at;
	return octets;
}

char *
edited_message(const struct field_edits *edits, const char *octets, size_t *len, size_t *local)
{
	size_t local_len;
	char *lines = edited_lines(octets, *local, &local_len);
	free(lines);
	lines = edited_lines(octets, *len, len);
	char *text = edited_in_pieces(edits, lines, len, &local_len, 7);
	char *message = add_crs(text, len), *start = add_crs(text, &local_len);
	*local = local_len;
	free(lines);
	free(text);
	free(start);
	return message;
}
