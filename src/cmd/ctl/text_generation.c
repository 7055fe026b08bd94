/* The operator's own texts in the database of the configuration: new generations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/text/translate.h"
#include "cmd/ctl/text_database.h"
#include "texts/adopt.h"

enum { KEPT = 1000 }; /* generations; older ones are removed */

static int
fail_stale(void)
{
	errno = ESTALE;
	return -1;
}

/* Begins a transaction in which no other program makes a generation. Returns the last one, or -1 after an error. */
static int64_t
begin(const struct request *request)
{
	return text_database_run(request, "BEGIN IMMEDIATE", "") < 0 ? -1 : text_database_last(request);
}

/* Ends the transaction, so that all of it is stored, or nothing. */
static int
finish(const struct request *request, int result)
{
	int error = errno;
	if (result == 0)
		return text_database_run(request, "COMMIT", "");
	text_database_roll_back(request);
	errno = error;
	return -1;
}

/* Adds a generation. Returns its time, in microseconds, or -1 after an error. */
static int64_t
add_generation(const struct request *request, int64_t generation)
{
	struct sql_rows *rows = text_database_query(request,
	    "INSERT INTO text_generations (id, created, author, comment)"
	    " VALUES (?, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, ?, ?) RETURNING created",
	    "itt", generation, request->author, request->comment != NULL ? request->comment : "");
	int64_t created = text_database_row(request, rows) ? text_database_number(request, rows, 0) : -1;
	request->database->ops->finish(request->database, rows);
	return created;
}

/* Removes old generations, and files that belong to no generation. */
static int
prune(const struct request *request, int64_t generation)
{
	if (text_database_run(request, "DELETE FROM text_generations WHERE id <= ?", "i", generation - KEPT) < 0)
		return -1;
	return text_database_run(
	    request, "DELETE FROM text_files f WHERE NOT EXISTS (SELECT 1 FROM text_parts p WHERE p.file = f.id)", "");
}

static int
copy_parts(const struct request *request, int64_t from, int64_t to)
{
	return text_database_run(request,
	    "INSERT INTO text_parts (generation, domain, language, file)"
	    " SELECT ?, domain, language, file FROM text_parts WHERE generation = ?",
	    "ii", to, from);
}

/* The file of a part of a generation, 0: none; -1 after an error. */
static int64_t
file_of(const struct request *request, int64_t generation, const struct text_change *change)
{
	struct sql_rows *rows = text_database_query(request,
	    "SELECT coalesce(max(file), 0) FROM text_parts WHERE generation = ? AND domain = ? AND language = ?", "itt",
	    generation, change->domain, change->language);
	int64_t file = text_database_row(request, rows) ? text_database_number(request, rows, 0) : -1;
	request->database->ops->finish(request->database, rows);
	return file;
}

static int64_t
add_file(const struct request *request, const char *source)
{
	struct sql_rows *rows = text_database_query(
	    request, "INSERT INTO text_files (source) VALUES (?) RETURNING id", "t", source);
	int64_t file = text_database_row(request, rows) ? text_database_number(request, rows, 0) : -1;
	request->database->ops->finish(request->database, rows);
	return file;
}

static int
put_part(const struct request *request, int64_t generation, const struct text_change *change)
{
	int64_t file = file_of(request, generation, change);
	if (file < 0)
		return -1;
	if (file != change->file)
		return fail_stale();
	if (text_database_run(request, "DELETE FROM text_parts WHERE generation = ? AND domain = ? AND language = ?",
	        "itt", generation, change->domain, change->language) < 0)
		return -1;
	if (*change->source == '\0')
		return 0;
	file = add_file(request, change->source);
	return file < 0 ? -1
	                : text_database_run(request,
	                      "INSERT INTO text_parts (generation, domain, language, file) VALUES (?, ?, ?, ?)", "itti",
	                      generation, change->domain, change->language, file);
}

/* Refuses a generation that no server would take. */
static int
check_size(const struct request *request, int64_t generation)
{
	struct sql_rows *rows = text_database_query(request,
	    "SELECT count(*), coalesce(sum(octet_length(f.source)), 0) FROM text_parts p"
	    " JOIN text_files f ON f.id = p.file WHERE p.generation = ?",
	    "i", generation);
	bool found = text_database_row(request, rows);
	bool fits = found && text_database_number(request, rows, 0) <= TEXTS_PARTS_MAX &&
	    text_database_number(request, rows, 1) <= TEXTS_TOTAL_MAX;
	request->database->ops->finish(request->database, rows);
	errno = found ? EFBIG : EREMOTEIO;
	return fits ? 0 : -1;
}

int
text_database_write(const struct request *request, const struct text_change *change, size_t count)
{
	int64_t last = begin(request);
	int64_t created = last < 0 ? -1 : add_generation(request, last + 1);
	int result = created < 0 ? -1 : copy_parts(request, last, last + 1);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = put_part(request, last + 1, &change[i]);
	if (result == 0)
		result = check_size(request, last + 1);
	if (result == 0)
		result = prune(request, last + 1);
	result = finish(request, result);
	if (result == 0)
		text_print_made(request, last + 1, created);
	return result;
}

int
text_database_copy_back(const struct request *request, int64_t generation, int64_t last)
{
	int64_t now = begin(request);
	int result = now < 0 ? -1 : now != last ? fail_stale() : 0;
	int64_t created = result == 0 ? add_generation(request, now + 1) : -1;
	result = created < 0 ? -1 : copy_parts(request, generation, now + 1);
	if (result == 0)
		result = check_size(request, now + 1);
	if (result == 0)
		result = prune(request, now + 1);
	result = finish(request, result);
	if (result == 0)
		text_print_made(request, now + 1, created);
	return result;
}

static int
print_stale(const struct request *request)
{
	struct sql_rows *rows = text_database_query(
	    request, "SELECT id, author FROM text_generations ORDER BY id DESC LIMIT 1", "");
	bool found = text_database_row(request, rows);
	int status = text_database_trouble(request);
	if (found)
		/* TRANSLATORS: a number, and who it was: "alice@mx1". */
		status = ctl_fail(EX_TEMPFAIL,
		    _("nothing is changed: these texts were changed meanwhile, the last time in generation %lld by %s; look at them, and try again"),
		    (long long)text_database_number(request, rows, 0), text_database_text(request, rows, 1));
	request->database->ops->finish(request->database, rows);
	return status;
}

int
text_database_fail_write(const struct request *request, int error)
{
	if (error == ESTALE)
		return print_stale(request);
	return error == EFBIG ? ctl_fail(EX_DATAERR, "%s: %s", request->database->name, strerror(error))
	                      : text_database_trouble(request);
}
