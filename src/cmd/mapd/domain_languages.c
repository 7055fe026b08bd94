/* The languages of domains, from a file and from the directory, kept in memory while they change. */
#include "cmd/mapd/domain_languages.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/data.h"
#include "base/file.h"
#include "base/log.h"
#include "base/translate.h"
#include "directory/domain_languages.h"

enum {
	LOOK_TIME = 5000,              /* milliseconds between two looks at the sources */
	FILE_SIZE_MAX = 64 << 20,      /* octets of the file */
	DETAIL_SIZE = PATH_MAX + 1024, /* of why they could not be read */
};

/* One load. Until its end it belongs to one thread. */
struct load {
	struct job job;
	struct domain_languages *owner;
	const char *file, *data;
	struct source_stamp stamps[DOMAIN_LANGUAGES_SOURCES];
	bool told;                   /* the log gets the outcome, whether a source has changed or not */
	bool changed;                /* a source has */
	struct languages *languages; /* NULL: they could not be read, or have not changed */
	char detail[DETAIL_SIZE];
};

static int
read_lines(struct languages *languages, char *text, const char *file, config_report *report, void *context)
{
	char error[LANGUAGES_ERROR_SIZE], *rest = text, *line;
	int result = 0;
	for (unsigned number = 1; (line = strsep(&rest, "\n")) != NULL; number++)
		if (languages_add_line(languages, line, error) < 0) {
			report(context, file, number, error);
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
	int result = read_lines(languages, text, file, report, context);
	free(text);
	return result;
}

/* Keeps the first fault. */
static void
note_fault(void *context, const char *file, unsigned line, const char *fault)
{
	struct load *load = context;
	if (load->detail[0] == '\0')
		snprintf(load->detail, DETAIL_SIZE, "%s:%u: %s", file, line, fault);
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

/* Before they are read: a change meanwhile is seen the next time. */
static bool
look_at_all(struct load *load)
{
	static const char *const names[] = { "ftgate.db", "ftgate.db-wal" };
	char path[PATH_MAX];
	bool changed = load->file != NULL && look_at(&load->stamps[0], load->file);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		changed = (data_path(path, load->data, names[i]) == 0 && look_at(&load->stamps[i + 1], path)) ||
		    changed;
	return changed;
}

/* The file precedes the directory. */
static bool
read_all(struct load *load, struct languages *languages)
{
	char error[DOMAIN_LANGUAGES_ERROR_SIZE];
	if (load->file != NULL && domain_languages_read_file(languages, load->file, note_fault, load) < 0)
		return false;
	if (domain_languages_read(load->data, add_domain, languages, error) < 0) {
		snprintf(load->detail, DETAIL_SIZE, "%s", error);
		return false;
	}
	languages_complete(languages);
	return true;
}

static void
load_work(struct job *job)
{
	struct load *load = (struct load *)job;
	load->changed = look_at_all(load);
	if (!load->changed && !load->told)
		return;
	struct languages *languages = languages_new();
	if (languages == NULL) {
		snprintf(load->detail, DETAIL_SIZE, "%s", strerror(ENOMEM));
	} else if (read_all(load, languages)) {
		load->languages = languages;
	} else {
		languages_free(languages);
	}
}

static void
log_load(const struct load *load)
{
	if (load->languages == NULL && load->detail[0] == '\0')
		return;
	if (load->languages != NULL && !load->told)
		return;
	log_begin(load->languages != NULL ? "languages-loaded" : "languages-kept");
	log_put_number("worker", load->owner->worker);
	if (load->languages != NULL)
		log_put_number("domains", (long long)languages_count(load->languages));
	else
		log_put("detail", load->detail);
	log_end();
}

static void
use(struct load *load)
{
	struct domain_languages *owner = load->owner;
	log_load(load);
	memcpy(owner->stamps, load->stamps, sizeof owner->stamps);
	if (load->languages == NULL)
		return;
	struct languages *before = owner->languages;
	owner->languages = load->languages;
	owner->changed(owner);
	languages_free(before);
}

static struct load *
load_new(struct domain_languages *owner, bool told)
{
	struct load *load = calloc(1, sizeof *load);
	if (load == NULL)
		return NULL;
	load->owner = owner;
	load->file = owner->file;
	load->data = owner->data;
	load->told = told;
	memcpy(load->stamps, owner->stamps, sizeof load->stamps);
	return load;
}

static void
load_done(struct job *job)
{
	struct load *load = (struct load *)job;
	struct domain_languages *owner = load->owner;
	use(load);
	free(load);
	owner->loading = false;
	if (owner->again)
		domain_languages_reload(owner);
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
	use(load);
	free(load);
	owner->timer.data = owner;
	int error = uv_timer_init(loop, &owner->timer);
	return error < 0 ? error : uv_timer_start(&owner->timer, on_time, LOOK_TIME, LOOK_TIME);
}

void
domain_languages_close(struct domain_languages *owner)
{
	languages_free(owner->languages);
	owner->languages = NULL;
}
