/* Data that a command prints: for people, as JSON, as CSV. */
#include "cmd/output/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct column columns[] = {
	{ .name = "name", .heading = "name" },
	{ .name = "size", .type = CELL_NUMBER },
	{ .name = "held", .type = CELL_FLAG },
	{ .name = "to", .type = CELL_LIST },
	{ .name = "parts", .type = CELL_RAW },
	{ .name = "comment", .shrinks = true },
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static char *printed;

static void
free_printed(void)
{
	free(printed);
}

static struct table *
start(FILE **to, enum output_format format, bool is_record)
{
	static size_t len;
	*to = open_memstream(&printed, &len);
	return table_open(&(struct table_options) {
	    .columns = columns, .count = COLUMNS, .format = format, .is_record = is_record, .to = *to });
}

static void
add(struct table *table, const char *name, uint64_t size, const char *to, const char *comment)
{
	table_text(table, name);
	table_number(table, size);
	table_flag(table, size > 5);
	table_list(table, to);
	table_raw(table, "[{\"a\": 1}]");
	table_text(table, comment);
}

static void
finish(struct table *table, FILE *to, const char *expected)
{
	cr_expect(table_close(table));
	fclose(to);
	cr_expect_str_eq(printed, expected, "%s", printed);
}

TestSuite(output_table, .fini = free_printed);

Test(output_table, columns_are_aligned_by_their_display_width)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_TABLE, false);
	add(table, "a", 7, "x\ny", "first");
	add(table, "\u65E5\u672C", 1234, "z", NULL); /* two wide characters */
	add(table, "a\u0301e", 5, NULL, "\u00FC");   /* a combining mark */
	finish(table, to,
	    "a        7  yes  x, y  first\n"
	    "\u65E5\u672C  1234  yes  z\n"
	    "a\u0301e       5  no   -     \u00FC\n");
}

Test(output_table, controls_do_not_reach_a_terminal)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_TABLE, false);
	add(table, "\x1B[2J", 1, "a\x07\nb", "c\r\nd\xFF\u202E");
	finish(table, to, "\\x1B[2J  1  no  a\\x07, b  c\\x0D\\x0Ad\\xFF\\xE2\\x80\\xAE\n");
}

Test(output_table, record_has_a_line_for_each_cell)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_TABLE, true);
	add(table, "a", 7, "x\ny", NULL);
	finish(table, to,
	    "name               a\n"
	    "size               7\n"
	    "held               yes\n"
	    "to                 x\n"
	    "                   y\n"
	    "comment            -\n");
}

Test(output_table, json_is_an_array_of_objects)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_JSON, false);
	add(table, "a\"\n", 7, "x\ny", "\u00FC\xFF");
	add(table, "b", 1, "", NULL);
	finish(table, to,
	    "[{\"name\": \"a\\\"\\u000a\", \"size\": 7, \"held\": true, \"to\": [\"x\", \"y\"], \"parts\": [{\"a\": 1}], "
	    "\"comment\": \"\u00FC\\ufffd\"},\n"
	    "{\"name\": \"b\", \"size\": 1, \"held\": false, \"to\": [], \"parts\": [{\"a\": 1}], \"comment\": null}]\n");
}

Test(output_table, json_of_a_record_is_an_object)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_JSON, true);
	add(table, "b", 1, NULL, NULL);
	finish(table, to,
	    "{\"name\": \"b\", \"size\": 1, \"held\": false, \"to\": null, \"parts\": [{\"a\": 1}], \"comment\": null}\n");
}

Test(output_table, csv_has_a_line_of_names)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_CSV, false);
	add(table, "a,\"b\"", 7, "x\ny", " c");
	add(table, "b", 1, NULL, "\xFF");
	finish(table, to, "name,size,held,to,comment\n\"a,\"\"b\"\"\",7,yes,\"x\ny\",\" c\"\nb,1,no,,\uFFFD\n");
}

Test(output_table, lines_of_csv_end_with_crlf_if_that_is_asked_for)
{
	static size_t len;
	FILE *to = open_memstream(&printed, &len);
	struct table *table = table_open(&(struct table_options) {
	    .columns = columns, .count = COLUMNS, .format = OUTPUT_CSV, .ends_with_crlf = true, .to = to });
	add(table, "b", 1, "x\ny", NULL);
	finish(table, to, "name,size,held,to,comment\r\nb,1,no,\"x\ny\",\r\n");
}

Test(output_table, texts_can_have_line_feeds)
{
	static const struct column two[] = { { .name = "a", .type = CELL_TEXTS }, { .name = "b", .type = CELL_TEXTS } };
	static const char items[] = "x\ny\0\0z";
	static const struct {
		enum output_format format;
		const char *expected;
	} cases[] = {
		{ OUTPUT_JSON,
		    "[{\"a\": [\"x\\u000ay\", \"\", \"z\"], \"b\": null},\n{\"a\": [\"\"], \"b\": [\"x\"]}]\n" },
		{ OUTPUT_CSV, "a,b\n\"x\ny\n\nz\",\n,x\n" },
		{ OUTPUT_TABLE, "x\\x0Ay, , z\n             x\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static size_t len;
		FILE *to = open_memstream(&printed, &len);
		struct table *table = table_open(
		    &(struct table_options) { .columns = two, .count = 2, .format = cases[i].format, .to = to });
		table_texts(table, items, sizeof items - 1);
		table_texts(table, NULL, 0);
		table_texts(table, "", 0);
		table_texts(table, "x", 1);
		finish(table, to, cases[i].expected);
		if (i + 1 < sizeof cases / sizeof *cases)
			free(printed);
	}
}

Test(output_table, nothing_is_an_empty_list)
{
	static const char *const empty[] = { "", "[]\n", "name,size,held,to,comment\n" };
	for (enum output_format format = 0; format < OUTPUT_FORMATS; format++) {
		FILE *to;
		struct table *table = start(&to, format, false);
		finish(table, to, empty[format]);
		free(printed);
		printed = NULL;
	}
}

Test(output_table, thousands_of_rows_are_kept)
{
	FILE *to;
	struct table *table = start(&to, OUTPUT_TABLE, false);
	for (uint64_t i = 0; i < 5000; i++)
		add(table, "name", 1000 + i, "x", "comment");
	cr_expect_eq(table_rows(table), 5000);
	cr_expect(table_close(table));
	fclose(to);
	cr_expect(strstr(printed, "name  5999  yes  x  comment\n") != NULL);
}
