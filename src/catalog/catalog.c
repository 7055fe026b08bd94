/* A generation of the catalogue: finding its files, loading each, and one table for every language. */
#include "catalog/chain.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MAX = 1024 };

static const char domain_translation[] = "ftgate";
static const char domain_overlay[] = "ftgate-local";

/* Like mo_read(), but reports a file that is not a valid .mo. */
static int
read_file(struct loader *loader, struct mo *mo, const char *path)
{
	const char *why = "";
	loader->file = path;
	int result = mo_read(mo, path, &why);
	if (result == -2)
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, why);
	return result;
}

/* The same for a catalogue in memory, of which it makes a copy. */
static int
read_compiled(struct loader *loader, struct mo *mo, const struct ftg_compiled *compiled)
{
	const char *why = "larger than a catalogue may be (1 MiB)";
	loader->file = compiled->file;
	char *copy = compiled->len <= MO_SIZE_MAX ? malloc(compiled->len + 1) : NULL;
	if (copy == NULL && compiled->len <= MO_SIZE_MAX)
		return -1;
	if (copy != NULL && compiled->len > 0)
		memcpy(copy, compiled->octets, compiled->len);
	if (copy != NULL && mo_parse(mo, copy, compiled->len, &why))
		return 0;
	free(copy);
	loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, why);
	return -2;
}

/* Compiles a file into a source, and frees the file. NULL if the whole file is refused or memory is exhausted. */
static struct source *
compile_file(struct loader *loader, struct mo *mo, const struct tag *tag, enum ftg_origin origin)
{
	struct source *source = source_new(loader->arena, tag, origin);
	if (source != NULL && !source_fill(loader, source, mo))
		source = NULL;
	mo_free(mo);
	return source;
}

static void
add_source(struct loader *loader, struct sources *all, struct mo *mo, const struct tag *tag, enum ftg_origin origin)
{
	struct source *source = compile_file(loader, mo, tag, origin);
	if (source == NULL)
		return;
	snprintf(source->folder, sizeof(source->folder), "%s", loader->language);
	all->source[all->count++] = source;
}

/*
 * Adds a file to the sources, if it exists. Returns false with errno if a retry could succeed: a generation without these
 * texts would be worse than none.
 */
static bool
load_file(struct loader *loader, struct sources *all, const char *path, const struct tag *tag, enum ftg_origin origin)
{
	struct mo mo;
	int result = read_file(loader, &mo, path);
	if (result == 0)
		add_source(loader, all, &mo, tag, origin);
	if (result != -1 || errno == ENOENT || errno == ENOTDIR)
		return true;
	if (errno == ENOMEM || errno == EMFILE || errno == ENFILE)
		return false;
	loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, strerror(errno));
	return true;
}

/* Two folders can be of one language, de and de.UTF-8: the order of their octets decides. */
static int
by_name(const void *a, const void *b)
{
	const struct source *const *x = a, *const *y = b;
	int order = tag_compare(&(*x)->tag, &(*y)->tag);
	return order != 0 ? order : strcmp((*x)->folder, (*y)->folder);
}

static void
sort_sources(struct sources *all, size_t first)
{
	qsort(all->source + first, all->count - first, sizeof(struct source *), by_name);
}

static bool
load_language(struct loader *loader, struct sources *all, const char *folder, const char *name, enum ftg_origin origin)
{
	struct tag tag;
	char path[PATH_MAX];
	const char *domain = origin == FTG_FROM_OVERLAY ? domain_overlay : domain_translation;
	if (!tag_parse(&tag, name, strnlen(name, FTG_TAG_MAX)))
		return true;
	if (origin == FTG_FROM_TRANSLATION && loader->has_draft && tag_compare(&tag, &loader->draft) == 0)
		return true;
	if (snprintf(path, sizeof(path), "%s/%s/LC_MESSAGES/%s.mo", folder, name, domain) >= (int)sizeof(path))
		return true;
	loader->language = name;
	if (all->count == SOURCES_MAX) {
		loader->file = path;
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, "more than 1024 catalogues");
		return true;
	}
	return load_file(loader, all, path, &tag, origin);
}

/* Adds every LL/LC_MESSAGES/DOMAIN.mo of a folder, in the order of their tags. False with errno if it cannot be read. */
static bool
load_folder(struct loader *loader, struct sources *all, const char *folder, enum ftg_origin origin)
{
	size_t first = all->count;
	if (folder == NULL)
		return true;
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return errno == ENOENT;
	bool ok;
	struct dirent *entry;
	do {
		errno = 0;
		entry = readdir(dir);
		ok = entry != NULL ? load_language(loader, all, folder, entry->d_name, origin) : errno == 0;
	} while (ok && entry != NULL);
	int error = errno;
	closedir(dir);
	sort_sources(all, first);
	errno = error;
	return ok;
}

/* Adds the catalogue in memory to the translations. */
static bool
load_draft(struct loader *loader, struct sources *all, const struct ftg_compiled *draft)
{
	struct mo mo;
	if (draft == NULL || !loader->has_draft || all->count == SOURCES_MAX)
		return true;
	loader->language = draft->language;
	int result = read_compiled(loader, &mo, draft);
	if (result == 0)
		add_source(loader, all, &mo, &loader->draft, FTG_FROM_TRANSLATION);
	sort_sources(all, 0);
	return result != -1;
}

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
load_folders(struct loader *loader, struct sources *all, const struct ftg_sources *from)
{
	const struct ftg_compiled *draft = from->draft;
	loader->has_draft = draft != NULL &&
	    tag_parse(&loader->draft, draft->language, strnlen(draft->language, FTG_TAG_MAX));
	if (!load_folder(loader, all, from->locale, FTG_FROM_TRANSLATION) || !load_draft(loader, all, draft))
		return false;
	all->translations = all->count;
	return load_folder(loader, all, from->overlay, FTG_FROM_OVERLAY);
}

static bool
load(struct ftg_catalog *catalog, struct loader *loader, const struct ftg_sources *from)
{
	struct sources all = { .source = calloc(SOURCES_MAX, sizeof(struct source *)) };
	bool ok = all.source != NULL && load_folders(loader, &all, from);
	size_t room = 1 + all.count + count_preferences(from->preferences);
	if (ok && (catalog->language = arena_alloc(&catalog->arena, room * sizeof(struct language *))) != NULL) {
		catalog->language[FTG_ENGLISH] = ftg_catalog_english(catalog->profile)->language[FTG_ENGLISH];
		catalog->languages = catalog->all = 1;
		ok = add_own_names(catalog, &all) && add_preferences(catalog, &all, from->preferences);
	}
	free(all.source);
	if (ok && catalog->arena.failed) {
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
	bool ok = catalog != NULL && loader != NULL;
	if (ok) {
		catalog->profile = valid_profile(from->profile);
		*loader = (struct loader) {
			.arena = &catalog->arena, .profile = catalog->profile, .report = report, .context = context
		};
		ok = load(catalog, loader, from);
	}
	free(loader);
	if (ok)
		return catalog;
	int error = errno;
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
	loader->arena = &catalog->arena;
	loader->profile = catalog->profile;
	struct source *source = source_new(&catalog->arena, tag, FTG_FROM_TRANSLATION);
	catalog->language = arena_alloc(&catalog->arena, 2 * sizeof(struct language *));
	if (source != NULL && catalog->language != NULL) {
		catalog->language[FTG_ENGLISH] = ftg_catalog_english(catalog->profile)->language[FTG_ENGLISH];
		catalog->all = FTG_CALLERS;
		fill(loader, source, what);
		struct language *language = add_language(catalog);
		char name[TAG_TEXT];
		tag_format(tag, name);
		if (language != NULL)
			(void)chain_fill(language, name, &(struct sources) { &source, 1, 1 });
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

enum ftg_origin
ftg_catalog_origin(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id)
{
	ftg_lang known = language >= 0 && language < catalog->all ? language : FTG_ENGLISH;
	return (enum ftg_origin)catalog->language[known]->entry[encoding][id]->origin;
}

const char *
ftg_catalog_spoken(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding)
{
	return catalog->language[language >= 0 && language < catalog->all ? language : FTG_ENGLISH]->spoken[encoding];
}

const char *
ftg_catalog_spoken_in(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id)
{
	ftg_lang known = language >= 0 && language < catalog->all ? language : FTG_ENGLISH;
	return catalog->language[known]->entry[encoding][id]->spoken;
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
	*loader = (struct loader) { .arena = &arena, .report = report, .context = context, .language = language };
	if (!tag_parse(&tag, language, strnlen(language, FTG_TAG_MAX)))
		(void)tag_parse(&tag, "en", 2);
	int result = path != NULL ? read_file(loader, &mo, path) : read_compiled(loader, &mo, compiled);
	int error = errno;
	if (result == 0)
		(void)compile_file(loader, &mo, &tag, FTG_FROM_TRANSLATION);
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
	return check(path, &(struct ftg_compiled) { .language = language }, report, context);
}

int
ftg_catalog_check_compiled(const struct ftg_compiled *compiled, ftg_report *report, void *context)
{
	return check(NULL, compiled, report, context);
}
