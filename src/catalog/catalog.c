/* A generation of the catalogue: one table for every language, made of the sources that were loaded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/load.h"
#include "catalog/variant.h"

/* Adds a language at the end of the generation's list, with English in each entry. */
static struct language *
add_language(struct ftg_catalog *catalog)
{
	struct language *language = arena_alloc(&catalog->arena, sizeof(*language));
	if (language == NULL)
		return NULL;
	*language = *ftg_catalog_english(catalog->profile)->language[FTG_ENGLISH];
	catalog->language[catalog->all] = language;
	return language;
}

/* Adds each language that has a source, by its own name. */
static bool
add_own_names(struct ftg_catalog *catalog, const struct sources *all)
{
	for (size_t i = 0; i < all->count; i++) {
		char name[TAG_TEXT];
		if (sources_find(all, &all->source[i]->tag) != i)
			continue;
		struct language *language = add_language(catalog);
		if (language == NULL)
			return false;
		tag_format(&all->source[i]->tag, name);
		(void)chain_fill(language, name, all);
		catalog->languages = ++catalog->all;
	}
	return true;
}

static bool
add_preferences(struct ftg_catalog *catalog, const struct sources *all, const char *const *preferences)
{
	for (; preferences != NULL && *preferences != NULL; preferences++) {
		struct language *language = add_language(catalog);
		size_t size = strlen(*preferences) + 1;
		char *preference = arena_alloc(&catalog->arena, size);
		if (language == NULL || preference == NULL)
			return false;
		if (!chain_fill(language, *preferences, all))
			continue;
		language->preference = memcpy(preference, *preferences, size);
		catalog->all++;
	}
	return true;
}

static size_t
count_preferences(const char *const *preferences)
{
	size_t n = 0;
	while (preferences != NULL && preferences[n] != NULL)
		n++;
	return n;
}

static bool
make_languages(struct ftg_catalog *catalog, const struct sources *all, const struct ftg_sources *from)
{
	size_t room = 1 + all->count + count_preferences(from->preferences);
	catalog->language = arena_alloc(&catalog->arena, room * sizeof(struct language *));
	if (catalog->language == NULL)
		return false;
	catalog->language[FTG_ENGLISH] = ftg_catalog_english(catalog->profile)->language[FTG_ENGLISH];
	catalog->languages = catalog->all = 1;
	return add_own_names(catalog, all) && add_preferences(catalog, all, from->preferences) &&
	    variants_make(catalog, all);
}

static bool
load(struct ftg_catalog *catalog, struct loader *loader, const struct ftg_sources *from)
{
	struct sources all = { .source = calloc(SOURCES_MAX, sizeof(struct source *)), .room = SOURCES_MAX };
	bool ok = all.source != NULL && load_sources(loader, &all, from) && make_languages(catalog, &all, from);
	int error = errno;
	free(all.source);
	free(all.domain);
	free(all.domain_source);
	errno = error;
	if (catalog->arena.failed || loader->sources->failed) {
		errno = ENOMEM;
		ok = false;
	}
	return ok;
}

static enum ftg_profile
valid_profile(enum ftg_profile profile)
{
	return profile == FTG_STRICT ? FTG_STRICT : FTG_PUBLISHED;
}

ftg_catalog *
ftg_catalog_open(const struct ftg_sources *from, ftg_report *report, void *context)
{
	struct ftg_catalog *catalog = calloc(1, sizeof(*catalog));
	struct loader *loader = malloc(sizeof(*loader));
	struct arena sources = { 0 };
	bool ok = catalog != NULL && loader != NULL;
	if (ok) {
		catalog->profile = valid_profile(from->profile);
		*loader = (struct loader) {
			.arena = &catalog->arena,
			.sources = &sources,
			.profile = catalog->profile,
			.report = report,
			.context = context,
		};
		ok = load(catalog, loader, from);
	}
	int error = errno;
	arena_free(&sources);
	free(loader);
	if (ok)
		return catalog;
	ftg_catalog_free(catalog);
	errno = error;
	return NULL;
}

ftg_catalog *
catalog_of_one(fill_source *fill, void *what, const struct tag *tag, enum ftg_profile profile, struct loader *loader)
{
	struct ftg_catalog *catalog = calloc(1, sizeof(*catalog));
	if (catalog == NULL)
		return NULL;
	catalog->profile = valid_profile(profile);
	loader->arena = loader->sources = &catalog->arena;
	loader->profile = catalog->profile;
	struct source *source = source_new(loader, tag, FTG_FROM_TRANSLATION);
	catalog->language = arena_alloc(&catalog->arena, 2 * sizeof(struct language *));
	if (source != NULL && catalog->language != NULL) {
		catalog->language[FTG_ENGLISH] = ftg_catalog_english(catalog->profile)->language[FTG_ENGLISH];
		catalog->all = FTG_CALLERS;
		fill(loader, source, what);
		struct language *language = add_language(catalog);
		char name[TAG_TEXT];
		tag_format(tag, name);
		if (language != NULL)
			(void)chain_fill(
			    language, name, &(struct sources) { .source = &source, .count = 1, .translations = 1 });
		catalog->languages = catalog->all = FTG_CALLERS + 1;
	}
	if (!catalog->arena.failed)
		return catalog;
	ftg_catalog_free(catalog);
	errno = ENOMEM;
	return NULL;
}

void
ftg_catalog_free(ftg_catalog *catalog)
{
	if (catalog == NULL || catalog->arena.fixed)
		return;
	arena_free(&catalog->arena);
	free(catalog);
}

enum ftg_profile
ftg_catalog_profile(const ftg_catalog *catalog)
{
	return catalog->profile;
}

int
ftg_catalog_languages(const ftg_catalog *catalog)
{
	return catalog->languages;
}

const char *
ftg_catalog_tag(const ftg_catalog *catalog, ftg_lang language)
{
	return catalog->language[language >= 0 && language < catalog->all ? language : FTG_ENGLISH]->name;
}

const char *
ftg_catalog_spoken(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding)
{
	return catalog->language[language >= 0 && language < catalog->all ? language : FTG_ENGLISH]->spoken[encoding];
}

const char *
ftg_catalog_spoken_in(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id)
{
	const struct ftg_voice voice = { .catalog = catalog, .language = language, .encoding = encoding };
	return ftg_voice_spoken(&voice, id);
}

enum ftg_origin
ftg_catalog_origin(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id)
{
	const struct ftg_voice voice = { .catalog = catalog, .language = language, .encoding = encoding };
	return ftg_voice_origin(&voice, id);
}

/* Compiles a file as a load does, and counts its refusals. -1 with errno. */
static int
check(const char *path, const struct ftg_compiled *compiled, ftg_report *report, void *context)
{
	struct tag tag;
	struct mo mo;
	struct arena arena = { 0 };
	const char *language = compiled->language;
	struct loader *loader = malloc(sizeof(*loader));
	if (loader == NULL)
		return -1;
	*loader = (struct loader) {
		.arena = &arena, .sources = &arena, .report = report, .context = context, .language = language
	};
	if (!tag_parse(&tag, language, strnlen(language, FTG_TAG_MAX)))
		(void)tag_parse(&tag, "en", 2);
	int result = path != NULL ? source_read_file(loader, &mo, path) : source_read_compiled(loader, &mo, compiled);
	int error = errno;
	if (result == 0)
		(void)source_compile(loader, &mo, &tag, compiled->own ? FTG_FROM_OVERLAY : FTG_FROM_TRANSLATION);
	if (arena.failed)
		error = ENOMEM;
	int refusals = result == -1 || arena.failed ? -1 : loader->refusals;
	arena_free(&arena);
	free(loader);
	errno = error;
	return refusals;
}

int
ftg_catalog_check_file(const char *path, const char *language, ftg_report *report, void *context)
{
	static const char own[] = "ftgate-local.mo";
	const char *slash = strrchr(path, '/');
	bool is_own = strcmp(slash != NULL ? slash + 1 : path, own) == 0;
	return check(path, &(struct ftg_compiled) { .language = language, .own = is_own }, report, context);
}

int
ftg_catalog_check_compiled(const struct ftg_compiled *compiled, ftg_report *report, void *context)
{
	return check(NULL, compiled, report, context);
}
