/* ftgatectl export: writes all records of a kind as they are read, in the form that import reads. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/transfer/import.h"
#include "cmd/output/charset.h"

/* An export. */
struct export
{
	enum record_kind kind;
	bool secrets;
	struct column columns[RECORD_FIELDS_MAX];
	struct table *table; /* of CSV */
};

static bool
is_exported(const struct export *export, size_t index)
{
	return record_is_carried(export->kind, index) || (export->secrets && record_is_secret(export->kind, index));
}

static void
write_csv_row(void *context, const char *const *values)
{
	const struct export *export = context;
	for (size_t i = 0; record_field(export->kind, i) != NULL; i++) {
		bool is_flag = record_field(export->kind, i)->type == FIELD_FLAG && !record_is_secret(export->kind, i);
		if (!is_exported(export, i))
			continue;
		if (is_flag && values[i] != NULL)
			table_flag(export->table, values[i][0] == '1');
		else
			table_text(export->table, values[i]);
	}
}

/* Begins the table of CSV. Returns false if memory is out. */
static bool
open_csv(struct export *export)
{
	size_t count = 0;
	for (size_t i = 0; record_field(export->kind, i) != NULL; i++)
		if (is_exported(export, i))
			export->columns[count++] = (struct column) { .name = record_field(export->kind, i)->name };
	export->table = table_open(&(struct table_options) {
	    .columns = export->columns, .count = count, .format = OUTPUT_CSV, .ends_with_crlf = true });
	return export->table != NULL;
}

/* One address a line, as an array. */
static void
write_json_array(const char *text)
{
	putchar('[');
	for (const char *end; text != NULL; text = *end == '\0' ? NULL : end + 1) {
		end = strchrnul(text, '\n');
		printable_json(stdout, text, (size_t)(end - text));
		fputs(*end == '\0' ? "" : ", ", stdout);
	}
	putchar(']');
}

static void
write_json(const struct export *export, size_t index, const char *value)
{
	enum field_type type = record_field(export->kind, index)->type;
	if (type == FIELD_ADDRESSES)
		write_json_array(value);
	else if (value == NULL)
		fputs("null", stdout);
	else if (type == FIELD_FLAG && !record_is_secret(export->kind, index))
		fputs(value[0] == '1' ? "true" : "false", stdout);
	else if (type == FIELD_COUNT || type == FIELD_SIZE)
		fputs(value, stdout);
	else
		printable_json(stdout, value, strlen(value));
}

static void
write_json_row(void *context, const char *const *values)
{
	const struct export *export = context;
	bool first = true;
	for (size_t i = 0; record_field(export->kind, i) != NULL; i++) {
		if (!is_exported(export, i))
			continue;
		printf("%s\"%s\": ", first ? "{" : ", ", record_field(export->kind, i)->name);
		write_json(export, i, values[i]);
		first = false;
	}
	fputs("}\n", stdout);
}

/* Hashes can be guessed from: the file should be its owner's alone. */
static void
warn_of_mode(void)
{
	struct stat status;
	if (fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode) &&
	    (status.st_mode & (S_IRGRP | S_IROTH)) != 0)
		ctl_fail(EX_OK,
		    _("standard output is a file that others can read, and it gets passwords: run chmod 600 on it"));
}

int
ctl_export(struct request *request)
{
	struct export export = { .kind = request->command->kind, .secrets = request->with_passwords };
	struct admin *admin = request->admin;
	bool json = request->format == OUTPUT_JSON;
	charset_write_data();
	if (export.secrets)
		warn_of_mode();
	if (!json && !open_csv(&export))
		return ctl_fail_memory();
	enum admin_result result = admin->ops->dump(
	    admin, export.kind, NULL, export.secrets, json ? write_json_row : write_csv_row, &export);
	return ctl_close_table(export.table, ctl_admin_status(request, result));
}
