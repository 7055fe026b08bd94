/* The languages of domains, from a file and from the directory, kept in memory while they change. */
#include "cmd/mapd/domain_languages.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log/log.h"
#include "base/system/data.h"
#include "base/system/file.h"
#include "base/text/translate.h"
#include "directory/domain_languages.h"

enum {
	LOOK_TIME = 5000,         /* milliseconds between two looks at the sources */
	FILE_SIZE_MAX = 64 << 20, /* octets of the file */
};

/* A look at one source. */
struct reading {
	struct source_stamp stamps[DOMAIN_SOURCE_PATHS];
	struct languages *languages; /* other ones than those in use; NULL: none */
	bool read;                   /* without a fault */
	bool lasting;                /* the fault is one of a line, which stays until the file is written */
	char fault[DOMAIN_FAULT_SIZE];
};

/* One load. Until its end it belongs to one thread. The tables of its owner do not change before. */
struct load {
	struct job job;
	struct domain_languages *owner;
	bool told; /* each source is read, and the log gets the outcome */
	struct reading readings[DOMAIN_SOURCES];
	struct languages *retired[DOMAIN_SOURCES]; /* freed by a thread, for that can take long */
};

static int
read_lines(struct languages *languages, char *text, const char *file, config_report *report, void *context)
{
	char error[LANGUAGES_ERROR_SIZE], *rest = text, *line;
	int result = 0;
	for (unsigned number = 1; (line = strsep(&rest, "\n")) != NULL; number++)
		if (languages_add_line(languages, line, error) < 0) {
			/* Lack of memory is not an error in the line. */
			report(context, file, errno != ENOMEM ? number : 0, error);
			result = -1;
		}
	return result;
}

int
domain_languages_read_file(struct languages *languages, const char *file, config_report *report, void *context)
{
	const char *why;
	size_t len;
	FILE *stream = file_open(file, &why);
	char *text = stream != NULL ? file_read(fileno(stream), FILE_SIZE_MAX, &len) : NULL;
	if (stream != NULL && text == NULL)
		why = strerror(errno);
	if (stream != NULL)
		fclose(stream);
	if (text == NULL) {
		report(context, file, 0, why);
		return -1;
	}
	text[len] = '\0';
	for (char *at = text; (at = memchr(at, '\0', len - (size_t)(at - text))) != NULL;)
		*at = '?'; /* so that it does not hide what follows: no line may have one */
	int result = read_lines(languages, text, file, report, context);
	free(text);
	return result;
}

/* Keeps the first fault. */
static void
note_fault(void *context, const char *file, unsigned line, const char *fault)
{
	struct reading *reading = context;
	if (reading->fault[0] != '\0')
		return;
	snprintf(reading->fault, DOMAIN_FAULT_SIZE, "%s:%u: %s", file, line, fault);
	reading->lasting = line != 0;
}

static bool
add_domain(void *context, const char *domain, const char *language)
{
	return languages_add(context, domain, language) == 0;
}

/* Returns whether the state is another than it was. */
static bool
look_at(struct source_stamp *stamp, const char *path)
{
	struct stat status;
	struct source_stamp now = { 0 };
	if (stat(path, &status) == 0)
		now = (struct source_stamp) { status.st_dev, status.st_ino, status.st_size, status.st_mtim };
	bool same = now.device == stamp->device && now.inode == stamp->inode && now.size == stamp->size &&
	    now.changed.tv_sec == stamp->changed.tv_sec && now.changed.tv_nsec == stamp->changed.tv_nsec;
	*stamp = now;
	return !same;
}

/* Before the source is read: a change meanwhile is seen the next time. */
static bool
look_at_source(struct load *load, enum domain_source source)
{
	static const char *const names[DOMAIN_SOURCE_PATHS] = { "ftgate.db", "ftgate.db-wal" };
	const struct domain_languages *owner = load->owner;
	struct source_stamp *stamps = load->readings[source].stamps;
	char path[PATH_MAX];
	bool changed = false;
	memcpy(stamps, owner->tables[source].stamps, sizeof owner->tables[source].stamps);
	if (source == DOMAIN_SOURCE_FILE)
		return owner->file != NULL && look_at(&stamps[0], owner->file);
	for (size_t i = 0; i < DOMAIN_SOURCE_PATHS; i++)
		changed = (data_path(path, owner->data, names[i]) == 0 && look_at(&stamps[i], path)) || changed;
	return changed;
}

static bool
read_source(struct load *load, enum domain_source source, struct languages *languages)
{
	struct reading *reading = &load->readings[source];
	const struct domain_languages *owner = load->owner;
	char error[DOMAIN_LANGUAGES_ERROR_SIZE];
	if (source == DOMAIN_SOURCE_FILE)
		return owner->file == NULL ||
		    domain_languages_read_file(languages, owner->file, note_fault, reading) == 0;
	if (domain_languages_read(owner->data, add_domain, languages, error) == 0)
		return true;
	snprintf(reading->fault, DOMAIN_FAULT_SIZE, "%s", error);
	return false;
}

/* The mail server writes into the database all the time: most often the languages are those in use. */
static void
load_source(struct load *load, enum domain_source source)
{
	struct reading *reading = &load->readings[source];
	const struct languages *before = load->owner->tables[source].languages;
	if (!look_at_source(load, source) && !load->told)
		return;
	struct languages *languages = languages_new();
	if (languages == NULL) {
		snprintf(reading->fault, DOMAIN_FAULT_SIZE, "%s", strerror(ENOMEM));
		return;
	}
	reading->read = read_source(load, source, languages);
	if (!reading->read || (before != NULL && languages_equal(before, languages))) {
		languages_free(languages);
		return;
	}
	languages_complete(languages);
	reading->languages = languages;
}

static void
load_work(struct job *job)
{
	for (enum domain_source source = 0; source < DOMAIN_SOURCES; source++)
		load_source((struct load *)job, source);
}

static void
log_fault(const struct domain_languages *owner, const char *fault)
{
	log_begin("languages-kept");
	log_put_number("worker", owner->worker);
	log_put("detail", fault);
	log_end();
}

static void
log_loaded(const struct domain_languages *owner)
{
	size_t count = 0;
	for (enum domain_source source = 0; source < DOMAIN_SOURCES; source++)
		count += languages_count(owner->tables[source].languages);
	log_begin("languages-loaded");
	log_put_number("worker", owner->worker);
	log_put_number("domains", (long long)count);
	log_end();
}

/* Notes the outcome of a source. Returns whether a fault has ended. */
static bool
note_outcome(struct load *load, enum domain_source source)
{
	struct domain_table *table = &load->owner->tables[source];
	const struct reading *reading = &load->readings[source];
	bool faulty = table->fault[0] != '\0';
	if (reading->read || reading->lasting)
		memcpy(table->stamps, reading->stamps, sizeof table->stamps);
	if (reading->fault[0] != '\0' && (load->told || strcmp(reading->fault, table->fault) != 0))
		log_fault(load->owner, reading->fault);
	if (reading->read || reading->fault[0] != '\0')
		memcpy(table->fault, reading->fault, sizeof table->fault);
	return faulty && table->fault[0] == '\0';
}

static void
take_languages(struct load *load, enum domain_source source)
{
	struct domain_table *table = &load->owner->tables[source];
	if (load->readings[source].languages == NULL)
		return;
	load->retired[source] = table->languages;
	table->languages = load->readings[source].languages;
}

static void
load_end(struct load *load)
{
	struct domain_languages *owner = load->owner;
	bool ended = false, faulty = false;
	for (enum domain_source source = 0; source < DOMAIN_SOURCES; source++) {
		ended = note_outcome(load, source) || ended;
		faulty = faulty || owner->tables[source].fault[0] != '\0';
		take_languages(load, source);
	}
	if (!faulty && (load->told || ended))
		log_loaded(owner);
	owner->changed(owner);
}

static struct load *
load_new(struct domain_languages *owner, bool told)
{
	struct load *load = calloc(1, sizeof *load);
	if (load == NULL)
		return NULL;
	load->owner = owner;
	load->told = told;
	return load;
}

static void
free_work(struct job *job)
{
	struct load *load = (struct load *)job;
	for (enum domain_source source = 0; source < DOMAIN_SOURCES; source++)
		languages_free(load->retired[source]);
}

static void
free_done(struct job *job)
{
	struct load *load = (struct load *)job;
	struct domain_languages *owner = load->owner;
	free(load);
	owner->loading = false;
	if (owner->again)
		domain_languages_reload(owner);
}

static void
load_done(struct job *job)
{
	struct load *load = (struct load *)job;
	load_end(load);
	load->job = (struct job) { .work = free_work, .done = free_done };
	load->owner->executor->start(load->owner->executor, &load->job);
}

static void
start(struct domain_languages *owner, bool told)
{
	struct load *load = owner->loading ? NULL : load_new(owner, told);
	if (load == NULL)
		return;
	owner->loading = true;
	owner->again = false;
	load->job = (struct job) { .work = load_work, .done = load_done };
	owner->executor->start(owner->executor, &load->job);
}

void
domain_languages_reload(struct domain_languages *owner)
{
	owner->again = owner->loading;
	start(owner, true);
}

static void
on_time(uv_timer_t *timer)
{
	start(timer->data, false);
}

/* The first load is no job: the first look-up must find its language. */
int
domain_languages_open(struct domain_languages *owner, uv_loop_t *loop)
{
	struct load *load = load_new(owner, true);
	if (load == NULL)
		return UV_ENOMEM;
	load_work(&load->job);
	load_end(load);
	free(load);
	owner->timer.data = owner;
	int error = uv_timer_init(loop, &owner->timer);
	return error < 0 ? error : uv_timer_start(&owner->timer, on_time, LOOK_TIME, LOOK_TIME);
}

void
domain_languages_close(struct domain_languages *owner)
{
	for (enum domain_source source = 0; source < DOMAIN_SOURCES; source++) {
		languages_free(owner->tables[source].languages);
		owner->tables[source].languages = NULL;
	}
}
