/* The catalogue that a worker speaks from: loaded at its start, and again, beside the one in use, when it is told to. */
#ifndef PROCESS_CATALOG_HOLDER_H
#define PROCESS_CATALOG_HOLDER_H

#include "port/job.h"

#include <ftgate/catalog.h>
#include <limits.h>

/* What is asked of the catalogue; the strings must stay. */
struct texts_wish {
	const char *locale;    /* folder of the translations */
	const char *overlay;   /* folder of the operator's own texts */
	const char *language;  /* list as in LANGUAGE, "" for the published English */
	const char *bilingual; /* a language to be spoken second, "" for none */
	enum ftg_profile profile;
	const char *host; /* the variables ${host}, ${contact} and ${help} */
	const char *contact;
	const char *help;
};

struct texts {
	struct texts_wish wish;
	ftg_catalog *catalog; /* NULL: the built-in English */
	ftg_lang language;
	ftg_lang second;     /* -1: none */
	unsigned generation; /* changes with the catalogue */
	unsigned worker;     /* its number, for the log */
	unsigned refused;    /* texts and files, by the last load */
	bool loading;        /* a load is under way */
	bool again;          /* another one has been asked for meanwhile */
	struct job_runner *runner;
	/* Told when a reload has ended: a new generation is spoken, or the old one was kept. */
	void (*reloaded)(struct texts *texts, bool fresh);
};

/* Loads the catalogue and logs what was refused; whatever is wrong with it, the texts can be spoken from after this. */
void texts_open(struct texts *texts, const struct texts_wish *wish, unsigned worker);
void texts_close(struct texts *texts);

/*
 * Loads a new generation by a job. It is spoken from as soon as it is there, unless a file was refused whole; then the
 * old one is kept.
 */
void texts_reload(struct texts *texts);

/* The voice of a session in the language of the process. */
struct ftg_voice texts_voice(const struct texts *texts, const struct ftg_vars *vars);

#endif
