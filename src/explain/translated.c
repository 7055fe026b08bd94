/* The explanations in one language, from the catalogue of what the programs say. */
#include "explain/translated.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "catalog/mo.h"

struct explain_texts {
	bool english;
	struct mo mo; /* unless it is English */
};

/* A locale name has "_" where the tag has "-"; no other character of a tag could leave the folder. */
static bool
write_path(char path[PATH_MAX], const char *locale, const char *language, size_t len)
{
	int end = snprintf(path, PATH_MAX, "%s/%.*s/LC_MESSAGES/ftgate-tools.mo", locale, (int)len, language);
	if (end < 0 || end >= PATH_MAX || memchr(language, '/', len) != NULL || language[0] == '.')
		return false;
	for (char *at = path + strlen(locale) + 1; *at != '/'; at++)
		if (*at == '-')
			*at = '_';
	return true;
}

static bool
read_file(struct explain_texts *texts, const char *locale, const char *language)
{
	char path[PATH_MAX];
	const char *why;
	for (size_t len = strlen(language); len > 0;) {
		if (write_path(path, locale, language, len) && mo_read(&texts->mo, path, &why) == 0)
			return true;
		const char *before = memrchr(language, '-', len);
		len = before != NULL ? (size_t)(before - language) : 0;
	}
	return false;
}

struct explain_texts *
explain_texts_open(const char *locale, const char *language)
{
	struct explain_texts *texts = calloc(1, sizeof *texts);
	if (texts == NULL)
		return NULL;
	texts->english = strcmp(language, "en") == 0 || strncmp(language, "en-", 3) == 0;
	if (texts->english || (locale != NULL && read_file(texts, locale, language)))
		return texts;
	free(texts);
	return NULL;
}

void
explain_texts_free(struct explain_texts *texts)
{
	if (texts == NULL)
		return;
	if (!texts->english)
		mo_free(&texts->mo);
	free(texts);
}

static bool
may_be_shown(struct mo_string text)
{
	for (size_t at = 0; at < text.len;) {
		bool shown;
		at += printable_next(text.bytes + at, text.len - at, &shown);
		if (!shown)
			return false;
	}
	return text.len > 0;
}

/* msgfmt sorts the keys of a file; in one that is not sorted some are not found. */
const char *
explain_text(const struct explain_texts *texts, const char *english)
{
	if (texts == NULL || texts->english)
		return texts == NULL ? NULL : english;
	for (uint32_t low = 0, high = texts->mo.entries; low < high;) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(mo_key(&texts->mo, middle).bytes, english);
		if (order == 0) {
			struct mo_string text = mo_text(&texts->mo, middle);
			return may_be_shown(text) ? text.bytes : NULL;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
