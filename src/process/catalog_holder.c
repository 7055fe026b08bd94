/* The catalogue of a worker: loaded at its start, and again, beside the one in use, at a reload. */
#include "process/catalog_holder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "port/texts_state.h"

/* One load and its result. Until its end it belongs to one thread. */
struct load {
	struct job job;
	struct catalog_holder *catalogs;
	ftg_catalog *catalog; /* NULL: none, because of error */
	int error;
	struct catalog_refusals refusals;
	struct texts_state texts; /* of the overlay, when the load began */
};

static struct load *
load_new(struct catalog_holder *catalogs)
{
	struct load *load = calloc(1, sizeof *load);
	if (load == NULL)
		return NULL;
	load->catalogs = catalogs;
	return load;
}

static void
load_work(struct job *job)
{
	struct load *load = (struct load *)job;
	const struct catalog_request *request = &load->catalogs->request;
	const char *const preferences[] = { request->language, NULL };
	const struct ftg_sources sources = {
		.locale = request->locale,
		.overlay = request->overlay,
		.preferences = preferences,
		.profile = request->profile,
	};
	(void)texts_state_read(&load->texts, request->overlay);
	load->catalog = ftg_catalog_open(&sources, catalog_refusals_note, &load->refusals);
	load->error = load->catalog == NULL ? errno : 0;
	catalog_refusals_close(&load->refusals);
}

static void
log_outcome(const struct load *load, const char *event)
{
	log_begin(event);
	log_put_number("worker", load->catalogs->worker);
	if (load->catalog != NULL)
		log_put_number("languages", ftg_catalog_languages(load->catalog));
	log_put_number("refused", load->refusals.count);
	if (load->texts.used.number > 0)
		log_put_number("texts", (int64_t)load->texts.used.number);
	if (load->error != 0)
		log_put("detail", strerror(load->error));
	log_end();
}

static const ftg_catalog *
current(const struct catalog_holder *catalogs)
{
	return catalogs->catalog != NULL ? catalogs->catalog : ftg_catalog_english(catalogs->request.profile);
}

/* The English for a reader who asked for another language: polite, if there is a catalogue of it. */
static ftg_lang
polite_english(const struct catalog_holder *catalogs)
{
	return ftg_catalog_find(current(catalogs), "en");
}

/* -1 if no language is asked for, or it is missing. */
static ftg_lang
find(const struct catalog_holder *catalogs, const char *request)
{
	if (*request == '\0')
		return -1;
	ftg_lang language = ftg_catalog_find(current(catalogs), request);
	if (language < 0)
		log_event("language-missing", "request", request, NULL);
	return language;
}

/* Uses a catalogue from now on. Nothing refers to the one before: each reply is rendered at once. */
static void
swap(struct catalog_holder *catalogs, const struct load *load)
{
	ftg_catalog *catalog = load != NULL ? load->catalog : NULL;
	const struct catalog_request *request = &catalogs->request;
	ftg_catalog_free(catalogs->catalog);
	catalogs->catalog = catalog;
	catalogs->texts = catalog != NULL ? load->texts.used : (struct texts_generation) { 0 };
	ftg_lang language = find(catalogs, request->language);
	if (language < 0)
		language = *request->language == '\0' ? FTG_ENGLISH : polite_english(catalogs);
	ftg_lang second = find(catalogs, request->bilingual);
	catalogs->source = (struct voice_source) {
		.voice = {
			.catalog = current(catalogs),
			.language = language,
			.bilingual = second >= 0,
			.second = second,
			.encoding = FTG_ASCII,
			.link = request->link,
		},
		.generation = catalogs->source.generation + 1,
		.host = request->host,
		.contact = request->contact,
		.help = request->help,
	};
}

/* Reports, once for all workers, a language of the server that clients of an ASCII protocol do not get. */
static void
warn_of_script(const struct catalog_holder *catalogs)
{
	const struct ftg_voice *voice = &catalogs->source.voice;
	const char *tag = ftg_catalog_tag(voice->catalog, voice->language);
	const char *spoken = ftg_catalog_spoken(voice->catalog, voice->language, FTG_ASCII);
	size_t len = strcspn(tag, "-");
	if (catalogs->worker != 0 || (len == strcspn(spoken, "-") && memcmp(tag, spoken, len) == 0))
		return;
	log_event("language-falls-back", "request", tag, "lang", spoken, "detail",
	    "SMTP is ASCII, and POP3 is before LANG or UTF8", "cure",
	    catalogs->request.link == FTG_LINK_NEVER
	        ? "set help-url with {lang}, so that refusals link to their text in this language"
	        : NULL,
	    NULL);
}

/* Keeps what the load has refused, and logs it with the outcome. */
static void
report_load(struct catalog_holder *catalogs, struct load *load, const char *event)
{
	catalog_refusals_log(&load->refusals);
	log_outcome(load, event);
	catalog_refusals_free(&catalogs->refusals);
	catalogs->refusals = load->refusals;
}

/* A bad file is left out at the start: there is no older catalogue to keep. */
void
catalog_holder_open(struct catalog_holder *catalogs, const struct catalog_request *request, unsigned worker)
{
	*catalogs = (struct catalog_holder) { .request = *request, .worker = worker };
	struct load *load = load_new(catalogs);
	if (load == NULL) {
		swap(catalogs, NULL);
		return;
	}
	load_work(&load->job);
	report_load(catalogs, load, load->catalog == NULL ? "catalogue-failed" : "catalogue-loaded");
	swap(catalogs, load);
	warn_of_script(catalogs);
	free(load);
}

void
catalog_holder_close(struct catalog_holder *catalogs)
{
	ftg_catalog_free(catalogs->catalog);
	catalogs->catalog = NULL;
	catalog_refusals_free(&catalogs->refusals);
}

static void
load_done(struct job *job)
{
	struct load *load = (struct load *)job;
	struct catalog_holder *catalogs = load->catalogs;
	bool fresh = load->catalog != NULL && load->refusals.files == 0;
	report_load(catalogs, load, fresh ? "catalogue-loaded" : "catalogue-kept");
	if (fresh)
		swap(catalogs, load);
	else
		ftg_catalog_free(load->catalog);
	free(load);
	catalogs->loading = false;
	if (catalogs->again)
		catalog_holder_reload(catalogs);
	else
		catalogs->reloaded(catalogs, fresh);
}

void
catalog_holder_reload(struct catalog_holder *catalogs)
{
	catalogs->again = catalogs->loading;
	if (catalogs->loading)
		return;
	struct load *load = load_new(catalogs);
	if (load == NULL) {
		log_event("catalogue-kept", "detail", "out of memory", NULL);
		catalogs->reloaded(catalogs, false);
		return;
	}
	catalogs->loading = true;
	load->job = (struct job) { .work = load_work, .done = load_done };
	catalogs->executor->start(catalogs->executor, &load->job);
}
