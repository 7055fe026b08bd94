/* Finds and shows records. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "directory/accounts_internal.h"

enum { SQL_MAX = 4096 };

/* SELECT of all fields, then the number, of records that fulfil a condition. */
static struct sql_rows *
query(struct accounts *accounts, enum record_kind kind, bool secrets, const char *condition, const char *const *values)
{
	const struct record_row *row = &record_rows[kind];
	char sql[SQL_MAX] = "SELECT ";
	size_t len = strlen(sql);
	for (size_t i = 0; i < row->count && len < SQL_MAX; i++) {
		const struct field_sql *field = &row->fields[i];
		len += (size_t)snprintf(sql + len, SQL_MAX - len, "%s%s", i == 0 ? "" : ", ",
		    secrets && field->secret != NULL ? field->secret : field->expression);
	}
	if (len < SQL_MAX)
		len += (size_t)snprintf(sql + len, SQL_MAX - len, ", %s FROM %s WHERE (%s) AND (%s) ORDER BY %s",
		    row->id, row->from, row->own, condition, row->order);
	const char *types = values[1] != NULL ? "tt" : values[0] != NULL ? "t" : "";
	return len < SQL_MAX ? accounts_query(accounts, sql, types, values[0], values[1]) : NULL;
}

/* Shows a row as people read it. Returns false when memory is out. */
static bool
show_row(struct accounts *accounts, enum record_kind kind, struct sql_rows *row, record_row_fn *each_row, void *context)
{
	const char *values[RECORD_FIELDS_MAX + 1] = { NULL };
	char *shown[RECORD_FIELDS_MAX + 1] = { NULL };
	const struct record_row *fields = &record_rows[kind];
	bool known = true;
	for (size_t i = 0; i < fields->count && i < RECORD_FIELDS_MAX; i++) {
		values[i] = accounts_text(accounts, row, (int)i);
		if (values[i] == NULL || fields->fields[i].form == FORM_TEXT)
			continue;
		values[i] = shown[i] = record_show_value(fields->fields[i].form, values[i]);
		known = known && shown[i] != NULL;
	}
	if (known)
		each_row(context, values);
	for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
		free(shown[i]);
	return known;
}

static enum admin_result
pass_rows(struct accounts *accounts, enum record_kind kind, struct sql_rows *row, record_row_fn *each_row,
    void *context, size_t *count)
{
	enum sql_result result;
	enum admin_result ended = ADMIN_OK;
	for (*count = 0; (result = accounts_step(accounts, row)) == SQL_ROW && ended == ADMIN_OK; ++*count)
		if (!show_row(accounts, kind, row, each_row, context))
			ended = accounts_set_error(accounts, ADMIN_FAILED, "%s", strerror(ENOMEM));
	if (ended == ADMIN_OK && result != SQL_DONE)
		ended = accounts_trouble(accounts);
	accounts_finish(accounts, row);
	return ended;
}

enum admin_result
records_list(
    struct accounts *accounts, enum record_kind kind, const char *within, record_row_fn *each_row, void *context)
{
	size_t count;
	char domain[ADDRESS_DOMAIN_MAX + 1];
	const char *condition = within == NULL ? "1 = 1" : record_rows[kind].within;
	if (kind == RECORD_ACCESS && within != NULL && record_check_access(accounts, within) != ADMIN_OK)
		return ADMIN_UNFIT;
	bool named = kind != RECORD_ACCESS && within != NULL && address_parse_domain(domain, within, strlen(within));
	const char *values[] = { named ? domain : within, NULL };
	enum admin_result result = pass_rows(
	    accounts, kind, query(accounts, kind, false, condition, values), each_row, context, &count);
	if (result == ADMIN_OK && count == 0 && within != NULL && kind != RECORD_ACCESS &&
	    accounts_number(accounts, "SELECT count(*) FROM domains WHERE name = ?", "t", values[0]) == 0)
		return accounts_set_error(accounts, ADMIN_NO_DOMAIN, _("the domain %.300s is not hosted here"), within);
	return result;
}

static enum admin_result
missing(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	/* TRANSLATORS: domain, account, alias, list or access, as in commands; a name; the first once more. */
	return accounts_set_error(accounts, ADMIN_MISSING, _("there is no %s %.400s; to list them: ftgatectl %s list"),
	    record_noun(kind), name->text, record_noun(kind));
}

enum admin_result
record_show(
    struct accounts *accounts, enum record_kind kind, const char *const *text, record_row_fn *each_row, void *context)
{
	size_t count;
	struct record_name name;
	enum admin_result result = record_name_parse(accounts, &name, kind, text);
	if (result == ADMIN_OK)
		result = pass_rows(accounts, kind, query(accounts, kind, false, record_rows[kind].key, name.key),
		    each_row, context, &count);
	return result == ADMIN_OK && count == 0 ? missing(accounts, kind, &name) : result;
}

struct sql_rows *
record_select(struct accounts *accounts, enum record_kind kind, const struct record_name *name, bool secrets)
{
	static const char *const none[] = { NULL, NULL };
	return name != NULL ? query(accounts, kind, secrets, record_rows[kind].key, name->key)
	                    : query(accounts, kind, secrets, "1 = 1", none);
}

enum admin_result
record_dump(struct accounts *accounts, enum record_kind kind, const char *const *text, bool secrets,
    record_row_fn *each_row, void *context)
{
	size_t count;
	struct record_name name;
	enum admin_result result = text != NULL ? record_name_parse(accounts, &name, kind, text) : ADMIN_OK;
	if (result == ADMIN_OK)
		result = pass_rows(accounts, kind, record_select(accounts, kind, text != NULL ? &name : NULL, secrets),
		    each_row, context, &count);
	return result == ADMIN_OK && count == 0 && text != NULL ? missing(accounts, kind, &name) : result;
}

int64_t
record_find(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	int64_t id = -1;
	struct sql_rows *row = record_select(accounts, kind, name, false);
	enum sql_result result = accounts_step(accounts, row);
	if (result == SQL_ROW)
		id = accounts_int(accounts, row, (int)record_rows[kind].count);
	else if (result == SQL_DONE)
		missing(accounts, kind, name);
	else
		accounts_trouble(accounts);
	accounts_finish(accounts, row);
	return result == SQL_DONE ? 0 : id;
}
