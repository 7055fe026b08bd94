/* Writes rows for programs: JSON and CSV, both in UTF-8. */
#include <string.h>
#include <unistr.h>

#include "base/text/printable.h"
#include "cmd/output/cells.h"
#include "cmd/output/terminal.h"

static void
json_list(FILE *to, const char *items)
{
	fputc('[', to);
	for (const char *end; *items != '\0'; items = *end == '\0' ? end : end + 1) {
		end = strchrnul(items, '\n');
		printable_json(to, items, (size_t)(end - items));
		fputs(*end != '\0' ? ", " : "", to);
	}
	fputc(']', to);
}

static void
json_texts(FILE *to, const char *items, size_t len)
{
	const char *end = items + len;
	fputc('[', to);
	for (; items <= end; items += strlen(items) + 1) {
		printable_json(to, items, strlen(items));
		fputs(items + strlen(items) < end ? ", " : "", to);
	}
	fputc(']', to);
}

static void
json_cell(const struct table *table, size_t i)
{
	FILE *to = table->options.to;
	const char *text = cells_text(table, i);
	enum cell_type type = table->options.columns[i].type;
	if (text == NULL)
		fputs("null", to);
	else if (type == CELL_FLAG)
		fputs(strcmp(text, "yes") == 0 ? "true" : "false", to);
	else if (type == CELL_NUMBER || type == CELL_RAW)
		fputs(text, to);
	else if (type == CELL_LIST)
		json_list(to, text);
	else if (type == CELL_TEXTS)
		json_texts(to, text, table->len[i]);
	else
		printable_json(to, text, table->len[i]);
}

void
data_json_row(const struct table *table)
{
	FILE *to = table->options.to;
	const char *lead = table->rows > 0 ? ",\n{" : "{";
	for (size_t i = 0; i < table->options.count; i++) {
		const struct column *column = &table->options.columns[i];
		if (column->hidden & NOT_IN_JSON)
			continue;
		fprintf(to, "%s\"%s\": ", lead, column->name);
		json_cell(table, i);
		lead = ", ";
	}
	fputs(table->options.is_record ? "}\n" : "}", to);
}

static bool
is_in_csv(const struct column *column)
{
	return (column->hidden & NOT_IN_CSV) == 0 && column->type != CELL_RAW;
}

/* What is no UTF-8 becomes U+FFFD; a terminal gets no controls. */
static void
csv_text(FILE *to, const char *text, size_t len, bool is_list)
{
	bool is_terminal = to == stdout && terminal_is_out();
	for (size_t at = 0, octets; at < len; at += octets) {
		ucs4_t character;
		bool shown;
		octets = printable_next(text + at, len - at, &shown);
		if (u8_mbtoucr(&character, (const uint8_t *)text + at, len - at) <= 0)
			fputs("\xEF\xBF\xBD", to);
		else if (text[at] == '"')
			fputs("\"\"", to);
		else if (text[at] == '\0' && is_list)
			fputc('\n', to);
		else if (shown || text[at] == '\n' || !is_terminal)
			fwrite(text + at, 1, octets, to);
		else
			printable_write(to, text + at, octets);
	}
}

/* RFC 4180 section 2: quotes around what has a comma, a quote or an end of line. Spaces at the ends are quoted, too. */
static void
csv_field(FILE *to, const char *text, size_t len, bool is_list)
{
	bool quoted = len > 0 && (text[0] == ' ' || text[len - 1] == ' ');
	for (size_t i = 0; i < len && !quoted; i++)
		quoted = strchr(",\"\r\n", text[i]) != NULL;
	fputs(quoted ? "\"" : "", to);
	csv_text(to, text, len, is_list);
	fputs(quoted ? "\"" : "", to);
}

void
data_csv_names(const struct table *table)
{
	const char *lead = "";
	for (size_t i = 0; i < table->options.count; i++) {
		const struct column *column = &table->options.columns[i];
		if (!is_in_csv(column))
			continue;
		fprintf(table->options.to, "%s%s", lead, column->name);
		lead = ",";
	}
	fputs(table->options.ends_with_crlf ? "\r\n" : "\n", table->options.to);
}

void
data_csv_row(const struct table *table)
{
	const char *lead = "";
	for (size_t i = 0; i < table->options.count; i++) {
		const char *text = cells_text(table, i);
		if (!is_in_csv(&table->options.columns[i]))
			continue;
		fputs(lead, table->options.to);
		csv_field(table->options.to, text != NULL ? text : "", table->len[i],
		    table->options.columns[i].type == CELL_TEXTS);
		lead = ",";
	}
	fputs(table->options.ends_with_crlf ? "\r\n" : "\n", table->options.to);
}
