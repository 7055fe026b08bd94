/* The ASCII form of a text: the language's own spelling first, then common letters, then Unicode decomposition. */
#include "catalog/fold.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

struct spelling {
	char language[3]; /* "" for any */
	char ascii[4];
	ucs4_t letter;
};

/* What a language writes where the letter is missing; lower and upper case. Rows for any language stand last. */
static const struct spelling spellings[] = {
	{ "de", "ae", 0xE4 },
	{ "de", "Ae", 0xC4 },
	{ "de", "oe", 0xF6 },
	{ "de", "Oe", 0xD6 },
	{ "de", "ue", 0xFC },
	{ "de", "Ue", 0xDC },
	{ "lb", "ae", 0xE4 },
	{ "lb", "Ae", 0xC4 },
	{ "lb", "ue", 0xFC },
	{ "lb", "Ue", 0xDC },
	{ "da", "aa", 0xE5 },
	{ "da", "Aa", 0xC5 },
	{ "da", "oe", 0xF8 },
	{ "da", "Oe", 0xD8 },
	{ "nb", "aa", 0xE5 },
	{ "nb", "Aa", 0xC5 },
	{ "nb", "oe", 0xF8 },
	{ "nb", "Oe", 0xD8 },
	{ "nn", "aa", 0xE5 },
	{ "nn", "Aa", 0xC5 },
	{ "nn", "oe", 0xF8 },
	{ "nn", "Oe", 0xD8 },
	{ "no", "aa", 0xE5 },
	{ "no", "Aa", 0xC5 },
	{ "no", "oe", 0xF8 },
	{ "no", "Oe", 0xD8 },
	{ "", "ss", 0xDF },
	{ "", "SS", 0x1E9E },
	{ "", "ae", 0xE6 },
	{ "", "Ae", 0xC6 },
	{ "", "oe", 0x153 },
	{ "", "Oe", 0x152 },
	{ "", "o", 0xF8 },
	{ "", "O", 0xD8 },
	{ "", "l", 0x142 },
	{ "", "L", 0x141 },
	{ "", "d", 0x111 },
	{ "", "D", 0x110 },
	{ "", "d", 0xF0 },
	{ "", "D", 0xD0 },
	{ "", "th", 0xFE },
	{ "", "Th", 0xDE },
	{ "", "h", 0x127 },
	{ "", "H", 0x126 },
	{ "", "i", 0x131 },
	{ "", "n", 0x14B },
	{ "", "N", 0x14A },
	{ "", "t", 0x167 },
	{ "", "T", 0x166 },
	{ "", "k", 0x138 },
	{ "", "e", 0x259 },
	{ "", "E", 0x18F },
	{ "", "'", 0x2018 },
	{ "", "'", 0x2019 },
	{ "", "'", 0x201A },
	{ "", "'", 0x2BC },
	{ "", "'", 0x2BB },
	{ "", "'", 0x2039 },
	{ "", "'", 0x203A },
	{ "", "\"", 0x201C },
	{ "", "\"", 0x201D },
	{ "", "\"", 0x201E },
	{ "", "\"", 0xAB },
	{ "", "\"", 0xBB },
	{ "", "-", 0x2010 },
	{ "", "-", 0x2012 },
	{ "", "-", 0x2013 },
	{ "", "-", 0x2014 },
	{ "", "-", 0x2212 },
	{ "", ".", 0xB7 },
	{ "", "*", 0x2022 },
	{ "", "x", 0xD7 },
	{ "", "", 0xA1 },
	{ "", "", 0xBF },
	{ "", "", 0xAD },
	{ "", "EUR", 0x20AC },
};

static const char *
spelling_of(const struct tag *tag, ucs4_t letter)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const struct spelling *s = &spellings[i];
		if (s->letter == letter && (s->language[0] == '\0' || strcmp(s->language, tag->language) == 0))
			return s->ascii;
	}
	return NULL;
}

struct output {
	char *bytes;
	size_t used;
	size_t size;
};

static bool
put(struct output *out, const char *ascii, size_t len)
{
	if (len > out->size - out->used)
		return false;
	memcpy(out->bytes + out->used, ascii, len);
	out->used += len;
	return true;
}

/* The letters of a compatibility decomposition; marks go, and what is no ASCII even then ends the attempt. */
static bool
put_decomposed(struct output *out, const struct tag *tag, ucs4_t letter)
{
	uint32_t buffer[32];
	size_t len = sizeof(buffer) / sizeof(buffer[0]);
	uint32_t *parts = u32_normalize(UNINORM_NFKD, &letter, 1, buffer, &len);
	bool ok = parts == buffer &&
	    !(len == 1 && buffer[0] == letter && !uc_is_general_category(letter, UC_CATEGORY_M));
	for (size_t i = 0; ok && i < len; i++) {
		char c = (char)parts[i];
		const char *ascii = spelling_of(tag, parts[i]);
		if (parts[i] >= 0x20 && parts[i] < 0x7F)
			ok = put(out, &c, 1);
		else if (ascii != NULL)
			ok = put(out, ascii, strlen(ascii));
		else
			ok = uc_is_general_category(parts[i], UC_CATEGORY_M);
	}
	if (parts != buffer)
		free(parts);
	return ok;
}

/* "ÄRGER" is AERGER, "MENÜ" MENUE: a two-letter spelling follows the capital after it, at a word's end that before. */
static bool
put_spelling(struct output *out, const char *ascii, ucs4_t before, ucs4_t next)
{
	bool capitals = uc_is_upper(next) || (uc_is_upper(before) && !uc_is_lower(next));
	char spelled[4] = "";
	size_t len = strlen(ascii);
	memcpy(spelled, ascii, len);
	if (len == 2 && spelled[0] >= 'A' && spelled[0] <= 'Z' && capitals)
		spelled[1] = (char)(spelled[1] & ~0x20);
	return put(out, spelled, len);
}

static bool
fold_composed(struct output *out, const struct tag *tag, const uint8_t *text, size_t len)
{
	ucs4_t letter = 0;
	for (size_t i = 0; i < len;) {
		ucs4_t before = letter, next = 0;
		i += (size_t)u8_mbtouc(&letter, text + i, len - i);
		if (letter < 0x80) {
			if (!put(out, &(char) { (char)letter }, 1))
				return false;
			continue;
		}
		if (i < len)
			u8_mbtouc(&next, text + i, len - i);
		const char *ascii = spelling_of(tag, letter);
		if (!(ascii != NULL ? put_spelling(out, ascii, before, next) : put_decomposed(out, tag, letter)))
			return false;
	}
	return true;
}

/* Is all of it below this octet? 0x80: ASCII. 0xCC: below U+0300, so that nothing in it can be composed. */
static bool
all_below(unsigned limit, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= limit)
			return false;
	}
	return true;
}

long
fold_ascii(const struct tag *tag, const char *text, size_t len, char *out, size_t size)
{
	struct output output = { .bytes = out, .size = size };
	if (all_below(0x80, text, len))
		return put(&output, text, len) ? (long)len : -1;
	if (all_below(0xCC, text, len))
		return fold_composed(&output, tag, (const uint8_t *)text, len) ? (long)output.used : -1;
	size_t composed_len;
	uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)text, len, NULL, &composed_len);
	if (composed == NULL)
		return FOLD_NO_MEMORY;
	bool ok = fold_composed(&output, tag, composed, composed_len);
	free(composed);
	return ok ? (long)output.used : -1;
}
