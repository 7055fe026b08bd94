/* Reads JSON: an array of objects, or one object behind the other, as on a line each. */
#include <jansson.h>
#include <string.h>

#include "base/text/translate.h"
#include "cmd/ctl/transfer/file.h"

/* Gives the parser one octet at a time, so that it reads none behind an object. */
static size_t
give(void *to, size_t size, void *context)
{
	struct import_file *file = context;
	int c = size > 0 && file->used <= IMPORT_RECORD_MAX ? import_file_get(file) : EOF;
	if (c == EOF)
		return 0;
	*(char *)to = (char)c;
	return 1;
}

static bool
add_text(struct import_text *text, const json_t *string)
{
	return import_file_add(text, json_string_value(string), json_string_length(string));
}

/* The elements of an array, which are strings, one a line. */
static enum import_result
add_array(struct import_file *file, struct import_row *row, const char *key, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *element = json_array_get(array, i);
		if (!json_is_string(element) || strchr(json_string_value(element), '\n') != NULL)
			return import_file_fault(
			    file, row->line, _("'%.100s' holds something other than addresses"), key);
		if ((i > 0 && !import_file_add(&row->text, "\n", 1)) || !add_text(&row->text, element))
			return IMPORT_NO_MEMORY;
	}
	return IMPORT_ROW;
}

static enum import_result
add_value(struct import_file *file, struct import_row *row, const char *key, const json_t *value)
{
	char number[32];
	bool added = true;
	switch (json_typeof(value)) {
	case JSON_STRING: added = add_text(&row->text, value); break;
	case JSON_TRUE: added = import_file_add(&row->text, "yes", 3); break;
	case JSON_FALSE: added = import_file_add(&row->text, "no", 2); break;
	case JSON_NULL: break;
	case JSON_INTEGER:
		snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		added = import_file_add(&row->text, number, strlen(number));
		break;
	case JSON_ARRAY: return add_array(file, row, key, value);
	default:
		return import_file_fault(file, row->line,
		    _("'%.100s' is no string, whole number, true, false, null or array of strings"), key);
	}
	return added ? IMPORT_ROW : IMPORT_NO_MEMORY;
}

static enum import_result
add_member(struct import_file *file, struct import_row *row, const char *key, const json_t *value)
{
	if (row->count == IMPORT_COLUMNS_MAX)
		return import_file_fault(
		    file, row->line, _("this object has more than %d members"), IMPORT_COLUMNS_MAX);
	row->names[row->count] = row->text.len;
	if (!import_file_add(&row->text, key, strlen(key) + 1))
		return IMPORT_NO_MEMORY;
	row->values[row->count] = row->text.len;
	enum import_result result = add_value(file, row, key, value);
	if (result == IMPORT_ROW && !import_file_add(&row->text, "", 1))
		return IMPORT_NO_MEMORY;
	row->count++;
	return result;
}

static enum import_result
add_members(struct import_file *file, struct import_row *row, json_t *object)
{
	enum import_result result = IMPORT_ROW;
	for (void *at = json_object_iter(object); at != NULL && result == IMPORT_ROW;
	     at = json_object_iter_next(object, at))
		result = add_member(file, row, json_object_iter_key(at), json_object_iter_value(at));
	return result;
}

/* The next octet that is no white space. */
static int
skip_space(struct import_file *file)
{
	int c = import_file_get(file);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		c = import_file_get(file);
	return c;
}

/* Goes to the beginning of the next object: IMPORT_ROW, with its brace pushed back. */
static enum import_result
find_object(struct import_file *file)
{
	int c = skip_space(file);
	if (!file->begun) {
		file->begun = file->first = true;
		file->in_array = c == '[';
		if (file->in_array)
			c = skip_space(file);
	}
	if (c == EOF && !file->in_array)
		return IMPORT_END;
	if (c == ']' && file->in_array)
		return skip_space(file) == EOF
		    ? IMPORT_END
		    : import_file_fault(file, file->line, _("text follows the bracket that ends the array"));
	if (file->in_array && !file->first) {
		if (c != ',')
			return import_file_fault(
			    file, file->line, _("a comma or a closing bracket is missing between objects"));
		c = skip_space(file);
	}
	if (c != '{')
		return import_file_fault(file, file->line, _("here must be an object: {"));
	file->first = false;
	file->pushed = c;
	return IMPORT_ROW;
}

enum import_result
import_file_next_json(struct import_file *file, struct import_row *row)
{
	json_error_t error;
	enum import_result result = find_object(file);
	if (result != IMPORT_ROW)
		return result;
	row->line = file->line;
	file->used = 0;
	json_t *object = json_load_callback(give, file, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
	if (object == NULL && file->used > IMPORT_RECORD_MAX)
		return import_file_fault(file, row->line, _("this record is longer than 1 MiB"));
	if (object == NULL)
		/* TRANSLATORS: an English sentence of the JSON parser. */
		return import_file_fault(file, file->line, _("this is not JSON: %.200s"), error.text);
	result = add_members(file, row, object);
	json_decref(object);
	return result;
}
