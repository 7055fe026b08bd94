/* The explanations in one language, from the catalogue of what the programs say. */
#include "explain/translated.h"

#include <dirent.h>
#include <ftgate/catalog.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "catalog/mo.h"
#include "catalog/tag.h"

struct explain_texts {
	bool english;
	struct mo mo; /* unless it is English */
};

/* Reads the file of the first folder whose name has this tag: zh_CN for zh-Hans, sr@latin for sr-Latn. */
static bool
read_tag(struct explain_texts *texts, DIR *locale, const char *path, const struct tag *wanted)
{
	char file[PATH_MAX];
	const char *why;
	struct dirent *entry;
	rewinddir(locale);
	while ((entry = readdir(locale)) != NULL) {
		struct tag tag;
		if (!tag_parse(&tag, entry->d_name, strnlen(entry->d_name, FTG_TAG_MAX)) || !tag_equal(&tag, wanted))
			continue;
		int len = snprintf(file, sizeof file, "%s/%s/LC_MESSAGES/ftgate-tools.mo", path, entry->d_name);
		if (len < (int)sizeof file && mo_read(&texts->mo, file, &why) == 0)
			return true;
	}
	return false;
}

static bool
read_file(struct explain_texts *texts, const char *path, const char *language)
{
	struct tag tag, candidate;
	DIR *locale = opendir(path);
	bool found = false;
	if (locale == NULL)
		return false;
	if (tag_parse(&tag, language, strnlen(language, FTG_TAG_MAX)))
		for (unsigned k = 0; !found && tag_candidate(&tag, k, &candidate); k++)
			found = read_tag(texts, locale, path, &candidate);
	closedir(locale);
	return found;
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
