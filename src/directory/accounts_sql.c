/* Building blocks of the operations on accounts: statements, and the sentence about an error. */
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
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
	switch (sqlite3_errcode(accounts->database)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return accounts_set_error(
		    accounts, ADMIN_FAILED, _("another program keeps the accounts locked; try again"));
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return accounts_set_error(accounts, ADMIN_FAILED,
		    _("ftgate.db is damaged (%s); put a backup in its place"), sqlite3_errmsg(accounts->database));
	default: return accounts_set_error(accounts, ADMIN_FAILED, "ftgate.db: %s", sqlite3_errmsg(accounts->database));
	}
}

static void
bind(sqlite3_stmt *statement, const char *types, va_list values)
{
	for (int i = 0; types[i] != '\0'; i++) {
		if (types[i] == 'i')
			sqlite3_bind_int64(statement, i + 1, va_arg(values, int64_t));
		else
			sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
	}
}

/* The place of a statement that is kept for this text and not in use; that of a free one; NULL. */
static sqlite3_stmt **
find_place(struct accounts *accounts, const char *sql)
{
	size_t i = 0;
	for (; i < STATEMENTS_KEPT && accounts->kept[i] != NULL; i++)
		if (!sqlite3_stmt_busy(accounts->kept[i]) && strcmp(sqlite3_sql(accounts->kept[i]), sql) == 0)
			return &accounts->kept[i];
	return i < STATEMENTS_KEPT ? &accounts->kept[i] : NULL;
}

static sqlite3_stmt *
prepare(struct accounts *accounts, const char *sql, const char *types, va_list values)
{
	sqlite3_stmt *statement = NULL, **place = find_place(accounts, sql);
	if (place != NULL && *place != NULL)
		statement = *place;
	else if (sqlite3_prepare_v2(accounts->database, sql, -1, &statement, NULL) == SQLITE_OK && place != NULL)
		*place = statement;
	if (statement != NULL)
		bind(statement, types, values);
	return statement;
}

void
accounts_finish(struct accounts *accounts, sqlite3_stmt *statement)
{
	for (size_t i = 0; i < STATEMENTS_KEPT && statement != NULL && accounts->kept[i] != NULL; i++) {
		if (accounts->kept[i] != statement)
			continue;
		sqlite3_reset(statement);
		sqlite3_clear_bindings(statement);
		return;
	}
	sqlite3_finalize(statement);
}

void
accounts_drop_statements(struct accounts *accounts)
{
	for (size_t i = 0; i < STATEMENTS_KEPT; i++) {
		sqlite3_finalize(accounts->kept[i]);
		accounts->kept[i] = NULL;
	}
}

sqlite3_stmt *
accounts_query(struct accounts *accounts, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = prepare(accounts, sql, types, values);
	va_end(values);
	return statement;
}

int64_t
accounts_number(struct accounts *accounts, const char *sql, const char *types, ...)
{
	int64_t number = -1;
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = prepare(accounts, sql, types, values);
	va_end(values);
	int result = statement == NULL ? SQLITE_ERROR : sqlite3_step(statement);
	if (result == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	else if (result == SQLITE_DONE)
		number = 0;
	else
		accounts_trouble(accounts);
	accounts_finish(accounts, statement);
	return number;
}

int
accounts_run(struct accounts *accounts, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = prepare(accounts, sql, types, values);
	va_end(values);
	int result = statement == NULL ? SQLITE_ERROR : sqlite3_step(statement);
	if (result != SQLITE_DONE)
		accounts_trouble(accounts);
	accounts_finish(accounts, statement);
	return result;
}
