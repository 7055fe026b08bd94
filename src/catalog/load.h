/* Reading the files of a generation: each catalogue of the folders becomes a source. */
#ifndef CATALOG_LOAD_H
#define CATALOG_LOAD_H

#include "catalog/chain.h"

enum {
	SOURCES_MAX = 1024,        /* translations and own texts of the server */
	DOMAIN_SOURCES_MAX = 8192, /* own texts of all domains */
};

/* Like mo_read(), but reports a file that is not a valid .mo. */
int source_read_file(struct loader *loader, struct mo *mo, const char *path);

/* The same for a catalogue in memory, of which it makes a copy. */
int source_read_compiled(struct loader *loader, struct mo *mo, const struct ftg_compiled *compiled);

/* Compiles a file into a source, and frees the file. NULL if the whole file is refused or memory is exhausted. */
struct source *source_compile(struct loader *loader, struct mo *mo, const struct tag *tag, enum ftg_origin origin);

/* Whether a folder of the overlay has this name of a domain: an @ and a host name in its A-label form, in lower case. */
bool load_is_domain(const char *folder);

/*
 * Loads all files. all->source has room for all->room sources; the caller frees all->domain and all->domain_source. Returns
 * false with errno if a folder cannot be read, or memory is exhausted.
 */
bool load_sources(struct loader *loader, struct sources *all, const struct ftg_sources *from);

#endif
