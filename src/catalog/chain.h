/* Language chains: which sources provide the texts for a language preference, and in which order. */
#ifndef CATALOG_CHAIN_H
#define CATALOG_CHAIN_H

#include "catalog/source.h"

/* The own texts of a domain, in the order of their tags. */
struct domain_sources {
	const char *name;
	struct source **source;
	size_t count;
};

/* All sources of a generation: translations, then overlays, each in the order of their tags; and those of domains. */
struct sources {
	struct source **source;
	size_t count, room;
	size_t translations; /* how many of them are translations */
	struct domain_sources *domain;
	size_t domains;
	struct source **domain_source;
};

enum { CHAIN_MAX = 256 };

/* Sources of one tag. */
struct chain_range {
	struct source *const *source;
	size_t count;
};

/*
 * The languages of a preference in order; those in Latin script that were added for another script are used on the ASCII wire
 * only.
 */
struct chain {
	const struct sources *sources;
	struct chain_link {
		struct tag tag;
		struct chain_range translations, overlays;
		bool ascii_only;
	} link[CHAIN_MAX];
	size_t links;
	size_t own; /* how many of them are of the preference; the polite English follows */
	bool ends;  /* the preference names English */
};

/* Fills a chain. Its sources must outlive it. */
void chain_make(struct chain *chain, const char *preference, const struct sources *sources);

/* The sources with this tag, of some in the order of their tags. */
struct chain_range chain_range(struct source *const *source, size_t count, const struct tag *tag);

/*
 * The text that a chain has for an ID: for each language that of the domain for the audience, of the domain, of the server
 * for the audience, of the server, the translation. own: the sources of the domain for each link; NULL: no domain. NULL if
 * there is none.
 */
const struct entry *chain_find(const struct chain *chain, const struct chain_range *own, enum ftg_audience audience,
    enum ftg_encoding encoding, unsigned id);

/* Whether two tags begin with different languages: ru and ru-Latn do not. */
bool chain_differ(const char *a, const char *b);

/* The index of the first source of a language, or count if there is none. */
size_t sources_find(const struct sources *sources, const struct tag *tag);

/* Calls each(context, name, len) for each element of a colon-separated list, until it returns false. */
void preference_each(const char *preference, bool (*each)(void *context, const char *name, size_t len), void *context);

/*
 * Fills the table of a language that serves a preference, for everyone: for each ID and encoding the text of the first
 * language of the chain that has one, else that of "en", unless the preference ends with C, else the built-in English. Sets
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
