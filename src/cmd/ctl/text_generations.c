/* ftgatectl text apply of a folder, history and revert of all own texts in a database. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/text_database.h"
#include "texts/adopt.h"
#include "texts/folder.h"

/* Reads the sources of a folder into a set. */
struct reading {
	const char *folder, *domain;
	struct texts *texts;
	struct texts_set *set;
	size_t total;
	int error; /* errno; 0: none */
};

static void
add_part(struct reading *reading, const char *language, char *source, size_t len)
{
	struct texts_set *set = reading->set;
	struct texts_part *part = realloc(set->part, (set->count + 1) * sizeof *part);
	if (part == NULL) {
		free(source);
		reading->error = ENOMEM;
		return;
	}
	set->part = part;
	part[set->count++] = (struct texts_part) { strdup(reading->domain), strdup(language), source, len };
	reading->total += len;
	if (part[set->count - 1].domain == NULL || part[set->count - 1].language == NULL)
		reading->error = ENOMEM;
	if (set->count > TEXTS_PARTS_MAX || reading->total > TEXTS_TOTAL_MAX)
		reading->error = EFBIG;
}

/* Makes the source of texts of which only the compiled form is there. */
static char *
read_language(struct texts *texts, const char *language, size_t *len)
{
	size_t compiled_len;
	char *source = texts->ops->read(texts, language, 0, len);
	if (source != NULL || errno != ENOENT)
		return source;
	char *compiled = texts->ops->read_compiled(texts, language, &compiled_len);
	if (compiled != NULL)
		source = po_file_decompile(compiled, compiled_len, len);
	int error = errno;
	free(compiled);
	errno = error;
	return source;
}

static void
on_language(void *context, const char *language)
{
	struct reading *reading = context;
	size_t len;
	if (reading->error != 0)
		return;
	char *source = read_language(reading->texts, language, &len);
	if (source != NULL)
		add_part(reading, language, source, len);
	else
		reading->error = errno;
}

static void
on_domain(void *context, const char *domain)
{
	struct reading *reading = context;
	reading->domain = domain;
	reading->texts = texts_folder_open(reading->folder, *domain != '\0' ? domain : NULL);
	if (reading->texts == NULL || reading->texts->ops->each_language(reading->texts, on_language, reading) < 0)
		reading->error = reading->error != 0 ? reading->error : errno;
	if (reading->texts != NULL)
		reading->texts->ops->close(reading->texts);
}

int
text_read_folder(struct request *request, const char *path)
{
	static struct texts_set set;
	struct reading reading = { .folder = path, .set = &set };
	struct texts *server = texts_folder_open(path, NULL);
	request->folder = &set;
	on_domain(&reading, "");
	if (reading.error == 0 && (server == NULL || server->ops->each_domain(server, on_domain, &reading) < 0))
		reading.error = errno;
	if (server != NULL)
		server->ops->close(server);
	if (reading.error != 0)
		return ctl_fail(EX_NOINPUT, "%s: %s", path, strerror(reading.error));
	if (set.count == 0)
		return ctl_fail(EX_NOINPUT, _("%s: it has no own texts: they are in %s"), path,
		    "LANGUAGE/LC_MESSAGES/ftgate-local.po");
	return EX_OK;
}

/* The request about the texts of a domain, which need not be hosted. */
static struct request
request_of(const struct request *request, const char *domain)
{
	struct request made = *request;
	made.domain = *domain != '\0' ? domain : NULL;
	return made;
}

/* Checks a source as a change of the one in use, and makes the change, unless they are the same. */
static int
check_part(const struct request *request, const struct texts_part *part, struct text_change *change)
{
	struct text_work work;
	struct request of_domain = request_of(request, part->domain);
	char name[TEXT_PATH];
	int status = text_open(&work, &of_domain, true);
	if (status == EX_OK)
		status = text_use(&work, part->language);
	snprintf(name, sizeof name, "%s%s%s", part->domain, *part->domain != '\0' ? "/" : "", part->language);
	if (status == EX_OK)
		status = text_check(&work, name, part->source, part->len);
	*change = (struct text_change) { .source = NULL };
	if (status == EX_OK && (part->len != work.len || memcmp(part->source, work.octets, work.len) != 0)) {
		change->source = part->source;
		change->file = text_database_file(work.texts);
		memcpy(change->domain, work.domain, sizeof change->domain);
		memcpy(change->language, work.language, sizeof change->language);
	}
	text_close(&work);
	return status;
}

static int
write_changes(const struct request *request, const struct text_change *change, size_t count)
{
	if (count == 0)
		return puts(_("nothing is changed")), EX_OK;
	if (text_database_write(request, change, count) < 0)
		return text_database_fail_write(request, errno);
	for (size_t i = 0; i < count && !text_note_english(request, change[i].language);)
		i++;
	return EX_OK;
}

int
text_apply_folder(struct request *request)
{
	struct texts_set *set = request->folder;
	const char *path = request->words[request->count - 1];
	size_t count = 0;
	if (request->database == NULL)
		return ctl_fail(EX_NOINPUT, "%s: %s", path, strerror(EISDIR));
	if (request->count > 1 || request->domain != NULL)
		return ctl_fail(
		    EX_USAGE, "%s", _("a folder has the languages and domains of its texts: leave them out"));
	struct text_change *change = calloc(set->count, sizeof *change);
	int status = EX_OK;
	if (change == NULL) {
		texts_set_free(set);
		return ctl_fail_memory();
	}
	for (size_t i = 0; status == EX_OK && i < set->count; i++) {
		status = check_part(request, &set->part[i], &change[count]);
		count += change[count].source != NULL;
	}
	if (status == EX_OK)
		status = write_changes(request, change, count);
	free(change);
	texts_set_free(set);
	return status;
}

void
text_write_time(char text[TEXT_TIME_SIZE], int64_t microseconds)
{
	struct tm tm;
	time_t seconds = (time_t)(microseconds / 1000000);
	text[0] = '\0';
	if (gmtime_r(&seconds, &tm) != NULL)
		strftime(text, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void
print_generation(int64_t number, int64_t created, const char *author, const char *comment)
{
	char time[TEXT_TIME_SIZE];
	text_write_time(time, created);
	/* TRANSLATORS: a number, who made it, when, and why. */
	printf(_("generation %lld, by "), (long long)number);
	printable_print(stdout, "%s, %s%s%s\n", author, time, *comment != '\0' ? ": " : "", comment);
}

void
text_print_made(const struct request *request, int64_t number, int64_t created)
{
	print_generation(number, created, request->author, request->comment != NULL ? request->comment : "");
}

int
text_print_generation(const struct request *request)
{
	struct sql_rows *rows = text_database_query(
	    request, "SELECT id, created, author, comment FROM text_generations ORDER BY id DESC LIMIT 1", "");
	bool found = text_database_row(request, rows);
	if (found)
		print_generation(text_database_number(request, rows, 0), text_database_number(request, rows, 1),
		    text_database_text(request, rows, 2), text_database_text(request, rows, 3));
	request->database->ops->finish(request->database, rows);
	return found ? EX_OK : text_database_trouble(request);
}

static const struct column generation_columns[] = {
	{ .name = "generation", .type = CELL_NUMBER },
	{ .name = "time" },
	{ .name = "author" },
	{ .name = "files", .type = CELL_NUMBER },
	{ .name = "comment", .shrinks = true },
};

static int
require_database(const struct request *request, const char *command, const char *arguments)
{
	/* TRANSLATORS: "a word is missing: domain show takes NAME" */
	return request->database != NULL ? EX_OK
	                                 : ctl_fail(EX_USAGE, _("a word is missing: %s takes %s"), command, arguments);
}

int
text_list_generations(struct request *request)
{
	char time[TEXT_TIME_SIZE];
	int status = require_database(request, "text history", "LANGUAGE");
	if (status != EX_OK)
		return status;
	struct table *table = ctl_table(
	    request, generation_columns, sizeof generation_columns / sizeof *generation_columns, false);
	if (table == NULL)
		return ctl_fail_memory();
	struct sql_rows *rows = text_database_query(request,
	    "SELECT g.id, g.created, g.author, (SELECT count(*) FROM text_parts p WHERE p.generation = g.id), g.comment"
	    " FROM text_generations g ORDER BY g.id DESC",
	    "");
	while (text_database_row(request, rows)) {
		text_write_time(time, text_database_number(request, rows, 1));
		table_number(table, (uint64_t)text_database_number(request, rows, 0));
		table_text(table, time);
		table_text(table, text_database_text(request, rows, 2));
		table_number(table, (uint64_t)text_database_number(request, rows, 3));
		table_text(table, text_database_text(request, rows, 4));
	}
	status = rows == NULL || errno != 0 ? text_database_trouble(request) : EX_OK;
	request->database->ops->finish(request->database, rows);
	return ctl_close_table(table, status);
}

/* Reads the sources of a generation. Returns an exit status, after it has printed its error. */
static int
read_generation(const struct request *request, int64_t generation, struct texts_set *set)
{
	struct reading reading = { .set = set };
	struct sql_rows *rows = text_database_query(request,
	    "SELECT p.domain, p.language, f.source FROM text_parts p JOIN text_files f ON f.id = p.file"
	    " WHERE p.generation = ? ORDER BY 1, 2",
	    "i", generation);
	bool more = text_database_row(request, rows);
	for (; more && reading.error == 0; more = text_database_row(request, rows)) {
		char *source = strdup(text_database_text(request, rows, 2)), *domain;
		domain = strdup(text_database_text(request, rows, 0));
		reading.domain = domain != NULL ? domain : "";
		if (source != NULL && domain != NULL)
			add_part(&reading, text_database_text(request, rows, 1), source, strlen(source));
		else {
			free(source);
			reading.error = ENOMEM;
		}
		free(domain);
	}
	int error = reading.error != 0 ? reading.error : errno;
	request->database->ops->finish(request->database, rows);
	if (reading.error != 0)
		return ctl_fail(EX_OSERR, "%s", strerror(reading.error));
	return rows == NULL || error != 0 ? text_database_trouble(request) : EX_OK;
}

/* Checks that there is such a generation. Returns an exit status, after it has printed its error. */
static int
check_generation(const struct request *request, int64_t generation)
{
	struct sql_rows *rows = text_database_query(
	    request, "SELECT 1 FROM text_generations WHERE id = ?", "i", generation);
	bool found = text_database_row(request, rows);
	int error = errno;
	request->database->ops->finish(request->database, rows);
	if (found)
		return EX_OK;
	return error != 0 ? text_database_trouble(request)
	                  : ctl_fail(EX_DATAERR, _("there is no such generation; those are: ftgatectl text history"));
}

/* The generation that the command line names; without one, the one before the last. */
static int
find_generation(const struct request *request, int64_t last, int64_t *generation)
{
	char *end = NULL;
	*generation = request->count > 0 ? strtoll(request->words[0], &end, 10) : last - 1;
	if (request->count == 0 && last < 2)
		return ctl_fail(EX_DATAERR, "%s", _("the database has no earlier generation of own texts"));
	return check_generation(request, end != NULL && *end != '\0' ? 0 : *generation);
}

int
text_revert_generation(struct request *request)
{
	struct texts_set set = { .count = 0 };
	struct text_change unused;
	int64_t generation = 0, last;
	int status = require_database(request, "text revert", "LANGUAGE [VERSION]");
	if (status != EX_OK)
		return status;
	if ((last = text_database_last(request)) < 0)
		return text_database_trouble(request);
	status = find_generation(request, last, &generation);
	if (status == EX_OK)
		status = read_generation(request, generation, &set);
	for (size_t i = 0; status == EX_OK && i < set.count; i++)
		status = check_part(request, &set.part[i], &unused);
	if (status == EX_OK && text_database_copy_back(request, generation, last) < 0)
		status = text_database_fail_write(request, errno);
	texts_set_free(&set);
	return status;
}
