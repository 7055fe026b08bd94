/* Prints records: their names, their fields, or JSON (RFC 8259). */
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "cmd/ctl/ctl.h"

enum { NAME_WIDTH = 18 };

void
print_name(void *context, const char *const *values)
{
	struct printer *printer = context;
	for (size_t i = 0; i < record_names(printer->kind); i++)
		printable_print(stdout, "%s%s", i == 0 ? "" : " ", values[i]);
	putchar('\n');
}

/* Prints addresses below each other, one a line. */
static void
print_addresses(const char *text)
{
	for (const char *end; *(end = strchrnul(text, '\n')) != '\0'; text = end + 1) {
		printable_print(stdout, "%.*s\n", (int)(end - text), text);
		printf("%*s", NAME_WIDTH + 1, "");
	}
	printable_print(stdout, "%s\n", text);
}

void
print_fields(void *context, const char *const *values)
{
	struct printer *printer = context;
	const struct record_field *field;
	for (size_t i = 0; (field = record_field(printer->kind, i)) != NULL; i++) {
		printf("%-*s ", NAME_WIDTH, field->name);
		if (values[i] == NULL)
			puts("-");
		else if (field->type == FIELD_FLAG)
			puts(values[i][0] == '1' ? "yes" : "no");
		else
			print_addresses(values[i]);
	}
}

static void
json_array(const char *text)
{
	putchar('[');
	for (const char *end; text != NULL; text = *end == '\0' ? NULL : end + 1) {
		end = strchrnul(text, '\n');
		printable_json(stdout, text, (size_t)(end - text));
		if (*end != '\0')
			fputs(", ", stdout);
	}
	putchar(']');
}

static void
json_value(enum field_type type, const char *value)
{
	if (type == FIELD_ADDRESSES)
		json_array(value);
	else if (value == NULL)
		fputs("null", stdout);
	else if (type == FIELD_FLAG)
		fputs(value[0] == '1' ? "true" : "false", stdout);
	else if (type == FIELD_COUNT || type == FIELD_SIZE)
		fputs(value, stdout);
	else
		printable_json(stdout, value, strlen(value));
}

static void
json_object(enum record_kind kind, const char *const *values)
{
	const struct record_field *field;
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++) {
		printf("%s\"%s\": ", i == 0 ? "{" : ", ", field->name);
		json_value(field->type, values[i]);
	}
	putchar('}');
}

void
print_json(void *context, const char *const *values)
{
	struct printer *printer = context;
	json_object(printer->kind, values);
	putchar('\n');
}

void
print_json_line(void *context, const char *const *values)
{
	struct printer *printer = context;
	fputs(printer->printed++ == 0 ? "" : ",\n", stdout);
	json_object(printer->kind, values);
}
