/* Statements of the administration to PostgreSQL. */
#include "directory/postgres/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/network.h"
#include "directory/postgres/admin.h"
#include "directory/postgres/exec.h"

enum { PARAMETERS_MAX = 8, NUMBER_SIZE = 24, WHY_SIZE = 512, FIRST_TEXT = 256 };

/* The numbers of types (pg_type.dat). */
enum { TYPE_BOOLEAN = 16, TYPE_OCTETS = 17, TYPE_BIGINT = 20, TYPE_TEXT = 25 };

struct postgres_sql {
	struct sql sql;
	struct exec exec;
	int64_t changes;
	char why[WHY_SIZE];
	enum sql_trouble trouble;
};

/* A statement with its parameters, then with its rows. */
struct sql_rows {
	char *text;
	int count;
	Oid types[PARAMETERS_MAX];
	char *values[PARAMETERS_MAX];
	int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
	PGresult *result; /* NULL: it has not run */
	int row;
};

static struct postgres_sql *
own(struct sql *sql)
{
	return (struct postgres_sql *)sql;
}

/* Words of SQLite, and what they are here. */
static const struct {
	const char *sqlite, *postgres;
} words[] = {
	/* One program changes records at a time, so that what has been checked still holds when it is changed. */
	{ "BEGIN IMMEDIATE", EXEC_BEGIN "; SELECT version FROM ftgate_schema FOR UPDATE" },
	{ "main.", "" }, /* the schema is that of the search path */
	{ "group_concat(", "string_agg(" },
	{ "hex(x.network)", "upper(encode(x.network, 'hex'))" },
};

/* Appends the word that replaces the beginning of the text. Returns how many octets it replaces, 0 if no word does. */
static size_t
put_word(FILE *to, const char *text)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strncmp(text, words[i].sqlite, strlen(words[i].sqlite)) != 0)
			continue;
		fputs(words[i].postgres, to);
		return strlen(words[i].sqlite);
	}
	return 0;
}

/*
 * A statement in the words of PostgreSQL: parameters are $1, $2. NULL when
 * memory is out. No literal in our SQL has a "?".
 */
static char *
translate(const char *text)
{
	char *made = NULL;
	size_t size;
	int parameters = 0;
	FILE *to = open_memstream(&made, &size);
	if (to == NULL)
		return NULL;
	while (*text != '\0') {
		size_t len = put_word(to, text);
		text += len;
		if (len > 0)
			continue;
		if (*text == '?' && text[1] >= '1' && text[1] <= '9')
			fputc('$', to);
		else if (*text == '?')
			fprintf(to, "$%d", ++parameters);
		else
			fputc(*text, to);
		text++;
	}
	if (fclose(to) == 0)
		return made;
	free(made);
	return NULL;
}

static void
finish(struct sql *sql, struct sql_rows *rows)
{
	if (rows == NULL)
		return;
	for (int i = 0; i < rows->count; i++)
		free(rows->values[i]);
	own(sql)->exec.libpq->PQclear(rows->result);
	free(rows->text);
	free(rows);
}

static char *
copy_octets(const unsigned char *octets)
{
	char *copy = malloc(NETWORK_OCTETS);
	if (copy != NULL)
		memcpy(copy, octets, NETWORK_OCTETS);
	return copy;
}

/* Sets a parameter; false when memory is out. The type of null is that of what it is compared with, or stored in. */
static bool
set_value(struct sql_rows *rows, int i, char type, va_list *values)
{
	char number[NUMBER_SIZE];
	const char *text;
	switch (type) {
	case 'i':
		snprintf(number, sizeof number, "%" PRId64, va_arg(*values, int64_t));
		rows->types[i] = TYPE_BIGINT;
		return (rows->values[i] = strdup(number)) != NULL;
	case 'b':
		rows->types[i] = TYPE_OCTETS;
		rows->lengths[i] = NETWORK_OCTETS;
		rows->formats[i] = 1;
		return (rows->values[i] = copy_octets(va_arg(*values, const unsigned char *))) != NULL;
	default:
		text = va_arg(*values, const char *);
		rows->types[i] = text == NULL ? 0 : TYPE_TEXT;
		return text == NULL || (rows->values[i] = strdup(text)) != NULL;
	}
}

static void
note_failure(struct postgres_sql *sql, const char *why, enum sql_trouble trouble)
{
	libpq_first_line(sql->why, sizeof sql->why, why);
	sql->trouble = trouble;
}

static struct sql_rows *
query(struct sql *base, const char *text, const char *types, va_list values)
{
	struct sql_rows *rows = calloc(1, sizeof *rows);
	bool known = rows != NULL && (rows->text = translate(text)) != NULL;
	va_list copy;
	va_copy(copy, values);
	for (; known && types[rows->count] != '\0' && rows->count < PARAMETERS_MAX; rows->count++)
		known = set_value(rows, rows->count, types[rows->count], &copy);
	va_end(copy);
	if (known)
		return rows;
	note_failure(own(base), "memory is out", SQL_OTHER);
	finish(base, rows);
	return NULL;
}

/* "ERROR:  domain full" is "domain full": the message itself. */
static enum sql_result
fail(struct postgres_sql *sql, const PGresult *result)
{
	const struct libpq *libpq = sql->exec.libpq;
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *why = libpq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (state == NULL)
		state = "";
	bool locked = strcmp(state, LIBPQ_LOCKED) == 0 || strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0;
	note_failure(sql, why != NULL ? why : exec_why(&sql->exec, result), locked ? SQL_LOCKED : SQL_OTHER);
	if (strcmp(state, LIBPQ_DENIED) == 0) {
		size_t len = strlen(sql->why);
		snprintf(sql->why + len, sizeof sql->why - len, "; %s", postgres_admin_rights_cure());
		sql->trouble = SQL_DENIED;
	}
	if (strcmp(state, LIBPQ_READ_ONLY) == 0) {
		size_t len = strlen(sql->why);
		snprintf(sql->why + len, sizeof sql->why - len, "; %s; %s", postgres_admin_read_only(),
		    postgres_admin_read_only_cure());
		sql->trouble = SQL_READ_ONLY;
	}
	if (strcmp(state, "23505") == 0)
		return SQL_UNIQUE;
	return strncmp(state, "FT", 2) == 0 ? SQL_RULE : SQL_ERROR;
}

/* Is it several statements, which begin a transaction? */
static bool
begins(const struct sql_rows *rows)
{
	return strncmp(rows->text, "BEGIN", 5) == 0;
}

static enum sql_result
run(struct postgres_sql *sql, struct sql_rows *rows)
{
	const struct libpq *libpq = sql->exec.libpq;
	rows->row = -1;
	if (begins(rows))
		rows->result = exec_sql(&sql->exec, rows->text);
	else
		rows->result = exec_statement(&sql->exec, rows->text,
		    &(struct exec_values) { .count = rows->count,
		        .types = rows->types,
		        .values = (const char *const *)rows->values,
		        .lengths = rows->lengths,
		        .formats = rows->formats });
	ExecStatusType status = libpq->PQresultStatus(rows->result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return fail(sql, rows->result);
	if (strcmp(rows->text, "COMMIT") == 0 && strcmp(libpq->PQcmdStatus(rows->result), "COMMIT") != 0) {
		note_failure(sql, "the transaction was rolled back", SQL_OTHER);
		return SQL_ERROR;
	}
	sql->changes = strtoll(libpq->PQcmdTuples(rows->result), NULL, 10);
	return SQL_DONE;
}

static enum sql_result
step(struct sql *base, struct sql_rows *rows)
{
	struct postgres_sql *sql = own(base);
	enum sql_result result = rows->result == NULL ? run(sql, rows) : SQL_DONE;
	if (result != SQL_DONE)
		return result;
	return !begins(rows) && ++rows->row < sql->exec.libpq->PQntuples(rows->result) ? SQL_ROW : SQL_DONE;
}

static const char *
text(struct sql *base, struct sql_rows *rows, int column)
{
	const struct libpq *libpq = own(base)->exec.libpq;
	if (libpq->PQgetisnull(rows->result, rows->row, column))
		return NULL;
	const char *value = libpq->PQgetvalue(rows->result, rows->row, column);
	if (libpq->PQftype(rows->result, column) == TYPE_BOOLEAN)
		return *value == 't' ? "1" : "0";
	return value;
}

static int64_t
changes(struct sql *sql)
{
	return own(sql)->changes;
}

static const char *
why(struct sql *sql)
{
	return own(sql)->why;
}

static enum sql_trouble
trouble(struct sql *sql)
{
	return own(sql)->trouble;
}

static void
close_sql(struct sql *sql)
{
	own(sql)->exec.libpq->PQfinish(own(sql)->exec.connection);
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

struct sql *
postgres_sql_new(const struct exec *exec)
{
	struct postgres_sql *sql = calloc(1, sizeof *sql);
	if (sql == NULL)
		return NULL;
	sql->sql = (struct sql) { .ops = &ops, .name = "PostgreSQL", .stores_keys = true };
	sql->exec = *exec;
	return &sql->sql;
}
