/* Reading the files of a generation: each catalogue of the folders becomes a source. */
#include "catalog/load.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOMAIN_NAME_MAX = 255 };

static const char domain_translation[] = "ftgate";
static const char too_many[] = "more catalogues than a server reads";
static const char domain_overlay[] = "ftgate-local";

int
source_read_file(struct loader *loader, struct mo *mo, const char *path)
{
	const char *why = "";
	loader->file = path;
	int result = mo_read(mo, path, &why);
	if (result == -2)
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, why);
	return result;
}

int
source_read_compiled(struct loader *loader, struct mo *mo, const struct ftg_compiled *compiled)
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

struct source *
source_compile(struct loader *loader, struct mo *mo, const struct tag *tag, enum ftg_origin origin)
{
	struct source *source = source_new(loader, tag, origin);
	if (source != NULL && !source_fill(loader, source, mo))
		source = NULL;
	mo_free(mo);
	return source;
}

static void
add_source(struct loader *loader, struct sources *all, struct mo *mo, const struct tag *tag, enum ftg_origin origin)
{
	struct source *source = source_compile(loader, mo, tag, origin);
	if (source == NULL)
		return;
	snprintf(source->folder, sizeof(source->folder), "%s", loader->language);
	all->source[all->count++] = source;
}

/*
 * Refuses a file or folder that cannot be read. Returns false with errno if a retry could succeed: a generation without
 * these texts would be worse than none.
 */
static bool
refuse_path(struct loader *loader, const char *path)
{
	if (errno == ENOMEM || errno == EMFILE || errno == ENFILE)
		return false;
	loader->file = path;
	loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, strerror(errno));
	return true;
}

/* Adds a file to the sources, if it exists. Returns false with errno if a retry could succeed. */
static bool
load_file(struct loader *loader, struct sources *all, const char *path, const struct tag *tag, enum ftg_origin origin)
{
	struct mo mo;
	int result = source_read_file(loader, &mo, path);
	if (result == 0)
		add_source(loader, all, &mo, tag, origin);
	return result != -1 || errno == ENOENT || errno == ENOTDIR || refuse_path(loader, path);
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
	if (all->count == all->room) {
		loader->file = path;
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, too_many);
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
	if (draft == NULL || !loader->has_draft || all->count == all->room)
		return true;
	loader->language = draft->language;
	int result = source_read_compiled(loader, &mo, draft);
	if (result == 0)
		add_source(loader, all, &mo, &loader->draft, FTG_FROM_TRANSLATION);
	sort_sources(all, 0);
	return result != -1;
}

bool
load_is_domain(const char *folder)
{
	size_t len = strlen(folder);
	return folder[0] == '@' && len > 1 && len <= DOMAIN_NAME_MAX + 1 && folder[1] != '.' &&
	    strspn(folder + 1, "abcdefghijklmnopqrstuvwxyz0123456789-._") == len - 1;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct domain_sources *)a)->name, ((const struct domain_sources *)b)->name);
}

static bool
add_domain(struct loader *loader, struct sources *all, const char *folder)
{
	size_t size = strlen(folder);
	char *name = arena_alloc(loader->arena, size);
	if (all->domain == NULL)
		all->domain = calloc(DOMAIN_SOURCES_MAX, sizeof(*all->domain));
	if (name == NULL || all->domain == NULL)
		return false;
	if (all->domains == DOMAIN_SOURCES_MAX) {
		loader->file = loader->language = folder;
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_FILE, too_many);
		return true;
	}
	all->domain[all->domains++] = (struct domain_sources) { .name = memcpy(name, folder + 1, size) };
	return true;
}

/* Lists the folders of domains. False with errno. */
static bool
find_domains(struct loader *loader, struct sources *all, const char *overlay)
{
	DIR *dir = opendir(overlay);
	if (dir == NULL)
		return errno == ENOENT;
	bool ok = true;
	struct dirent *entry;
	while (ok && (errno = 0, entry = readdir(dir)) != NULL)
		ok = !load_is_domain(entry->d_name) || add_domain(loader, all, entry->d_name);
	int error = errno;
	closedir(dir);
	errno = error;
	if (all->domains > 1)
		qsort(all->domain, all->domains, sizeof(*all->domain), compare_names);
	return ok && error == 0;
}

/* A language that only a domain speaks is one of the catalogue: an empty source of the server stands for it. */
static bool
add_language_of(struct loader *loader, struct sources *all, const struct source *of)
{
	if (sources_find(all, &of->tag) < all->count || all->count == all->room)
		return true;
	struct source *source = source_new(loader, &of->tag, FTG_FROM_OVERLAY);
	if (source == NULL)
		return false;
	all->source[all->count++] = source;
	sort_sources(all, all->translations);
	return true;
}

/*
 * Loads the texts of one domain behind those of the domains before it. A folder that cannot be read is refused alone: the
 * other domains keep their texts.
 */
static bool
load_domain(
    struct loader *loader, struct sources *all, struct sources *own, struct domain_sources *domain, const char *overlay)
{
	char path[PATH_MAX];
	size_t first = own->count;
	domain->source = own->source + first;
	if (snprintf(path, sizeof(path), "%s/@%s", overlay, domain->name) >= (int)sizeof(path))
		return true;
	loader->language = domain->name;
	if (!load_folder(loader, own, path, FTG_FROM_OVERLAY) && !refuse_path(loader, path))
		return false;
	domain->count = own->count - first;
	for (size_t i = first; i < own->count; i++) {
		if (!add_language_of(loader, all, own->source[i]))
			return false;
	}
	return true;
}

/* Loads the texts of all domains; forgets those that have none. */
static bool
load_domains(struct loader *loader, struct sources *all, const char *overlay)
{
	struct sources own = { .room = DOMAIN_SOURCES_MAX };
	if (overlay == NULL)
		return true;
	if (!find_domains(loader, all, overlay))
		return false;
	if (all->domains == 0)
		return true;
	own.source = all->domain_source = calloc(own.room, sizeof(struct source *));
	if (own.source == NULL)
		return false;
	size_t kept = 0;
	for (size_t i = 0; i < all->domains; i++) {
		if (!load_domain(loader, all, &own, &all->domain[i], overlay))
			return false;
		if (all->domain[i].count > 0)
			all->domain[kept++] = all->domain[i];
	}
	all->domains = kept;
	return true;
}

bool
load_sources(struct loader *loader, struct sources *all, const struct ftg_sources *from)
{
	const struct ftg_compiled *draft = from->draft;
	loader->has_draft = draft != NULL &&
	    tag_parse(&loader->draft, draft->language, strnlen(draft->language, FTG_TAG_MAX));
	if (!load_folder(loader, all, from->locale, FTG_FROM_TRANSLATION) || !load_draft(loader, all, draft))
		return false;
	all->translations = all->count;
	return load_folder(loader, all, from->overlay, FTG_FROM_OVERLAY) && load_domains(loader, all, from->overlay);
}
