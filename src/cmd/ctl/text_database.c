/* The operator's own texts in the database of the configuration: reading them. */
#include "cmd/ctl/text_database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "config/config.h"
#include "directory/postgres/admin.h"
#include "texts/folder.h"
#include "texts/po_file.h"

#define LAST "(SELECT max(id) FROM text_generations)"

struct database_texts {
	struct texts texts;
	const struct request *request;
	char domain[DNS_NAME_SIZE];
	int64_t file; /* of the source that was read last */
	char name[DNS_NAME_SIZE + FTG_TAG_MAX + 16];
};

static const struct database_texts *
own(const struct texts *texts)
{
	return (const struct database_texts *)texts;
}

int
text_database_connect(struct request *request)
{
	char error[ADMIN_ERROR_SIZE];
	if (request->settings == NULL || request->settings->database == NULL)
		return EX_OK;
	request->database = postgres_admin_sql(request->settings->database, error);
	return request->database != NULL ? EX_OK : ctl_fail(errno == EACCES ? EX_NOPERM : EX_UNAVAILABLE, "%s", error);
}

void
text_database_disconnect(struct request *request)
{
	if (request->database != NULL)
		request->database->ops->close(request->database);
	request->database = NULL;
}

int
text_database_trouble(const struct request *request)
{
	struct sql *sql = request->database;
	return sql->ops->trouble(sql) == SQL_DENIED ? EX_NOPERM : EX_UNAVAILABLE;
}

static void
print_trouble(const struct request *request)
{
	ctl_fail(text_database_trouble(request), "%s: %s", request->database->name,
	    request->database->ops->why(request->database));
	errno = EREMOTEIO;
}

struct sql_rows *
text_database_query(const struct request *request, const char *text, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	struct sql_rows *rows = request->database->ops->query(request->database, text, types, values);
	va_end(values);
	if (rows == NULL)
		print_trouble(request);
	return rows;
}

bool
text_database_row(const struct request *request, struct sql_rows *rows)
{
	struct sql *sql = request->database;
	errno = EREMOTEIO;
	if (rows == NULL)
		return false;
	enum sql_result result = sql->ops->step(sql, rows);
	errno = 0;
	if (result != SQL_ROW && result != SQL_DONE)
		print_trouble(request);
	return result == SQL_ROW;
}

const char *
text_database_text(const struct request *request, struct sql_rows *rows, int column)
{
	const char *text = request->database->ops->text(request->database, rows, column);
	return text != NULL ? text : "";
}

int64_t
text_database_number(const struct request *request, struct sql_rows *rows, int column)
{
	return strtoll(text_database_text(request, rows, column), NULL, 10);
}

/* Returns whether it is done. */
static bool
run(struct sql *sql, const char *text, const char *types, va_list values)
{
	struct sql_rows *rows = sql->ops->query(sql, text, types, values);
	enum sql_result result = rows != NULL ? sql->ops->step(sql, rows) : SQL_ERROR;
	sql->ops->finish(sql, rows);
	return result == SQL_DONE || result == SQL_ROW;
}

int
text_database_run(const struct request *request, const char *text, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	bool done = run(request->database, text, types, values);
	va_end(values);
	if (!done)
		print_trouble(request);
	return done ? 0 : -1;
}

static void
try(struct sql *sql, const char *text, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	(void)run(sql, text, types, values);
	va_end(values);
}

void
text_database_roll_back(const struct request *request)
{
	try(request->database, "ROLLBACK", "");
}

int64_t
text_database_last(const struct request *request)
{
	struct sql_rows *rows = text_database_query(request, "SELECT coalesce(max(id), 0) FROM text_generations", "");
	int64_t last = text_database_row(request, rows) ? text_database_number(request, rows, 0) : -1;
	request->database->ops->finish(request->database, rows);
	return last;
}

/* There is no lock: a conflict with another operator is found when the texts are written. */
static int
no_lock(struct texts *texts)
{
	(void)texts;
	return 0;
}

/* Calls for the first column of each row. */
static int
each(const struct request *request, struct sql_rows *rows, texts_language_fn *call, void *context)
{
	char name[DNS_NAME_SIZE];
	char *names = NULL;
	size_t size;
	FILE *list = rows != NULL ? open_memstream(&names, &size) : NULL;
	if (list == NULL) {
		int error = rows != NULL ? errno : EREMOTEIO;
		request->database->ops->finish(request->database, rows);
		errno = error;
		return -1;
	}
	while (text_database_row(request, rows))
		fprintf(list, "%s\n", text_database_text(request, rows, 0));
	int error = errno;
	request->database->ops->finish(request->database, rows);
	if (fclose(list) != 0)
		error = ENOMEM;
	/* The function may ask the database, too. */
	for (char *rest = names, *line; error == 0 && (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0' && snprintf(name, sizeof name, "%s", line) < (int)sizeof name)
			call(context, name);
	free(names);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
each_domain(struct texts *texts, texts_domain_fn *call, void *context)
{
	const struct request *request = own(texts)->request;
	struct sql_rows *rows = text_database_query(request,
	    "SELECT DISTINCT domain FROM text_parts WHERE generation = " LAST " AND domain <> '' ORDER BY 1", "");
	return each(request, rows, call, context);
}

static int
each_language(struct texts *texts, texts_language_fn *call, void *context)
{
	const struct request *request = own(texts)->request;
	struct sql_rows *rows = text_database_query(request,
	    "SELECT language FROM text_parts WHERE generation = " LAST " AND domain = ? ORDER BY 1", "t",
	    own(texts)->domain);
	return each(request, rows, call, context);
}

static struct sql_rows *
query_source(const struct database_texts *texts, const char *language, unsigned version)
{
	static const char
	    last[] =
	        "SELECT f.id, f.source FROM text_parts p JOIN text_files f ON f.id = p.file WHERE p.generation = " LAST
	        " AND p.domain = ? AND p.language = ?",
	    of_version[] = "SELECT coalesce(f.id, 0), coalesce(f.source, '') FROM text_generations g"
	                   " LEFT JOIN text_parts p ON p.generation = g.id AND p.domain = ? AND p.language = ?"
	                   " LEFT JOIN text_files f ON f.id = p.file WHERE g.id = ?";
	if (version == 0)
		return text_database_query(texts->request, last, "tt", texts->domain, language);
	return text_database_query(texts->request, of_version, "tti", texts->domain, language, (int64_t)version);
}

static char *
read_source(struct texts *base, const char *language, unsigned version, size_t *len)
{
	struct database_texts *texts = (struct database_texts *)base;
	struct sql_rows *rows = query_source(texts, language, version);
	if (rows == NULL)
		return NULL;
	bool found = text_database_row(texts->request, rows);
	int error = errno != 0 ? errno : ENOENT;
	const char *source = found ? text_database_text(texts->request, rows, 1) : NULL;
	char *copy = NULL;
	if (version == 0)
		texts->file = found ? text_database_number(texts->request, rows, 0) : 0;
	if (found) {
		*len = strlen(source);
		error = *len > TEXTS_SIZE ? EFBIG : ENOMEM;
		copy = *len > TEXTS_SIZE ? NULL : strdup(source);
	}
	texts->request->database->ops->finish(texts->request->database, rows);
	errno = error;
	return copy;
}

/* How the servers report on the source. */
static char *
read_compiled(struct texts *texts, const char *language, size_t *len)
{
	struct database_texts *base = (struct database_texts *)texts;
	int64_t file = base->file;
	size_t source_len;
	struct po_file po;
	char *source = read_source(texts, language, 0, &source_len), *compiled = NULL;
	base->file = file;
	if (source == NULL)
		return NULL;
	if (po_file_parse(&po, source, source_len) == 0)
		compiled = po_file_compile(&po, NULL, len);
	int error = errno;
	po_file_free(&po);
	free(source);
	errno = error;
	return compiled;
}

static const char *
name_of(struct texts *base, const char *language)
{
	struct database_texts *texts = (struct database_texts *)base;
	snprintf(texts->name, sizeof texts->name, "database:%s%s%s", texts->domain, *texts->domain != '\0' ? "/" : "",
	    language);
	return texts->name;
}

/* Reports a run of generations with the same file by the first of them, unless it is the file in use. */
struct runs {
	struct texts_version version; /* of the run under way; number 0: of the file in use */
	int64_t file;
	time_t since; /* of the generation that was read last */
	unsigned reported;
	texts_version_fn *call;
	void *context;
};

static void
end_run(struct runs *runs)
{
	if (runs->version.number > 0 && runs->reported++ < TEXTS_VERSIONS)
		runs->call(runs->context, &runs->version);
}

/* The rows are generations, newest first. */
static void
add_generation(struct runs *runs, const struct request *request, struct sql_rows *rows, bool first)
{
	int64_t file = text_database_number(request, rows, 2);
	if (!first && file != runs->file) {
		end_run(runs);
		runs->version.number = 1;
		runs->version.time = runs->since;
	}
	runs->file = file;
	runs->since = (time_t)(text_database_number(request, rows, 1) / 1000000);
	if (runs->version.number > 0) {
		runs->version.number = (unsigned)text_database_number(request, rows, 0);
		runs->version.len = (size_t)text_database_number(request, rows, 3);
	}
}

static int
each_version(struct texts *base, const char *language, texts_version_fn *call, void *context)
{
	const struct database_texts *texts = own(base);
	struct runs runs = { .call = call, .context = context };
	struct sql_rows *rows = text_database_query(texts->request,
	    "SELECT g.id, g.created, coalesce(f.id, 0), coalesce(octet_length(f.source), 0) FROM text_generations g"
	    " LEFT JOIN text_parts p ON p.generation = g.id AND p.domain = ? AND p.language = ?"
	    " LEFT JOIN text_files f ON f.id = p.file ORDER BY g.id DESC",
	    "tt", texts->domain, language);
	bool first = true;
	for (; text_database_row(texts->request, rows); first = false)
		add_generation(&runs, texts->request, rows, first);
	int error = errno;
	if (rows != NULL)
		end_run(&runs);
	texts->request->database->ops->finish(texts->request->database, rows);
	errno = error;
	return rows == NULL || error != 0 ? -1 : 0;
}

static int
replace(struct texts *base, const char *language, const struct texts_change *change)
{
	const struct database_texts *texts = own(base);
	struct text_change one = { .source = change->source, .file = texts->file };
	snprintf(one.domain, sizeof one.domain, "%s", texts->domain);
	snprintf(one.language, sizeof one.language, "%s", language);
	return text_database_write(texts->request, &one, 1);
}

static int
no_stray(struct texts *texts, texts_stray_fn *call, void *context)
{
	(void)texts;
	(void)call;
	(void)context;
	return 0;
}

static void
close_texts(struct texts *texts)
{
	free(texts);
}

struct texts *
text_database_open(const struct request *request, const char *domain)
{
	static const struct texts_ops ops = {
		.lock = no_lock,
		.each_domain = each_domain,
		.each_language = each_language,
		.read = read_source,
		.read_compiled = read_compiled,
		.name = name_of,
		.each_version = each_version,
		.replace = replace,
		.each_stray = no_stray,
		.close = close_texts,
	};
	struct database_texts *texts = calloc(1, sizeof *texts);
	if (texts == NULL)
		return NULL;
	*texts = (struct database_texts) { .texts = { &ops }, .request = request };
	snprintf(texts->domain, sizeof texts->domain, "%s", domain != NULL ? domain : "");
	return &texts->texts;
}

int64_t
text_database_file(const struct texts *texts)
{
	return own(texts)->file;
}

/* Compiles a source, and puts both into the folder. */
static int
export_parsed(struct texts *texts, const char *language, const struct po_file *po)
{
	struct texts_change change = { .source = po->octets, .source_len = po->len };
	char *compiled = po_file_compile(po, NULL, &change.compiled_len);
	change.compiled = compiled;
	int result = compiled != NULL ? texts->ops->replace(texts, language, &change) : -1;
	int error = errno;
	free(compiled);
	errno = error;
	return result;
}

/* Writes the texts of a row into a folder. Texts that no server can read are left out; this is not an error. */
static int
export_row(const char *folder, const char *domain, const char *language, const char *source)
{
	struct po_file po;
	if (!ftg_language_valid(language) || strchr(domain, '/') != NULL || strlen(domain) >= DNS_NAME_SIZE)
		return 0;
	struct texts *texts = texts_folder_open_copy(folder, *domain != '\0' ? domain : NULL);
	if (texts == NULL)
		return -1;
	int result = po_file_parse(&po, source, strlen(source));
	if (result == 0)
		result = export_parsed(texts, language, &po);
	else if (errno == EINVAL)
		result = 0;
	int error = errno;
	po_file_free(&po);
	texts->ops->close(texts);
	errno = error;
	return result;
}

int
text_database_export(const struct request *request, const char *domain, const char *folder)
{
	struct sql_rows *rows = text_database_query(request,
	    "SELECT p.domain, p.language, f.source FROM text_parts p JOIN text_files f ON f.id = p.file"
	    " WHERE p.generation = " LAST " AND p.domain IN ('', ?)",
	    "t", domain);
	int result = 0;
	while (result == 0 && text_database_row(request, rows))
		result = export_row(folder, text_database_text(request, rows, 0), text_database_text(request, rows, 1),
		    text_database_text(request, rows, 2));
	int error = errno;
	request->database->ops->finish(request->database, rows);
	errno = error;
	return error == 0 ? 0 : -1;
}
