/* Finds and tells the records that are kept. */
#include <stdio.h>
#include <string.h>

#include "directory/accounts_internal.h"

enum { SQL_MAX = 4096, FIELDS_MAX = 32 };

/* SELECT of all fields, then the number, of records that fulfil a condition. */
static sqlite3_stmt *
query(struct accounts *accounts, enum record_kind kind, const char *condition, const char *const *values)
{
	const struct record_row *row = &record_rows[kind];
	char sql[SQL_MAX] = "SELECT ";
	size_t len = strlen(sql);
	for (size_t i = 0; i < row->count && len < SQL_MAX; i++)
		len += (size_t)snprintf(
		    sql + len, SQL_MAX - len, "%s%s", i == 0 ? "" : ", ", row->fields[i].expression);
	if (len < SQL_MAX)
		len += (size_t)snprintf(sql + len, SQL_MAX - len, ", %s FROM %s WHERE (%s) AND (%s) ORDER BY %s",
		    row->id, row->from, row->own, condition, row->order);
	return len < SQL_MAX ? accounts_query(accounts, sql, "tt", values[0], values[1]) : NULL;
}

static enum accounts_result
tell_rows(struct accounts *accounts, sqlite3_stmt *row, record_tell *tell, void *context, size_t *told)
{
	const char *values[FIELDS_MAX];
	int result = SQLITE_ERROR, columns = sqlite3_column_count(row);
	for (*told = 0; row != NULL && (result = sqlite3_step(row)) == SQLITE_ROW; ++*told) {
		for (int i = 0; i < columns && i < FIELDS_MAX; i++)
			values[i] = (const char *)sqlite3_column_text(row, i);
		tell(context, values);
	}
	enum accounts_result ended = result == SQLITE_DONE ? ACCOUNTS_OK : accounts_trouble(accounts);
	sqlite3_finalize(row);
	return ended;
}

enum accounts_result
records_list(struct accounts *accounts, enum record_kind kind, const char *within, record_tell *tell, void *context)
{
	size_t told;
	const char *values[] = { within, NULL };
	const char *condition = within == NULL ? "1" : record_rows[kind].within;
	if (kind == RECORD_ACCESS && within != NULL && record_check_access(accounts, within) != ACCOUNTS_OK)
		return ACCOUNTS_UNFIT;
	enum accounts_result result = tell_rows(
	    accounts, query(accounts, kind, condition, values), tell, context, &told);
	if (result == ACCOUNTS_OK && told == 0 && within != NULL && kind != RECORD_ACCESS &&
	    accounts_number(accounts, "SELECT count(*) FROM domains WHERE name = lower(?)", "t", within) == 0)
		return accounts_tell(accounts, ACCOUNTS_NO_DOMAIN, "the domain %.300s is not hosted here", within);
	return result;
}

static enum accounts_result
missing(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	return accounts_tell(accounts, ACCOUNTS_MISSING, "there is no %s %.400s; what there is: ftgatectl %s list",
	    record_rows[kind].noun, name->text, record_rows[kind].noun);
}

enum accounts_result
record_show(struct accounts *accounts, enum record_kind kind, const char *const *text, record_tell *tell, void *context)
{
	size_t told;
	struct record_name name;
	enum accounts_result result = record_name_parse(accounts, &name, kind, text);
	if (result == ACCOUNTS_OK)
		result = tell_rows(
		    accounts, query(accounts, kind, record_rows[kind].key, name.key), tell, context, &told);
	return result == ACCOUNTS_OK && told == 0 ? missing(accounts, kind, &name) : result;
}

int64_t
record_find(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	int64_t id = -1;
	sqlite3_stmt *row = query(accounts, kind, record_rows[kind].key, name->key);
	int result = row == NULL ? SQLITE_ERROR : sqlite3_step(row);
	if (result == SQLITE_ROW)
		id = sqlite3_column_int64(row, sqlite3_column_count(row) - 1);
	else if (result == SQLITE_DONE)
		missing(accounts, kind, name);
	else
		accounts_trouble(accounts);
	sqlite3_finalize(row);
	return result == SQLITE_DONE ? 0 : id;
}
