/* Catalogues of what gettext() and catgets() say in the locale of the caller: the same rules hold of them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <ftgate/catalog.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/mofile.h"

static struct refusals refusals;

static const char *
said(const ftg_catalog *catalog, enum ftg_encoding encoding, struct ftg_reply reply)
{
	static char line[FTG_REPLY_MAX + 1];
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS, .encoding = encoding };
	line[ftg_render(line, &voice, &reply)] = '\0';
	return line;
}

static void
begin(void)
{
	folder_make();
	refusals.count = 0;
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANGUAGE");
	setenv("LANG", "C.UTF-8", 1);
	cr_assert_not_null(setlocale(LC_ALL, ""));
}

TestSuite(gettext_, .init = begin, .fini = folder_remove);
TestSuite(catgets_, .init = begin, .fini = folder_remove);

Test(gettext_, without_a_catalogue_says_english)
{
	ftg_catalog *catalog = ftg_catalog_from_gettext("ftgate-nothing", FTG_STRICT, refusals_take, &refusals);
	cr_assert_not_null(catalog);
	cr_expect_eq(ftg_catalog_languages(catalog), 2);
	cr_expect_eq(ftg_catalog_profile(catalog), FTG_STRICT);
	cr_expect_str_eq(said(catalog, FTG_UTF8, ftg_reply(ERR_SMTP_OK)), "250 2.0.0 Ok (#3.07)\r\n");
	cr_expect_eq(ftg_catalog_origin(catalog, FTG_CALLERS, FTG_UTF8, ERR_SMTP_OK), FTG_FROM_TABLE);
	cr_expect_eq(refusals.count, 0);
	ftg_catalog_free(catalog);
}

/* Binds a German catalogue. False where libintl does not take LANGUAGE under C.UTF-8, as glibc from 2.39 on. */
static bool
bind_german(const char *header)
{
	static struct mofile file;
	char folder[4096];
	mofile_begin(&file, header);
	/* In the order of their keys, which libintl relies on. */
	mofile_add(&file, ERR_POP_MESSAGECOUNT, "eine von %lu\0viele von %lu", 26);
	mofile_add_text(&file, ERR_SECPOL_BLACK, "gesperrt");
	mofile_add_text(&file, ERR_SMTP_AUTHOK, "a\r\n250 ok");
	mofile_add_text(&file, ERR_SMTP_OK, "Sch\xC3\xB6n");
	mofile_write(&file, "locale", "de", "ftgate-test");
	cr_assert_not_null(getcwd(folder, sizeof(folder) - 8));
	strcat(folder, "/locale");
	setenv("LANGUAGE", "de", 1);
	bindtextdomain("ftgate-test", folder);
	bind_textdomain_codeset("ftgate-test", "UTF-8");
	return strstr(dgettext("ftgate-test", ""), "Language: de") != NULL;
}

#define HEADER "Language: de\n" MOFILE_HEADER

Test(gettext_, texts_are_checked_by_the_rules)
{
	if (!bind_german("Project-Id-Version: x\n" HEADER))
		cr_skip_test("libintl takes no LANGUAGE here");
	ftg_catalog *catalog = ftg_catalog_from_gettext("ftgate-test", FTG_PUBLISHED, refusals_take, &refusals);
	cr_expect_str_eq(ftg_catalog_tag(catalog, FTG_CALLERS), "de");
	cr_expect_str_eq(said(catalog, FTG_UTF8, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Sch\xC3\xB6n (#3.07)\r\n");
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Schoen (#3.07)\r\n");
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_SMTP_AUTHOK)), "235 2.3.5 Auth OK (#3.03)\r\n");
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_SECPOL_BLACK)), "gesperrt (#2.02)");
	cr_expect_str_eq(
	    said(catalog, FTG_ASCII, ftg_reply_count(ERR_POP_MESSAGECOUNT, 1)), "-ERR eine von 1 (#5.13)\r\n");
	cr_expect_str_eq(
	    said(catalog, FTG_ASCII, ftg_reply_count(ERR_POP_MESSAGECOUNT, 5)), "-ERR viele von 5 (#5.13)\r\n");
	cr_assert_eq(refusals.count, 1);
	cr_expect_str_eq(refusals.at[0].file, "gettext");
	cr_expect_str_eq(refusals.at[0].language, "de");
	cr_expect_eq(refusals.at[0].id, ERR_SMTP_AUTHOK);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_CONTROL);
	ftg_catalog_free(catalog);
}

Test(gettext_, with_a_bad_plural_header_is_refused_whole)
{
	if (!bind_german("Project-Id-Version: x\nLanguage: de\nPlural-Forms: nplurals=2; plural=n nonsense;\n"))
		cr_skip_test("libintl takes no LANGUAGE here");
	ftg_catalog *catalog = ftg_catalog_from_gettext("ftgate-test", FTG_PUBLISHED, refusals_take, &refusals);
	cr_assert_eq(refusals.count, 1);
	cr_expect(refusals.at[0].whole_file && refusals.at[0].rule == FTG_RULE_PLURALS);
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Ok (#3.07)\r\n");
	ftg_catalog_free(catalog);
}

Test(catgets_, without_a_catalogue_is_no_catalogue)
{
	cr_expect_null(ftg_catalog_from_catgets("/nowhere/ftgate.cat", FTG_PUBLISHED, NULL, NULL));
	cr_expect_eq(errno, ENOENT);
	cr_expect_null(ftg_catalog_from_catgets("ftgate-nothing", FTG_PUBLISHED, NULL, NULL));
	cr_expect_eq(errno, ENOENT);
}

Test(catgets_, texts_are_checked_by_the_rules)
{
	char path[4096];
	int set;
	FILE *out = fopen("de.msg", "w");
	cr_assert_not_null(out);
	fprintf(out, "$set 1\n%d Zu viele\n", ftg_catgets_number(ERR_POP_CONCURRENT, &set));
	fprintf(out, "$set 3\n%d Sch\xC3\xB6n\n", ftg_catgets_number(ERR_SMTP_OK, &set));
	fprintf(out, "%d a\\r\\n250 ok\n", ftg_catgets_number(ERR_SMTP_AUTHOK, &set));
	fprintf(out, "$set 5\n%d Nur %%lu da\n", ftg_catgets_number(ERR_POP_MESSAGECOUNT, &set));
	fclose(out);
	if (system("LC_ALL=C.UTF-8 gencat de.cat de.msg") != 0)
		cr_skip_test("there is no gencat");
	setlocale(LC_ALL, "C");
	setenv("LANG", "de_AT.UTF-8", 1);
	cr_assert_not_null(getcwd(path, sizeof(path) - 8));
	strcat(path, "/de.cat");
	ftg_catalog *catalog = ftg_catalog_from_catgets(path, FTG_PUBLISHED, refusals_take, &refusals);
	cr_assert_not_null(catalog);
	cr_expect_str_eq(ftg_catalog_tag(catalog, FTG_CALLERS), "de-AT");
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Schoen (#3.07)\r\n");
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_SMTP_AUTHOK)), "235 2.3.5 Auth OK (#3.03)\r\n");
	cr_expect_str_eq(said(catalog, FTG_ASCII, ftg_reply(ERR_POP_CONCURRENT)), "-ERR Zu viele (#1.04)\r\n");
	cr_expect_str_eq(
	    said(catalog, FTG_ASCII, ftg_reply(ERR_MAX_CONCURRENT)), "Too many connections from your address (#1.04)");
	cr_expect_str_eq(
	    said(catalog, FTG_ASCII, ftg_reply_count(ERR_POP_MESSAGECOUNT, 1)), "-ERR Nur 1 da (#5.13)\r\n");
	cr_expect_str_eq(
	    said(catalog, FTG_ASCII, ftg_reply_count(ERR_POP_MESSAGECOUNT, 2)), "-ERR Nur 2 da (#5.13)\r\n");
	cr_assert_eq(refusals.count, 1);
	cr_expect_str_eq(refusals.at[0].file, "catgets");
	cr_expect_eq(refusals.at[0].id, ERR_SMTP_AUTHOK);
	ftg_catalog_free(catalog);
}
