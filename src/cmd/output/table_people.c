/* Writes rows for people: aligned columns that fit the terminal, or a record with a line for each cell. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unigbrk.h>
#include <uniwidth.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/output/cells.h"
#include "cmd/output/charset.h"
#include "cmd/output/terminal.h"

enum { GAP = 2, LEAST = 8, NAME_WIDTH = 18 };

/* The columns that people see, and how wide they are. */
struct layout {
	size_t count, *column;
	unsigned *width;
};

static unsigned
width_of(const char *text)
{
	int width = u8_strwidth((const uint8_t *)text, charset_name());
	return width > 0 ? (unsigned)width : 0;
}

/* Writes items with a text between them, each escaped. */
static void
write_items(FILE *to, const char *items, const char *between)
{
	for (const char *end; *(end = strchrnul(items, '\n')) != '\0'; items = end + 1) {
		charset_write(to, items, (size_t)(end - items));
		fputs(between, to);
	}
	charset_write(to, items, strlen(items));
}

/* The same for items with a NUL between them. */
static void
write_texts(FILE *to, const char *items, size_t len, const char *between)
{
	const char *end = items + len;
	for (; items <= end; items += strlen(items) + 1) {
		charset_write(to, items, strlen(items));
		fputs(items + strlen(items) < end ? between : "", to);
	}
}

char *
people_cell(const struct table *table, size_t cell, const char *between)
{
	size_t column = cell % table->options.count, len;
	const char *text = cells_text(table, cell);
	char *shown = NULL;
	FILE *to = open_memstream(&shown, &len);
	if (to == NULL)
		return NULL;
	enum cell_type type = table->options.columns[column].type;
	bool is_list = type == CELL_LIST;
	if (text == NULL || (is_list && *text == '\0'))
		fputc('-', to);
	else if (is_list)
		write_items(to, text, between);
	else if (type == CELL_TEXTS)
		write_texts(to, text, table->len[cell], between);
	else
		charset_write(to, text, table->len[cell]);
	if (fclose(to) == 0)
		return shown;
	free(shown);
	return NULL;
}

static bool
is_shown(const struct column *column)
{
	return (column->hidden & NOT_IN_TABLE) == 0 && column->type != CELL_RAW;
}

static const char *
heading_of(const struct column *column)
{
	return column->heading != NULL ? _(column->heading) : column->name;
}

/* An empty cell at the end of a row is left out. */
static char *
cell_of(const struct table *table, const struct layout *layout, size_t row, size_t i)
{
	size_t cell = row * table->options.count + layout->column[i];
	if (i + 1 == layout->count && i > 0 && cells_text(table, cell) == NULL)
		return calloc(1, 1);
	return people_cell(table, cell, ", ");
}

/* The widest cell of each column, and the heading if there is one. */
static void
measure(const struct table *table, struct layout *layout, bool has_headings)
{
	for (size_t i = 0; i < table->options.count; i++)
		if (is_shown(&table->options.columns[i]))
			layout->column[layout->count++] = i;
	for (size_t i = 0; i < layout->count; i++) {
		const struct column *column = &table->options.columns[layout->column[i]];
		layout->width[i] = has_headings ? width_of(heading_of(column)) : 0;
		for (size_t row = 0; row < table->rows; row++) {
			char *text = cell_of(table, layout, row, i);
			unsigned width = text != NULL ? width_of(text) : 0;
			layout->width[i] = width > layout->width[i] ? width : layout->width[i];
			free(text);
		}
	}
}

/* The widest column that may be narrower; layout->count: none. */
static size_t
find_widest(const struct table *table, const struct layout *layout)
{
	size_t widest = layout->count;
	for (size_t i = 0; i < layout->count; i++)
		if (table->options.columns[layout->column[i]].shrinks && layout->width[i] > LEAST &&
		    (widest == layout->count || layout->width[i] > layout->width[widest]))
			widest = i;
	return widest;
}

/* Makes the widest columns narrower until a row fits. */
static void
fit(const struct table *table, struct layout *layout, unsigned width)
{
	size_t total = layout->count > 0 ? GAP * (layout->count - 1) : 0, widest;
	for (size_t i = 0; i < layout->count; i++)
		total += layout->width[i];
	for (; total > width && (widest = find_widest(table, layout)) < layout->count; total--)
		layout->width[widest]--;
}

/* Writes as many whole characters, with their marks, as fit; an ellipsis says that some are missing. Returns the width. */
static unsigned
write_cut(FILE *to, const char *text, unsigned width)
{
	const char *ellipsis = charset_has("\u2026") ? "\u2026" : "...";
	const uint8_t *start = (const uint8_t *)text, *end = start + strlen(text), *at = start;
	unsigned used = width_of(ellipsis);
	for (const uint8_t *next; at < end; at = next) {
		next = u8_grapheme_next(at, end);
		int wide = u8_width(at, (size_t)(next - at), charset_name());
		if (used + (unsigned)(wide > 0 ? wide : 0) > width)
			break;
		used += (unsigned)(wide > 0 ? wide : 0);
	}
	fwrite(text, 1, (size_t)(at - start), to);
	fputs(ellipsis, to);
	return used;
}

static void
write_spaces(FILE *to, unsigned count)
{
	fprintf(to, "%*s", (int)count, "");
}

/* Writes a cell in its column; the spaces before it, which *owed counts, first, so that no line ends with spaces. */
static void
write_cell(FILE *to, const char *text, unsigned width, bool is_right, unsigned *owed)
{
	unsigned wide = width_of(text), before = is_right && wide < width ? width - wide : 0;
	if (*text == '\0') {
		*owed += width;
		return;
	}
	write_spaces(to, *owed + before);
	if (wide > width)
		wide = write_cut(to, text, width);
	else
		fputs(text, to);
	*owed = before + wide < width ? width - before - wide : 0;
}

static void
write_row(const struct table *table, const struct layout *layout, size_t row)
{
	unsigned owed = 0;
	for (size_t i = 0; i < layout->count; i++) {
		const struct column *column = &table->options.columns[layout->column[i]];
		char *text = cell_of(table, layout, row, i);
		owed += i > 0 ? GAP : 0;
		write_cell(
		    table->options.to, text != NULL ? text : "", layout->width[i], column->type == CELL_NUMBER, &owed);
		free(text);
	}
	fputc('\n', table->options.to);
}

static void
write_headings(const struct table *table, const struct layout *layout)
{
	unsigned owed = 0;
	terminal_begin(table->options.to, STYLE_HEADING);
	for (size_t i = 0; i < layout->count; i++) {
		const struct column *column = &table->options.columns[layout->column[i]];
		owed += i > 0 ? GAP : 0;
		write_cell(table->options.to, heading_of(column), layout->width[i], column->type == CELL_NUMBER, &owed);
	}
	terminal_end(table->options.to);
	fputc('\n', table->options.to);
}

void
people_rows(const struct table *table)
{
	size_t count = table->options.count;
	struct layout layout = { 0, calloc(count, sizeof *layout.column), calloc(count, sizeof *layout.width) };
	unsigned width = table->options.to == stdout ? terminal_width() : 0;
	if (layout.column != NULL && layout.width != NULL) {
		measure(table, &layout, width > 0);
		if (width > 0)
			fit(table, &layout, width);
		if (width > 0 && layout.count > 1)
			write_headings(table, &layout);
		for (size_t row = 0; row < table->rows; row++)
			write_row(table, &layout, row);
	}
	free(layout.column);
	free(layout.width);
}

void
people_record(const struct table *table)
{
	static const char indent[] = "\n                   ";
	static_assert(sizeof indent == NAME_WIDTH + 3, "a further item begins below the first");
	for (size_t i = 0; i < table->options.count; i++) {
		const struct column *column = &table->options.columns[i];
		if (!is_shown(column))
			continue;
		char *text = people_cell(table, i, indent);
		fprintf(table->options.to, "%-*s %s\n", NAME_WIDTH, column->name, text != NULL ? text : "");
		free(text);
	}
}
