/* Language chains: which sources provide the texts for a language preference, and in which order. */
#ifndef CATALOG_CHAIN_H
#define CATALOG_CHAIN_H

#include "catalog/source.h"

/* All sources of a generation: translations, then overlays, each in the order of their tags. */
struct sources {
	struct source **source;
	size_t count;
	size_t translations; /* how many of them are translations */
};

/* The index of the first source of a language, or count if there is none. */
size_t sources_find(const struct sources *sources, const struct tag *tag);

/* Calls each(context, name, len) for each element of a colon-separated list, until it returns false. */
void preference_each(const char *preference, bool (*each)(void *context, const char *name, size_t len), void *context);

/*
 * Fills the table of a language that serves a preference: for each ID and encoding the operator's text in the chain, else
 * a translation in the chain, else the texts of "en", unless the preference ends with C, else the built-in English. Sets
 * language->tag to the tag of the first source of the chain, of its Latin companion only if there is no other. Returns
 * false if the chain has no source.
 */
bool chain_fill(struct language *language, const char *preference, const struct sources *sources);

/*
 * Makes a generation of English and one more language, FTG_CALLERS, whose texts fill() adds to the source. The caller sets
 * report, context, file and language of the loader. Returns NULL with errno ENOMEM if memory is exhausted.
 */
typedef void fill_source(struct loader *loader, struct source *source, void *what);
ftg_catalog *catalog_of_one(
    fill_source *fill, void *what, const struct tag *tag, enum ftg_profile profile, struct loader *loader);

#endif
