/* The questions of a server to PostgreSQL about the operator's own texts, and its reports. */
#include "directory/postgres/texts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/postgres/connection.h"
#include "directory/postgres/directory.h"

enum { NUMBER_SIZE = 24 };

enum text_statement { TEXT_NEWEST, TEXT_PARTS, TEXT_SOURCE, TEXT_REPORT, TEXT_STATEMENTS };

static const char *const statements[TEXT_STATEMENTS + 1] = {
	[TEXT_NEWEST] = "SELECT id, created FROM text_generations ORDER BY id DESC LIMIT 1",
	[TEXT_PARTS] = "SELECT p.domain, p.language, f.id, octet_length(f.source) FROM text_generations g"
	               " LEFT JOIN text_parts p ON p.generation = g.id LEFT JOIN text_files f ON f.id = p.file"
	               " WHERE g.id = $1::bigint AND g.created = $2::bigint ORDER BY 1, 2 LIMIT $3::bigint",
	[TEXT_SOURCE] = "SELECT source FROM text_files WHERE id = $1::bigint AND octet_length(source) <= $2::bigint",
	[TEXT_REPORT] =
	    "INSERT INTO text_servers AS s (host, program, generation, refused_generation, refused, refusal, seen)"
	    " VALUES ($1::text, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::text,"
	    "  (extract(epoch FROM now()) * 1000000)::bigint)"
	    " ON CONFLICT (host, program) DO UPDATE SET generation = excluded.generation,"
	    "  refused_generation = excluded.refused_generation, refused = excluded.refused,"
	    "  refusal = excluded.refusal, seen = excluded.seen WHERE s.role = current_user",
};

struct postgres_texts {
	struct pg pg;
	struct pg_query query;
	struct postgres_texts_listener listener;
	char numbers[PG_PARAMETERS_MAX][NUMBER_SIZE]; /* values of the question */
};

static struct postgres_texts *
owner(struct pg_query *query)
{
	return (struct postgres_texts *)((char *)query - offsetof(struct postgres_texts, query));
}

static uint64_t
number(const struct libpq *libpq, const PGresult *result, int row, int column)
{
	return strtoull(libpq->PQgetvalue(result, row, column), NULL, 10);
}

static const char *
write_number(struct postgres_texts *texts, size_t index, uint64_t value)
{
	snprintf(texts->numbers[index], NUMBER_SIZE, "%" PRIu64, value);
	return texts->numbers[index];
}

static void
on_newest(struct pg_query *query, PGresult *result)
{
	struct postgres_texts *texts = owner(query);
	const struct libpq *libpq = texts->pg.libpq;
	struct texts_generation generation = { 0 };
	if (result != NULL && libpq->PQntuples(result) > 0)
		generation = (struct texts_generation) { number(libpq, result, 0, 0), number(libpq, result, 0, 1) };
	libpq->PQclear(result);
	texts->listener.newest(texts->listener.context, result != NULL, &generation);
}

static void
on_parts(struct pg_query *query, PGresult *result)
{
	struct postgres_texts *texts = owner(query);
	const struct libpq *libpq = texts->pg.libpq;
	bool known = result != NULL;
	size_t rows = known ? (size_t)libpq->PQntuples(result) : 0;
	bool empty = rows == 1 && libpq->PQgetisnull(result, 0, 1);
	size_t count = empty ? 0 : rows;
	struct postgres_part *part = calloc(count + 1, sizeof *part);
	for (size_t i = 0; part != NULL && i < count; i++)
		part[i] = (struct postgres_part) {
			.domain = libpq->PQgetvalue(result, (int)i, 0),
			.language = libpq->PQgetvalue(result, (int)i, 1),
			.file = (int64_t)number(libpq, result, (int)i, 2),
			.len = (size_t)number(libpq, result, (int)i, 3),
		};
	texts->listener.parts(
	    texts->listener.context, known && part != NULL, rows > 0 ? part : NULL, part != NULL ? count : 0);
	free(part);
	libpq->PQclear(result);
}

static void
on_source(struct pg_query *query, PGresult *result)
{
	struct postgres_texts *texts = owner(query);
	const struct libpq *libpq = texts->pg.libpq;
	bool found = result != NULL && libpq->PQntuples(result) == 1;
	texts->listener.source(texts->listener.context, found ? libpq->PQgetvalue(result, 0, 0) : NULL,
	    found ? (size_t)libpq->PQgetlength(result, 0, 0) : 0);
	libpq->PQclear(result);
}

static void
on_report(struct pg_query *query, PGresult *result)
{
	struct postgres_texts *texts = owner(query);
	const struct libpq *libpq = texts->pg.libpq;
	bool taken = result != NULL && strcmp(libpq->PQcmdTuples(result), "0") == 0;
	libpq->PQclear(result);
	texts->listener.reported(texts->listener.context,
	    result == NULL ? POSTGRES_REPORT_FAILED
	        : taken    ? POSTGRES_REPORT_TAKEN
	                   : POSTGRES_REPORTED);
}

static void
ask(struct postgres_texts *texts, enum text_statement statement, int count, void (*done)(struct pg_query *, PGresult *))
{
	static const int columns[TEXT_STATEMENTS] = { [TEXT_NEWEST] = 2, [TEXT_PARTS] = 4, [TEXT_SOURCE] = 1 };
	texts->query.columns = columns[statement];
	texts->query.statement = statement;
	texts->query.count = count;
	texts->query.done = done;
	pg_ask(&texts->pg, &texts->query, pg_deadline(&texts->pg));
}

void
postgres_texts_ask_newest(struct postgres_texts *texts)
{
	ask(texts, TEXT_NEWEST, 0, on_newest);
}

void
postgres_texts_ask_parts(struct postgres_texts *texts, const struct texts_generation *generation, unsigned max)
{
	texts->query.values[0] = write_number(texts, 0, generation->number);
	texts->query.values[1] = write_number(texts, 1, generation->created);
	texts->query.values[2] = write_number(texts, 2, max);
	ask(texts, TEXT_PARTS, 3, on_parts);
}

void
postgres_texts_ask_source(struct postgres_texts *texts, int64_t file, size_t max)
{
	texts->query.values[0] = write_number(texts, 0, (uint64_t)file);
	texts->query.values[1] = write_number(texts, 1, max);
	ask(texts, TEXT_SOURCE, 2, on_source);
}

void
postgres_texts_report(struct postgres_texts *texts, const struct postgres_report *report)
{
	const struct texts_state *state = report->state;
	const char *const values[] = { report->host, report->program, write_number(texts, 2, report->generation),
		write_number(texts, 3, state->refused.number), write_number(texts, 4, state->refusals), state->reason };
	memcpy(texts->query.values, values, sizeof values);
	ask(texts, TEXT_REPORT, sizeof values / sizeof *values, on_report);
}

const char *
postgres_texts_trouble(const struct postgres_texts *texts)
{
	return pg_trouble(&texts->pg);
}

struct postgres_texts *
postgres_texts_open(const struct libpq *libpq, const struct postgres_texts_settings *settings, uv_loop_t *loop,
    struct executor *executor, const struct postgres_texts_listener *listener)
{
	const struct pg_settings connection = {
		.database = settings->database,
		.timeout = POSTGRES_TIMEOUT,
		.pooled = settings->pooled,
		.statements = statements,
		.name = "ftgate-texts",
		.writes = true,
		.quiet = true,
	};
	struct postgres_texts *texts = calloc(1, sizeof *texts);
	if (texts == NULL)
		return NULL;
	texts->listener = *listener;
	int error = pg_open(&texts->pg, libpq, &connection, loop, executor);
	if (error == 0)
		return texts;
	postgres_texts_close(texts);
	errno = -error;
	return NULL;
}

void
postgres_texts_close(struct postgres_texts *texts)
{
	if (texts == NULL)
		return;
	pg_close(&texts->pg);
	free(texts);
}
