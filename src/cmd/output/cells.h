/* The cells of a table, shared by the files that write it. */
#ifndef CMD_OUTPUT_CELLS_H
#define CMD_OUTPUT_CELLS_H

#include "cmd/output/table.h"

/* Rows of cells, one after another. JSON and CSV keep the current row only. */
struct table {
	struct table_options options;
	char *pool;        /* the texts, each with a NUL */
	size_t used, room; /* octets of it */
	size_t *at;        /* where in the pool the text of a cell begins; SIZE_MAX: no value */
	size_t *len;       /* of each text, which may have NULs */
	size_t cells, cell_room;
	size_t rows; /* that are whole */
	bool failed; /* memory is out: later cells are lost */
};

/* The text of a cell, cells->len[cell] octets; NULL: no value. */
const char *cells_text(const struct table *table, size_t cell);

/* Write the current row, after those that were written before. */
void data_json_row(const struct table *table);
void data_csv_row(const struct table *table);

/* Write the line of names of CSV. */
void data_csv_names(const struct table *table);

/* Write all rows for people: aligned columns; or a record. */
void people_rows(const struct table *table);
void people_record(const struct table *table);

/* A cell as people see it, in UTF-8: what may not be shown is escaped. The caller frees it. NULL: memory is out. */
char *people_cell(const struct table *table, size_t cell, const char *between);

#endif
