/* Writing compiled catalogues: what is written is read again, and can be used in place of a file. */
#include "catalog/mo.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/mofile.h"

static struct mofile file;
static struct refusals refusals;

static struct mo_string
string(const char *text)
{
	return (struct mo_string) { .bytes = text, .len = strlen(text) };
}

/* The octets of a catalogue with one text for ERR_SMTP_OK. */
static char *
catalogue(const char *header, const char *text, size_t *len)
{
	struct mo_entry entries[] = {
		{ .key = string("ERR_SMTP_OK\004Ok"), .text = string(text) },
		{ .key = string(""), .text = string(header) },
	};
	char *octets = mo_write(entries, 2, len);
	cr_assert_not_null(octets);
	return octets;
}

static const char *
said(const char *octets, size_t len, const char *language)
{
	static const char *const folders[] = { "locale" };
	struct ftg_compiled draft = { .file = "de.po", .language = language, .octets = octets, .len = len };
	struct ftg_sources sources = { .locale = folders[0], .draft = &draft };
	refusals.count = 0;
	ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, &refusals);
	cr_assert_not_null(catalog);
	const char *words = mofile_said(catalog, "de", ERR_SMTP_OK);
	ftg_catalog_free(catalog);
	return words;
}

Test(mo_write, is_read_as_written_in_the_order_of_keys)
{
	struct mo_entry entries[] = {
		{ .key = string("b"), .text = { .bytes = "one\0two", .len = 7 } },
		{ .key = { .bytes = "a\0as", .len = 4 }, .text = string("") },
		{ .key = string(""), .text = string("header") },
	};
	const char *why;
	size_t size;
	struct mo mo;
	char *octets = mo_write(entries, 3, &size);
	cr_assert(mo_parse(&mo, octets, size, &why), "%s", why);
	cr_assert_eq(mo.entries, 3);
	for (uint32_t i = 0; i < 3; i++) {
		cr_expect_eq(mo_key(&mo, i).len, entries[i].key.len);
		cr_expect_arr_eq(mo_key(&mo, i).bytes, entries[i].key.bytes, entries[i].key.len + 1);
		cr_expect_eq(mo_text(&mo, i).len, entries[i].text.len);
		cr_expect_arr_eq(mo_text(&mo, i).bytes, entries[i].text.bytes, entries[i].text.len + 1);
	}
	cr_expect_str_eq(mo_text(&mo, 0).bytes, "header");
	cr_expect_str_eq(mo_key(&mo, 2).bytes, "b");
	free(octets);
}

Test(mo_write, refuses_a_key_that_occurs_twice)
{
	struct mo_entry entries[] = {
		{ .key = { .bytes = "a\0as", .len = 4 }, .text = string("x") },
		{ .key = string("a"), .text = string("y") },
	};
	size_t size;
	cr_expect_null(mo_write(entries, 2, &size));
	cr_expect_eq(errno, EEXIST);
}

Test(mo_write, refuses_what_a_server_would_refuse_to_read)
{
	static char large[MO_SIZE_MAX];
	static struct mo_entry many[MO_ENTRIES_MAX + 1];
	size_t size, room = MO_SIZE_MAX - MO_HEADER - 16 - 2;
	struct mo_entry one = { .key = string(""), .text = { .bytes = large, .len = room } };
	char *octets = mo_write(&one, 1, &size);
	cr_expect_not_null(octets);
	cr_expect_eq(size, (size_t)MO_SIZE_MAX);
	free(octets);
	one.text.len = room + 1;
	cr_expect_null(mo_write(&one, 1, &size));
	cr_expect_eq(errno, EFBIG);
	one.text.len = SIZE_MAX;
	cr_expect_null(mo_write(&one, 1, &size));
	cr_expect_eq(errno, EFBIG);
	cr_expect_null(mo_write(many, MO_ENTRIES_MAX + 1, &size));
	cr_expect_eq(errno, EFBIG);
	octets = mo_write(many, 0, &size);
	cr_expect_not_null(octets);
	cr_expect_eq(size, (size_t)MO_HEADER);
	free(octets);
}

Test(draft, is_used_instead_of_the_file_of_its_language, .init = folder_make, .fini = folder_remove)
{
	size_t len;
	char *octets = catalogue(MOFILE_HEADER, "Entwurf", &len);
	cr_expect_str_eq(said(octets, len, "de"), "Entwurf");
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	mofile_write(&file, "locale", "de", "ftgate");
	mofile_write(&file, "locale", "de.UTF-8", "ftgate");
	cr_expect_str_eq(said(octets, len, "de"), "Entwurf");
	cr_expect_str_eq(said(octets, len, "fr"), "Gut");
	cr_expect_eq(refusals.count, 0);
	free(octets);
}

Test(draft, that_is_damaged_is_refused_by_its_name, .init = folder_make, .fini = folder_remove)
{
	size_t len;
	char *octets = catalogue(MOFILE_HEADER, "Entwurf", &len);
	cr_expect_str_eq(said(octets, len - 1, "de"), "Ok");
	cr_assert_eq(refusals.count, 1);
	cr_expect_str_eq(refusals.at[0].file, "de.po");
	cr_expect(refusals.at[0].whole_file);
	cr_expect_str_eq(said(octets, MO_SIZE_MAX + 1, "de"), "Ok");
	cr_expect_eq(refusals.count, 1);
	free(octets);
}

Test(check_compiled, reports_what_a_load_refuses)
{
	size_t len;
	char *octets = catalogue(MOFILE_HEADER, "%n", &len);
	struct ftg_compiled compiled = { .file = "de.po", .language = "de", .octets = octets, .len = len };
	refusals.count = 0;
	cr_expect_eq(ftg_catalog_check_compiled(&compiled, refusals_take, &refusals), 1);
	cr_assert_eq(refusals.count, 1);
	cr_expect_eq(refusals.at[0].id, ERR_SMTP_OK);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_DIRECTIVE);
	free(octets);
	octets = catalogue("Content-Type: text/plain; charset=latin1\n", "Gut", &len);
	compiled = (struct ftg_compiled) { .file = "de.po", .language = "", .octets = octets, .len = len };
	cr_expect_eq(ftg_catalog_check_compiled(&compiled, refusals_take, &refusals), 1);
	cr_expect(refusals.at[1].whole_file);
	free(octets);
}
