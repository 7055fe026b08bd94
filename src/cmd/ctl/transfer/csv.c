/* Reads CSV by RFC 4180, with a header line that names the columns. */
#include <string.h>

#include "base/text/translate.h"
#include "cmd/ctl/transfer/file.h"

/* How a field ends. */
enum field_end { FIELD_NEXT, FIELD_LAST, FIELD_FAULT, FIELD_NO_MEMORY };

static enum field_end
fault(struct import_file *file, unsigned long line, const char *text)
{
	import_file_fault(file, line, "%s", text);
	return FIELD_FAULT;
}

/* What follows a field: a comma, or the end of the line. A line feed alone ends a line, too. */
static enum field_end
end_field(struct import_file *file, unsigned long line, int c)
{
	if (c == ',')
		return FIELD_NEXT;
	if (c == '\r') {
		c = import_file_get(file);
		if (c != '\n')
			return fault(file, line,
			    _("a carriage return stands alone; write it in quotes, or end the line by CR LF"));
	}
	if (c == '\n' || c == EOF)
		return FIELD_LAST;
	return fault(file, line, _("text follows the quote that ends a field; write \"\" for a quote within one"));
}

static enum field_end
add_octet(struct import_file *file, struct import_text *text, int c)
{
	char octet = (char)c;
	if (file->used > IMPORT_RECORD_MAX)
		return fault(file, file->line, _("this record is longer than 1 MiB"));
	if (octet == '\0')
		return fault(file, file->line, _("this record has a NUL"));
	return import_file_add(text, &octet, 1) ? FIELD_NEXT : FIELD_NO_MEMORY;
}

/* Behind the first quote. */
static enum field_end
read_quoted(struct import_file *file, struct import_text *text)
{
	unsigned long line = file->line;
	for (;;) {
		int c = import_file_get(file);
		if (c == EOF)
			return fault(file, line, _("the quote that begins here has no end"));
		if (c == '"' && (c = import_file_get(file)) != '"')
			return end_field(file, line, c);
		enum field_end added = add_octet(file, text, c);
		if (added != FIELD_NEXT)
			return added;
	}
}

static enum field_end
read_plain(struct import_file *file, struct import_text *text, int c)
{
	unsigned long line = file->line;
	for (; c != ',' && c != '\r' && c != '\n' && c != EOF; c = import_file_get(file)) {
		if (c == '"')
			return fault(file, line,
			    _("a quote stands within a field; put the whole field in quotes, and write \"\""));
		enum field_end added = add_octet(file, text, c);
		if (added != FIELD_NEXT)
			return added;
	}
	return end_field(file, line, c);
}

static enum field_end
read_field(struct import_file *file, struct import_text *text)
{
	size_t start = text->len;
	unsigned long line = file->line;
	int c = import_file_get(file);
	enum field_end end = c == '"' ? read_quoted(file, text) : read_plain(file, text, c);
	if ((end == FIELD_NEXT || end == FIELD_LAST) && text->len > start &&
	    !import_file_is_utf8(text->octets + start, text->len - start))
		return fault(file, line, _("this is no UTF-8; convert the file, as by iconv(1)"));
	return (end == FIELD_NEXT || end == FIELD_LAST) && !import_file_add(text, "", 1) ? FIELD_NO_MEMORY : end;
}

/* Reads the fields of a record up to the end of its line. */
static enum import_result
read_line(struct import_file *file, struct import_text *text, size_t offsets[IMPORT_COLUMNS_MAX], size_t *count)
{
	unsigned long line = file->line;
	enum field_end end = FIELD_NEXT;
	file->used = 0;
	for (*count = 0; end == FIELD_NEXT; ++*count) {
		if (*count == IMPORT_COLUMNS_MAX)
			return import_file_fault(
			    file, line, _("this line has more than %d columns"), IMPORT_COLUMNS_MAX);
		offsets[*count] = text->len;
		end = read_field(file, text);
	}
	if (end == FIELD_NO_MEMORY)
		return IMPORT_NO_MEMORY;
	return end == FIELD_FAULT ? IMPORT_FAULT : IMPORT_ROW;
}

static enum import_result
read_header(struct import_file *file)
{
	enum import_result result = read_line(file, &file->header, file->header_names, &file->columns);
	for (size_t i = 0; i < file->columns && result == IMPORT_ROW; i++) {
		const char *name = file->header.octets + file->header_names[i];
		for (size_t j = 0; j < i; j++)
			if (strcmp(file->header.octets + file->header_names[j], name) == 0)
				return import_file_fault(
				    file, file->line - 1, _("the column '%.100s' is there twice"), name);
	}
	return result;
}

/* Skips empty lines. Returns false at the end of the file. */
static bool
find_line(struct import_file *file)
{
	int c = import_file_get(file);
	while (c == '\n' || c == '\r')
		c = import_file_get(file);
	file->pushed = c;
	return c != EOF;
}

enum import_result
import_file_next_csv(struct import_file *file, struct import_row *row)
{
	enum import_result result = IMPORT_ROW;
	if (!find_line(file))
		return IMPORT_END;
	if (!file->begun) {
		file->begun = true;
		result = read_header(file);
		if (result != IMPORT_ROW || !find_line(file))
			return result == IMPORT_ROW ? IMPORT_END : result;
	}
	row->line = file->line;
	result = read_line(file, &row->text, row->values, &row->count);
	if (result == IMPORT_ROW && row->count != file->columns)
		return import_file_fault(file, row->line,
		    _("this line has %zu fields, the first one has %zu; a comma in a field needs quotes"), row->count,
		    file->columns);
	return result;
}
