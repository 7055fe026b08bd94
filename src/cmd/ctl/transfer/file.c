/* Reads records from a file: what CSV and JSON share. */
#include "cmd/ctl/transfer/file.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "base/text/utf8.h"

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
import_file_get(struct import_file *file)
{
	int c = file->pushed;
	file->pushed = EOF;
	if (c == EOF)
		c = getc_unlocked(file->stream);
	if (c == '\n')
		file->line++;
	file->used++;
	return c;
}

enum import_result
import_file_fault(struct import_file *file, unsigned long line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(file->error, sizeof file->error, format, arguments);
	va_end(arguments);
	file->error_line = line;
	return IMPORT_FAULT;
}

bool
import_file_add(struct import_text *text, const char *octets, size_t len)
{
	if (len > text->room - text->len) {
		size_t room = 2 * (text->len + len) + 64;
		char *grown = malloc(room);
		if (grown == NULL)
			return false;
		if (text->len > 0)
			memcpy(grown, text->octets, text->len);
		if (text->octets != NULL)
			explicit_bzero(text->octets, text->room);
		free(text->octets);
		text->octets = grown;
		text->room = room;
	}
	memcpy(text->octets + text->len, octets, len);
	text->len += len;
	return true;
}

bool
import_file_is_utf8(const char *text, size_t len)
{
	for (size_t at = 0, step; at < len; at += step)
		if ((step = utf8_length(text + at, len - at)) == 0)
			return false;
	return true;
}

static void
clear_text(struct import_text *text)
{
	if (text->octets != NULL)
		explicit_bzero(text->octets, text->room);
	free(text->octets);
	*text = (struct import_text) { .octets = NULL };
}

void
import_row_clear(struct import_row *row)
{
	clear_text(&row->text);
	row->count = 0;
}

void
import_file_open(struct import_file *file, FILE *stream, enum import_format format)
{
	*file = (struct import_file) { .stream = stream, .format = format, .line = 1, .pushed = EOF };
}

void
import_file_close(struct import_file *file)
{
	clear_text(&file->header);
}

/* Skips a byte order mark and white space, and finds the format by what follows. */
static enum import_result
begin(struct import_file *file)
{
	static const char mark[] = "\xEF\xBB\xBF";
	size_t marked = 0;
	int c = import_file_get(file);
	while (marked < sizeof mark - 1 && c == (unsigned char)mark[marked]) {
		marked++;
		c = import_file_get(file);
	}
	if (marked > 0 && marked < sizeof mark - 1)
		return import_file_fault(file, 1, _("this is no UTF-8"));
	while (is_space(c))
		c = import_file_get(file);
	if (file->format == IMPORT_AUTO)
		file->format = c == '{' || c == '[' ? IMPORT_JSON : IMPORT_CSV;
	file->pushed = c;
	return IMPORT_ROW;
}

enum import_result
import_file_next(struct import_file *file, struct import_row *row)
{
	enum import_result result = IMPORT_ROW;
	if (!file->begun)
		result = begin(file);
	row->count = 0;
	row->text.len = 0;
	if (result == IMPORT_ROW)
		result = (file->format == IMPORT_JSON ? import_file_next_json : import_file_next_csv)(file, row);
	return ferror(file->stream) ? IMPORT_FAILED : result;
}

const char *
import_file_name(const struct import_file *file, const struct import_row *row, size_t column)
{
	return file->format == IMPORT_JSON ? row->text.octets + row->names[column]
	                                   : file->header.octets + file->header_names[column];
}

const char *
import_file_value(const struct import_row *row, size_t column)
{
	return row->text.octets + row->values[column];
}
