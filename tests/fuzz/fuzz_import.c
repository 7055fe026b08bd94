/* Files of ftgatectl import: whatever they hold, each record has names and values that are UTF-8, and CSV comes back as it was. */
#include "cmd/ctl/transfer/file.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct import_file *file, const struct import_row *row)
{
	assert(row->count > 0 || file->format == IMPORT_JSON);
	assert(row->count <= IMPORT_COLUMNS_MAX && row->line >= 1 && row->line <= file->line);
	for (size_t i = 0; i < row->count; i++) {
		const char *name = import_file_name(file, row, i), *value = import_file_value(row, i);
		assert(import_file_is_utf8(name, strlen(name)) && import_file_is_utf8(value, strlen(value)));
	}
}

/* Reads all records, and returns their number. */
static size_t
read_all(const char *text, size_t size, enum import_format format)
{
	struct import_file file;
	struct import_row row = { 0 };
	size_t records = 0;
	FILE *stream = fmemopen((void *)(uintptr_t)text, size, "r");
	enum import_result result;

	assert(stream != NULL);
	import_file_open(&file, stream, format);
	while ((result = import_file_next(&file, &row)) == IMPORT_ROW) {
		check(&file, &row);
		records++;
	}
	assert(result == IMPORT_END || result == IMPORT_FAULT);
	assert((result == IMPORT_FAULT) == (file.error[0] != '\0'));
	import_row_clear(&row);
	import_file_close(&file);
	fclose(stream);
	return records;
}

/* The input as one field in quotes is read as it is, if it is UTF-8 without NUL. */
static void
check_quoted(const char *data, size_t size)
{
	struct import_file file;
	struct import_row row = { 0 };
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	assert(stream != NULL);
	fputs("name\r\n\"", stream);
	for (size_t i = 0; i < size; i++) {
		putc(data[i], stream);
		if (data[i] == '"')
			putc('"', stream);
	}
	fputs("\"\r\n", stream);
	fclose(stream);
	stream = fmemopen(text, len, "r");
	import_file_open(&file, stream, IMPORT_CSV);
	enum import_result result = import_file_next(&file, &row);
	bool fit = memchr(data, '\0', size) == NULL && import_file_is_utf8(data, size);
	assert((result == IMPORT_ROW) == fit);
	if (fit)
		assert(row.count == 1 && strlen(import_file_value(&row, 0)) == size &&
		    memcmp(import_file_value(&row, 0), data, size) == 0);
	import_row_clear(&row);
	import_file_close(&file);
	fclose(stream);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	if (size == 0)
		return 0;
	read_all(text, size, IMPORT_AUTO);
	read_all(text, size, IMPORT_CSV);
	read_all(text, size, IMPORT_JSON);
	check_quoted(text, size);
	return 0;
}
