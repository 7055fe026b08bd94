/* Reads records from a file that people or other programs wrote: CSV (RFC 4180), or JSON (RFC 8259). */
#ifndef CMD_CTL_TRANSFER_FILE_H
#define CMD_CTL_TRANSFER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	IMPORT_COLUMNS_MAX = 64,
	IMPORT_RECORD_MAX = 1024 *
	    1024, /* octets of a record as it is written; as JSON it takes up to 70 times as many */
	IMPORT_ERROR_SIZE = 512,
};

/* Texts one behind the other, each with its NUL. */
struct import_text {
	char *octets;
	size_t len, room;
};

/*
 * A record: the texts of its columns, which are valid UTF-8 without NUL. "" is no value. Of an array, one element a line. All
 * zero is empty; import_row_clear() frees it.
 */
struct import_row {
	unsigned long line; /* where it begins, from 1 */
	size_t count;
	size_t names[IMPORT_COLUMNS_MAX]; /* offsets in text: of JSON; of CSV, in the file's header */
	size_t values[IMPORT_COLUMNS_MAX];
	struct import_text text;
};

enum import_format { IMPORT_AUTO, IMPORT_CSV, IMPORT_JSON };

/* A file that is read in one pass, a record at a time. Its owner closes the file. */
struct import_file {
	FILE *stream;
	enum import_format format;
	unsigned long line; /* of the octet that is read next, from 1 */
	int pushed;         /* an octet that was read too early; EOF: none */
	bool begun, in_array, first;
	size_t used; /* octets of the record */
	size_t columns;
	size_t header_names[IMPORT_COLUMNS_MAX]; /* of CSV: offsets in header */
	struct import_text header;
	unsigned long error_line;
	char error[IMPORT_ERROR_SIZE]; /* a sentence about the fault, with its cure */
};

enum import_result { IMPORT_ROW, IMPORT_END, IMPORT_FAULT, IMPORT_NO_MEMORY, IMPORT_FAILED };

/* Begins to read. IMPORT_AUTO is JSON if the first octet that is no white space is { or [. */
void import_file_open(struct import_file *file, FILE *stream, enum import_format format);
void import_file_close(struct import_file *file);

/*
 * Reads the next record into a row, whose memory is used again: IMPORT_ROW or IMPORT_END. IMPORT_FAULT: error and error_line
 * describe what is wrong, and nothing more can be read. IMPORT_FAILED: errno. Memory is bounded by IMPORT_RECORD_MAX.
 */
enum import_result import_file_next(struct import_file *file, struct import_row *row);

/* The name of a column, and its value. */
const char *import_file_name(const struct import_file *file, const struct import_row *row, size_t column);
const char *import_file_value(const struct import_row *row, size_t column);

/* Wipes and frees a row. */
void import_row_clear(struct import_row *row);

/* For the two formats: the next octet, or EOF; the fault at a line; an octet added to a text. */
int import_file_get(struct import_file *file);
enum import_result import_file_fault(struct import_file *file, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool import_file_add(struct import_text *text, const char *octets, size_t len);
bool import_file_is_utf8(const char *text, size_t len);
enum import_result import_file_next_csv(struct import_file *file, struct import_row *row);
enum import_result import_file_next_json(struct import_file *file, struct import_row *row);

#endif
