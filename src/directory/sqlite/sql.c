/* Statements of the administration to a database of SQLite, which are kept for their next use. */
#include "directory/sqlite/sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/address/network.h"

enum { STATEMENTS_KEPT = 64 };

struct sqlite_sql {
	struct sql sql;
	sqlite3 *database;
	sqlite3_stmt *kept[STATEMENTS_KEPT]; /* prepared, for their next use */
};

static struct sqlite_sql *
own(struct sql *sql)
{
	return (struct sqlite_sql *)sql;
}

static sqlite3_stmt *
statement_of(struct sql_rows *rows)
{
	return (sqlite3_stmt *)(void *)rows;
}

static void
bind(sqlite3_stmt *statement, const char *types, va_list values)
{
	for (int i = 0; types[i] != '\0'; i++) {
		if (types[i] == 'i')
			sqlite3_bind_int64(statement, i + 1, va_arg(values, int64_t));
		else if (types[i] == 'b')
			sqlite3_bind_blob(
			    statement, i + 1, va_arg(values, const unsigned char *), NETWORK_OCTETS, SQLITE_TRANSIENT);
		else
			sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
	}
}

/* The place of a statement that is kept for this text and not in use; that of a free one; NULL. */
static sqlite3_stmt **
find_place(struct sqlite_sql *sql, const char *text)
{
	size_t i = 0;
	for (; i < STATEMENTS_KEPT && sql->kept[i] != NULL; i++)
		if (!sqlite3_stmt_busy(sql->kept[i]) && strcmp(sqlite3_sql(sql->kept[i]), text) == 0)
			return &sql->kept[i];
	return i < STATEMENTS_KEPT ? &sql->kept[i] : NULL;
}

static struct sql_rows *
query(struct sql *base, const char *text, const char *types, va_list values)
{
	struct sqlite_sql *sql = own(base);
	sqlite3_stmt *statement = NULL, **place = find_place(sql, text);
	if (place != NULL && *place != NULL)
		statement = *place;
	else if (sqlite3_prepare_v2(sql->database, text, -1, &statement, NULL) == SQLITE_OK && place != NULL)
		*place = statement;
	if (statement != NULL)
		bind(statement, types, values);
	return (struct sql_rows *)(void *)statement;
}

static enum sql_result
step(struct sql *sql, struct sql_rows *rows)
{
	(void)sql;
	switch (sqlite3_step(statement_of(rows))) {
	case SQLITE_ROW: return SQL_ROW;
	case SQLITE_DONE: return SQL_DONE;
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY: return SQL_UNIQUE;
	case SQLITE_CONSTRAINT_TRIGGER: return SQL_RULE;
	default: return SQL_ERROR;
	}
}

static const char *
text(struct sql *sql, struct sql_rows *rows, int column)
{
	(void)sql;
	return (const char *)sqlite3_column_text(statement_of(rows), column);
}

static void
finish(struct sql *base, struct sql_rows *rows)
{
	struct sqlite_sql *sql = own(base);
	sqlite3_stmt *statement = statement_of(rows);
	for (size_t i = 0; i < STATEMENTS_KEPT && statement != NULL && sql->kept[i] != NULL; i++) {
		if (sql->kept[i] != statement)
			continue;
		sqlite3_reset(statement);
		sqlite3_clear_bindings(statement);
		return;
	}
	sqlite3_finalize(statement);
}

static int64_t
changes(struct sql *sql)
{
	return sqlite3_changes64(own(sql)->database);
}

static const char *
why(struct sql *sql)
{
	return sqlite3_errmsg(own(sql)->database);
}

static enum sql_trouble
trouble(struct sql *sql)
{
	switch (sqlite3_errcode(own(sql)->database)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return SQL_LOCKED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return SQL_DAMAGED;
	default: return SQL_OTHER;
	}
}

static void
close_sql(struct sql *base)
{
	struct sqlite_sql *sql = own(base);
	for (size_t i = 0; i < STATEMENTS_KEPT; i++)
		sqlite3_finalize(sql->kept[i]);
	sqlite3_close(sql->database);
	free(sql);
}

static const struct sql_ops ops = {
	.query = query,
	.step = step,
	.text = text,
	.finish = finish,
	.changes = changes,
	.why = why,
	.trouble = trouble,
	.close = close_sql,
};

sqlite3 *
sqlite_sql_database(struct sql *sql)
{
	return own(sql)->database;
}

struct sql *
sqlite_sql_new(sqlite3 *database)
{
	struct sqlite_sql *sql = calloc(1, sizeof *sql);
	if (sql == NULL)
		return NULL;
	sql->sql = (struct sql) { .ops = &ops, .name = "ftgate.db" };
	sql->database = database;
	return &sql->sql;
}
