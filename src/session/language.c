/* The language of a session. */
#include "session/language.h"

#include <string.h>

#include "base/ascii.h"

void
speech_wish(struct speech *speech, enum speech_wish whose, const char *language)
{
	size_t len = strlen(language);

	if (strcmp(speech->wish[whose], language) == 0)
		return;
	speech->known = false;
	if (len >= FTG_TAG_MAX)
		len = 0;
	memcpy(speech->wish[whose], language, len);
	speech->wish[whose][len] = '\0';
}

static ftg_lang
find(const ftg_catalog *catalog, const char *wish)
{
	return wish == NULL || *wish == '\0' ? -1 : ftg_catalog_find(catalog, wish);
}

bool
speech_is_range(const char *range, size_t len)
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

/* The catalogue takes locale names as well, of which C and POSIX are ranges of no language. */
const char *
speech_find(const ftg_catalog *catalog, const char *range, size_t len)
{
	char name[FTG_TAG_MAX];

	if (!speech_is_range(range, len))
		return NULL;
	memcpy(name, range, len);
	name[len] = '\0';
	if (len == strlen(SPEECH_DEFAULT) && ascii_equal(name, SPEECH_DEFAULT, len))
		return SPEECH_DEFAULT;
	ftg_lang language = ftg_language_valid(name) ? ftg_catalog_find(catalog, name) : -1;
	return language >= 0 ? ftg_catalog_tag(catalog, language) : NULL;
}

static void
look_up(struct speech *speech, const ftg_catalog *catalog)
{
	speech->language = find(catalog, speech->wish[SPEECH_CLIENT]);
	speech->client = speech->language >= 0 && strcmp(speech->wish[SPEECH_CLIENT], SPEECH_DEFAULT) != 0;
	for (int i = SPEECH_CLIENT + 1; i < SPEECH_WISHES && speech->language < 0; i++)
		speech->language = find(catalog, speech->wish[i]);
	if (speech->language < 0)
		speech->language = find(catalog, speech->listener);
}

void
speech_voice(struct speech *speech, unsigned generation, struct ftg_voice *voice)
{
	if (!speech->known || speech->generation != generation) {
		look_up(speech, voice->catalog);
		speech->known = true;
		speech->generation = generation;
	}
	if (speech->language >= 0)
		voice->language = speech->language;
	if (speech->all_utf8 || (speech->client && speech->utf8))
		voice->encoding = FTG_UTF8;
}
