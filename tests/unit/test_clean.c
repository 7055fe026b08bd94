/* Octets of strangers: what becomes of an argument before it stands in a reply. */
#include "catalog/clean.h"

#include <criterion/criterion.h>
#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

/* An argument as it may stand behind an octet. */
static const char *
cleaned(char before, const char *text, size_t len, size_t max, enum ftg_encoding encoding)
{
	static char out[600];
	out[0] = before;
	size_t octets = clean_text(out + 1, max, text, len, encoding);
	cr_assert_leq(octets, max);
	out[octets + 1] = '\0';
	return out + 1;
}

Test(argument, that_is_plain_stays_as_it_is)
{
	cr_expect_str_eq(cleaned(' ', TEXT("a.b+c@[192.0.2.1] <x> \\ \"q\" %s ${host}"), 255, FTG_ASCII),
	    "a.b+c@[192.0.2.1] <x> \\ \"q\" %s ${host}");
	cr_expect_str_eq(cleaned(' ', "", 0, 255, FTG_ASCII), "");
	cr_expect_str_eq(cleaned(' ', TEXT("#1 a#b ##"), 255, FTG_UTF8), "#1 a#b ##");
	cr_expect_str_eq(
	    cleaned(' ', TEXT("jos\xC3\xA9@\xE9\x82\xAE.example"), 255, FTG_UTF8), "jos\xC3\xA9@\xE9\x82\xAE.example");
}

Test(argument, shows_unprintable_octets_as_escapes)
{
	cr_expect_str_eq(cleaned(' ', TEXT("a\r\n250 ok"), 255, FTG_ASCII), "a\\x{0D}\\x{0A}250 ok");
	cr_expect_str_eq(cleaned(' ', TEXT("a\0b\tc\x7F"), 255, FTG_UTF8), "a\\x{00}b\\x{09}c\\x{7F}");
	cr_expect_str_eq(cleaned(' ', TEXT("jos\xC3\xA9\xE9\x82\xAE\xF0\x9F\x98\x80"), 255, FTG_ASCII),
	    "jos\\x{E9}\\x{90AE}\\x{1F600}");
	cr_expect_str_eq(cleaned(' ', TEXT("\xF4\x8F\xBF\xBD"), 255, FTG_ASCII), "\\x{10FFFD}");
	cr_expect_str_eq(cleaned(' ',
	                     TEXT("a\xE2\x80\xAE"
	                          "b\xC2\x85"),
	                     255, FTG_UTF8),
	    "a\\x{202E}b\\x{85}");
	cr_expect_str_eq(cleaned(' ', TEXT("caf\xE9"), 255, FTG_UTF8), "caf\\x{FFFD}");
	cr_expect_str_eq(cleaned(' ', TEXT("\xEF\xBF\xBD"), 255, FTG_UTF8), "\\x{FFFD}");
}

Test(argument, cannot_begin_a_reference)
{
	cr_expect_str_eq(cleaned(' ', TEXT("(#4.46)"), 255, FTG_ASCII), "(\\x{23}4.46)");
	cr_expect_str_eq(cleaned('(', TEXT("#4.46)"), 255, FTG_ASCII), "\\x{23}4.46)");
	cr_expect_str_eq(cleaned('(', TEXT("##"), 255, FTG_UTF8), "\\x{23}#");
	cr_expect_str_eq(cleaned('(', TEXT("a#"), 255, FTG_UTF8), "a#");
	cr_expect_str_eq(cleaned(' ', TEXT("((#(#"), 255, FTG_UTF8), "((\\x{23}(\\x{23}");
}

Test(argument, that_is_too_long_is_cut_at_a_character)
{
	char text[400];
	memset(text, 'x', sizeof(text));
	for (size_t max = 16; max <= 300; max++) {
		const char *out = cleaned(' ', text, sizeof(text), max, FTG_ASCII);
		cr_expect_eq(strlen(out), max);
		cr_expect_str_eq(out + max - 3, "...");
		cr_expect_eq(strlen(cleaned(' ', text, max, max, FTG_ASCII)), max);
	}
	for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xA4", 2);
	for (size_t max = 16; max <= 300; max++) {
		size_t shown = strlen(cleaned(' ', text, sizeof(text), max, FTG_UTF8));
		cr_expect(shown == max - (max - 3) % 2, "%zu: %zu", max, shown);
		shown = strlen(cleaned(' ', text, sizeof(text), max, FTG_ASCII));
		cr_expect_eq((shown - 3) % strlen("\\x{E4}"), 0);
		cr_expect_gt(shown + strlen("\\x{E4}"), max);
	}
}

Test(argument, is_checked_eight_octets_at_a_time_and_no_less)
{
	for (size_t len = 1; len < 40; len++) {
		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c < 256; c++) {
				char text[40];
				memset(text, 'x', len);
				text[at] = (char)c;
				bool plain = c >= 0x20 && c < 0x7F;
				const char *out = cleaned(' ', text, len, 255, FTG_ASCII);
				cr_assert_eq(strlen(out) == len && memcmp(out, text, len) == 0, plain,
				    "%d at %zu of %zu", c, at, len);
			}
		}
	}
}
