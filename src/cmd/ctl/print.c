/* Prints records in a table: their names and comments for people; all fields of one; JSON and CSV. */
#include <string.h>
#include <sysexits.h>

#include "cmd/ctl/ctl.h"

static bool
is_listed(enum record_kind kind, size_t field)
{
	return field < record_names(kind) || strcmp(record_field(kind, field)->name, "comment") == 0;
}

static enum cell_type
type_of(enum field_type type)
{
	switch (type) {
	case FIELD_ADDRESSES: return CELL_LIST;
	case FIELD_FLAG: return CELL_FLAG;
	case FIELD_COUNT:
	case FIELD_SIZE: return CELL_NUMBER;
	default: return CELL_TEXT;
	}
}

int
printer_open(struct printer *printer, const struct request *request, bool is_record)
{
	const struct record_field *field;
	size_t count = 0;
	printer->kind = request->command->kind;
	for (; count < PRINTER_FIELDS_MAX && (field = record_field(printer->kind, count)) != NULL; count++)
		printer->columns[count] = (struct column) {
			.name = field->name,
			.type = type_of(field->type),
			.shrinks = strcmp(field->name, "comment") == 0,
			.hidden = is_record || is_listed(printer->kind, count) ? 0 : NOT_IN_TABLE,
		};
	printer->table = ctl_table(request, printer->columns, count, is_record);
	return printer->table == NULL ? ctl_fail_memory() : EX_OK;
}

void
printer_row(void *context, const char *const *values)
{
	struct printer *printer = context;
	const struct record_field *field;
	for (size_t i = 0; (field = record_field(printer->kind, i)) != NULL; i++) {
		if (field->type == FIELD_ADDRESSES)
			table_list(printer->table, values[i] != NULL ? values[i] : "");
		else if (field->type == FIELD_FLAG && values[i] != NULL)
			table_flag(printer->table, values[i][0] == '1');
		else
			table_text(printer->table, values[i]);
	}
}
