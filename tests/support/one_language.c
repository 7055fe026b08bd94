/* A catalogue of English and one more language (FTG_CALLERS), made in memory as a load makes it. */
#include "one_language.h"

#include "catalog/chain.h"

#include <stdlib.h>
#include <string.h>

struct octets {
	enum ftg_id id;
	const char *at;
	size_t len;
};

static void
fill_from_mo(struct loader *loader, struct source *source, void *what)
{
	const struct octets *octets = what;
	const char *why;
	struct mo mo;
	/* Of the very size, so that a sanitizer sees a look past its end. */
	char *copy = malloc(octets->len > 0 ? octets->len : 1);
	if (copy == NULL)
		return;
	if (octets->len > 0)
		memcpy(copy, octets->at, octets->len);
	if (mo_parse(&mo, copy, octets->len, &why))
		(void)source_fill(loader, source, &mo);
	else
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, why);
	free(copy);
}

static void
fill_from_text(struct loader *loader, struct source *source, void *what)
{
	const struct octets *octets = what;
	source_add(loader, source, octets->id, octets->at, octets->len);
}

static ftg_catalog *
make(fill_source *fill, struct octets octets, const char *language, enum ftg_profile profile, ftg_report *report,
    void *context)
{
	struct tag tag;
	struct loader *loader = calloc(1, sizeof(*loader));
	if (loader == NULL)
		return NULL;
	loader->report = report;
	loader->context = context;
	loader->file = "memory";
	loader->language = language;
	if (!tag_parse(&tag, language, strlen(language)))
		(void)tag_parse(&tag, "en", 2);
	ftg_catalog *catalog = catalog_of_one(fill, &octets, &tag, profile, loader);
	free(loader);
	return catalog;
}

ftg_catalog *
one_language_of_octets(
    const char *octets, size_t len, const char *language, enum ftg_profile profile, ftg_report *report, void *context)
{
	return make(fill_from_mo, (struct octets) { FTG_IDS, octets, len }, language, profile, report, context);
}

ftg_catalog *
one_language_of_text(enum ftg_id id, const char *text, size_t len, const char *language, enum ftg_profile profile,
    ftg_report *report, void *context)
{
	return make(fill_from_text, (struct octets) { id, text, len }, language, profile, report, context);
}
