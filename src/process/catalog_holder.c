/* The catalogue that a worker speaks from: loaded at its start, and again, beside the one in use, when it is told to. */
#include "process/catalog_holder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { REFUSALS_MAX = 1000 }; /* that are logged of one load */

/* A refusal, copied out of the load. */
struct refusal {
	struct refusal *next;
	enum ftg_id id;
	enum ftg_rule rule;
	const char *file, *language, *detail;
	char text[];
};

/* One load, and what came of it. Until its end it is the business of one thread alone. */
struct load {
	struct job job;
	struct texts *texts;
	ftg_catalog *catalog; /* NULL: none, because of error */
	int error;
	struct refusal *first, **last;
	unsigned refused; /* texts and files */
	unsigned files;   /* refused whole */
};

static struct load *
load_new(struct texts *texts)
{
	struct load *load = calloc(1, sizeof *load);
	if (load == NULL)
		return NULL;
	load->texts = texts;
	load->last = &load->first;
	return load;
}

static void
load_free(struct load *load)
{
	while (load->first != NULL) {
		struct refusal *refusal = load->first;
		load->first = refusal->next;
		free(refusal);
	}
	free(load);
}

static const char *
put_string(char **at, const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = memcpy(*at, string, size);
	*at += size;
	return copy;
}

static struct refusal *
copy_refusal(const struct ftg_refusal *refusal)
{
	size_t size = strlen(refusal->file) + strlen(refusal->language) + strlen(refusal->detail) + 3;
	struct refusal *copy = malloc(sizeof *copy + size);
	if (copy == NULL)
		return NULL;
	char *at = copy->text;
	copy->next = NULL;
	copy->id = refusal->id;
	copy->rule = refusal->rule;
	copy->file = put_string(&at, refusal->file);
	copy->language = put_string(&at, refusal->language);
	copy->detail = put_string(&at, refusal->detail);
	return copy;
}

static void
note_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct load *load = context;
	load->files += refusal->whole_file;
	if (load->refused++ >= REFUSALS_MAX)
		return;
	struct refusal *copy = copy_refusal(refusal);
	if (copy == NULL)
		return;
	*load->last = copy;
	load->last = &copy->next;
}

static void
load_work(struct job *job)
{
	struct load *load = (struct load *)job;
	const struct texts_wish *wish = &load->texts->wish;
	const char *const wishes[] = { wish->language, NULL };
	const struct ftg_sources sources = {
		.locale = wish->locale,
		.overlay = wish->overlay,
		.wishes = wishes,
		.profile = wish->profile,
	};
	load->catalog = ftg_catalog_open(&sources, note_refusal, load);
	load->error = load->catalog == NULL ? errno : 0;
}

static void
log_refusals(const struct load *load)
{
	for (const struct refusal *refusal = load->first; refusal != NULL; refusal = refusal->next)
		log_event("catalogue-refused", "file", refusal->file, "lang", refusal->language, "id",
		    refusal->id == FTG_IDS ? NULL : ftg_row(refusal->id)->id, "rule", ftg_rule_name(refusal->rule),
		    "detail", refusal->detail, NULL);
}

static void
log_outcome(const struct load *load, const char *event)
{
	log_begin(event);
	log_put_number("worker", load->texts->worker);
	if (load->catalog != NULL)
		log_put_number("languages", ftg_catalog_languages(load->catalog));
	log_put_number("refused", load->refused);
	if (load->error != 0)
		log_put("detail", strerror(load->error));
	log_end();
}

static const ftg_catalog *
current(const struct texts *texts)
{
	return texts->catalog != NULL ? texts->catalog : ftg_catalog_english(texts->wish.profile);
}

/* -1 where nothing is wished for, or it is not there. */
static ftg_lang
find(const struct texts *texts, const char *wish)
{
	if (*wish == '\0')
		return -1;
	ftg_lang language = ftg_catalog_find(current(texts), wish);
	if (language < 0)
		log_event("language-missing", "wish", wish, NULL);
	return language;
}

/* Speaks from a catalogue from now on. Nobody holds on to the one before: a reply is rendered in one go. */
static void
swap(struct texts *texts, ftg_catalog *catalog)
{
	ftg_catalog_free(texts->catalog);
	texts->catalog = catalog;
	texts->generation++;
	texts->language = find(texts, texts->wish.language);
	texts->second = find(texts, texts->wish.bilingual);
	if (texts->language < 0)
		texts->language = FTG_ENGLISH;
}

/* A file that is bad at the start is left out: its texts of before are unknown. */
void
texts_open(struct texts *texts, const struct texts_wish *wish, unsigned worker)
{
	*texts = (struct texts) { .wish = *wish, .worker = worker };
	struct load *load = load_new(texts);
	if (load == NULL)
		return;
	load_work(&load->job);
	texts->refused = load->refused;
	log_refusals(load);
	log_outcome(load, load->catalog == NULL ? "catalogue-failed" : "catalogue-loaded");
	swap(texts, load->catalog);
	load_free(load);
}

void
texts_close(struct texts *texts)
{
	ftg_catalog_free(texts->catalog);
	texts->catalog = NULL;
}

static void
load_done(struct job *job)
{
	struct load *load = (struct load *)job;
	struct texts *texts = load->texts;
	bool fresh = load->catalog != NULL && load->files == 0;
	texts->refused = load->refused;
	log_refusals(load);
	log_outcome(load, fresh ? "catalogue-loaded" : "catalogue-kept");
	if (fresh)
		swap(texts, load->catalog);
	else
		ftg_catalog_free(load->catalog);
	load_free(load);
	texts->loading = false;
	if (texts->again)
		texts_reload(texts);
	else
		texts->reloaded(texts, fresh);
}

void
texts_reload(struct texts *texts)
{
	texts->again = texts->loading;
	if (texts->loading)
		return;
	struct load *load = load_new(texts);
	if (load == NULL) {
		log_event("catalogue-kept", "detail", "out of memory", NULL);
		texts->reloaded(texts, false);
		return;
	}
	texts->loading = true;
	load->job = (struct job) { .work = load_work, .done = load_done };
	texts->runner->start(texts->runner, &load->job);
}

struct ftg_voice
texts_voice(const struct texts *texts, const struct ftg_vars *vars)
{
	return (struct ftg_voice) {
		.catalog = current(texts),
		.language = texts->language,
		.bilingual = texts->second >= 0,
		.second = texts->second,
		.encoding = FTG_ASCII,
		.vars = vars,
	};
}
