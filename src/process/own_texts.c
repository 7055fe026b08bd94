/* Counts the operator's own texts of a catalogue: in use, stale, refused. */
#include "process/own_texts.h"

#include <string.h>

enum { LANGUAGES = 1100 }; /* more than a catalogue has */

/* Whether the text of a reply is the operator's, in this language. */
static bool
is_own(const ftg_catalog *catalog, ftg_lang language, enum ftg_id id)
{
	return ftg_catalog_origin(catalog, language, FTG_UTF8, id) == FTG_FROM_OVERLAY &&
	    strcmp(ftg_catalog_spoken_in(catalog, language, FTG_UTF8, id), ftg_catalog_tag(catalog, language)) == 0;
}

static void
count_refusals(const struct catalog_holder *catalogs, struct own_texts counts[LANGUAGES])
{
	const ftg_catalog *catalog = catalogs->source.voice.catalog;
	size_t overlay = strlen(catalogs->request.overlay);
	for (const struct catalog_refusal *r = catalogs->refusals.first; r != NULL; r = r->next) {
		ftg_lang language = ftg_catalog_find(catalog, r->language);
		if (language >= 0 && language < LANGUAGES && strncmp(r->file, catalogs->request.overlay, overlay) == 0)
			*(r->rule == FTG_RULE_STALE ? &counts[language].stale : &counts[language].refused) += 1;
	}
}

void
own_texts_count(const struct catalog_holder *catalogs,
    void (*call)(void *context, const char *language, const struct own_texts *own), void *context)
{
	static struct own_texts counts[LANGUAGES];
	const ftg_catalog *catalog = catalogs->source.voice.catalog;
	memset(counts, 0, sizeof counts);
	count_refusals(catalogs, counts);
	for (ftg_lang language = 0; language < ftg_catalog_languages(catalog) && language < LANGUAGES; language++) {
		struct own_texts *own = &counts[language];
		for (enum ftg_id id = 0; id < FTG_IDS; id++)
			own->live += is_own(catalog, language, id);
		if (own->live + own->stale + own->refused > 0)
			call(context, ftg_catalog_tag(catalog, language), own);
	}
}
