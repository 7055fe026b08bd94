/* Loading compiled catalogues: sound ones, damaged ones, and what is refused of them. */
#include "catalog/mo.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/contract.h"
#include "support/folder.h"
#include "support/mofile.h"
#include "support/one_language.h"

#define FILE_OF(language) "locale/" language "/LC_MESSAGES/ftgate.mo"

static struct mofile file;
static struct refusals refusals;

static ftg_catalog *
load(void)
{
	return mofile_load("locale", "overlay", &refusals);
}

/* Loads a file of German with this header and says what was refused: "" or "rule". */
static const char *
refused_with_header(const char *header)
{
	mofile_begin(&file, header);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	mofile_add(&file, ERR_POP_MESSAGECOUNT, "eine von %lu\0viele von %lu", 26);
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	const char *rule = "";
	if (refusals.count > 0) {
		cr_expect_eq(refusals.count, 1);
		cr_expect(refusals.at[0].whole_file);
		cr_expect_eq(refusals.at[0].id, FTG_IDS);
		rule = ftg_rule_name(refusals.at[0].rule);
	}
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), *rule == '\0' ? "Gut" : "Ok", "%s", header);
	ftg_catalog_free(catalog);
	return rule;
}

TestSuite(mo, .init = folder_make, .fini = folder_remove);

Test(mo, is_read_in_either_byte_order)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		mofile_begin(&file, MOFILE_HEADER);
		file.swapped = swapped;
		mofile_add_text(&file, ERR_SMTP_OK, "Gut");
		mofile_add(&file, ERR_POP_MESSAGECOUNT, "eine von %lu\0viele von %lu", 26);
		mofile_write(&file, "locale", "de", "ftgate");
		ftg_catalog *catalog = load();
		cr_expect_eq(refusals.count, 0);
		cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Gut");
		cr_expect_str_eq(mofile_said(catalog, "de", ERR_POP_MESSAGECOUNT), "viele von 2");
		ftg_catalog_free(catalog);
	}
}

/* A small file that is wrong in one way. */
static const char *
why_not(const char *octets, size_t len)
{
	static const char *why;
	struct mo mo;
	char *copy = malloc(len + 1);
	memcpy(copy, octets, len);
	copy = realloc(copy, len > 0 ? len : 1);
	bool sound = mo_parse(&mo, copy, len, &why);
	free(copy);
	return sound ? "sound" : why;
}

static size_t
small_file(char *octets)
{
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	mofile_add_text(&file, ERR_SMTP_ADDRESS_BAD, "%s ist falsch");
	mofile_add(&file, ERR_POP_MESSAGECOUNT, "eine von %lu\0viele von %lu", 26);
	return mofile_octets(&file, octets);
}

static char octets[MOFILE_SIZE];

Test(mo, cut_short_at_any_length_is_refused)
{
	size_t size = small_file(octets);
	cr_assert_str_eq(why_not(octets, size), "sound");
	for (size_t len = 0; len < size; len++)
		cr_expect_str_neq(why_not(octets, len), "sound", "%zu of %zu octets", len, size);
}

Test(mo, cut_short_is_refused_whole_and_english_answers)
{
	size_t size = small_file(octets);
	for (size_t len = 0; len < size; len += 7) {
		mofile_write_octets(octets, len, "locale", "de", "ftgate");
		ftg_catalog *catalog = load();
		cr_assert_eq(refusals.count, 1);
		cr_expect(refusals.at[0].whole_file);
		cr_expect_eq(refusals.at[0].id, FTG_IDS);
		cr_expect_eq(refusals.at[0].rule, FTG_RULE_FILE);
		cr_expect_str_eq(refusals.at[0].file, FILE_OF("de"));
		cr_expect_str_eq(refusals.at[0].language, "de");
		cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Ok");
		ftg_catalog_free(catalog);
	}
}

/* Whatever a damaged file makes of a catalogue, its replies keep the contract. */
static void
try_replies(const ftg_catalog *catalog, const char *what, size_t at)
{
	static const enum ftg_id ids[] = { ERR_SMTP_OK, ERR_SMTP_ADDRESS_BAD, ERR_POP_MESSAGECOUNT };
	static char line[FTG_REPLY_MAX];
	for (size_t i = 0; i < 2 * sizeof(ids) / sizeof(ids[0]); i++) {
		struct ftg_voice voice = {
			.catalog = catalog, .language = FTG_CALLERS, .encoding = (enum ftg_encoding)(i % 2)
		};
		struct ftg_reply reply = { .id = ids[i / 2], .arg = { { .text = "a\r\nb", .len = 4, .number = 7 } } };
		const char *breach = contract_breach(&voice, &reply, line, ftg_render(line, &voice, &reply));
		cr_assert_null(breach, "%s %zu: %s", what, at, breach);
	}
}

Test(mo, with_any_octet_changed_is_safe)
{
	static const unsigned char changes[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF, 0x0A ^ 'u',
		'%' ^ 'n' };
	size_t size = small_file(octets);
	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < sizeof(changes); i++) {
			octets[at] = (char)(octets[at] ^ changes[i]);
			ftg_catalog *catalog = one_language_of_octets(octets, size, "de", FTG_PUBLISHED, NULL, NULL);
			cr_assert_not_null(catalog);
			try_replies(catalog, "octet", at);
			ftg_catalog_free(catalog);
			octets[at] = (char)(octets[at] ^ changes[i]);
		}
	}
}

static void
set_word(char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

Test(mo, with_any_word_of_its_tables_changed_is_safe)
{
	size_t size = small_file(octets), tables = 28 + 16 * file.entries;
	const uint32_t values[] = { 0, 1, 27, 28, (uint32_t)size - 1, (uint32_t)size, (uint32_t)size + 1, 0x7FFFFFFF,
		0x80000000, 0xFFFFFFF0, 0xFFFFFFFF };
	for (size_t at = 0; at < tables; at += 4) {
		char kept[4];
		memcpy(kept, octets + at, sizeof(kept));
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			set_word(octets + at, values[i]);
			ftg_catalog *catalog = one_language_of_octets(octets, size, "de", FTG_STRICT, NULL, NULL);
			try_replies(catalog, "word", at);
			ftg_catalog_free(catalog);
		}
		memcpy(octets + at, kept, sizeof(kept));
	}
}

Test(mo, with_counts_that_do_not_fit_is_refused)
{
	size_t size = small_file(octets);
	static const uint32_t counts[] = { 0xFFFFFFFF, 0x20000001, 0x1FFFFFFF, MO_ENTRIES_MAX + 1, 1000, 5 + 16 };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		set_word(octets + 8, counts[i]);
		cr_expect_str_neq(why_not(octets, size), "sound", "%u entries", counts[i]);
	}
	set_word(octets + 8, 0);
	cr_expect_str_eq(why_not(octets, size), "sound");
}

Test(mo, of_a_string_without_its_nul_is_refused)
{
	size_t size = small_file(octets);
	cr_assert_eq(octets[size - 1], '\0');
	octets[size - 1] = 'x';
	cr_expect_str_neq(why_not(octets, size), "sound");
}

/* So many entries, all of them one string. */
Test(mo, of_too_many_entries_is_refused)
{
	size_t size = 28 + 8 * (MO_ENTRIES_MAX + 1) + 1;
	char *many = calloc(1, size);
	uint32_t head[] = { 0x950412DE, 0, MO_ENTRIES_MAX, 28, 28 };
	for (size_t at = 28; at + 8 < size; at += 8)
		set_word(many + at + 4, (uint32_t)size - 1);
	memcpy(many, head, sizeof(head));
	cr_expect_str_eq(why_not(many, size), "sound");
	head[2]++;
	memcpy(many, head, sizeof(head));
	cr_expect_str_neq(why_not(many, size), "sound");
	free(many);
}

/* Each entry is the same long string: what is read would be many times the file. */
Test(mo, whose_strings_share_too_many_octets_is_refused)
{
	enum { TABLE = 16, LONG = 64 * 1024, FIT = MO_STRINGS_MAX / LONG };
	const uint32_t at = 48 + TABLE * FIT;
	size_t size = at + LONG + 1;
	char *shared = calloc(1, size);
	memset(shared + at, 'x', LONG);
	const uint32_t head[] = { 0x950412DE, 0, FIT / 2, 48, 48, 0, 48, 0, 0, 0, 48, 48 };
	memcpy(shared, head, sizeof(head));
	for (uint32_t entry = 48; entry < at; entry += 8) {
		set_word(shared + entry, LONG);
		set_word(shared + entry + 4, at);
	}
	cr_expect_str_eq(why_not(shared, size), "sound");
	set_word(shared + 8, FIT / 2 + 1);
	cr_expect_str_neq(why_not(shared, size), "sound");
	for (uint32_t revision = 1; revision < 3; revision++) {
		set_word(shared + 4, revision);
		set_word(shared + 8, 0);
		set_word(
		    shared + 36, FIT + 1); /* system-dependent strings, whose descriptors are another one's length */
		for (uint32_t i = 0; i <= FIT; i++)
			set_word(shared + 48 + 4 * i, at - 8);
		set_word(shared + at - 8, at);
		set_word(shared + at - 4, LONG);
		cr_expect_eq(strcmp(why_not(shared, size), "sound") == 0, revision > 1, "%u", revision);
		set_word(shared + 36, FIT);
		cr_expect_str_eq(why_not(shared, size), "sound");
	}
	free(shared);
}

Test(mo, of_another_kind_or_revision_is_refused_by_name)
{
	static const uint32_t revisions[] = { 0x20000, 0x20001, 0xFFFFFFFF };
	size_t size = small_file(octets);
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		set_word(octets + 4, revisions[i]);
		cr_expect(strstr(why_not(octets, size), "revision") != NULL, "%x", revisions[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		set_word(octets + 4, (const uint32_t[]) { 0x10000, 2, 0x10002 }[i]);
		cr_expect_str_eq(why_not(octets, size), "sound");
	}
	static const char po[] = "msgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n";
	cr_expect_str_eq(why_not(po, sizeof(po) - 1), "not a .mo file");
}

/* The small file as revision 1, with a system-dependent string: what msgfmt makes of "100 % Identitaet" as c-format. */
static size_t
dependent_file(char *out, uint32_t revision)
{
	static const char key[] = "ERR_SMTP_MAILBOX_FULL\004Mailbox %s is full";
	static char small[MOFILE_SIZE];
	size_t size = small_file(small), shift = 48 - 28, at = size + shift, tables = 28 + 16 * file.entries;
	memcpy(out, small, 28);
	memcpy(out + 48, small + 28, size - 28);
	set_word(out + 4, revision);
	set_word(out + 12, 48);
	set_word(out + 16, (uint32_t)(48 + 8 * file.entries));
	set_word(out + 20, 0);
	for (size_t entry = 48; entry < tables + shift; entry += 8) {
		uint32_t offset;
		memcpy(&offset, out + entry + 4, sizeof(offset));
		set_word(out + entry + 4, offset + (uint32_t)shift);
	}
	const uint32_t words[] = { 0, 0, 1, (uint32_t)at, (uint32_t)at };
	memcpy(out + 28, words, sizeof(words));
	set_word(out + at, (uint32_t)at + 4);
	set_word(out + at + 4, (uint32_t)at + 16);
	set_word(out + at + 8, sizeof(key));
	set_word(out + at + 12, 0xFFFFFFFF);
	memcpy(out + at + 16, key, sizeof(key));
	return at + 16 + sizeof(key);
}

Test(mo, of_minor_revision_1_is_read_without_its_system_dependent_strings)
{
	for (uint32_t major = 0; major < 2; major++) {
		size_t size = dependent_file(octets, major << 16 | 1);
		mofile_write_octets(octets, size, "locale", "de", "ftgate");
		ftg_catalog *catalog = load();
		cr_assert_eq(refusals.count, 1);
		cr_expect_eq(refusals.at[0].id, ERR_SMTP_MAILBOX_FULL);
		cr_expect_eq(refusals.at[0].rule, FTG_RULE_DIRECTIVE);
		cr_expect_not(refusals.at[0].whole_file);
		cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Gut");
		ftg_catalog_free(catalog);
	}
}

Test(mo, of_minor_revision_1_with_any_word_changed_is_safe)
{
	size_t size = dependent_file(octets, 1);
	const uint32_t values[] = { 0, 1, 48, (uint32_t)size - 1, (uint32_t)size, (uint32_t)size + 1, 0x7FFFFFFF,
		0x80000000, 0xFFFFFFF0, 0xFFFFFFFF };
	for (size_t at = 0; at + 4 <= size; at += 4) {
		char kept[4], *copy = malloc(size);
		memcpy(kept, octets + at, sizeof(kept));
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			set_word(octets + at, values[i]);
			memcpy(copy, octets, size);
			ftg_catalog *catalog = one_language_of_octets(copy, size, "de", FTG_STRICT, NULL, NULL);
			try_replies(catalog, "word", at);
			ftg_catalog_free(catalog);
		}
		memcpy(octets + at, kept, sizeof(kept));
		free(copy);
	}
}

Test(mo, of_minor_revision_1_cut_short_is_refused)
{
	size_t size = dependent_file(octets, 1);
	cr_assert_str_eq(why_not(octets, size), "sound");
	for (size_t len = 0; len < size; len++)
		cr_expect_str_neq(why_not(octets, len), "sound", "%zu of %zu octets", len, size);
}

Test(mo, key_in_another_case_is_unknown)
{
	static const char key[] = "err_smtp_ok\004Ok";
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	mofile_add_key(&file, key, sizeof(key) - 1, "Schlecht", 8);
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	cr_assert_eq(refusals.count, 1);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_UNKNOWN);
	cr_expect_str_eq(refusals.at[0].detail, "err_smtp_ok");
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
}

Test(mo, header_fields_can_share_a_line)
{
	static const char *const headers[] = {
		"Plural-Forms: nplurals=2; plural=n != 1; Content-Type: text/plain; charset=UTF-8\n",
		"Content-Type: text/plain; charset=UTF-8; Plural-Forms: nplurals=2; plural=n != 1;\n",
		"Plural-Forms: plural=n != 1; nplurals=2;\n"
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		cr_expect_str_eq(refused_with_header(headers[i]), "");
	cr_expect_str_eq(
	    refused_with_header("Plural-Forms: nplurals=2; plural=n != 1; Content-Type: text/plain; charset=KOI8-R\n"),
	    "charset");
	cr_expect_str_eq(
	    refused_with_header("Content-Type: text/plain; charset=UTF-8; Plural-Forms: nplurals=2; plural=n n;\n"),
	    "plurals");
}

Test(mo, in_another_charset_is_refused_whole)
{
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=UTF-8\n"), "");
	cr_expect_str_eq(refused_with_header("content-type: text/plain; charset=utf-8\n"), "");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=UTF-8"), "");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=UTF-8; x\n"), "");
	cr_expect_str_eq(refused_with_header("Language: de\n"), "");
	cr_expect_str_eq(refused_with_header(NULL), "");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=ISO-8859-1\n"), "charset");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=CHARSET\n"), "charset");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=UTF-7\n"), "charset");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain; charset=UTF-85\n"), "charset");
	cr_expect_str_eq(refused_with_header("Content-Type: text/plain\n"), "charset");
	cr_expect_str_eq(refused_with_header("Content-Type:\ncharset=UTF-8\n"), "charset");
}

Test(mo, header_is_found_at_any_position)
{
	mofile_begin(&file, NULL);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	mofile_add_key(&file, "", 0, "Content-Type: text/plain; charset=KOI8-R\n", 41);
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog_free(load());
	cr_assert_eq(refusals.count, 1);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_CHARSET);
}

Test(mo, with_a_bad_plural_header_is_refused_whole)
{
	cr_expect_str_eq(refused_with_header("Plural-Forms: nplurals=2; plural=n != 1;\n"), "");
	cr_expect_str_eq(refused_with_header("PLURAL-FORMS:nplurals=2;plural=n>1\n"), "");
	cr_expect_str_eq(refused_with_header("Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\n"), "plurals");
	cr_expect_str_eq(refused_with_header("Plural-Forms:\n"), "plurals");
	cr_expect_str_eq(refused_with_header("Plural-Forms: nplurals=2; plural=((((((((((((((((((n;\n"), "plurals");
	cr_expect_str_eq(refused_with_header("X-Plural-Forms: nonsense\n"), "");
}

Test(mo, with_a_division_by_zero_says_the_first_form)
{
	cr_expect_str_eq(refused_with_header("Plural-Forms: nplurals=2; plural=1/(n-2);\n"), "");
	ftg_catalog *catalog = load();
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_POP_MESSAGECOUNT), "eine von 2");
	ftg_catalog_free(catalog);
}

/* ---- files and folders ---- */

Test(mo, of_one_mebibyte_is_read_and_a_larger_one_refused)
{
	char *large = calloc(1, MO_SIZE_MAX + 1);
	size_t size = small_file(large);
	cr_assert_lt(size, MO_SIZE_MAX);
	mofile_write_octets(large, MO_SIZE_MAX, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	cr_expect_eq(refusals.count, 0);
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
	mofile_write_octets(large, MO_SIZE_MAX + 1, "locale", "de", "ftgate");
	catalog = load();
	cr_assert_eq(refusals.count, 1);
	cr_expect_str_eq(refusals.at[0].detail, "larger than a catalogue may be (1 MiB)");
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
	free(large);
}

Test(mo, folder_in_its_place_is_refused, .timeout = 10)
{
	size_t size = small_file(octets);
	mofile_write_octets(octets, size, "locale", "de", "other");
	mofile_write_octets(octets, size, "locale", "fr", "other");
	mofile_write_octets(octets, size, "locale", "it", "other");
	mofile_write_octets(octets, size, "locale", "es", "ftgate");
	cr_assert_eq(mkfifo(FILE_OF("de"), 0666), 0);
	cr_assert_eq(mkdir(FILE_OF("fr"), 0777), 0);
	cr_assert_eq(symlink("ftgate.mo", FILE_OF("it")), 0);
	ftg_catalog *catalog = load();
	cr_expect_eq(refusals.count, 3);
	for (size_t i = 0; i < refusals.count; i++) {
		cr_expect(refusals.at[i].whole_file);
		cr_expect_eq(refusals.at[i].rule, FTG_RULE_FILE);
		if (strcmp(refusals.at[i].language, "it") != 0)
			cr_expect_str_eq(refusals.at[i].detail, "not a regular file");
	}
	cr_expect_eq(ftg_catalog_languages(catalog), 2);
	cr_expect_str_eq(mofile_said(catalog, "es", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
}

Test(mo, missing_file_is_no_error)
{
	size_t size = small_file(octets);
	mofile_write_octets(octets, size, "locale", "de", "other");
	mofile_write_octets(octets, size, "locale", "es", "ftgate");
	cr_assert_eq(symlink("nowhere", FILE_OF("de")), 0);
	cr_assert_eq(mkdir("locale/fr", 0777), 0);
	FILE *stray = fopen("locale/it", "w");
	cr_assert_not_null(stray);
	fclose(stray);
	ftg_catalog *catalog = load();
	cr_expect_eq(refusals.count, 0);
	cr_expect_eq(ftg_catalog_languages(catalog), 2);
	ftg_catalog_free(catalog);
}

Test(mo, folders_that_name_no_language_are_skipped)
{
	size_t size = small_file(octets);
	static const char *const names[] = { "C", "POSIX", "not a language", "de-", "x..y", "abcdefghijklmnop" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		mofile_write_octets(octets, size, "locale", names[i], "ftgate");
	ftg_catalog *catalog = load();
	cr_expect_eq(refusals.count, 0);
	cr_expect_eq(ftg_catalog_languages(catalog), 1);
	ftg_catalog_free(catalog);
}

Test(mo, folder_that_cannot_be_read_is_an_error)
{
	FILE *stray = fopen("locale", "w");
	cr_assert_not_null(stray);
	fclose(stray);
	struct ftg_sources sources = { .locale = "locale" };
	cr_expect_null(ftg_catalog_open(&sources, NULL, NULL));
	cr_expect_eq(errno, ENOTDIR);
	cr_assert_eq(mkdir("closed", 0), 0);
	sources.locale = "closed";
	if (geteuid() == 0)
		return;
	cr_expect_null(ftg_catalog_open(&sources, NULL, NULL));
	cr_expect_eq(errno, EACCES);
}

Test(mo, is_an_error_to_load_without_free_descriptors)
{
	size_t size = small_file(octets);
	mofile_write_octets(octets, size, "locale", "de", "ftgate");
	int lowest = dup(0);
	for (rlim_t left = 0; left < 2; left++) {
		/* With one descriptor left the folder can be read, but no file of it. */
		struct rlimit limit = { .rlim_cur = (rlim_t)lowest + left, .rlim_max = RLIM_INFINITY };
		close(lowest);
		getrlimit(RLIMIT_NOFILE, &limit);
		rlim_t before = limit.rlim_cur;
		limit.rlim_cur = (rlim_t)lowest + left;
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		ftg_catalog *catalog = ftg_catalog_open(&(struct ftg_sources) { .locale = "locale" }, NULL, NULL);
		int error = errno;
		limit.rlim_cur = before;
		setrlimit(RLIMIT_NOFILE, &limit);
		cr_expect_null(catalog, "%d left", (int)left);
		cr_expect_eq(error, EMFILE);
		ftg_catalog_free(catalog);
	}
}

Test(mo, leaves_no_file_open)
{
	size_t size = small_file(octets);
	mofile_write_octets(octets, size, "locale", "de", "ftgate");
	mofile_write_octets(octets, size / 2, "locale", "fr", "ftgate");
	mofile_write_octets(octets, size, "locale", "it", "other");
	cr_assert_eq(mkdir(FILE_OF("it"), 0777), 0);
	size_t before = folder_count("/proc/self/fd/*");
	ftg_catalog_free(load());
	cr_expect_eq(folder_count("/proc/self/fd/*"), before);
}
