/* The texts of one language, from a catalogue that the programs read. */
#include "explain/translated.h"

#include <dirent.h>
#include <ftgate/catalog.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/printable.h"
#include "catalog/mo.h"
#include "catalog/tag.h"

struct explain_texts {
	bool english;
	char tag[TAG_TEXT];
	struct mo mo; /* unless it is English */
};

/* Reads the file of the first folder whose name has this tag: zh_CN for zh-Hans, sr@latin for sr-Latn. */
static bool
read_tag(struct explain_texts *texts, DIR *locale, const char *path, const char *domain, const struct tag *wanted)
{
	char file[PATH_MAX];
	const char *why;
	struct dirent *entry;
	rewinddir(locale);
	while ((entry = readdir(locale)) != NULL) {
		struct tag tag;
		if (!tag_parse(&tag, entry->d_name, strnlen(entry->d_name, FTG_TAG_MAX)) || !tag_equal(&tag, wanted))
			continue;
		int len = snprintf(file, sizeof file, "%s/%s/LC_MESSAGES/%s.mo", path, entry->d_name, domain);
		if (len < (int)sizeof file && mo_read(&texts->mo, file, &why) == 0) {
			tag_format(&tag, texts->tag);
			return true;
		}
	}
	return false;
}

static bool
read_file(struct explain_texts *texts, const char *path, const char *domain, const char *language)
{
	struct tag tag, candidate;
	DIR *locale = opendir(path);
	bool found = false;
	if (locale == NULL)
		return false;
	if (tag_parse(&tag, language, strnlen(language, FTG_TAG_MAX)))
		for (unsigned k = 0; !found && tag_candidate(&tag, k, &candidate); k++)
			found = read_tag(texts, locale, path, domain, &candidate);
	closedir(locale);
	return found;
}

struct explain_texts *
explain_texts_of(const char *domain, const char *locale, const char *language)
{
	struct explain_texts *texts = calloc(1, sizeof *texts);
	if (texts == NULL)
		return NULL;
	texts->english = strcmp(language, "en") == 0 || strncmp(language, "en-", 3) == 0;
	memcpy(texts->tag, "en", sizeof "en");
	if (texts->english || (locale != NULL && read_file(texts, locale, domain, language)))
		return texts;
	free(texts);
	return NULL;
}

struct explain_texts *
explain_texts_open(const char *locale, const char *language)
{
	return explain_texts_of("ftgate-tools", locale, language);
}

const char *
explain_texts_tag(const struct explain_texts *texts)
{
	return texts->tag;
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

/* U+200C and U+200D, which join and part letters: Persian needs them. */
static bool
is_joiner(const char *text, size_t octets)
{
	return octets == 3 && (memcmp(text, "\xE2\x80\x8C", 3) == 0 || memcmp(text, "\xE2\x80\x8D", 3) == 0);
}

static bool
may_be_shown(struct mo_string text)
{
	for (size_t at = 0, octets; at < text.len; at += octets) {
		bool shown;
		octets = printable_next(text.bytes + at, text.len - at, &shown);
		if (!shown && !is_joiner(text.bytes + at, octets))
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
