/* The catalogue that a worker speaks from: loaded at its start, and again, beside the one in use, when it is told to. */
#ifndef PROCESS_CATALOG_HOLDER_H
#define PROCESS_CATALOG_HOLDER_H

#include <ftgate/catalog.h>
#include <limits.h>

#include "net/voice_source.h"
#include "port/job.h"

/* What is asked of the catalogue; the strings must stay. */
struct catalog_request {
	const char *locale;    /* folder of the translations */
	const char *overlay;   /* folder of the operator's own catalogs */
	const char *language;  /* list as in LANGUAGE, "" for the published English */
	const char *bilingual; /* a language to be spoken second, "" for none */
	enum ftg_profile profile;
	const char *host; /* the variables ${host}, ${contact} and ${help} */
	const char *contact;
	const char *help;
};

struct catalog_holder {
	struct catalog_request request;
	struct voice_source source; /* of the catalogue in use */
	ftg_catalog *catalog;       /* NULL: the built-in English */
	unsigned worker;            /* its number, for the log */
	unsigned refused;           /* catalogs and files, by the last load */
	bool loading;               /* a load is under way */
	bool again;                 /* another one has been asked for meanwhile */
	struct executor *executor;
	/* Told when a reload has ended: a new generation is spoken, or the old one was kept. */
	void (*reloaded)(struct catalog_holder *catalogs, bool fresh);
};

/* Loads the catalogue and logs what was refused; whatever is wrong with it, the catalogs can be spoken from after this. */
void catalog_holder_open(struct catalog_holder *catalogs, const struct catalog_request *request, unsigned worker);
void catalog_holder_close(struct catalog_holder *catalogs);

/*
 * Loads a new generation by a job. It is spoken from as soon as it is there, unless a file was refused whole; then the
 * old one is kept.
 */
void catalog_holder_reload(struct catalog_holder *catalogs);

#endif
