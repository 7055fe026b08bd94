/* Which language each kind of text of a language is really in. */
#include "spoken.h"

#include <string.h>

/* "%s" and "OK" are the same in every language. */
static bool
has_words(const char *text)
{
	return strlen(text) > 2;
}

static bool
is_of(enum ftg_id id, enum spoken_kind kind)
{
	static const enum ftg_service services[SPOKEN_KINDS] = { FTG_SMTP, FTG_POP3, FTG_DSN };

	return row_has_text(id) && has_words(ftg_row(id)->text[0]) && ftg_row(id)->service == services[kind];
}

static const char *
tag_of(const ftg_catalog *catalog, ftg_lang language, enum spoken_kind kind, enum ftg_id id)
{
	return ftg_catalog_spoken_in(catalog, language, kind == SPOKEN_SMTP ? FTG_ASCII : FTG_UTF8, id);
}

/* How many texts of a kind have this tag. */
static unsigned
count(const ftg_catalog *catalog, ftg_lang language, enum spoken_kind kind, const char *tag)
{
	unsigned n = 0;

	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		n += is_of(id, kind) && (!tag || strcmp(tag_of(catalog, language, kind, id), tag) == 0);
	return n;
}

void
spoken_write(char out[SPOKEN_SIZE], const ftg_catalog *catalog, ftg_lang language, enum spoken_kind kind)
{
	const char *best = "en";
	unsigned all = count(catalog, language, kind, NULL), most = 0;

	for (enum ftg_id id = 0; id < FTG_IDS && most < all; id++) {
		const char *tag = is_of(id, kind) ? tag_of(catalog, language, kind, id) : best;
		unsigned n = strcmp(tag, best) == 0 && most > 0 ? 0 : count(catalog, language, kind, tag);

		if (n > most) {
			best = tag;
			most = n;
		}
	}
	if (most < all)
		snprintf(out, SPOKEN_SIZE, "%s %u%%", best, most * 100 / all);
	else
		snprintf(out, SPOKEN_SIZE, "%s", best);
}
