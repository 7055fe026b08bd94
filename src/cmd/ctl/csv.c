/* CSV of commands that print JSON. */
#include "cmd/ctl/csv.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { COLUMNS_MAX = 256 };

/* Texts with a line feed between them; NULL: another array. The caller frees it. */
static char *
join(const json_t *array)
{
	char *text = NULL;
	size_t len, i;
	const json_t *item;
	bool fit = true;
	FILE *to = open_memstream(&text, &len);
	if (to == NULL)
		return NULL;
	json_array_foreach(array, i, item)
	{
		fit = fit && json_is_string(item);
		fprintf(to, "%s%s", i > 0 ? "\n" : "", fit ? json_string_value(item) : "");
	}
	if (fclose(to) == 0 && fit)
		return text;
	free(text);
	return NULL;
}

static void
put(struct table *table, const json_t *value)
{
	char *text = json_is_array(value) ? join(value) : NULL;
	if (value == NULL || json_is_null(value))
		table_text(table, NULL);
	else if (json_is_boolean(value))
		table_flag(table, json_is_true(value));
	else if (json_is_string(value))
		table_text_of(table, json_string_value(value), json_string_length(value));
	else if (text != NULL)
		table_text(table, text);
	else
		table_text(table, text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
	free(text);
}

static void
put_row(struct table *table, const struct column *columns, size_t count, const json_t *row)
{
	for (size_t i = 0; i < count; i++)
		put(table, json_object_get(row, columns[i].name));
}

static int
print(const json_t *data, int status)
{
	struct column columns[COLUMNS_MAX];
	const json_t *first = json_is_array(data) ? json_array_get(data, 0) : data, *row;
	const char *name;
	json_t *value;
	size_t count = 0, i;
	json_object_foreach((json_t *)(uintptr_t)first, name, value)
	{
		if (count < COLUMNS_MAX)
			columns[count++] = (struct column) { .name = name };
	}
	if (count == 0)
		return status;
	struct table *table = table_open(
	    &(struct table_options) { .columns = columns, .count = count, .format = OUTPUT_CSV });
	if (!json_is_array(data))
		put_row(table, columns, count, data);
	json_array_foreach(data, i, row)
	{
		put_row(table, columns, count, row);
	}
	return table == NULL ? ctl_fail_memory() : ctl_close_table(table, status);
}

int
csv_run(struct request *request)
{
	char *text = NULL;
	size_t len = 0;
	FILE *before = stdout, *to = open_memstream(&text, &len);
	if (to == NULL)
		return ctl_fail_memory();
	request->json = true;
	stdout = to;
	int status = request->command->run(request);
	stdout = before;
	if (fclose(to) != 0)
		return ctl_fail_memory();
	json_t *data = json_loadb(text, len, 0, NULL);
	if (data != NULL)
		status = print(data, status);
	else
		fwrite(text, 1, len, stdout);
	json_decref(data);
	free(text);
	return status;
}
