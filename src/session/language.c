/* Chooses the language of a session from the preferences of client, account, domain and listener. */
#include "session/language.h"

#include <string.h>

#include "base/text/ascii.h"

void
session_language_prefer(struct session_language *chosen, enum language_source source, const char *language)
{
	size_t len = strlen(language);

	if (strcmp(chosen->preferred[source], language) == 0)
		return;
	chosen->known = false;
	if (len >= FTG_TAG_MAX)
		len = 0;
	memcpy(chosen->preferred[source], language, len);
	chosen->preferred[source][len] = '\0';
}

void
session_language_speak_of(struct session_language *chosen, enum language_source source, const char *domain)
{
	char *name = source == LANGUAGE_OF_ACCOUNT ? chosen->account_domain : chosen->domain_name;
	size_t len = strlen(domain);

	if (strcmp(name, domain) == 0)
		return;
	chosen->known = false;
	if (len >= SESSION_DOMAIN_SIZE)
		len = 0;
	memcpy(name, domain, len);
	name[len] = '\0';
}

static ftg_lang
find(const ftg_catalog *catalog, const char *range)
{
	return range == NULL || *range == '\0' ? -1 : ftg_catalog_find(catalog, range);
}

bool
language_is_range(const char *range, size_t len)
{
	size_t part = 0, digits = 0, parts = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && ascii_is_alnum(range[i])) {
			part++;
			digits += ascii_is_digit(range[i]);
			continue;
		}
		if ((i < len && range[i] != '-') || part == 0 || part > 8 || (parts == 0 && digits > 0))
			return false;
		parts++;
		part = 0;
	}
	return len < FTG_TAG_MAX;
}

/* A catalogue is searched by locale names, too; C and POSIX are such names, but no languages. */
const char *
session_language_find(const ftg_catalog *catalog, const char *range, size_t len)
{
	char name[FTG_TAG_MAX];

	if (!language_is_range(range, len))
		return NULL;
	memcpy(name, range, len);
	name[len] = '\0';
	if (len == strlen(LANGUAGE_DEFAULT) && ascii_equal(name, LANGUAGE_DEFAULT, len))
		return LANGUAGE_DEFAULT;
	ftg_lang language = ftg_language_valid(name) ? ftg_catalog_find(catalog, name) : -1;
	return language >= 0 ? ftg_catalog_tag(catalog, language) : NULL;
}

static void
look_up(struct session_language *chosen, const ftg_catalog *catalog)
{
	chosen->language = find(catalog, chosen->preferred[LANGUAGE_OF_CLIENT]);
	chosen->client = chosen->language >= 0 && strcmp(chosen->preferred[LANGUAGE_OF_CLIENT], LANGUAGE_DEFAULT) != 0;
	for (int i = LANGUAGE_OF_CLIENT + 1; i < LANGUAGE_SOURCES && chosen->language < 0; i++)
		chosen->language = find(catalog, chosen->preferred[i]);
	if (chosen->language < 0)
		chosen->language = find(catalog, chosen->listener);
	chosen->domain = ftg_catalog_domain(
	    catalog, *chosen->account_domain != '\0' ? chosen->account_domain : chosen->domain_name);
}

void
session_language_voice(struct session_language *chosen, unsigned generation, struct ftg_voice *voice)
{
	if (!chosen->known || chosen->generation != generation) {
		look_up(chosen, voice->catalog);
		chosen->known = true;
		chosen->generation = generation;
	}
	if (chosen->language >= 0)
		voice->language = chosen->language;
	voice->domain = chosen->domain;
	voice->text = chosen->text;
	voice->audience = *chosen->account_domain != '\0' ? FTG_USERS : FTG_EVERYONE;
	if (chosen->all_utf8 || (chosen->client && chosen->utf8))
		voice->encoding = FTG_UTF8;
}
