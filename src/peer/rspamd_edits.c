/* Parses the changes to the header that an answer of rspamd asks for. */
#include "peer/rspamd_edits.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A change that cannot be made is left out, as field_edits_add() says. A number as the value is written as one. */
static void
add_text(struct field_edits *edits, const char *name, const json_t *value, int order)
{
	char number[32];
	snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_string(value))
		(void)field_edits_add(edits, name, json_string_value(value), order);
	else if (json_is_integer(value))
		(void)field_edits_add(edits, name, number, order);
	else
		field_edits_leave_out(edits, name);
}

/* A field with a negative order, or none, follows those with one. */
static int
order_of(const json_t *value)
{
	const json_t *order = json_object_get(value, "order");
	json_int_t number = json_integer_value(order);
	return json_is_integer(order) && number >= 0 && number < FIELD_UNORDERED ? (int)number : FIELD_UNORDERED;
}

static void
add_value(struct field_edits *edits, const char *name, const json_t *value)
{
	if (json_is_object(value))
		add_text(edits, name, json_object_get(value, "value"), order_of(value));
	else
		add_text(edits, name, value, FIELD_UNORDERED);
}

/* One value, or an array of them. */
static void
add_values(struct field_edits *edits, const char *name, const json_t *value)
{
	if (!json_is_array(value)) {
		add_value(edits, name, value);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		add_value(edits, name, json_array_get(value, i));
}

static void
remove_which(struct field_edits *edits, const char *name, const json_t *which)
{
	json_int_t number = json_integer_value(which);
	if (json_is_integer(which) && number >= INT_MIN && number <= INT_MAX)
		(void)field_edits_remove(edits, name, (int)number);
	else
		field_edits_leave_out(edits, name);
}

static void
remove_values(struct field_edits *edits, const char *name, const json_t *which)
{
	if (!json_is_array(which)) {
		remove_which(edits, name, which);
		return;
	}
	for (size_t i = 0; i < json_array_size(which); i++)
		remove_which(edits, name, json_array_get(which, i));
}

/* What marks spam: fields that rspamd names, else X-Spam, unless that is added already. */
static void
mark_spam(struct field_edits *edits, const json_t *milter)
{
	json_t *fields = json_object_get(milter, "spam_header"), *value;
	const char *name;
	if (json_is_string(fields))
		add_text(edits, "X-Spam", fields, FIELD_UNORDERED);
	else if (json_is_object(fields))
		json_object_foreach(fields, name, value) add_values(edits, name, value);
	else if (json_object_get(json_object_get(milter, "add_headers"), "X-Spam") == NULL)
		(void)field_edits_add(edits, "X-Spam", "Yes", FIELD_UNORDERED);
}

void
rspamd_edits_read(const json_t *answer, const char *action, struct field_edits *edits)
{
	const json_t *milter = json_object_get(answer, "milter"), *subject = json_object_get(answer, "subject");
	json_t *value;
	const char *name;
	json_object_foreach(json_object_get(milter, "remove_headers"), name, value) remove_values(edits, name, value);
	json_object_foreach(json_object_get(milter, "add_headers"), name, value) add_values(edits, name, value);
	value = json_object_get(answer, "dkim-signature");
	if (value != NULL)
		add_values(edits, "DKIM-Signature", value);
	if (strcmp(action, "add header") == 0)
		mark_spam(edits, milter);
	if (strcmp(action, "rewrite subject") == 0 && json_is_string(subject))
		(void)field_edits_subject(edits, json_string_value(subject));
}
