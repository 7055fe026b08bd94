/* The keeping of domains and accounts: what ftgatectl does. */
#include "mail/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/database.h"
#include "mail/maildir.h"

struct accounts {
	sqlite3 *database;
	int folder; /* of all mail */
	char error[ACCOUNTS_ERROR_SIZE];
};

const char *
accounts_error(const struct accounts *accounts)
{
	return accounts->error;
}

static int
open_mail_folder(const char *data)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/mail", data) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static sqlite3 *
open_database(const char *data, bool *created, char error[ACCOUNTS_ERROR_SIZE])
{
	char path[PATH_MAX], why[DATABASE_ERROR_SIZE] = "its path is too long";
	sqlite3 *database = NULL;
	if (snprintf(path, sizeof path, "%s/ftgate.db", data) < (int)sizeof path)
		database = database_open(path, created, why);
	if (database == NULL)
		snprintf(error, ACCOUNTS_ERROR_SIZE, "cannot open %.100s/ftgate.db: %.100s", data, why);
	return database;
}

struct accounts *
accounts_open(const char *data, bool *created, char error[ACCOUNTS_ERROR_SIZE])
{
	struct accounts *accounts = calloc(1, sizeof *accounts);
	int folder = open_mail_folder(data);
	if (accounts == NULL || folder < 0) {
		snprintf(error, ACCOUNTS_ERROR_SIZE, "cannot open %.100s/mail: %s", data, strerror(errno));
		goto failed;
	}
	accounts->database = open_database(data, created, error);
	if (accounts->database == NULL)
		goto failed;
	accounts->folder = folder;
	return accounts;
failed:
	if (folder >= 0)
		close(folder);
	free(accounts);
	return NULL;
}

void
accounts_close(struct accounts *accounts)
{
	if (accounts == NULL)
		return;
	sqlite3_close(accounts->database);
	close(accounts->folder);
	free(accounts);
}

static enum accounts_result
fail(struct accounts *accounts)
{
	snprintf(accounts->error, sizeof accounts->error, "%s", sqlite3_errmsg(accounts->database));
	return ACCOUNTS_FAILED;
}

/* Runs a change of one row, with text parameters; a NULL one is SQL's NULL. It is freed in any case. */
static enum accounts_result
change(struct accounts *accounts, sqlite3_stmt *statement, const char *const *values, int count)
{
	for (int i = 0; i < count; i++)
		sqlite3_bind_text(statement, i + 1, values[i], -1, SQLITE_STATIC);
	int result = sqlite3_step(statement);
	int changes = sqlite3_changes(accounts->database);
	enum accounts_result told = ACCOUNTS_OK;
	if (result == SQLITE_CONSTRAINT_UNIQUE)
		told = ACCOUNTS_EXISTS;
	else if (result != SQLITE_DONE)
		told = fail(accounts);
	else if (changes == 0)
		told = ACCOUNTS_NO_DOMAIN;
	sqlite3_finalize(statement);
	return told;
}

enum accounts_result
accounts_add_domain(struct accounts *accounts, const char *name)
{
	static const char sql[] = "INSERT INTO domains (name, created) VALUES (lower(?), unixepoch())";
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(accounts->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(accounts);
	return change(accounts, statement, &name, 1);
}

static enum accounts_result
insert_account(struct accounts *accounts, const char *local, const char *domain, const char *password)
{
	static const char sql[] = "INSERT INTO accounts (domain, local, password, created)"
	                          " SELECT id, ?, ?, unixepoch() FROM domains WHERE name = lower(?)";
	const char *values[] = { local, password, domain };
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(accounts->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(accounts);
	return change(accounts, statement, values, 3);
}

/* The Maildir is made first: an account that mail is taken for has one. */
enum accounts_result
accounts_add(struct accounts *accounts, const char *local, const char *domain, const char *password)
{
	char path[MAILBOX_PATH_SIZE];
	if (sqlite3_exec(accounts->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return fail(accounts);
	enum accounts_result result = insert_account(accounts, local, domain, password);
	if (result == ACCOUNTS_OK && (!maildir_path(path, domain, local) || maildir_make(accounts->folder, path) < 0)) {
		snprintf(accounts->error, sizeof accounts->error, "its Maildir: %s", strerror(errno));
		result = ACCOUNTS_FAILED;
	}
	const char *end = result == ACCOUNTS_OK ? "COMMIT" : "ROLLBACK";
	if (sqlite3_exec(accounts->database, end, NULL, NULL, NULL) != SQLITE_OK && result == ACCOUNTS_OK) {
		result = fail(accounts);
		sqlite3_exec(accounts->database, "ROLLBACK", NULL, NULL, NULL);
	}
	return result;
}

static enum accounts_result
list(struct accounts *accounts, const char *sql, accounts_tell *tell, void *context)
{
	sqlite3_stmt *statement;
	int result;
	if (sqlite3_prepare_v2(accounts->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(accounts);
	while ((result = sqlite3_step(statement)) == SQLITE_ROW)
		tell(context, (const char *)sqlite3_column_text(statement, 0),
		    (const char *)sqlite3_column_text(statement, 1));
	enum accounts_result told = result == SQLITE_DONE ? ACCOUNTS_OK : fail(accounts);
	sqlite3_finalize(statement);
	return told;
}

enum accounts_result
accounts_list_domains(struct accounts *accounts, accounts_tell *tell, void *context)
{
	return list(accounts, "SELECT '', name FROM domains ORDER BY name", tell, context);
}

enum accounts_result
accounts_list(struct accounts *accounts, accounts_tell *tell, void *context)
{
	return list(accounts,
	    "SELECT local, name FROM accounts JOIN domains ON domains.id = accounts.domain ORDER BY name, local", tell,
	    context);
}
