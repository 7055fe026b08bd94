/* The site of the replies: its catalogue and its languages. */
#include "site.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/tag.h"
#include "cmd/msg/language_table.h"

static const char *
name_of(const char *tag)
{
	static const struct {
		const char *tag, *name;
	} names[] = {
#define NAME(tag, name) { tag, name },
#include "languages.def"
#undef NAME
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].tag, tag) == 0)
			return names[i].name;
	return NULL;
}

/* The row of a language by its tag, which is "sr-Latn" where the table has sr. */
static const char *
english_of(const char *tag)
{
	char locale[FTG_TAG_MAX];
	if (strcmp(tag, "zh-Hans") == 0 || strcmp(tag, "zh-Hant") == 0)
		tag = strcmp(tag, "zh-Hans") == 0 ? "zh_CN" : "zh_TW";
	snprintf(locale, sizeof locale, "%s", tag);
	for (char *dash = strchr(locale, '-'); dash != NULL; dash = strchr(dash, '-'))
		*dash = '_';
	const struct language_row *row = language_find(locale);
	if (row == NULL) {
		locale[strcspn(locale, "_")] = '\0';
		row = language_find(locale);
	}
	return row != NULL ? row->english : NULL;
}

static bool
same_language(const char *name, size_t len, const char *tag)
{
	struct tag a, b;
	return tag_parse(&a, name, len) && tag_parse(&b, tag, strlen(tag)) && tag_equal(&a, &b);
}

/* Whether a list of names has a language; NULL has all. English is in every one. */
static bool
is_wanted(const char *only, const char *tag)
{
	if (only == NULL || strcmp(tag, "en") == 0)
		return true;
	for (const char *at = only; *at != '\0';) {
		size_t len = strcspn(at, ":,");
		if (same_language(at, len, tag))
			return true;
		at += len + (at[len] != '\0');
	}
	return false;
}

/* The built-in English is not a language of the site if there is a translation of that name: the polite English. */
static bool
is_hidden(const struct site *site, ftg_lang language)
{
	return language == FTG_ENGLISH && ftg_catalog_find(site->catalog, "en") != FTG_ENGLISH;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct site_language *)a)->tag, ((const struct site_language *)b)->tag);
}

static bool
list_languages(struct site *site, const char *only)
{
	int all = ftg_catalog_languages(site->catalog);
	site->language = calloc((size_t)all + 1, sizeof *site->language);
	for (ftg_lang language = 0; site->language != NULL && language < all; language++) {
		const char *tag = ftg_catalog_tag(site->catalog, language), *name = name_of(tag);
		const char *english = english_of(tag);
		if (is_hidden(site, language) || !is_wanted(only, tag))
			continue;
		site->language[site->count++] = (struct site_language) {
			.language = language,
			.tag = tag,
			.name = name != NULL  ? name
			    : english != NULL ? english
			                      : tag,
			.english = english != NULL ? english : tag,
			.rtl = ftg_language_is_rtl(tag),
			.words = explain_texts_of(SITE_DOMAIN, site->voice->locale, tag),
			.explanations = explain_texts_open(site->voice->locale, tag),
		};
	}
	if (site->language == NULL)
		return false;
	qsort(site->language, site->count, sizeof *site->language, compare);
	return true;
}

/* Complains of a name of a list that no language of the site has. */
static bool
check_names(const struct site *site, const char *only)
{
	for (const char *at = only; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, ":,"), i = 0;
		while (i < site->count && !same_language(at, len, site->language[i].tag))
			i++;
		if (i == site->count) {
			char name[FTG_TAG_MAX];
			snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), at);
			complain_of_word(language_nearest(name), _("there is no catalogue for '%s'"), name);
			return false;
		}
		at += len + (at[len] != '\0');
	}
	return true;
}

/* A file of own texts is the operator's; its name is that of its domain of gettext. */
static bool
is_own(const char *file)
{
	const char *end = "/ftgate-local.mo";
	size_t len = file != NULL ? strlen(file) : 0;
	return len >= strlen(end) && strcmp(file + len - strlen(end), end) == 0;
}

static void
keep_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct site *site = context;
	struct tag tag;
	char text[TAG_TEXT];
	if (refusal->id == FTG_IDS || !tag_parse(&tag, refusal->language, strnlen(refusal->language, FTG_TAG_MAX)))
		return;
	if (site->refusals == site->refusal_room) {
		size_t room = site->refusal_room * 2 + 64;
		struct site_refusal *more = reallocarray(site->refusal, room, sizeof *more);
		site->failed = site->failed || more == NULL;
		if (more == NULL)
			return;
		site->refusal = more;
		site->refusal_room = room;
	}
	tag_format(&tag, text);
	const char *copy = strdup(text);
	site->failed = site->failed || copy == NULL;
	if (copy != NULL)
		site->refusal[site->refusals++] = (struct site_refusal) { copy, refusal->id, refusal->rule,
			is_own(refusal->file) };
}

bool
site_open(struct site *site, const struct voice *voice, const char *only)
{
	const struct ftg_sources sources = { .locale = voice->locale, .overlay = voice->overlay };
	*site = (struct site) { .voice = voice };
	site->catalog = ftg_catalog_open(&sources, keep_refusal, site);
	if (site->catalog == NULL) {
		complain_errno(voice->locale);
		return false;
	}
	if (!list_languages(site, only) || site->failed) {
		complain_errno(_("memory"));
		return false;
	}
	return check_names(site, only);
}

void
site_close(struct site *site)
{
	for (size_t i = 0; i < site->count; i++) {
		explain_texts_free(site->language[i].words);
		explain_texts_free(site->language[i].explanations);
	}
	for (size_t i = 0; i < site->refusals; i++)
		free((char *)(uintptr_t)site->refusal[i].tag);
	free(site->refusal);
	free(site->language);
	ftg_catalog_free(site->catalog);
}

struct ftg_voice
site_voice(const struct site *site, const struct site_language *language, enum ftg_encoding encoding)
{
	return (struct ftg_voice) {
		.catalog = site->catalog,
		.language = language->language,
		.encoding = encoding,
		.audience = site->voice->audience,
		.domain = *site->voice->domain != '\0' ? ftg_catalog_domain(site->catalog, site->voice->domain) : 0,
	};
}

const struct site_refusal *
site_refusal(const struct site *site, const struct site_language *language, enum ftg_id id)
{
	for (size_t i = 0; i < site->refusals; i++)
		if (site->refusal[i].id == id && strcmp(site->refusal[i].tag, language->tag) == 0)
			return &site->refusal[i];
	return NULL;
}

const struct site_language *
site_find(const struct site *site, const char *tag)
{
	for (size_t i = 0; i < site->count; i++)
		if (strcmp(site->language[i].tag, tag) == 0)
			return &site->language[i];
	return NULL;
}
