/* Text from outside, as it is kept, printed and written to JSON. */
#include "base/text/printable.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A character in UTF-8 that no terminal may be sent, how it is escaped, and how in JSON. */
static const struct {
	const char *text, *escaped, *json;
} hidden[] = {
	{ "\x1B", "\\x1B", "\\u001b" }, { "\n", "\\x0A", "\\u000a" }, { "\x7F", "\\x7F", "\\u007f" },
	{ "\xC2\x9B", "\\xC2\\x9B", "\\u009b" },                          /* C1: CSI */
	{ "\xC2\xAD", "\\xC2\\xAD", "\\u00ad" },                          /* soft hyphen */
	{ "\xD8\x9C", "\\xD8\\x9C", "\\u061c" },                          /* Arabic letter mark */
	{ "\xE2\x80\x8B", "\\xE2\\x80\\x8B", "\\u200b" },                 /* zero width space */
	{ "\xE2\x80\xAE", "\\xE2\\x80\\xAE", "\\u202e" },                 /* right-to-left override */
	{ "\xE2\x80\xA8", "\\xE2\\x80\\xA8", "\\u2028" },                 /* line separator */
	{ "\xE2\x80\xA9", "\\xE2\\x80\\xA9", "\\u2029" },                 /* paragraph separator */
	{ "\xE2\x81\xA6", "\\xE2\\x81\\xA6", "\\u2066" },                 /* left-to-right isolate */
	{ "\xE3\x85\xA4", "\\xE3\\x85\\xA4", "\\u3164" },                 /* Hangul filler */
	{ "\xEE\x80\x80", "\\xEE\\x80\\x80", "\\ue000" },                 /* private */
	{ "\xEF\xBB\xBF", "\\xEF\\xBB\\xBF", "\\ufeff" },                 /* byte order mark */
	{ "\xF3\xA0\x81\x81", "\\xF3\\xA0\\x81\\x81", "\\udb40\\udc41" }, /* tag A */
	{ "\xFF", "\\xFF", "\\ufffd" },                                   /* no UTF-8 */
	{ "\xC0\x80", "\\xC0\\x80", "\\ufffd\\ufffd" },                   /* overlong */
	{ "\xED\xA0\x80", "\\xED\\xA0\\x80", "\\ufffd\\ufffd\\ufffd" },   /* surrogate */
};

static char *
printed(void (*print)(FILE *to, const char *text, size_t len), const char *text, size_t len)
{
	char *out = NULL;
	size_t out_len;
	FILE *to = open_memstream(&out, &out_len);
	print(to, text, len);
	fclose(to);
	return out;
}

Test(printable, no_hidden_character_reaches_a_terminal)
{
	char text[64], escaped[64], json[64];
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		snprintf(text, sizeof text, "a%sb", hidden[i].text);
		snprintf(escaped, sizeof escaped, "a%sb", hidden[i].escaped);
		snprintf(json, sizeof json, "\"a%sb\"", hidden[i].json);
		char *out = printed(printable_write, text, strlen(text));
		cr_expect_str_eq(out, escaped);
		free(out);
		out = printed(printable_json, text, strlen(text));
		cr_expect_str_eq(out, json);
		free(out);
		char kept[64];
		printable_copy(kept, sizeof kept, text, strlen(text));
		cr_expect(kept[0] == 'a' && kept[1] == '?' && kept[strlen(kept) - 1] == 'b', "%s: %s", escaped, kept);
	}
}

Test(printable, text_of_any_script_is_unchanged)
{
	static const char text[] = "J\xC3\xB6rg \\ \xD7\xA9\xD7\x9C \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80";
	char kept[sizeof text];
	char *out = printed(printable_write, text, sizeof text - 1);
	cr_expect_str_eq(out, text);
	free(out);
	printable_copy(kept, sizeof kept, text, sizeof text - 1);
	cr_expect_str_eq(kept, text);
	out = printed(printable_json, "a\"\\", 3);
	cr_expect_str_eq(out, "\"a\\\"\\\\\"");
	free(out);
	out = printed(printable_json, NULL, 0);
	cr_expect_str_eq(out, "null");
	free(out);
}

Test(printable, octet_behind_a_nul_is_written)
{
	char *out = printed(printable_write, "a\0b", 3);
	cr_expect_str_eq(out, "a\\x00b");
	free(out);
}

Test(printable, copy_is_cut_at_a_character_and_loses_its_last_spaces)
{
	char kept[4];
	printable_copy(kept, sizeof kept, "a\tb\xC3\xB6", 5);
	cr_expect_str_eq(kept, "a b");
	printable_copy(kept, sizeof kept, "ab\xC3\xB6", 4);
	cr_expect_str_eq(kept, "ab");
	printable_copy(kept, sizeof kept, "a  b", 4);
	cr_expect_str_eq(kept, "a");
}

Test(printable, formatted_line_ends_where_its_format_ends)
{
	char *out = NULL;
	size_t len;
	FILE *to = open_memstream(&out, &len);
	printable_print(to, "%s is %d\n", "a\nb\x1B", 3);
	fclose(to);
	cr_expect_str_eq(out, "a\\x0Ab\\x1B is 3\n");
	free(out);
}
