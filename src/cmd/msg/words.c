/* Finds a reply by its words, if the reference is missing: by the longest fixed part of a text. */
#include "find.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

enum {
	LOOK_MAX = 64 * 1024, /* octets of a paste that are searched */
	WORDS_MIN = 8,        /* least octets of a part, so that it is not found by chance */
};

struct search {
	struct hits *hits;
	const ftg_catalog *catalog;
	const char *text; /* plain */
	size_t len;
	size_t best; /* octets of the longest part found */
};

/* Writes text with lower-case ASCII letters and single spaces, since mail programs wrap lines and change case. */
static size_t
put_plain(char *out, const char *text, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		bool space = isspace((unsigned char)text[i]);

		if (!space)
			out[len++] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	return len;
}

static void
search_form(struct search *s, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id, unsigned form)
{
	char plain[TEXTS_MAX];
	const char *part = "";
	size_t n = texts_longest(&part, s->catalog, language, encoding, id, form);
	struct hit hit = { .kind = HIT_REPLY, .id = id, .language = ftg_catalog_tag(s->catalog, language) };

	if (n > sizeof plain)
		return;
	n = put_plain(plain, part, n);
	if (n < WORDS_MIN || n < s->best || !memmem(s->text, s->len, plain, n))
		return;
	if (n > s->best)
		s->hits->count = 0;
	s->best = n;
	hits_add(s->hits, &hit);
}

static void
search_language(struct search *s, ftg_lang language)
{
	for (int encoding = 0; encoding < FTG_ENCODINGS; encoding++)
		for (enum ftg_id id = 0; id < FTG_IDS; id++) {
			enum ftg_encoding e = (enum ftg_encoding)encoding;
			unsigned forms = texts_forms(s->catalog, language, e, id);

			if (language != FTG_ENGLISH &&
			    strcmp(ftg_catalog_spoken_in(s->catalog, language, e, id),
			        ftg_catalog_tag(s->catalog, language)) != 0)
				continue;
			for (unsigned form = 0; form < forms; form++)
				search_form(s, language, e, id, form);
		}
}

/* Of several replies with the same words, keeps those whose reply code is in the text, if any is. */
static void
narrow(struct hits *hits, const char *text, size_t n)
{
	struct hits kept = { 0 };

	for (size_t i = 0; i < hits->count; i++) {
		const struct ftg_row *row = ftg_row(hits->at[i].id);

		if (find_code(row->code[FTG_PUBLISHED].reply, text, n) ||
		    find_code(row->code[FTG_STRICT].reply, text, n))
			hits_add(&kept, &hits->at[i]);
	}
	if (kept.count > 0)
		*hits = kept;
}

void
find_words(struct hits *hits, const ftg_catalog *catalog, const char *text, size_t n)
{
	struct hits found = { 0 };
	struct search s = { .hits = &found, .catalog = catalog };
	char *plain;

	if (n > LOOK_MAX)
		n = LOOK_MAX;
	plain = malloc(n + 1);
	if (!plain)
		return;
	s.text = plain;
	s.len = put_plain(plain, text, n);
	for (ftg_lang language = 0; language < ftg_catalog_languages(catalog); language++)
		search_language(&s, language);
	free(plain);
	narrow(&found, text, n);
	for (size_t i = 0; i < found.count; i++)
		hits_add(hits, &found.at[i]);
}
