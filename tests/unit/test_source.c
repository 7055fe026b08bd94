/* What becomes of the texts of a catalogue: used, or refused by name, and then the next source answers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/mofile.h"

#define FILE_OF(language) "locale/" language "/LC_MESSAGES/ftgate.mo"

static struct mofile file;
static struct refusals refusals;

static ftg_catalog *
load(void)
{
	return mofile_load("locale", "overlay", &refusals);
}

TestSuite(source, .init = folder_make, .fini = folder_remove);

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

Test(source, names_file_language_id_and_rule_of_a_refused_text)
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
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Ok");
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_CLOSING), "localhost Auf Wiedersehen");
	ftg_catalog_free(catalog);
}

Test(source, unknown_id_is_reported_and_the_rest_is_used)
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
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Gut");
	ftg_catalog_free(catalog);
}

Test(source, with_a_stale_msgid_is_refused_for_that_text)
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
	cr_expect_str_eq(mofile_said(catalog, "de", ERR_SMTP_OK), "Ok");
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
	snprintf(said, sizeof(said), "%s", mofile_said(catalog, "de", id));
	ftg_catalog_free(catalog);
	if (refusals.count == 0)
		return said;
	expect_refusal(0, id, refusals.at[0].rule);
	return ftg_rule_name(refusals.at[0].rule);
}

Test(source, with_another_number_of_forms_is_refused_for_that_text)
{
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0c %lu", 17), "b 2");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu", 5), "plurals");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu", 11), "plurals");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0c %lu\0d %lu", 23), "plurals");
	cr_expect_str_eq(outcome(ERR_SMTP_OK, "a\0b", 3), "control");
	cr_expect_str_eq(outcome(ERR_SMTP_OK, "a\0", 2), "control");
}

Test(source, with_an_empty_plural_form_is_refused_for_that_text)
{
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0\0c %lu", 12), "empty");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0", 12), "empty");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "\0\0", 2), "empty");
}

Test(source, leaves_an_untranslated_entry_to_the_next_source)
{
	cr_expect_str_eq(outcome(ERR_SMTP_OK, "", 0), "Ok");
	cr_expect_str_eq(outcome(ERR_POP_MESSAGECOUNT, "", 0), "no such message , only 2 messages in mailbox");
}

Test(source, gives_a_text_to_a_reason_without_one)
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

Test(source, with_a_text_for_the_challenge_is_refused_for_that_text)
{
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_334, "Passwort:");
	mofile_write(&file, "locale", "de", "ftgate");
	ftg_catalog *catalog = load();
	expect_refusal(0, ERR_SMTP_334, FTG_RULE_LITERAL);
	ftg_catalog_free(catalog);
}

Test(source, refused_text_falls_back_to_the_next_source)
{
	static const char *const preferences[] = { "de_AT:fr", NULL };
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
	struct ftg_sources sources = { .locale = "locale", .overlay = "overlay", .preferences = preferences };
	ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, &refusals);
	cr_expect_eq(refusals.count, 4);
	cr_expect_str_eq(mofile_said(catalog, "de_AT:fr", ERR_SMTP_RCPTOK), "eigen");
	cr_expect_str_eq(mofile_said(catalog, "de_AT:fr", ERR_SMTP_OK), "austria");
	cr_expect_str_eq(mofile_said(catalog, "de_AT:fr", ERR_SMTP_AUTHOK), "fr");
	cr_expect_str_eq(mofile_said(catalog, "de_AT", ERR_SMTP_AUTHOK), "Auth OK");
	ftg_catalog_free(catalog);
}

Test(source, whose_ascii_form_breaks_a_rule_is_refused_in_both_encodings)
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

/* ---- checking a file ---- */

Test(check_file, counts_what_is_refused, .init = folder_make, .fini = folder_remove)
{
	static char octets[MOFILE_SIZE];
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "Gut");
	size_t size = mofile_octets(&file, octets);
	mofile_write(&file, "locale", "de", "ftgate");
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

Test(check_file, fails_with_errno_if_the_file_cannot_be_read, .init = folder_make, .fini = folder_remove)
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
