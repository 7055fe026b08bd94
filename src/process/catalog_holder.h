/* The catalogue of a worker: loaded at its start, and again, beside the one in use, at a reload. */
#ifndef PROCESS_CATALOG_HOLDER_H
#define PROCESS_CATALOG_HOLDER_H

#include <ftgate/catalog.h>
#include <limits.h>

#include "net/voice_source.h"
#include "port/job.h"
#include "port/texts_state.h"
#include "process/catalog_refusals.h"

/* The catalogue to load and the language to use. The strings must outlive the holder. */
struct catalog_request {
	const char *locale;    /* folder of the translations */
	const char *overlay;   /* folder of the operator's own catalogs */
	const char *language;  /* list as in LANGUAGE, "" for the published English */
	const char *bilingual; /* a language to be spoken second, "" for none */
	enum ftg_profile profile;
	const char *host; /* the variables ${host}, ${contact} and ${help} */
	const char *contact;
	const char *help;
	enum ftg_link link; /* when a refusal ends with ${help} */
};

struct catalog_holder {
	struct catalog_request request;
	struct voice_source source;       /* of the catalogue in use */
	ftg_catalog *catalog;             /* NULL: the built-in English */
	unsigned worker;                  /* its number, for the log */
	struct catalog_refusals refusals; /* of the last load */
	struct texts_generation texts;    /* the own texts, from the database, in use; number 0: none */
	bool loading;                     /* a load is under way */
	bool again;                       /* another one has been asked for meanwhile */
	struct executor *executor;
	/* Called when a reload has ended; fresh: a new generation is in use, otherwise the old one was kept. */
	void (*reloaded)(struct catalog_holder *catalogs, bool fresh);
};

/* Loads the catalogue and logs refused texts. After any failure the built-in English is in use. */
void catalog_holder_open(struct catalog_holder *catalogs, const struct catalog_request *request, unsigned worker);
void catalog_holder_close(struct catalog_holder *catalogs);

/*
 * Loads a new generation in a job. It is in use as soon as it is loaded, unless a file was refused whole; then the old
 * one is kept. A reload during a load is another load, after it.
 */
void catalog_holder_reload(struct catalog_holder *catalogs);

#endif
