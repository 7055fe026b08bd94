/* The language of a session. */
#include "session/speech.h"

#include <string.h>

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
	if (speech->client && speech->utf8)
		voice->encoding = FTG_UTF8;
}
