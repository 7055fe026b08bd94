/*
 * Statements of the administration to a database, whichever it is. The SQL is what SQLite and PostgreSQL have in
 * common; its parameters are ? in turn, or ?1, ?2. The operations block, and are for one thread.
 */
#ifndef DIRECTORY_SQL_H
#define DIRECTORY_SQL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum sql_result {
	SQL_ROW,
	SQL_DONE,
	SQL_UNIQUE, /* there is such a row */
	SQL_RULE,   /* a trigger refuses it: why() is the word for the reason, such as "domain full" */
	SQL_ERROR,
};

enum sql_trouble { SQL_LOCKED, SQL_DAMAGED, SQL_DENIED, SQL_READ_ONLY, SQL_OTHER };

struct sql_rows; /* of a statement that has begun */
struct sql;

struct sql_ops {
	/*
	 * Begins a statement, with a value for each letter of types: t is a text, or NULL; i is an int64_t; b is the
	 * NETWORK_OCTETS of a network. It is run by the first step. NULL: it failed.
	 */
	struct sql_rows *(*query)(struct sql *sql, const char *text, const char *types, va_list values);
	enum sql_result (*step)(struct sql *sql, struct sql_rows *rows);
	/* A column of the row, until the next step; NULL if it is null. Truth is "1" or "0". */
	const char *(*text)(struct sql *sql, struct sql_rows *rows, int column);
	/* Ends the use of a statement, which may be NULL. */
	void (*finish)(struct sql *sql, struct sql_rows *rows);
	/* How many rows the last statement has changed. */
	int64_t (*changes)(struct sql *sql);
	/* Why the last statement failed: a text of the database's, and what kind of trouble that is. */
	const char *(*why)(struct sql *sql);
	enum sql_trouble (*trouble)(struct sql *sql);
	void (*close)(struct sql *sql);
};

struct sql {
	const struct sql_ops *ops;
	const char *name; /* of the database, for errors */
	bool stores_keys; /* a local part is stored as its key, with the name as written beside it if they differ */
};

#endif
