/* Folding to ASCII: by the spelling of the language, then by common spellings, then by Unicode decomposition. */
#include "catalog/fold.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>

#include "catalog/decode.h"

enum { SPELLING_MAX = 4 };

struct spelling {
	ucs4_t letter;
	char language[3]; /* "" for any */
	char ascii[SPELLING_MAX + 1];
};

/* The substitutes of each language for a missing letter: in the order of the letters, the row for any language last. */
static const struct spelling spellings[] = {
	{ 0xA1, "", "" },
	{ 0xA3, "", "GBP" },
	{ 0xA6, "", "|" },
	{ 0xA9, "", "(C)" },
	{ 0xAB, "", "\"" },
	{ 0xAD, "", "" },
	{ 0xAE, "", "(R)" },
	{ 0xB0, "ca", "" },
	{ 0xB0, "es", "" },
	{ 0xB0, "fr", "" },
	{ 0xB0, "gl", "" },
	{ 0xB0, "it", "" },
	{ 0xB0, "pt", "" },
	{ 0xB0, "ro", "" },
	{ 0xB0, "", "deg" },
	{ 0xB1, "", "+/-" },
	{ 0xB5, "", "u" },
	{ 0xB7, "", "." },
	{ 0xBB, "", "\"" },
	{ 0xBF, "", "" },
	{ 0xC4, "de", "Ae" },
	{ 0xC4, "lb", "Ae" },
	{ 0xC5, "da", "Aa" },
	{ 0xC5, "nb", "Aa" },
	{ 0xC5, "nn", "Aa" },
	{ 0xC5, "no", "Aa" },
	{ 0xC6, "", "Ae" },
	{ 0xD0, "", "D" },
	{ 0xD6, "de", "Oe" },
	{ 0xD7, "", "x" },
	{ 0xD8, "da", "Oe" },
	{ 0xD8, "nb", "Oe" },
	{ 0xD8, "nn", "Oe" },
	{ 0xD8, "no", "Oe" },
	{ 0xD8, "", "O" },
	{ 0xDC, "de", "Ue" },
	{ 0xDC, "lb", "Ue" },
	{ 0xDE, "", "Th" },
	{ 0xDF, "", "ss" },
	{ 0xE4, "de", "ae" },
	{ 0xE4, "lb", "ae" },
	{ 0xE5, "da", "aa" },
	{ 0xE5, "nb", "aa" },
	{ 0xE5, "nn", "aa" },
	{ 0xE5, "no", "aa" },
	{ 0xE6, "", "ae" },
	{ 0xF0, "", "d" },
	{ 0xF6, "de", "oe" },
	{ 0xF7, "", "/" },
	{ 0xF8, "da", "oe" },
	{ 0xF8, "nb", "oe" },
	{ 0xF8, "nn", "oe" },
	{ 0xF8, "no", "oe" },
	{ 0xF8, "", "o" },
	{ 0xFC, "de", "ue" },
	{ 0xFC, "lb", "ue" },
	{ 0xFE, "", "th" },
	{ 0x110, "bs", "Dj" },
	{ 0x110, "hr", "Dj" },
	{ 0x110, "sh", "Dj" },
	{ 0x110, "sl", "Dj" },
	{ 0x110, "sr", "Dj" },
	{ 0x110, "", "D" },
	{ 0x111, "bs", "dj" },
	{ 0x111, "hr", "dj" },
	{ 0x111, "sh", "dj" },
	{ 0x111, "sl", "dj" },
	{ 0x111, "sr", "dj" },
	{ 0x111, "", "d" },
	{ 0x126, "", "H" },
	{ 0x127, "", "h" },
	{ 0x131, "", "i" },
	{ 0x138, "", "k" },
	{ 0x141, "", "L" },
	{ 0x142, "", "l" },
	{ 0x14A, "", "N" },
	{ 0x14B, "", "n" },
	{ 0x152, "", "Oe" },
	{ 0x153, "", "oe" },
	{ 0x166, "", "T" },
	{ 0x167, "", "t" },
	{ 0x18F, "", "E" },
	{ 0x259, "", "e" },
	{ 0x2B9, "", "'" },
	{ 0x2BB, "", "'" },
	{ 0x2BC, "", "'" },
	{ 0x1E9E, "", "SS" },
	{ 0x200C, "", "" },
	{ 0x200D, "", "" },
	{ 0x2010, "", "-" },
	{ 0x2012, "", "-" },
	{ 0x2013, "", "-" },
	{ 0x2014, "", "-" },
	{ 0x2015, "", "-" },
	{ 0x2018, "", "'" },
	{ 0x2019, "", "'" },
	{ 0x201A, "", "'" },
	{ 0x201C, "", "\"" },
	{ 0x201D, "", "\"" },
	{ 0x201E, "", "\"" },
	{ 0x2022, "", "*" },
	{ 0x2032, "", "'" },
	{ 0x2033, "", "\"" },
	{ 0x2039, "", "'" },
	{ 0x203A, "", "'" },
	{ 0x2044, "", "/" },
	{ 0x20AC, "", "EUR" },
	{ 0x2116, "", "No." },
	{ 0x2122, "", "(TM)" },
	{ 0x2190, "", "<-" },
	{ 0x2192, "", "->" },
	{ 0x2194, "", "<->" },
	{ 0x21D2, "", "=>" },
	{ 0x2212, "", "-" },
	{ 0x2248, "", "~" },
	{ 0x2260, "", "!=" },
	{ 0x2264, "", "<=" },
	{ 0x2265, "", ">=" },
};

enum { SPELLINGS = sizeof(spellings) / sizeof(spellings[0]) };

/* The first row of a letter, or of the letter that follows it. */
static size_t
first_spelling(ucs4_t letter)
{
	size_t low = 0, high = SPELLINGS;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (spellings[middle].letter < letter)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How a language spells a letter in ASCII; NULL if the table does not say. */
static const char *
spelling_of(const struct tag *tag, ucs4_t letter)
{
	for (size_t i = first_spelling(letter); i < SPELLINGS && spellings[i].letter == letter; i++) {
		const struct spelling *s = &spellings[i];
		if (s->language[0] == '\0' || strcmp(s->language, tag->language) == 0)
			return s->ascii;
	}
	return NULL;
}

struct output {
	char *bytes;
	size_t used;
	size_t size;
	bool full; /* something did not fit */
};

static bool
put(struct output *out, const char *ascii, size_t len)
{
	out->full = len > out->size - out->used;
	if (out->full)
		return false;
	memcpy(out->bytes + out->used, ascii, len);
	out->used += len;
	return true;
}

/*
 * The letters from U+00C0 to U+017F without their marks, as their decomposition has them; ? if it is not one ASCII letter.
 * Most letters with marks are here, and this is faster than u32_normalize().
 */
static const char unmarked[] = "AAAAAA?CEEEEIIII?NOOOOO??UUUUY??aaaaaa?ceeeeiiii?nooooo??uuuuy?y"
                               "AaAaAaCcCcCcCcDd??EeEeEeEeEeGgGgGgGgHh??IiIiIiIiI???JjKk?LlLlLl?"
                               "???NnNnNn???OoOoOo??RrRrRrSsSsSsSsTtTt??UuUuUuUuUuUuWwYyYZzZzZzs";

static bool
is_unmarked(ucs4_t letter)
{
	return letter >= 0xC0 && letter < 0xC0 + sizeof(unmarked) - 1 && unmarked[letter - 0xC0] != '?';
}

/* Writes the letters of the compatibility decomposition (NFKD) and drops its marks. False if a letter is not ASCII. */
static bool
put_decomposed(struct output *out, const struct tag *tag, ucs4_t letter)
{
	if (is_unmarked(letter))
		return put(out, &unmarked[letter - 0xC0], 1);
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

/* "ÄRGER" becomes AERGER, "MENÜ" MENUE: two letters take the case of the letter after them, or before them at a word's end. */
static bool
put_spelling(struct output *out, const char *ascii, ucs4_t before, ucs4_t next)
{
	char spelled[SPELLING_MAX + 1] = "";
	size_t len = strlen(ascii);
	memcpy(spelled, ascii, len);
	if (len == 2 && spelled[0] >= 'A' && spelled[0] <= 'Z' &&
	    (uc_is_upper(next) || (uc_is_upper(before) && !uc_is_lower(next))))
		spelled[1] = (char)(spelled[1] & ~0x20);
	return put(out, spelled, len);
}

/* Italian writes an accent at the end of a word as an apostrophe: "e'", "perche'"; elsewhere it is dropped. */
static bool
has_final_accent(const struct tag *tag, ucs4_t letter, ucs4_t next)
{
	return strcmp(tag->language, "it") == 0 && is_unmarked(letter) &&
	    memchr("AEIOUaeiou", unmarked[letter - 0xC0], 10) != NULL && !uc_is_alpha(next);
}

/* French sets a space inside its quotation marks, which ASCII ones have not. */
static bool
is_quoted_space(ucs4_t before, ucs4_t letter, ucs4_t next)
{
	return (letter == 0xA0 || letter == 0x202F) && (before == 0xAB || next == 0xBB);
}

/* A character that is not ASCII, between the ones before and after it. */
static bool
put_letter(struct output *out, const struct tag *tag, ucs4_t before, ucs4_t letter, ucs4_t next)
{
	const char *ascii = spelling_of(tag, letter);
	if (is_quoted_space(before, letter, next))
		return true;
	if (ascii != NULL)
		return put_spelling(out, ascii, before, next);
	return put_decomposed(out, tag, letter) && (!has_final_accent(tag, letter, next) || put(out, "'", 1));
}

static bool
fold_composed(struct output *out, const struct tag *tag, const char *text, size_t len)
{
	ucs4_t letter = 0;
	for (size_t i = 0; i < len;) {
		ucs4_t before = letter, next = 0;
		i += decode(&letter, text + i);
		if (letter < 0x80) {
			if (!put(out, &(char) { (char)letter }, 1))
				return false;
			continue;
		}
		if (i < len)
			decode(&next, text + i);
		if (!put_letter(out, tag, before, letter, next))
			return false;
	}
	return true;
}

/* Whether a character is the same in NFC whatever stands beside it: Latin letters, punctuation, currency signs. */
static bool
is_composed(ucs4_t c)
{
	return c < 0x300 || (c >= 0x1E00 && c < 0x1F00) || (c >= 0x2010 && c < 0x2040) || (c >= 0x20A0 && c < 0x20C0);
}

static bool
all_composed(const char *text, size_t len)
{
	ucs4_t c;
	for (size_t i = 0; i < len;) {
		i += decode(&c, text + i);
		if (!is_composed(c))
			return false;
	}
	return true;
}

/*
 * A language can spell a letter with its mark ("ä" is ae in German), so decomposed letters are composed first. A text that
 * cannot be folded as it is cannot be folded when composed: both decompose to the same letters. So most texts in other
 * scripts fail at their first letter.
 */
long
fold_ascii(const struct tag *tag, const char *text, size_t len, char *out, size_t size)
{
	struct output output = { .bytes = out, .size = size };
	if (is_ascii(text, len))
		return put(&output, text, len) ? (long)len : -1;
	if (all_composed(text, len))
		return fold_composed(&output, tag, text, len) ? (long)output.used : -1;
	if (!fold_composed(&output, tag, text, len) && !output.full)
		return -1;
	size_t composed_len;
	uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)text, len, NULL, &composed_len);
	if (composed == NULL)
		return FOLD_NO_MEMORY;
	output = (struct output) { .bytes = out, .size = size };
	bool ok = fold_composed(&output, tag, (const char *)composed, composed_len);
	free(composed);
	return ok ? (long)output.used : -1;
}
