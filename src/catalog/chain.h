/* Language chains: which sources answer for a preference, in which order. */
#ifndef CATALOG_CHAIN_H
#define CATALOG_CHAIN_H

#include "catalog/source.h"

/* All sources of a generation. */
struct sources {
	struct source **source;
	size_t count;
};

/* Calls each(context, name, len) for the elements of a colon-separated list until it returns false. */
void preference_each(const char *preference, bool (*each)(void *context, const char *name, size_t len), void *context);

/*
 * Fills the table of a language that serves a priority list: for each ID and encoding the operator's text in the chain,
 * else a translation in the chain, else English. language->tag becomes that of the first source which answers. False
 * where no source answers at all.
 */
bool chain_fill(struct language *language, const char *preference, const struct sources *sources);

/*
 * A generation of English and one more language, FTG_CALLERS, which fill() gives its texts. NULL with errno ENOMEM. The
 * loader's report, context, file and language are set by the caller.
 */
typedef void fill_source(struct loader *loader, struct source *source, void *what);
ftg_catalog *catalog_of_one(
    fill_source *fill, void *what, const struct tag *tag, enum ftg_profile profile, struct loader *loader);

#endif
