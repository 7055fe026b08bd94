/* Finding a language by a preference (RFC 4647 section 3.4). */
#include "catalog/chain.h"

#include <string.h>

struct search {
	const ftg_catalog *catalog;
	ftg_lang found;
};

static ftg_lang
by_tag(const ftg_catalog *catalog, const struct tag *tag)
{
	for (ftg_lang i = FTG_ENGLISH + 1; i < catalog->languages; i++) {
		if (tag_equal(&catalog->language[i]->tag, tag))
			return i;
	}
	return -1;
}

static bool
look_up(void *context, const char *name, size_t len)
{
	struct search *search = context;
	struct tag tag, candidate;
	if (tag_is_default(name, len)) {
		search->found = FTG_ENGLISH;
		return false;
	}
	if (!tag_parse(&tag, name, len))
		return true;
	for (unsigned k = 0; search->found < 0 && tag_candidate(&tag, k, &candidate); k++)
		search->found = by_tag(search->catalog, &candidate);
	if (search->found < 0 && strcmp(tag.language, "en") == 0)
		search->found = FTG_ENGLISH;
	return search->found < 0;
}

/* If the look-up finds nothing, a range finds the first language that begins with it: pt finds pt-BR. */
static bool
filter(void *context, const char *name, size_t len)
{
	struct search *search = context;
	struct tag tag;
	if (!tag_parse(&tag, name, len))
		return true;
	for (ftg_lang i = FTG_ENGLISH + 1; i < search->catalog->languages && search->found < 0; i++) {
		const struct tag *here = &search->catalog->language[i]->tag;
		if (strcmp(here->language, tag.language) == 0 &&
		    (tag.script[0] == '\0' || strcmp(here->script, tag.script) == 0) && tag.region[0] == '\0')
			search->found = i;
	}
	return search->found < 0;
}

ftg_lang
ftg_catalog_find(const ftg_catalog *catalog, const char *preference)
{
	struct search search = { .catalog = catalog, .found = -1 };
	for (ftg_lang i = catalog->languages; i < catalog->all; i++) {
		if (strcmp(catalog->language[i]->preference, preference) == 0)
			return i;
	}
	preference_each(preference, look_up, &search);
	if (search.found < 0)
		preference_each(preference, filter, &search);
	return search.found;
}
