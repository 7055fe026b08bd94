/*
 * Data that a command prints: for people, as JSON or as CSV, from one list of columns.
 *
 *	static const struct column columns[] = {
 *		{ .name = "address", .heading = N_("address") },
 *		{ .name = "size", .heading = N_("size"), .type = CELL_NUMBER },
 *		{ .name = "comment", .heading = N_("comment"), .shrinks = true },
 *	};
 *	struct table *table = table_open(&(struct table_options) { .columns = columns, .count = 3, .format = format });
 *	for (each row) {
 *		table_text(table, address);
 *		table_number(table, size);
 *		table_text(table, comment); // NULL: it has none
 *	}
 *	if (!table_close(table)) // writes what is left
 *		fail;
 *
 * A list of rows is, as JSON, an array of objects, and as CSV (RFC 4180, but lines end with LF unless .ends_with_crlf is set) a
 * line of names and a line for each row. For people
 * it has aligned columns; on a terminal a line of headings, and columns that shrink are cut so that a row fits, with an
 * ellipsis. In a pipe nothing is cut. A record, that is one row, is printed as a line "name value" for each cell, as an object
 * of JSON, or as CSV with one row. No octet of a cell can control a terminal: see base/text/printable.h.
 */
#ifndef CMD_OUTPUT_TABLE_H
#define CMD_OUTPUT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/output/format.h"

/*
 *	            for people           JSON       CSV
 * CELL_TEXT    the text             string     the text
 * CELL_NUMBER  right-aligned        number     digits
 * CELL_FLAG    yes, no              boolean    yes, no
 * CELL_LIST    "a, b"; in a record  array of   the items with a line feed between them, in quotes
 *              each on its line     strings
 * CELL_TEXTS   as a list            array of   as a list; the items can have line feeds, which CSV cannot tell apart
 *                                   strings
 * CELL_RAW     -                    as it is   -
 * A cell without a value is "-" for people, but for the last of a row, null, and empty.
 */
enum cell_type { CELL_TEXT, CELL_NUMBER, CELL_FLAG, CELL_LIST, CELL_TEXTS, CELL_RAW };

/* A column is left out of one of the formats by these. A CELL_RAW is in JSON only. */
enum { NOT_IN_TABLE = 1, NOT_IN_JSON = 2, NOT_IN_CSV = 4 };

struct column {
	const char *name;    /* for programs: in JSON and CSV, and in a record for people; never translated */
	const char *heading; /* for people, marked by N_(); NULL: the name */
	enum cell_type type;
	bool shrinks; /* it may be cut on a terminal that is too narrow */
	unsigned hidden;
};

/* The columns must outlive the table. */
struct table_options {
	const struct column *columns;
	size_t count;
	enum output_format format;
	bool is_record;      /* one row */
	bool ends_with_crlf; /* the lines of CSV */
	bool has_names;      /* the line of names of CSV has been written by another table */
	FILE *to;            /* NULL: standard output */
};

/* Begins a table; JSON and CSV are written row by row. NULL: memory is out. */
struct table *table_open(const struct table_options *options);

/* Add the next cell of a row; the row ends with its last cell. The text is copied. NULL: no value. */
void table_text(struct table *table, const char *text);
void table_text_of(struct table *table, const char *text, size_t len);

/* The same for numbers and flags. */
void table_number(struct table *table, uint64_t number);
void table_flag(struct table *table, bool flag);

/* The same for a list, whose items have a line feed between them; "": a list without items. */
void table_list(struct table *table, const char *items);

/* The same for a list whose items have a NUL between them, len octets with those; items NULL: no value. */
void table_texts(struct table *table, const char *items, size_t len);

/* The same for a value of JSON, which the caller has made. */
void table_raw(struct table *table, const char *json);

/* The rows so far. */
size_t table_rows(const struct table *table);

/* Writes the rest, and frees the table; NULL is fine. Returns false if memory was out, so that rows are missing. */
bool table_close(struct table *table);

#endif
