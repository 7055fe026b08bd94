/* Counts the operator's own texts of a catalogue: in use, stale, refused. */
#include "process/own_texts.h"

#include <string.h>

enum { LANGUAGES = 1100 }; /* more than a catalogue has */

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
		own->live = ftg_catalog_own_texts(catalog, language, 0);
		if (own->live + own->stale + own->refused > 0)
			call(context, ftg_catalog_tag(catalog, language), own);
	}
}
