/* A .po in memory: what is read of it, and that a change keeps all else octet for octet. */
#include "texts/po_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/mo.h"

#define HEADER "msgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n\"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n"

static struct po_file po;

static void
parse(const char *text)
{
	cr_assert_eq(po_file_parse(&po, text, strlen(text)), 0, "line %zu: %s", po.fault_line, po.fault);
}

/* Parses a file that has a fault, and compares its line. */
static void
expect_fault(const char *text, size_t len, size_t line)
{
	cr_expect_eq(po_file_parse(&po, text, len), -1, "%s", text);
	cr_expect_eq(errno, EINVAL);
	cr_expect_not_null(po.fault);
	cr_expect_eq(po.fault_line, line, "%s: line %zu: %s", text, po.fault_line, po.fault);
	po_file_free(&po);
}

static void
expect_set(const char *before, const struct po_words *words, const char *after)
{
	size_t len;
	parse(before);
	char *octets = po_file_set(&po, words, &len);
	cr_assert_not_null(octets);
	cr_expect_str_eq(octets, after);
	cr_expect_eq(len, strlen(after));
	po_file_free(&po);
	parse(octets);
	const struct po_item *item = po_file_find(&po, words->context, words->id);
	cr_assert_not_null(item);
	cr_expect_str_eq(item->text, words->form[0]);
	cr_expect(po_item_is_compiled(item));
	po_file_free(&po);
	free(octets);
}

Test(po_file, has_entries_with_their_lines_and_decoded_strings)
{
	parse(
	    "# Mine\n" HEADER "\n# A remark\n#, fuzzy, c-format\nmsgctxt \"A\"\nmsgid \"%s \"\n  \"b\"\nmsgstr \"\"\n"
	    "\"\\\"\\t\\\\\\101\\x42\\n\"\n\n#~ msgid \"old\"\n#~ msgstr \"alt\"\n\nmsgctxt \"B\"\r\nmsgid \"one\"\r\n"
	    "msgid_plural \"many\"\r\nmsgstr[0] \"eins\"\r\nmsgstr[1] \"viele\"");
	cr_assert_eq(po.count, 3);
	cr_expect(po_item_is_header(&po.item[0]));
	cr_expect_eq(po.header, &po.item[0]);
	cr_expect_str_eq(po.item[1].context, "A");
	cr_expect_str_eq(po.item[1].id, "%s b");
	cr_expect_str_eq(po.item[1].text, "\"\t\\AB\n");
	cr_expect(po.item[1].fuzzy);
	cr_expect_eq(po.item[1].line, 9);
	cr_expect_eq(po.item[1].string_line, 12);
	cr_expect_str_eq(po.item[2].plural, "many");
	cr_expect_eq(po.item[2].forms, 2);
	cr_expect_eq(po.item[2].text_len, strlen("eins") + 1 + strlen("viele"));
	cr_expect_str_eq(po.item[2].text + 5, "viele");
	cr_expect_not(po.item[2].fuzzy);
	po_file_free(&po);
}

Test(po_file, faults_have_their_line)
{
	static const struct {
		const char *text;
		size_t line;
	} faults[] = {
		{ "\xEF\xBB\xBFmsgid \"\"\nmsgstr \"\"\n", 1 },
		{ "msgid \"a\"\n", 1 },
		{ "msgid \"a\"\n# b\nmsgstr \"c\"\n", 2 },
		{ "msgstr \"a\"\n", 1 },
		{ "msgid \"a\nmsgstr \"c\"\n", 1 },
		{ "msgid \"a\" b\nmsgstr \"c\"\n", 1 },
		{ "msgid a\nmsgstr \"c\"\n", 1 },
		{ "msgid \"\\q\"\nmsgstr \"c\"\n", 1 },
		{ "msgid \"\\0\"\nmsgstr \"c\"\n", 1 },
		{ "\n\"a\"\n", 2 },
		{ "domain \"x\"\n", 1 },
		{ "msgid \"a\"\nmsgstr[0] \"c\"\n", 2 },
		{ "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr \"c\"\n", 3 },
		{ "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"c\"\n", 3 },
		{ "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[0] \"c\"\nmsgstr[2] \"d\"\n", 4 },
		{ "msgid \"a\"\nmsgstr \"c\"\nmsgstr \"d\"\n", 3 },
		{ "msgctxt \"x\"\nmsgctxt \"y\"\nmsgid \"a\"\nmsgstr \"b\"\n", 2 },
		{ "msgid \"a\"\nmsgstr \"\"\n\nmsgid \"b\"\nmsgstr \"\"\n\nmsgid \"a\"\nmsgstr \"\"\n", 7 },
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		expect_fault(faults[i].text, strlen(faults[i].text), faults[i].line);
	expect_fault("msgid \"a\0\"\nmsgstr \"c\"\n", 22, 1);
}

Test(po_file, a_change_keeps_all_other_octets)
{
	const char *const one[] = { "neu\n\"x\"" }, *const two[] = { "eins", "zwei" };
	const struct po_words words = { "A", "a", NULL, one, 1 }, plural = { "A", "a", "as", two, 2 };
	expect_set("", &words, "msgctxt \"A\"\nmsgid \"a\"\nmsgstr \"neu\\n\\\"x\\\"\"\n");
	expect_set(HEADER "#~ x\n\t\n# last", &plural,
	    HEADER
	    "#~ x\n\t\n# last\n\nmsgctxt \"A\"\nmsgid \"a\"\nmsgid_plural \"as\"\nmsgstr[0] \"eins\"\nmsgstr[1] \"zwei\"\n");
	expect_set(
	    "# c\n#, fuzzy\n#: x.c\nmsgctxt \"A\"\nmsgid \"old\"\nmsgstr \"\"\n\"alt\"\n  # d\nmsgid  \"z\"\nmsgstr \"y\"\r\n",
	    &words,
	    "# c\n#: x.c\nmsgctxt \"A\"\nmsgid \"a\"\nmsgstr \"neu\\n\\\"x\\\"\"\n  # d\nmsgid  \"z\"\nmsgstr \"y\"\r\n");
	expect_set("#, fuzzy, c-format\nmsgctxt \"A\"\nmsgid \"a\"\nmsgstr \"b\"\n", &words,
	    "#, c-format\nmsgctxt \"A\"\nmsgid \"a\"\nmsgstr \"neu\\n\\\"x\\\"\"\n");
}

Test(po_file, an_entry_goes_with_its_own_comments_only)
{
	size_t len;
	parse(HEADER
	    "\n# About the file\n\n# About A\nmsgctxt \"A\"\nmsgid \"a\"\nmsgstr \"b\"\n\n# About B\nmsgctxt \"B\"\n"
	    "msgid \"a\"\nmsgstr \"c\"\n");
	char *octets = po_file_unset(&po, po_file_find(&po, "A", "a"), &len);
	cr_expect_str_eq(octets, HEADER "\n# About the file\n\n# About B\nmsgctxt \"B\"\nmsgid \"a\"\nmsgstr \"c\"\n");
	free(octets);
	po_file_free(&po);
}

Test(po_file, compiles_what_is_neither_fuzzy_nor_empty)
{
	size_t len;
	const char *why;
	struct mo mo;
	parse(HEADER
	    "msgctxt \"A\"\nmsgid \"a\"\nmsgid_plural \"as\"\nmsgstr[0] \"x\"\nmsgstr[1] \"y\"\n\n#, fuzzy\nmsgid \"b\"\n"
	    "msgstr \"z\"\n\nmsgid \"c\"\nmsgstr \"\"\n\nmsgid \"d\"\nmsgstr \"e\"\n");
	char *octets = po_file_compile(&po, NULL, &len);
	cr_assert(mo_parse(&mo, octets, len, &why), "%s", why);
	cr_expect_eq(mo.entries, 3);
	cr_expect_arr_eq(mo_key(&mo, 1).bytes, "A\004a\0as", 6);
	cr_expect_arr_eq(mo_text(&mo, 1).bytes, "x\0y", 4);
	free(octets);
	octets = po_file_compile(&po, po_file_find(&po, NULL, "d"), &len);
	cr_assert(mo_parse(&mo, octets, len, &why), "%s", why);
	cr_expect_eq(mo.entries, 2);
	free(octets);
	po_file_free(&po);
}

Test(po_file, a_new_file_has_a_header)
{
	size_t len;
	char *octets = po_file_new("de", "nplurals=2; plural=(n != 1);", &len);
	parse(octets);
	cr_expect_eq(po.count, 1);
	cr_assert_not_null(po.header);
	cr_expect_not_null(strstr(po.header->text, "Language: de\n"));
	cr_expect_not_null(strstr(po.header->text, "charset=UTF-8\n"));
	po_file_free(&po);
	free(octets);
}

Test(po_file, is_made_again_of_its_compiled_form)
{
	size_t len, again_len, source_len;
	parse(HEADER
	    "\nmsgctxt \"A\"\nmsgid \"a\"\nmsgid_plural \"as\"\nmsgstr[0] \"x\\n\"\nmsgstr[1] \"\"\n\nmsgid \"b\"\n"
	    "msgstr \"c\"\n");
	char *octets = po_file_compile(&po, NULL, &len);
	char *source = po_file_decompile(octets, len, &source_len);
	cr_assert_not_null(source);
	po_file_free(&po);
	parse(source);
	cr_expect_eq(po.count, 3);
	char *again = po_file_compile(&po, NULL, &again_len);
	cr_expect_eq(again_len, len);
	cr_expect_arr_eq(again, octets, len);
	cr_expect_null(po_file_decompile(octets, len - 1, &source_len));
	cr_expect_eq(errno, EINVAL);
	po_file_free(&po);
	free(source);
	free(again);
	free(octets);
}
