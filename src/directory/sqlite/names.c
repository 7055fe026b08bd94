/* The names of records as they are compared: SQL functions for them, and names that become equal by a migration. */
#include "directory/sqlite/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/translate.h"

static const char *
text_of(sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);
	return text != NULL ? text : "";
}

static void
give_key(sqlite3_context *context, int count, sqlite3_value **values)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	(void)count;
	if (!address_key(key, text_of(values[0])))
		sqlite3_result_error_nomem(context);
	else if (key[0] != '\0')
		sqlite3_result_text(context, key, -1, SQLITE_TRANSIENT);
}

static void
give_domain(sqlite3_context *context, int count, sqlite3_value **values)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	const char *text = text_of(values[0]);
	(void)count;
	if (address_parse_domain(name, text, strlen(text)))
		sqlite3_result_text(context, name, -1, SQLITE_TRANSIENT);
	else if (errno == ENOMEM)
		sqlite3_result_error_nomem(context);
}

static void
give_sender(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct address address;
	char key[ADDRESS_LOCAL_MAX + 1], sender[ADDRESS_MAX + 1];
	const char *text = text_of(values[0]);
	if (strchr(text, '@') == NULL) {
		give_domain(context, count, values);
		return;
	}
	if (!address_split(&address, text))
		return;
	if (!address_key(key, address.local)) {
		sqlite3_result_error_nomem(context);
	} else if (key[0] != '\0') {
		snprintf(sender, sizeof sender, "%s@%s", key, address.domain);
		sqlite3_result_text(context, sender, -1, SQLITE_TRANSIENT);
	}
}

void
names_functions_add(sqlite3 *database)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
	sqlite3_create_function(database, "ftgate_key", 1, flags, NULL, give_key, NULL, NULL);
	sqlite3_create_function(database, "ftgate_domain", 1, flags, NULL, give_domain, NULL, NULL);
	sqlite3_create_function(database, "ftgate_sender", 1, flags, NULL, give_sender, NULL, NULL);
}

/* A local part that has no key is equal to no other one, and would get no mail any more. */
#define NAMES                                                                                                          \
	"WITH addresses AS (SELECT domain, local, 'account' AS kind FROM accounts"                                     \
	"  UNION ALL SELECT domain, local, kind FROM aliases),"                                                        \
	" names AS (SELECT 'domain' AS kind, name, ftgate_domain(name) AS key, 0 AS domain FROM domains"               \
	"  UNION ALL SELECT x.kind, x.local || '@' || d.name, ifnull(ftgate_key(x.local), ''), d.id"                   \
	"  FROM addresses x JOIN domains d ON d.id = x.domain)"

static const char equal_names[] = NAMES
    " SELECT group_concat(name, ' and '), max(name), kind FROM names WHERE key IS NOT NULL"
    " GROUP BY domain, key HAVING count(*) > 1 OR key = ''";

/* Appends the names of a row, if there is room for them and for the command. Returns the length. */
static size_t
list_row(char error[DATABASE_ERROR_SIZE], size_t len, sqlite3_stmt *row)
{
	char text[DATABASE_ERROR_SIZE];
	int wanted = snprintf(text, sizeof text, "%s%s", len == 0 ? _("these names become one: ") : "; ",
	    (const char *)sqlite3_column_text(row, 0));
	if (wanted < 0 || len + (size_t)wanted >= DATABASE_ERROR_SIZE / 2)
		return len;
	memcpy(error + len, text, (size_t)wanted + 1);
	return len + (size_t)wanted;
}

bool
names_are_distinct(sqlite3 *database, char error[DATABASE_ERROR_SIZE])
{
	sqlite3_stmt *row = NULL;
	char command[DATABASE_ERROR_SIZE / 2] = "";
	size_t len = 0;
	unsigned count = 0;
	error[0] = '\0';
	int result = sqlite3_prepare_v2(database, equal_names, -1, &row, NULL);
	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(row);
		if (result != SQLITE_ROW)
			break;
		len = list_row(error, len, row);
		if (count++ == 0)
			snprintf(command, sizeof command, "ftgatectl %s remove '%.300s'", sqlite3_column_text(row, 2),
			    sqlite3_column_text(row, 1));
	}
	sqlite3_finalize(row);
	if (count > 0)
		snprintf(error + len, DATABASE_ERROR_SIZE - len,
		    /* TRANSLATORS: it follows names; the first argument is their number, the second a command. */
		    _(" (%u in all); leave one of each, and start again; such as: %s"), count, command);
	return result == SQLITE_DONE && count == 0;
}
