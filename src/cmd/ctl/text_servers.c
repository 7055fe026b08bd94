/* ftgatectl text status and forget: the servers that use the own texts of a database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/text/translate.h"
#include "cmd/ctl/text_database.h"

enum {
	SILENT = 60, /* seconds without a report; a server reports every 10 */
	DIFFER = 1,  /* exit status */
	NAME_SIZE = 300,
	SHOWN = 1000, /* servers; containers with names of their own can leave any number of rows */
};

/* Seconds since the report of a row. A report of the future is as wrong as one of the past: the clock was another one. */
#define AGE_SQL "abs((extract(epoch FROM clock_timestamp()) * 1000000)::bigint - seen) / 1000000"

static const struct column columns[] = {
	{ .name = "server" },
	{ .name = "program" },
	{ .name = "role" },
	{ .name = "state" },
	{ .name = "generation", .type = CELL_NUMBER },
	{ .name = "refused", .type = CELL_NUMBER },
	{ .name = "age", .type = CELL_NUMBER },
	{ .name = "reason", .shrinks = true },
};

enum { HOST, PROGRAM, ROLE, GENERATION, REFUSED_GENERATION, REFUSED, AGE, REASON };

static int
require_database(const struct request *request)
{
	return request->database != NULL
	    ? EX_OK
	    : ctl_fail(EX_CONFIG, "%s",
	          _("the configuration sets no database; the texts of this machine are shown by: ftgatectl text list"));
}

/* Programs read the states, so they are not translated. */
static const char *
state_of(const struct request *request, struct sql_rows *rows, int64_t last)
{
	if (text_database_number(request, rows, AGE) > SILENT)
		return "silent";
	if (text_database_number(request, rows, GENERATION) == last)
		return "current";
	return text_database_number(request, rows, REFUSED_GENERATION) == last ? "refused" : "behind";
}

/* Adds a row. Returns whether the server uses the last generation. */
static bool
add_server(struct table *table, const struct request *request, struct sql_rows *rows, int64_t last)
{
	const char *state = state_of(request, rows, last);
	bool refused = text_database_number(request, rows, REFUSED_GENERATION) == last;
	table_text(table, text_database_text(request, rows, HOST));
	table_text(table, text_database_text(request, rows, PROGRAM));
	table_text(table, text_database_text(request, rows, ROLE));
	table_text(table, state);
	table_number(table, (uint64_t)text_database_number(request, rows, GENERATION));
	table_number(table, refused ? (uint64_t)text_database_number(request, rows, REFUSED) : 0);
	table_number(table, (uint64_t)text_database_number(request, rows, AGE));
	table_text(table, refused ? text_database_text(request, rows, REASON) : NULL);
	return strcmp(state, "current") == 0;
}

/* First those that run and differ, then the silent ones. */
static struct sql_rows *
query_servers(const struct request *request, int64_t last)
{
	return text_database_query(request,
	    "SELECT host, program, role, generation, refused_generation, refused, age, refusal FROM"
	    " (SELECT s.*, " AGE_SQL " AS age FROM text_servers s) AS aged"
	    " ORDER BY CASE WHEN age > ? THEN 1 WHEN generation = ? THEN 2 ELSE 0 END, host, program LIMIT ?",
	    "iii", (int64_t)SILENT, last, (int64_t)SHOWN + 1);
}

/* Since those that differ are first, there are none among the ones that are not shown if all that are shown are current. */
static int
print_servers(struct request *request, struct table *table, int64_t last)
{
	struct sql_rows *rows = query_servers(request, last);
	size_t servers = 0, current = 0;
	bool more;
	while ((more = text_database_row(request, rows)) && servers < SHOWN) {
		servers++;
		current += add_server(table, request, rows, last);
	}
	int status = rows == NULL || errno != 0 ? text_database_trouble(request) : EX_OK;
	request->database->ops->finish(request->database, rows);
	if (more)
		ctl_fail(EX_OK,
		    _("only %d servers are shown; those that are gone are removed by: ftgatectl text forget"), SHOWN);
	if (status == EX_OK && servers == 0)
		ctl_fail(DIFFER, "%s", _("no server has reported which own texts it speaks"));
	return status != EX_OK ? status : servers > 0 && current == servers ? EX_OK : DIFFER;
}

int
text_status(struct request *request)
{
	int status = require_database(request);
	if (status != EX_OK)
		return status;
	int64_t last = text_database_last(request);
	if (last < 0)
		return text_database_trouble(request);
	if (last > 0 && request->format == OUTPUT_TABLE)
		(void)text_print_generation(request);
	struct table *table = ctl_table(request, columns, sizeof columns / sizeof *columns, false);
	return table == NULL ? ctl_fail_memory() : ctl_close_table(table, print_servers(request, table, last));
}

/* Forgets the servers that have been silent. */
static int
forget_silent(const struct request *request)
{
	return text_database_run(request, "DELETE FROM text_servers WHERE " AGE_SQL " > ?", "i", (int64_t)SILENT) == 0
	    ? EX_OK
	    : text_database_trouble(request);
}

int
text_forget(struct request *request)
{
	char host[NAME_SIZE];
	int status = require_database(request);
	if (status != EX_OK)
		return status;
	if (request->count == 0)
		return forget_silent(request);
	const char *program = strchr(request->words[0], '/');
	snprintf(host, sizeof host, "%.*s", (int)strcspn(request->words[0], "/"), request->words[0]);
	int result = program == NULL
	    ? text_database_run(request, "DELETE FROM text_servers WHERE host = ?", "t", host)
	    : text_database_run(
	          request, "DELETE FROM text_servers WHERE host = ? AND program = ?", "tt", host, program + 1);
	if (result < 0)
		return text_database_trouble(request);
	if (request->database->ops->changes(request->database) > 0)
		return EX_OK;
	return ctl_fail(EX_DATAERR, _("'%s' is not a server that has reported; those are: ftgatectl text status"),
	    request->words[0]);
}
