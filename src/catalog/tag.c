/* Names of languages: parsing, formatting, and the order of a look-up. */
#include "catalog/tag.h"

#include <ftgate/catalog.h>
#include <string.h>
#include <strings.h>

/* Unlike those of <ctype.h>, these do not depend on the locale. */
static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* A subtag: its length, and whether it has only letters or only digits. */
struct subtag {
	const char *text;
	size_t len;
	bool alpha;
	bool digits;
};

static bool
next_subtag(const char **at, const char *end, struct subtag *sub)
{
	*sub = (struct subtag) { .text = *at, .alpha = true, .digits = true };
	for (; *at < end && **at != '-' && **at != '_'; (*at)++) {
		if (!is_alpha(**at) && !is_digit(**at))
			return false;
		sub->alpha &= is_alpha(**at);
		sub->digits &= is_digit(**at);
	}
	sub->len = (size_t)(*at - sub->text);
	return sub->len >= 1 && sub->len <= 8;
}

static void
copy(char *to, const struct subtag *sub, char (*convert)(char))
{
	for (size_t i = 0; i < sub->len; i++)
		to[i] = convert(sub->text[i]);
}

static void
place(struct tag *tag, const struct subtag *sub)
{
	bool region = (sub->len == 2 && sub->alpha) || (sub->len == 3 && sub->digits);
	if (sub->len == 4 && sub->alpha && tag->script[0] == '\0' && tag->region[0] == '\0') {
		copy(tag->script, sub, lower);
		tag->script[0] = upper(tag->script[0]);
	} else if (region && tag->region[0] == '\0') {
		copy(tag->region, sub, upper);
	} else if (sub->len >= 4 && tag->variant[0] == '\0') {
		copy(tag->variant, sub, lower);
	}
}

/* Language, then script, region, variant. After a singleton only the subtag after x is used (RFC 5646 2.1). */
static bool
parse_subtags(struct tag *tag, const char *at, const char *end)
{
	struct subtag sub;
	char singleton = '\0';
	if (!next_subtag(&at, end, &sub) || !sub.alpha || sub.len < 2)
		return false;
	copy(tag->language, &sub, lower);
	while (at < end) {
		at++;
		if (!next_subtag(&at, end, &sub))
			return false;
		if (singleton == 'x' && tag->variant[0] == '\0')
			copy(tag->variant, &sub, lower);
		else if (sub.len == 1 && singleton != 'x')
			singleton = lower(*sub.text);
		else if (singleton == '\0')
			place(tag, &sub);
	}
	return true;
}

static bool
parse_modifier(struct tag *tag, const char *at, const char *end)
{
	struct subtag sub;
	char name[9] = "";
	if (!next_subtag(&at, end, &sub) || at != end)
		return false;
	copy(name, &sub, lower);
	if (strcmp(name, "latin") == 0)
		memcpy(tag->script, "Latn", 5);
	else if (strcmp(name, "cyrillic") == 0)
		memcpy(tag->script, "Cyrl", 5);
	else if (strcmp(name, "euro") != 0)
		memcpy(tag->variant, name, sizeof(name));
	return true;
}

/* For Chinese the script matters, but locale names omit it. The region that implies the script adds nothing. */
static void
add_chinese_script(struct tag *tag)
{
	static const struct {
		char region[3], script[5];
		bool own;
	} regions[] = { { "TW", "Hant", true }, { "HK", "Hant", false }, { "MO", "Hant", false },
		{ "CN", "Hans", true }, { "SG", "Hans", false } };
	if (strcmp(tag->language, "zh") != 0)
		return;
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		if (strcmp(tag->region, regions[i].region) != 0)
			continue;
		if (tag->script[0] == '\0')
			memcpy(tag->script, regions[i].script, sizeof(tag->script));
		if (regions[i].own && strcmp(tag->script, regions[i].script) == 0)
			memset(tag->region, 0, sizeof(tag->region));
		return;
	}
}

/* Withdrawn language codes that locale names still use, and what the IANA registry prefers to them (RFC 5646 3.1.7). */
static void
replace_withdrawn(struct tag *tag)
{
	static const char codes[][2][3] = { { "in", "id" }, { "iw", "he" }, { "ji", "yi" }, { "jw", "jv" },
		{ "mo", "ro" } };
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(tag->language, codes[i][0]) == 0)
			memcpy(tag->language, codes[i][1], sizeof(codes[i][1]));
	}
}

bool
tag_is_default(const char *name, size_t len)
{
	return (len == 1 && name[0] == 'C') || (len == 5 && memcmp(name, "POSIX", 5) == 0) ||
	    (len == 9 && strncasecmp(name, "i-default", 9) == 0);
}

static bool
codeset_valid(const char *at, const char *end)
{
	const char *start = at;
	while (at < end && (is_alpha(*at) || is_digit(*at) || *at == '-' || *at == '_'))
		at++;
	return at > start && at == end;
}

bool
tag_parse(struct tag *tag, const char *text, size_t len)
{
	const char *end = text + len;
	*tag = (struct tag) { 0 };
	if (len < 2 || len >= FTG_TAG_MAX)
		return false;
	const char *modifier = memchr(text, '@', len);
	const char *base = modifier != NULL ? modifier : end;
	const char *codeset = memchr(text, '.', (size_t)(base - text));
	if (codeset != NULL && !codeset_valid(codeset + 1, base))
		return false;
	if (!parse_subtags(tag, text, codeset != NULL ? codeset : base) || strcmp(tag->language, "posix") == 0)
		return false;
	if (modifier != NULL && !parse_modifier(tag, modifier + 1, end))
		return false;
	replace_withdrawn(tag);
	add_chinese_script(tag);
	return true;
}

/* A modifier that is too short for a variant becomes a private use subtag (RFC 5646 2.2.5, 2.2.7): en@quot is en-x-quot. */
static bool
is_private(const char *variant)
{
	size_t len = strlen(variant);
	return len > 0 && len < 5 && !(len == 4 && is_digit(variant[0]));
}

void
tag_format(const struct tag *tag, char out[static TAG_TEXT])
{
	const char *const parts[] = { tag->language, tag->script, tag->region, is_private(tag->variant) ? "x" : "",
		tag->variant };
	size_t n = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t len = strlen(parts[i]);
		if (len == 0)
			continue;
		if (n > 0)
			out[n++] = '-';
		memcpy(out + n, parts[i], len);
		n += len;
	}
	out[n] = '\0';
}

int
tag_compare(const struct tag *a, const struct tag *b)
{
	return memcmp(a, b, sizeof(*a));
}

bool
tag_equal(const struct tag *a, const struct tag *b)
{
	return tag_compare(a, b) == 0;
}

struct tag
tag_latin(const struct tag *tag)
{
	struct tag latin = *tag;
	memcpy(latin.script, "Latn", 5);
	return latin;
}

/* Which parts a look-up drops, in this order: the script is kept longest, then the variant. */
enum { DROP_REGION = 1, DROP_VARIANT = 2, DROP_SCRIPT = 4, DROPS = 8 };

static bool
drop_parts(struct tag *tag, unsigned drop)
{
	if (((drop & DROP_REGION) && tag->region[0] == '\0') || ((drop & DROP_VARIANT) && tag->variant[0] == '\0') ||
	    ((drop & DROP_SCRIPT) && tag->script[0] == '\0'))
		return false;
	if (drop & DROP_REGION)
		memset(tag->region, 0, sizeof(tag->region));
	if (drop & DROP_VARIANT)
		memset(tag->variant, 0, sizeof(tag->variant));
	if (drop & DROP_SCRIPT)
		memset(tag->script, 0, sizeof(tag->script));
	return true;
}

/* The n-th language, from 1, whose texts serve who reads this one; false if there is none. */
static bool
relate(struct tag *tag, unsigned n)
{
	static const struct {
		char language[3], related[2][3];
	} languages[] = { { "nb", { "no" } }, { "nn", { "no", "nb" } }, { "no", { "nb" } } };
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		if (strcmp(tag->language, languages[i].language) != 0 || n > 2 ||
		    languages[i].related[n - 1][0] == '\0')
			continue;
		memcpy(tag->language, languages[i].related[n - 1], sizeof(languages[i].related[n - 1]));
		return true;
	}
	if (n > 1 || strcmp(tag->language, "zh") != 0 || tag->script[0] != '\0')
		return false;
	memcpy(tag->script, "Hans", sizeof("Hans"));
	return true;
}

bool
tag_candidate(const struct tag *tag, unsigned k, struct tag *out)
{
	for (unsigned n = 0;; n++) {
		struct tag related = *tag;
		if (n > 0 && !relate(&related, n))
			return false;
		for (unsigned drop = 0; drop < DROPS; drop++) {
			*out = related;
			bool known = (drop & DROP_SCRIPT) && tag->script[0] == '\0';
			if (!known && drop_parts(out, drop) && k-- == 0)
				return true;
		}
	}
}

static bool
is_listed(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}

/* The scripts with bidirectional class R or AL in Unicode, and the languages that CLDR writes in one of them. */
bool
tag_is_rtl(const struct tag *tag)
{
	static const char *const scripts[] = { "Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc",
		"Thaa" };
	static const char *const languages[] = { "ar", "arc", "arz", "ckb", "dv", "fa", "glk", "he", "ks", "lrc", "mzn",
		"nqo", "pnb", "ps", "sd", "syr", "ug", "ur", "yi" };
	if (tag->script[0] != '\0')
		return is_listed(tag->script, scripts, sizeof(scripts) / sizeof(scripts[0]));
	return is_listed(tag->language, languages, sizeof(languages) / sizeof(languages[0]));
}

bool
ftg_language_is_rtl(const char *name)
{
	struct tag tag;
	return tag_parse(&tag, name, strnlen(name, FTG_TAG_MAX)) && tag_is_rtl(&tag);
}

bool
ftg_language_valid(const char *name)
{
	struct tag tag;
	return tag_parse(&tag, name, strnlen(name, FTG_TAG_MAX));
}
