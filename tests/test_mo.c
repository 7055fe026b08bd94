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

#include "contract.h"
#include "folder.h"
#include "mofile.h"
#include "one_language.h"

#define FILE_OF(language) "locale/" language "/LC_MESSAGES/ftgate.mo"

static struct mofile file;
static struct refusals refusals;

static ftg_catalog *
load(void)
{
	struct ftg_sources sources = { .locale = "locale", .overlay = "overlay" };
	refusals.count = 0;
	ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, &refusals);
	cr_assert_not_null(catalog);
	return catalog;
}

/* The text of a reply with an argument, or a count of 2, less its frame. */
static const char *
text_of(const ftg_catalog *catalog, const char *language, enum ftg_id id)
{
	static char line[FTG_REPLY_MAX + 1];
	struct ftg_voice voice = {
		.catalog = catalog, .language = ftg_catalog_find(catalog, language), .encoding = FTG_UTF8
	};
	struct ftg_reply reply = { .id = id, .arg = { { .text = "arg", .len = 3, .number = 2 } } };
	size_t len = ftg_render(line, &voice, &reply);
	line[len] = '\0';
	char *end = strstr(line, " (#");
	if (end != NULL)
		*end = '\0';
	return line + strlen(ftg_row(id)->service == FTG_SMTP ? "250 2.5.0 " : "-ERR ");
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
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), *rule == '\0' ? "Gut" : "Ok", "%s", header);
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
		cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Gut");
		cr_expect_str_eq(text_of(catalog, "de", ERR_POP_MESSAGECOUNT), "viele von 2");
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
		cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Ok");
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

Test(mo, of_another_kind_or_revision_is_refused_by_name)
{
	static const uint32_t revisions[] = { 1, 2, 0x10001, 0x20000, 0xFFFFFFFF };
	size_t size = small_file(octets);
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		set_word(octets + 4, revisions[i]);
		cr_expect(strstr(why_not(octets, size), "revision") != NULL, "%x", revisions[i]);
	}
	set_word(octets + 4, 0x10000);
	cr_expect_str_eq(why_not(octets, size), "sound");
	static const char po[] = "msgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n";
	cr_expect_str_eq(why_not(po, sizeof(po) - 1), "not a .mo file");
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

Test(mo, has_its_header_wherever_it_stands)
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
	cr_expect_str_eq(text_of(catalog, "de", ERR_POP_MESSAGECOUNT), "eine von 2");
	ftg_catalog_free(catalog);
}

/* ---- single texts ---- */

static void
expect_refusal(size_t i, enum ftg_id id, enum ftg_rule rule)
{
	cr_assert_lt(i, refusals.count);
	cr_expect_eq(refusals.at[i].id, id);
	cr_expect_eq(refusals.at[i].rule, rule, "%s", ftg_rule_name(refusals.at[i].rule));
	cr_expect_not(refusals.at[i].whole_file);
	cr_expect_str_eq(refusals.at[i].file, FILE_OF("de"));
	cr_expect_str_eq(refusals.at[i].language, "de");
	cr_expect_neq(refusals.at[i].detail[0], '\0');
	for (const char *c = refusals.at[i].detail; *c != '\0'; c++)
		cr_expect(*c >= 0x20 && *c <= 0x7E);
}

Test(mo, names_file_language_id_and_rule_of_a_refused_text)
{
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut\r\n250 ok");
	mofile_add_text(&file, ERR_SMTP_AUTHOK, "%n\x1B");
	mofile_add_text(&file, ERR_SMTP_RCPTOK, "Empf\xE4nger");
	mofile_add_text(&file, ERR_SMTP_CLOSING, "Auf Wiedersehen");
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	cr_assert_eq(refusals.count, 3);
	expect_refusal(0, ERR_SMTP_OK, FTG_RULE_CONTROL);
	expect_refusal(1, ERR_SMTP_AUTHOK, FTG_RULE_DIRECTIVE);
	expect_refusal(2, ERR_SMTP_RCPTOK, FTG_RULE_UTF8);
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Ok");
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_CLOSING), "localhost Auf Wiedersehen");
	ftg_catalog_free(catalog);
}

Test(mo, with_an_unknown_id_is_told_and_otherwise_used)
{
	static const char *const keys[] = { "ERR_SMTP_OKAY\004Ok", "Ok", "\004Ok", "ERR_SMTP_\004Ok", "FTG_IDS\004Ok",
		"\x1B[31m\004Ok" };
	char name[300];
	memset(name, 'A', sizeof(name));
	name[299] = '\004';
	mofile_begin(&file, MOFILE_HEADER);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		mofile_add_key(&file, keys[i], strlen(keys[i]), "x", 1);
	mofile_add_key(&file, name, sizeof(name), "x", 1);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	cr_expect_eq(refusals.count, sizeof(keys) / sizeof(keys[0]) + 1);
	for (size_t i = 0; i < refusals.count; i++)
		expect_refusal(i, FTG_IDS, FTG_RULE_UNKNOWN);
	cr_expect_str_eq(refusals.at[0].detail, "ERR_SMTP_OKAY");
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
}

Test(mo, with_a_stale_msgid_is_refused_for_that_text)
{
	static const char *const keys[] = { "ERR_SMTP_OK\004OK", "ERR_SMTP_OK\004", "ERR_SMTP_OK\004Ok ",
		"ERR_SMTP_AUTHOK\004Auth OK\0Auths OK",
		"ERR_POP_MESSAGECOUNT\004no such message , only %lu message in mailbox" };
	static const size_t lens[] = { 14, 12, 15, 32, 66 };
	mofile_begin(&file, MOFILE_HEADER);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		mofile_add_key(&file, keys[i], lens[i], "falsch", 6);
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	cr_expect_eq(refusals.count, 5);
	for (size_t i = 0; i < 3; i++)
		expect_refusal(i, ERR_SMTP_OK, FTG_RULE_STALE);
	expect_refusal(3, ERR_SMTP_AUTHOK, FTG_RULE_STALE);
	expect_refusal(4, ERR_POP_MESSAGECOUNT, FTG_RULE_STALE);
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
}

/* Loads one text for an ID: the rule that it breaks, or what is said. */
static const char *
outcome(enum ftg_id id, const char *text, size_t len)
{
	static char said[FTG_REPLY_MAX + 1];
	mofile_begin(&file, "Plural-Forms: nplurals=3; plural=n==1 ? 0 : n==2 ? 1 : 2;\n");
	mofile_add(&file, id, text, len);
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	snprintf(said, sizeof(said), "%s", text_of(catalog, "de", id));
	ftg_catalog_free(catalog);
	if (refusals.count == 0)
		return said;
	expect_refusal(0, id, refusals.at[0].rule);
	return ftg_rule_name(refusals.at[0].rule);
}

Test(mo, with_another_number_of_forms_is_refused_for_that_text)
{
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0c %lu", 17), "b 2");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu", 5), "plurals");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu", 11), "plurals");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0c %lu\0d %lu", 23), "plurals");
	cr_expect_str_eq(outcome(ERR_SMTP_OK, "a\0b", 3), "control");
	cr_expect_str_eq(outcome(ERR_SMTP_OK, "a\0", 2), "control");
}

Test(mo, with_an_empty_plural_form_is_refused_for_that_text)
{
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0\0c %lu", 12), "empty");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0", 12), "empty");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "\0\0", 2), "empty");
}

Test(mo, leaves_an_untranslated_entry_to_the_next_source)
{
	cr_expect_str_eq(outcome(ERR_SMTP_OK, "", 0), "Ok");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "", 0), "no such message , only 2 messages in mailbox");
}

Test(mo, gives_words_to_a_reason_that_has_none)
{
	cr_expect_str_eq(outcome(ERR_SECPOL_BLACK, "-ERR gesperrt", 13), "code");
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SECPOL_BLACK, "gesperrt");
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	struct ftg_voice voice = { .catalog = catalog, .language = ftg_catalog_find(catalog, "de") };
	struct ftg_reply reply = ftg_reply_reason(ERR_SMTP_ACCESSDENIED, "a@b", 3, ERR_SECPOL_BLACK);
	char line[FTG_REPLY_MAX + 1];
	line[ftg_render(line, &voice, &reply)] = '\0';
	cr_expect_str_eq(line, "550 5.5.0 Access Denied <a@b> (gesperrt (#2.02)) (#4.65)\r\n");
	ftg_catalog_free(catalog);
}

Test(mo, with_a_text_for_the_challenge_is_refused_for_that_text)
{
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_334, "Passwort:");
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	expect_refusal(0, ERR_SMTP_334, FTG_RULE_LITERAL);
	ftg_catalog_free(catalog);
}

Test(mo, that_is_refused_falls_to_the_next_source)
{
	static const char *const wishes[] = { "de_AT:fr", NULL };
	static const struct {
		const char *folder, *language, *domain, *ok, *auth, *rcpt;
	} files[] = {
		{ "overlay", "de_AT", "ftgate-local", "a\rb", "%n", "eigen" },
		{ "locale", "de_AT", "ftgate", "austria", "%s", "austria" },
		{ "locale", "de", "ftgate", "de", "(#3.03)", "de" },
		{ "locale", "fr", "ftgate", "fr", "fr", "fr" },
	};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		mofile_begin(&file, MOFILE_HEADER);
		mofile_add_text(&file, ERR_SMTP_OK, files[i].ok);
		mofile_add_text(&file, ERR_SMTP_AUTHOK, files[i].auth);
		mofile_add_text(&file, ERR_SMTP_RCPTOK, files[i].rcpt);
		mofile_write(&file, files[i].folder, files[i].language, files[i].domain);
	}
	struct ftg_sources sources = { .locale = "locale", .overlay = "overlay", .wishes = wishes };
	ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, &refusals);
	cr_expect_eq(refusals.count, 4);
	cr_expect_str_eq(text_of(catalog, "de_AT:fr", ERR_SMTP_RCPTOK), "eigen");
	cr_expect_str_eq(text_of(catalog, "de_AT:fr", ERR_SMTP_OK), "austria");
	cr_expect_str_eq(text_of(catalog, "de_AT:fr", ERR_SMTP_AUTHOK), "fr");
	cr_expect_str_eq(text_of(catalog, "de_AT", ERR_SMTP_AUTHOK), "Auth OK");
	ftg_catalog_free(catalog);
}

Test(mo, whose_ascii_form_breaks_a_rule_is_refused_in_both_encodings)
{
	/* Fullwidth [ in front: a response code on the ASCII wire alone. */
	cr_expect_str_eq(outcome(ERR_POP_LOGIN,
	                     "\xEF\xBC\xBB"
	                     "AUTH] nein",
	                     13),
	    "bracket");
	ftg_catalog *catalog = load();
	ftg_lang de = ftg_catalog_find(catalog, "de");
	cr_expect_eq(ftg_catalog_origin(catalog, de, FTG_ASCII, ERR_POP_LOGIN), FTG_FROM_TABLE);
	cr_expect_eq(ftg_catalog_origin(catalog, de, FTG_UTF8, ERR_POP_LOGIN), FTG_FROM_TABLE);
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
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
	mofile_write_octets(large, MO_SIZE_MAX + 1, "locale", "de", "ftgate");
	catalog = load();
	cr_assert_eq(refusals.count, 1);
	cr_expect_str_eq(refusals.at[0].detail, "larger than a catalogue may be (1 MiB)");
	cr_expect_str_eq(text_of(catalog, "de", ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
	free(large);
}

Test(mo, is_refused_where_something_else_stands_in_its_place, .timeout = 10)
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
	cr_expect_str_eq(text_of(catalog, "es", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
}

Test(mo, is_not_missed_where_there_is_none)
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

Test(mo, folders_that_are_no_language_are_passed_by)
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

Test(mo, is_an_error_to_load_where_no_file_can_be_opened_any_more)
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

/* ---- checking a file ---- */

Test(check_file, counts_what_is_refused, .init = folder_make, .fini = folder_remove)
{
	size_t size = small_file(octets);
	mofile_write_octets(octets, size, "locale", "de", "ftgate");
	refusals.count = 0;
	cr_expect_eq(ftg_catalog_check_file(FILE_OF("de"), "de", refusals_take, &refusals), 0);
	cr_expect_eq(ftg_catalog_check_file(FILE_OF("de"), "", NULL, NULL), 0);
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "%n");
	mofile_add_text(&file, ERR_SMTP_AUTHOK, "gut");
	mofile_add_text(&file, ERR_SMTP_RCPTOK, "[gut");
	mofile_add_text(&file, ERR_POP_LOGIN, "[gut");
	mofile_write(&file, "locale", "de", "ftgate");
	cr_expect_eq(ftg_catalog_check_file(FILE_OF("de"), "de", refusals_take, &refusals), 2);
	expect_refusal(0, ERR_SMTP_OK, FTG_RULE_DIRECTIVE);
	expect_refusal(1, ERR_POP_LOGIN, FTG_RULE_BRACKET);
	mofile_write_octets(octets, size - 1, "locale", "de", "ftgate");
	cr_expect_eq(ftg_catalog_check_file(FILE_OF("de"), "de", NULL, NULL), 1);
}

Test(check_file, fails_with_errno_where_the_file_cannot_be_read, .init = folder_make, .fini = folder_remove)
{
	cr_expect_eq(ftg_catalog_check_file("none.mo", "de", refusals_take, &refusals), -1);
	cr_expect_eq(errno, ENOENT);
	cr_assert_eq(symlink("loop.mo", "loop.mo"), 0);
	cr_expect_eq(ftg_catalog_check_file("loop.mo", "de", refusals_take, &refusals), -1);
	cr_expect_eq(errno, ELOOP);
	cr_expect_eq(refusals.count, 0);
	cr_expect_eq(ftg_catalog_check_file(".", "de", refusals_take, &refusals), 1);
	cr_expect_str_eq(refusals.at[0].detail, "not a regular file");
}
