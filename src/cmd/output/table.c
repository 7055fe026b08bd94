/* Collects the cells of a table, and has each row written as soon as its format allows. */
#include "cmd/output/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/output/cells.h"

struct table *
table_open(const struct table_options *options)
{
	struct table *table = calloc(1, sizeof *table);
	if (table == NULL)
		return NULL;
	table->options = *options;
	if (table->options.to == NULL)
		table->options.to = stdout;
	if (options->format == OUTPUT_JSON && !options->is_record)
		fputc('[', table->options.to);
	if (options->format == OUTPUT_CSV && !options->is_record && !options->has_names)
		data_csv_names(table);
	return table;
}

const char *
cells_text(const struct table *table, size_t cell)
{
	return table->at[cell] == SIZE_MAX ? NULL : table->pool + table->at[cell];
}

static bool
make_room(struct table *table, size_t len)
{
	if (table->cells == table->cell_room) {
		size_t room = table->cell_room == 0 ? 64 : 2 * table->cell_room;
		size_t *at = reallocarray(table->at, room, sizeof *at);
		table->at = at != NULL ? at : table->at;
		size_t *lens = at != NULL ? reallocarray(table->len, room, sizeof *lens) : NULL;
		if (lens == NULL)
			return false;
		table->len = lens;
		table->cell_room = room;
	}
	if (len >= table->room - table->used) {
		size_t room = 2 * table->room + len + 256;
		char *pool = realloc(table->pool, room);
		if (pool == NULL)
			return false;
		table->pool = pool;
		table->room = room;
	}
	return true;
}

/* JSON and CSV are written at once; tables when the widths of all rows are known. */
static void
end_row(struct table *table)
{
	if (table->options.format == OUTPUT_TABLE) {
		table->rows++;
		return;
	}
	if (table->options.format == OUTPUT_CSV && table->options.is_record)
		data_csv_names(table);
	(table->options.format == OUTPUT_JSON ? data_json_row : data_csv_row)(table);
	table->rows++;
	table->used = 0;
	table->cells = 0;
}

void
table_text_of(struct table *table, const char *text, size_t len)
{
	if (table == NULL || table->failed)
		return;
	len = text == NULL ? 0 : len;
	if (!make_room(table, len)) {
		table->failed = true;
		return;
	}
	table->at[table->cells] = text == NULL ? SIZE_MAX : table->used;
	table->len[table->cells++] = len;
	if (len > 0)
		memcpy(table->pool + table->used, text, len);
	table->pool[table->used + len] = '\0';
	table->used += len + 1;
	if (table->cells % table->options.count == 0)
		end_row(table);
}

void
table_text(struct table *table, const char *text)
{
	table_text_of(table, text, text == NULL ? 0 : strlen(text));
}

void
table_number(struct table *table, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, number);
	table_text(table, text);
}

void
table_flag(struct table *table, bool flag)
{
	table_text(table, flag ? "yes" : "no");
}

void
table_list(struct table *table, const char *items)
{
	table_text(table, items);
}

void
table_texts(struct table *table, const char *items, size_t len)
{
	table_text_of(table, items, len);
}

void
table_raw(struct table *table, const char *json)
{
	table_text(table, json);
}

size_t
table_rows(const struct table *table)
{
	return table->rows;
}

bool
table_close(struct table *table)
{
	if (table == NULL)
		return false;
	bool whole = !table->failed;
	if (table->options.format == OUTPUT_JSON && !table->options.is_record)
		fputs("]\n", table->options.to);
	if (table->options.format == OUTPUT_TABLE && table->options.is_record && table->rows > 0)
		people_record(table);
	else if (table->options.format == OUTPUT_TABLE && table->rows > 0)
		people_rows(table);
	free(table->pool);
	free(table->at);
	free(table->len);
	free(table);
	return whole;
}
