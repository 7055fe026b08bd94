/* The keeping of accounts: opens what is kept, runs statements on it, tells errors. */
#include "directory/accounts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/accounts_internal.h"

const char *
accounts_error(const struct accounts *accounts)
{
	return accounts->error;
}

static sqlite3 *
open_database(const char *data, bool *created, char error[ACCOUNTS_ERROR_SIZE])
{
	char path[PATH_MAX], why[DATABASE_ERROR_SIZE] = "its path is too long";
	sqlite3 *database = NULL;
	if (snprintf(path, sizeof path, "%s/ftgate.db", data) < (int)sizeof path)
		database = database_open(path, created, why);
	if (database == NULL)
		snprintf(error, ACCOUNTS_ERROR_SIZE, "cannot open %.400s/ftgate.db: %.400s", data, why);
	return database;
}

struct accounts *
accounts_open(const char *data, struct mailbox_store *mailboxes, bool *created, char error[ACCOUNTS_ERROR_SIZE])
{
	struct accounts *accounts = calloc(1, sizeof *accounts);
	if (accounts == NULL) {
		snprintf(error, ACCOUNTS_ERROR_SIZE, "cannot open the accounts: %s", strerror(ENOMEM));
		return NULL;
	}
	accounts->mailboxes = mailboxes;
	accounts->database = open_database(data, created, error);
	if (accounts->database == NULL) {
		free(accounts);
		return NULL;
	}
	record_functions_add(accounts->database);
	return accounts;
}

void
accounts_close(struct accounts *accounts)
{
	if (accounts == NULL)
		return;
	sqlite3_close(accounts->database);
	free(accounts);
}

enum accounts_result
accounts_tell(struct accounts *accounts, enum accounts_result result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(accounts->error, sizeof accounts->error, format, arguments);
	va_end(arguments);
	return result;
}

enum accounts_result
accounts_trouble(struct accounts *accounts)
{
	switch (sqlite3_errcode(accounts->database)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return accounts_tell(accounts, ACCOUNTS_FAILED, "another program keeps the accounts locked; try again");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return accounts_tell(accounts, ACCOUNTS_FAILED, "ftgate.db is damaged (%s); put a backup in its place",
		    sqlite3_errmsg(accounts->database));
	default: return accounts_tell(accounts, ACCOUNTS_FAILED, "ftgate.db: %s", sqlite3_errmsg(accounts->database));
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

static sqlite3_stmt *
prepare(struct accounts *accounts, const char *sql, const char *types, va_list values)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(accounts->database, sql, -1, &statement, NULL) == SQLITE_OK)
		bind(statement, types, values);
	return statement;
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
	sqlite3_finalize(statement);
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
	sqlite3_finalize(statement);
	return result;
}

enum accounts_result
accounts_add_domain(struct accounts *accounts, const char *name)
{
	return record_add(accounts, RECORD_DOMAIN, &name, &(struct record_change) { 0 });
}

enum accounts_result
accounts_add(struct accounts *accounts, const char *local, const char *domain, const char *password)
{
	char text[ADDRESS_TEXT_SIZE];
	const char *const name = text;
	const struct record_password kept = { .hash = password };
	address_write(text, local, domain);
	return record_add(accounts, RECORD_ACCOUNT, &name, &(struct record_change) { .password = &kept });
}
