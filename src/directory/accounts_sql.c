/* Building blocks of the operations on accounts: statements, and the sentence about an error. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text/translate.h"
#include "directory/accounts_internal.h"

enum admin_result
accounts_set_error(struct accounts *accounts, enum admin_result result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(accounts->error, sizeof accounts->error, format, arguments);
	va_end(arguments);
	return result;
}

enum admin_result
accounts_trouble(struct accounts *accounts)
{
	struct sql *sql = accounts->sql;
	const char *why = sql->ops->why(sql);
	switch (sql->ops->trouble(sql)) {
	case SQL_LOCKED:
		return accounts_set_error(
		    accounts, ADMIN_FAILED, _("another program keeps the accounts locked; try again"));
	case SQL_DAMAGED:
		return accounts_set_error(
		    accounts, ADMIN_FAILED, _("ftgate.db is damaged (%s); put a backup in its place"), why);
	case SQL_DENIED: return accounts_set_error(accounts, ADMIN_REFUSED, "%s: %s", sql->name, why);
	case SQL_READ_ONLY: return accounts_set_error(accounts, ADMIN_READ_ONLY, "%s: %s", sql->name, why);
	default: return accounts_set_error(accounts, ADMIN_FAILED, "%s: %s", sql->name, why);
	}
}

enum sql_result
accounts_step(struct accounts *accounts, struct sql_rows *rows)
{
	return rows == NULL ? SQL_ERROR : accounts->sql->ops->step(accounts->sql, rows);
}

const char *
accounts_text(struct accounts *accounts, struct sql_rows *rows, int column)
{
	return accounts->sql->ops->text(accounts->sql, rows, column);
}

int64_t
accounts_int(struct accounts *accounts, struct sql_rows *rows, int column)
{
	const char *text = accounts_text(accounts, rows, column);
	return text != NULL ? strtoll(text, NULL, 10) : 0;
}

void
accounts_finish(struct accounts *accounts, struct sql_rows *rows)
{
	accounts->sql->ops->finish(accounts->sql, rows);
}

struct sql_rows *
accounts_query(struct accounts *accounts, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	struct sql_rows *rows = accounts->sql->ops->query(accounts->sql, sql, types, values);
	va_end(values);
	return rows;
}

int64_t
accounts_number(struct accounts *accounts, const char *sql, const char *types, ...)
{
	int64_t number = -1;
	va_list values;
	va_start(values, types);
	struct sql_rows *rows = accounts->sql->ops->query(accounts->sql, sql, types, values);
	va_end(values);
	enum sql_result result = accounts_step(accounts, rows);
	if (result == SQL_ROW)
		number = accounts_int(accounts, rows, 0);
	else if (result == SQL_DONE)
		number = 0;
	else
		accounts_trouble(accounts);
	accounts_finish(accounts, rows);
	return number;
}

enum sql_result
accounts_run(struct accounts *accounts, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	struct sql_rows *rows = accounts->sql->ops->query(accounts->sql, sql, types, values);
	va_end(values);
	enum sql_result result = accounts_step(accounts, rows);
	if (result != SQL_DONE)
		accounts_trouble(accounts);
	accounts_finish(accounts, rows);
	return result;
}

void
accounts_try(struct accounts *accounts, const char *sql)
{
	struct sql_rows *rows = accounts_query(accounts, sql, "");
	(void)accounts_step(accounts, rows);
	accounts_finish(accounts, rows);
}
