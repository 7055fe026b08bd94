/* The choice of a language: tags and locale names, the environment, chains, and what a preference finds. */
#include "catalog/tag.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/mofile.h"

/* ---- names ---- */

static const char *
canonical(const char *name)
{
	static char text[TAG_TEXT];
	struct tag tag;
	if (!tag_parse(&tag, name, strlen(name)))
		return "none";
	tag_format(&tag, text);
	return text;
}

Test(language, has_one_canonical_tag_for_each_name)
{
	static const char *const pairs[][2] = { { "de", "de" }, { "DE", "de" }, { "de_DE", "de-DE" },
		{ "de-at", "de-AT" }, { "de_AT.UTF-8", "de-AT" }, { "de_DE.iso88591@euro", "de-DE" },
		{ "sr@latin", "sr-Latn" }, { "sr_RS@latin", "sr-Latn-RS" }, { "sr_RS.UTF-8@latin", "sr-Latn-RS" },
		{ "sr@cyrillic", "sr-Cyrl" }, { "SR-LATN-rs", "sr-Latn-RS" }, { "ca@valencia", "ca-valencia" },
		{ "ca_ES@valencia", "ca-ES-valencia" }, { "ca-ES-valencia", "ca-ES-valencia" }, { "zh_TW", "zh-Hant" },
		{ "zh_CN.GB18030", "zh-Hans" }, { "zh_HK", "zh-Hant-HK" }, { "zh-Hant", "zh-Hant" }, { "zh", "zh" },
		{ "es-419", "es-419" }, { "de-CH-1996", "de-CH-1996" }, { "sl-rozaj", "sl-rozaj" }, { "haw", "haw" },
		{ "pt_BR", "pt-BR" }, { "iw", "he" }, { "iw_IL", "he-IL" }, { "in", "id" }, { "in_ID", "id-ID" },
		{ "ji", "yi" }, { "mo", "ro" }, { "zh-SG", "zh-Hans-SG" }, { "ru@latin", "ru-Latn" },
		{ "en-u-ca-gregory", "en" } };
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		cr_expect_str_eq(canonical(pairs[i][0]), pairs[i][1], "%s", pairs[i][0]);
}

Test(language, tag_round_trips)
{
	static const char *const names[] = { "de", "de_AT", "sr@latin", "ca@valencia", "zh_TW", "zh_HK", "en@quot",
		"en@boldquot", "be@tarask", "aa_ER@saaho", "de-CH-1996", "uz_UZ@cyrillic", "sr@ije", "en_US@x" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[TAG_TEXT];
		struct tag tag, again;
		cr_assert(tag_parse(&tag, names[i], strlen(names[i])));
		tag_format(&tag, text);
		cr_expect(tag_parse(&again, text, strlen(text)) && tag_equal(&tag, &again), "%s: %s", names[i], text);
	}
}

Test(language, is_refused_if_its_name_is_malformed)
{
	static const char *const bad[] = { "", "C", "POSIX", "C.UTF-8", "C.utf8", "POSIX.UTF-8", "d", "1", "de-", "de_",
		"-de", "_DE", "de--AT", "de__AT", "de@", "de.", "de.@euro", "@euro", ".UTF-8", "..", "../x", "de/x",
		"/de", "de/../../etc", "de\n", "de ", " de", "de:fr", "de;fr", "d\xC3\xA9", "*", "de-*", "abcdefghi",
		"de-abcdefghi", "de_DE.UTF/8", "de_DE.UTF-8@eu/ro", "de_DE@..", "i-default", "12", "%s", "${host}",
		"de-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(ftg_language_valid(bad[i]), "\"%s\"", bad[i]);
	cr_expect(
	    ftg_language_valid("de") && ftg_language_valid("de_AT.UTF-8@euro") && ftg_language_valid("zh-Hant-CN"));
}

/* What is looked for for a tag, in order, with spaces between. */
static const char *
candidates(const char *name)
{
	static char list[512];
	size_t used = 0;
	struct tag tag, candidate;
	list[0] = '\0';
	cr_assert(tag_parse(&tag, name, strlen(name)));
	for (unsigned k = 0; tag_candidate(&tag, k, &candidate); k++) {
		char text[TAG_TEXT];
		tag_format(&candidate, text);
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used > 0 ? " " : "", text);
	}
	return list;
}

Test(language, is_searched_from_the_longest_tag_to_the_shortest)
{
	cr_expect_str_eq(candidates("de"), "de");
	cr_expect_str_eq(candidates("de_AT"), "de-AT de");
	cr_expect_str_eq(candidates("zh-Hant-CN"), "zh-Hant-CN zh-Hant zh-CN zh");
	cr_expect_str_eq(candidates("de-CH-1996"), "de-CH-1996 de-1996 de-CH de");
	cr_expect_str_eq(candidates("sr_RS@latin"), "sr-Latn-RS sr-Latn sr-RS sr");
	cr_expect_str_eq(candidates("nb"), "nb no");
	cr_expect_str_eq(candidates("nb_NO"), "nb-NO nb no-NO no");
	cr_expect_str_eq(candidates("no"), "no nb");
	cr_expect_str_eq(candidates("nn"), "nn no nb");
	cr_expect_str_eq(candidates("zh"), "zh zh-Hans");
	cr_expect_str_eq(candidates("zh_SG"), "zh-Hans-SG zh-Hans zh-SG zh");
}

/* ---- the environment ---- */

static struct {
	const char *all, *messages, *lang, *language;
} environment;

static char *
fake(const char *name)
{
	const char *value = strcmp(name, "LC_ALL") == 0 ? environment.all
	    : strcmp(name, "LC_MESSAGES") == 0          ? environment.messages
	    : strcmp(name, "LANG") == 0                 ? environment.lang
	    : strcmp(name, "LANGUAGE") == 0             ? environment.language
	                                                : NULL;
	return (char *)(uintptr_t)value;
}

/* The preference of LC_ALL, LC_MESSAGES, LANG, LANGUAGE. */
static const char *
preference_of(const char *all, const char *messages, const char *lang, const char *language)
{
	static char preference[FTG_PREFERENCE_MAX];
	environment.all = all;
	environment.messages = messages;
	environment.lang = lang;
	environment.language = language;
	memset(preference, 'x', sizeof(preference));
	size_t len = ftg_language_from_environment(preference, fake);
	cr_assert_lt(len, sizeof(preference));
	cr_assert_eq(preference[len], '\0');
	cr_assert_eq(strlen(preference), len);
	return preference;
}

Test(environment, gives_the_first_locale_that_is_not_empty)
{
	cr_expect_str_eq(preference_of(NULL, NULL, NULL, NULL), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "de_DE", NULL), "de_DE");
	cr_expect_str_eq(preference_of(NULL, "fr", "de_DE", NULL), "fr");
	cr_expect_str_eq(preference_of("it", "fr", "de_DE", NULL), "it");
	cr_expect_str_eq(preference_of("", "fr", "de_DE", NULL), "fr");
	cr_expect_str_eq(preference_of("", "", "de_DE", ""), "de_DE");
	cr_expect_str_eq(preference_of("", "", "", ""), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "de_DE.UTF-8", NULL), "de_DE");
	cr_expect_str_eq(preference_of(NULL, NULL, "sr_RS.UTF-8@latin", NULL), "sr_RS@latin");
}

Test(environment, puts_language_before_the_locale)
{
	cr_expect_str_eq(preference_of(NULL, NULL, "fr_FR.UTF-8", "de_AT:it"), "de_AT:it:fr_FR");
	cr_expect_str_eq(preference_of(NULL, NULL, NULL, "de_AT:fr"), "de_AT:fr");
	cr_expect_str_eq(preference_of(NULL, NULL, "fr", ":de::it:"), "de:it:fr");
	cr_expect_str_eq(preference_of("en_US", "it", "nl", "de"), "de:en_US");
}

Test(environment, is_english_under_c_and_posix_whatever_language_says)
{
	cr_expect_str_eq(preference_of("C", "de", "de", "de"), "");
	cr_expect_str_eq(preference_of("POSIX", "de", "de", "de"), "");
	cr_expect_str_eq(preference_of(NULL, "C", "de", "de"), "");
	cr_expect_str_eq(preference_of("", "", "POSIX", "de"), "");
	cr_expect_str_eq(preference_of("de", "C", "C", "fr"), "fr:de");
}

Test(environment, has_no_preference_of_its_own_under_c_utf8)
{
	cr_expect_str_eq(preference_of("C.UTF-8", NULL, "de", NULL), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "C.utf8", "de:fr"), "de:fr");
	cr_expect_str_eq(preference_of(NULL, NULL, "POSIX.UTF-8", NULL), "");
}

Test(environment, language_list_ends_at_c)
{
	cr_expect_str_eq(preference_of(NULL, NULL, "de_DE", "C"), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "de_DE", "POSIX"), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "de_DE", "fr:C:it"), "fr");
}

Test(environment, skips_malformed_languages)
{
	cr_expect_str_eq(preference_of(NULL, NULL, "../x", NULL), "");
	cr_expect_str_eq(preference_of("../../evil", NULL, "de", NULL), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "de", "../x:/etc:fr"), "fr:de");
	cr_expect_str_eq(preference_of(NULL, NULL, "de\r\n250 ok", "%n:f\x1Br:it"), "it");
	cr_expect_str_eq(preference_of(NULL, NULL, "de_DE.UTF-8/..", NULL), "");
}

Test(environment, skips_overlong_languages)
{
	char list[2000], name[300];
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_str_eq(preference_of(name, NULL, "de", NULL), "");
	cr_expect_str_eq(preference_of(NULL, NULL, "de", name), "de");
	list[0] = '\0';
	for (size_t used = 0; used + 8 < sizeof(list); used += 6)
		memcpy(list + used, "de_AT:", 7);
	const char *preference = preference_of(NULL, NULL, "fr", list);
	cr_expect_geq(strlen(preference), FTG_PREFERENCE_MAX - 8);
	cr_expect_eq(strncmp(preference, "de_AT:de_AT:", 12), 0);
	cr_expect_neq(preference[strlen(preference) - 1], ':');
}

/* ---- finding, and chains ---- */

static struct mofile file;

/* Writes a catalogue of one language that says "xx ID" for the IDs given (its marker and one of theirs). */
static void
say(const char *folder, const char *language, const char *domain, const char *word, enum ftg_id id, enum ftg_id other)
{
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, id, word);
	if (other != id)
		mofile_add_text(&file, other, word);
	mofile_write(&file, folder, language, domain);
}

static void
translate(const char *language, const char *word)
{
	say("locale", language, "ftgate", word, ERR_SMTP_OK, ERR_SMTP_OK);
}

static ftg_catalog *
open_with(const char *const *preferences)
{
	struct ftg_sources sources = { .locale = "locale", .overlay = "overlay", .preferences = preferences };
	ftg_catalog *catalog = ftg_catalog_open(&sources, NULL, NULL);
	cr_assert_not_null(catalog);
	return catalog;
}

static const char *
tag_found(const ftg_catalog *catalog, const char *preference)
{
	ftg_lang found = ftg_catalog_find(catalog, preference);
	return found < 0 ? "none" : ftg_catalog_tag(catalog, found);
}

/* The words of a reply of no arguments. */
static const char *
words(const ftg_catalog *catalog, const char *preference, enum ftg_encoding encoding, enum ftg_id id)
{
	static char line[FTG_REPLY_MAX + 1];
	struct ftg_voice voice = {
		.catalog = catalog, .language = ftg_catalog_find(catalog, preference), .encoding = encoding
	};
	struct ftg_reply reply = ftg_reply(id);
	size_t len = ftg_render(line, &voice, &reply);
	line[len] = '\0';
	*strstr(line, " (#") = '\0';
	return line + strlen("250 2.5.0 ");
}

TestSuite(finding, .init = folder_make, .fini = folder_remove);

Test(finding, follows_rfc_4647)
{
	translate("de", "de");
	translate("fr", "fr");
	translate("zh_TW", "zh");
	translate("pt_BR", "pt");
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_eq(ftg_catalog_languages(catalog), 5);
	cr_expect_str_eq(ftg_catalog_tag(catalog, FTG_ENGLISH), "en");
	cr_expect_str_eq(tag_found(catalog, "de"), "de");
	cr_expect_str_eq(tag_found(catalog, "DE-at"), "de");
	cr_expect_str_eq(tag_found(catalog, "de_CH.UTF-8"), "de");
	cr_expect_str_eq(tag_found(catalog, "zh-Hant-CN-x-private1"), "zh-Hant");
	cr_expect_str_eq(tag_found(catalog, "zh-Hant"), "zh-Hant");
	cr_expect_str_eq(tag_found(catalog, "zh_TW"), "zh-Hant");
	cr_expect_str_eq(tag_found(catalog, "zh-HK"), "zh-Hant");
	cr_expect_str_eq(tag_found(catalog, "zh-Hans"), "none");
	cr_expect_str_eq(tag_found(catalog, "pt"), "pt-BR");
	cr_expect_str_eq(tag_found(catalog, "pt_PT"), "none");
	cr_expect_str_eq(tag_found(catalog, "uga"), "none");
	cr_expect_str_eq(tag_found(catalog, "MUL"), "none");
	ftg_catalog_free(catalog);
}

Test(finding, chooses_the_first_available_of_a_list)
{
	translate("de", "de");
	translate("fr", "fr");
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_str_eq(tag_found(catalog, "it:fr:de"), "fr");
	cr_expect_str_eq(tag_found(catalog, "de_AT:fr"), "de");
	cr_expect_str_eq(tag_found(catalog, "../x::%n:fr"), "fr");
	cr_expect_str_eq(tag_found(catalog, "it:es"), "none");
	cr_expect_str_eq(tag_found(catalog, ""), "none");
	cr_expect_str_eq(tag_found(catalog, ":::"), "none");
	ftg_catalog_free(catalog);
}

Test(finding, knows_english_by_its_names)
{
	translate("de", "de");
	ftg_catalog *catalog = open_with(NULL);
	static const char *const names[] = { "en", "en_US", "en-GB", "C", "POSIX", "i-default", "I-Default",
		"it:en:de" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_eq(ftg_catalog_find(catalog, names[i]), FTG_ENGLISH, "%s", names[i]);
	ftg_catalog_free(catalog);
}

Test(finding, keeps_i_default_from_an_english_translation)
{
	translate("en", "Most certainly");
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_str_eq(words(catalog, "en_US", FTG_ASCII, ERR_SMTP_OK), "Most certainly");
	cr_expect_str_eq(words(catalog, "i-default", FTG_ASCII, ERR_SMTP_OK), "Ok");
	cr_expect_str_eq(words(catalog, "C", FTG_ASCII, ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
}

Test(finding, knows_english_by_c_at_the_head_of_a_preference)
{
	static const char *const preferences[] = { "C:de", "POSIX:de", "de:C:fr", NULL };
	translate("de", "de");
	say("locale", "fr", "ftgate", "fr", ERR_SMTP_AUTHOK, ERR_SMTP_AUTHOK);
	ftg_catalog *catalog = open_with(preferences);
	cr_expect_eq(ftg_catalog_find(catalog, "C:de"), FTG_ENGLISH);
	cr_expect_eq(ftg_catalog_find(catalog, "POSIX:de"), FTG_ENGLISH);
	cr_expect_str_eq(words(catalog, "C:de", FTG_UTF8, ERR_SMTP_OK), "Ok");
	cr_expect_str_eq(words(catalog, "de:C:fr", FTG_UTF8, ERR_SMTP_OK), "de");
	cr_expect_str_eq(words(catalog, "de:C:fr", FTG_UTF8, ERR_SMTP_AUTHOK), "Auth OK");
	ftg_catalog_free(catalog);
}

Test(finding, knows_languages_by_their_withdrawn_codes)
{
	static const char *const preferences[] = { "iw_IL", "no_NO", "zh", NULL };
	translate("he", "he");
	translate("id", "id");
	translate("nb", "nb");
	translate("zh_CN", "zh");
	translate("zh_TW", "tw");
	ftg_catalog *catalog = open_with(preferences);
	static const char *const pairs[][2] = { { "iw", "he" }, { "iw_IL", "he" }, { "in", "id" }, { "in_ID", "id" },
		{ "no", "nb" }, { "no_NO", "nb" }, { "nn_NO", "nb" }, { "zh", "zh-Hans" }, { "zh_SG", "zh-Hans" },
		{ "zh-HK", "zh-Hant" }, { "zh-TW", "zh-Hant" }, { "zh-Hant-TW", "zh-Hant" } };
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		cr_expect_str_eq(tag_found(catalog, pairs[i][0]), pairs[i][1], "%s", pairs[i][0]);
	ftg_catalog_free(catalog);
}

Test(finding, knows_norwegian_by_both_names)
{
	translate("nb", "nb");
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_str_eq(tag_found(catalog, "no"), "nb");
	cr_expect_str_eq(tag_found(catalog, "no_NO"), "nb");
	cr_expect_str_eq(words(catalog, "no", FTG_ASCII, ERR_SMTP_OK), "nb");
	ftg_catalog_free(catalog);
}

Test(finding, distinguishes_modifiers)
{
	translate("en", "plain");
	translate("en@quot", "quot");
	translate("en@boldquot", "boldquot");
	translate("sr@ije", "ije");
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_eq(ftg_catalog_languages(catalog), 5);
	cr_expect_str_eq(words(catalog, "en", FTG_ASCII, ERR_SMTP_OK), "plain");
	cr_expect_str_eq(words(catalog, "en@quot", FTG_ASCII, ERR_SMTP_OK), "quot");
	cr_expect_str_eq(words(catalog, "en_GB@boldquot", FTG_ASCII, ERR_SMTP_OK), "boldquot");
	cr_expect_str_eq(words(catalog, "sr@ije", FTG_ASCII, ERR_SMTP_OK), "ije");
	for (ftg_lang i = 1; i < ftg_catalog_languages(catalog); i++)
		cr_expect_eq(
		    ftg_catalog_find(catalog, ftg_catalog_tag(catalog, i)), i, "%s", ftg_catalog_tag(catalog, i));
	ftg_catalog_free(catalog);
}

TestSuite(chain, .init = folder_make, .fini = folder_remove);

Test(chain, of_a_territory_falls_back_to_its_language)
{
	say("locale", "de_AT", "ftgate", "at", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "de", "ftgate", "de", ERR_SMTP_OK, ERR_SMTP_AUTHOK);
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_str_eq(words(catalog, "de_AT", FTG_ASCII, ERR_SMTP_OK), "at");
	cr_expect_str_eq(words(catalog, "de_AT", FTG_ASCII, ERR_SMTP_AUTHOK), "de");
	cr_expect_str_eq(words(catalog, "de_AT", FTG_ASCII, ERR_SMTP_NOMATCH), "String does not match anything");
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_OK), "de");
	ftg_catalog_free(catalog);
}

Test(chain, of_a_preference_is_followed_text_by_text)
{
	static const char *const preferences[] = { "de_AT:fr", NULL };
	say("locale", "de_AT", "ftgate", "at", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "de", "ftgate", "de", ERR_SMTP_OK, ERR_SMTP_AUTHOK);
	say("locale", "fr", "ftgate", "fr", ERR_SMTP_AUTHOK, ERR_SMTP_RCPTOK);
	ftg_catalog *catalog = open_with(preferences);
	cr_expect_str_eq(tag_found(catalog, "de_AT:fr"), "de-AT");
	cr_expect_geq(ftg_catalog_find(catalog, "de_AT:fr"), ftg_catalog_languages(catalog));
	cr_expect_str_eq(words(catalog, "de_AT:fr", FTG_ASCII, ERR_SMTP_OK), "at");
	cr_expect_str_eq(words(catalog, "de_AT:fr", FTG_ASCII, ERR_SMTP_AUTHOK), "de");
	cr_expect_str_eq(words(catalog, "de_AT:fr", FTG_ASCII, ERR_SMTP_RCPTOK), "fr");
	cr_expect_str_eq(words(catalog, "de_AT:fr", FTG_ASCII, ERR_SMTP_NOMATCH), "String does not match anything");
	cr_expect_str_eq(words(catalog, "de_AT:it", FTG_ASCII, ERR_SMTP_RCPTOK), "Recipient OK");
	ftg_catalog_free(catalog);
}

Test(chain, ends_with_english)
{
	static const char *const preferences[] = { "de:en:fr", NULL };
	say("locale", "de", "ftgate", "de", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "en", "ftgate", "en", ERR_SMTP_AUTHOK, ERR_SMTP_AUTHOK);
	say("locale", "fr", "ftgate", "fr", ERR_SMTP_RCPTOK, ERR_SMTP_RCPTOK);
	ftg_catalog *catalog = open_with(preferences);
	cr_expect_str_eq(words(catalog, "de:en:fr", FTG_ASCII, ERR_SMTP_OK), "de");
	cr_expect_str_eq(words(catalog, "de:en:fr", FTG_ASCII, ERR_SMTP_AUTHOK), "en");
	cr_expect_str_eq(words(catalog, "de:en:fr", FTG_ASCII, ERR_SMTP_RCPTOK), "Recipient OK");
	ftg_catalog_free(catalog);
}

Test(chain, takes_the_operators_words_before_a_translation)
{
	say("locale", "de", "ftgate", "de", ERR_SMTP_OK, ERR_SMTP_AUTHOK);
	say("overlay", "de", "ftgate-local", "eigen", ERR_SMTP_OK, ERR_SMTP_RCPTOK);
	say("overlay", "it", "ftgate-local", "proprio", ERR_SMTP_OK, ERR_SMTP_OK);
	ftg_catalog *catalog = open_with(NULL);
	ftg_lang de = ftg_catalog_find(catalog, "de");
	cr_expect_eq(ftg_catalog_languages(catalog), 3);
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_OK), "eigen");
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_AUTHOK), "de");
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_RCPTOK), "eigen");
	cr_expect_str_eq(words(catalog, "it", FTG_ASCII, ERR_SMTP_OK), "proprio");
	cr_expect_eq(ftg_catalog_origin(catalog, de, FTG_ASCII, ERR_SMTP_OK), FTG_FROM_OVERLAY);
	cr_expect_eq(ftg_catalog_origin(catalog, de, FTG_ASCII, ERR_SMTP_AUTHOK), FTG_FROM_TRANSLATION);
	cr_expect_eq(ftg_catalog_origin(catalog, de, FTG_ASCII, ERR_SMTP_NOMATCH), FTG_FROM_TABLE);
	cr_expect_eq(ftg_catalog_origin(catalog, 99, FTG_ASCII, ERR_SMTP_OK), FTG_FROM_TABLE);
	cr_expect_eq(ftg_catalog_origin(catalog, -1, FTG_UTF8, ERR_SMTP_OK), FTG_FROM_TABLE);
	ftg_catalog_free(catalog);
}

Test(chain, says_the_operators_own_english)
{
	say("overlay", "en", "ftgate-local", "Fine", ERR_SMTP_OK, ERR_SMTP_OK);
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_str_eq(words(catalog, "en_US", FTG_ASCII, ERR_SMTP_OK), "Fine");
	cr_expect_str_eq(words(catalog, "C", FTG_ASCII, ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
}

Test(chain, uses_the_latin_companion_only_on_an_ascii_wire)
{
	say("locale", "ru", "ftgate", "\xD0\x94\xD0\xB0", ERR_SMTP_OK, ERR_SMTP_AUTHOK);
	say("locale", "ru@latin", "ftgate", "Da", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "sr", "ftgate", "\xD0\x94\xD0\xB0", ERR_SMTP_OK, ERR_SMTP_AUTHOK);
	say("locale", "sr@latin", "ftgate",
	    "\xC4\x90"
	    "a",
	    ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "uz", "ftgate", "\xD0\x94\xD0\xB0", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "uz@latin", "ftgate", "Ha", ERR_SMTP_AUTHOK, ERR_SMTP_AUTHOK);
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_str_eq(words(catalog, "uz", FTG_ASCII, ERR_SMTP_AUTHOK), "Ha");
	cr_expect_str_eq(words(catalog, "uz", FTG_UTF8, ERR_SMTP_AUTHOK), "Auth OK");
	cr_expect_str_eq(words(catalog, "ru_RU", FTG_UTF8, ERR_SMTP_OK), "\xD0\x94\xD0\xB0");
	cr_expect_str_eq(words(catalog, "ru_RU", FTG_ASCII, ERR_SMTP_OK), "Da");
	cr_expect_str_eq(words(catalog, "ru_RU", FTG_ASCII, ERR_SMTP_AUTHOK), "Auth OK");
	cr_expect_str_eq(words(catalog, "ru_RU", FTG_UTF8, ERR_SMTP_AUTHOK), "\xD0\x94\xD0\xB0");
	cr_expect_str_eq(words(catalog, "sr", FTG_UTF8, ERR_SMTP_OK), "\xD0\x94\xD0\xB0");
	cr_expect_str_eq(words(catalog, "sr_RS", FTG_ASCII, ERR_SMTP_OK), "Dja");
	cr_expect_str_eq(words(catalog, "sr_RS@latin", FTG_UTF8, ERR_SMTP_OK),
	    "\xC4\x90"
	    "a");
	cr_expect_str_eq(words(catalog, "sr-Latn", FTG_ASCII, ERR_SMTP_OK), "Dja");
	ftg_catalog_free(catalog);
}

#define DA "\xD0\x94\xD0\xB0"

Test(chain, is_not_named_after_the_latin_companion)
{
	static const char *const preferences[] = { "sr_RS@cyrillic", "uz", NULL };
	say("locale", "sr", "ftgate", DA, ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "sr@latin", "ftgate", "Da", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "uz@latin", "ftgate", "Ha", ERR_SMTP_OK, ERR_SMTP_OK);
	ftg_catalog *catalog = open_with(preferences);
	ftg_lang serbian = ftg_catalog_find(catalog, "sr_RS@cyrillic");
	cr_expect_str_eq(ftg_catalog_tag(catalog, serbian), "sr");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, serbian, FTG_UTF8), "sr");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, serbian, FTG_ASCII), "sr-Latn");
	cr_expect_str_eq(ftg_catalog_tag(catalog, ftg_catalog_find(catalog, "uz")), "uz-Latn");
	ftg_catalog_free(catalog);
}

Test(chain, ends_with_the_polite_english_and_says_so)
{
	static const char *const preferences[] = { "ja:uk", "ja:C", NULL };
	say("locale", "ja", "ftgate", DA, ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "uk", "ftgate", DA, ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "uk@latin", "ftgate", "Tak", ERR_SMTP_OK, ERR_SMTP_OK);
	say("locale", "en", "ftgate", "Fine", ERR_SMTP_OK, ERR_SMTP_AUTHOK);
	say("overlay", "en", "ftgate-local", "Our own", ERR_SMTP_AUTHOK, ERR_SMTP_AUTHOK);
	ftg_catalog *catalog = open_with(preferences);
	ftg_lang ja = ftg_catalog_find(catalog, "ja"), uk = ftg_catalog_find(catalog, "uk_UA");
	cr_expect_str_eq(words(catalog, "ja", FTG_UTF8, ERR_SMTP_OK), DA);
	cr_expect_str_eq(words(catalog, "ja", FTG_ASCII, ERR_SMTP_OK), "Fine");
	cr_expect_str_eq(words(catalog, "ja", FTG_UTF8, ERR_SMTP_AUTHOK), "Our own");
	cr_expect_str_eq(words(catalog, "uk_UA", FTG_ASCII, ERR_SMTP_OK), "Tak");
	cr_expect_str_eq(words(catalog, "C", FTG_ASCII, ERR_SMTP_OK), "Ok");
	cr_expect_str_eq(words(catalog, "ja:uk", FTG_ASCII, ERR_SMTP_OK), "Tak");
	cr_expect_str_eq(words(catalog, "ja:C", FTG_ASCII, ERR_SMTP_OK), "Ok");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, ja, FTG_ASCII), "en");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, ja, FTG_UTF8), "ja");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, uk, FTG_ASCII), "uk-Latn");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, uk, FTG_UTF8), "uk");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, FTG_ENGLISH, FTG_UTF8), "en");
	cr_expect_str_eq(ftg_catalog_spoken(catalog, 99, FTG_UTF8), "en");
	cr_expect_str_eq(ftg_catalog_spoken_in(catalog, ja, FTG_UTF8, ERR_SMTP_OK), "ja");
	cr_expect_str_eq(ftg_catalog_spoken_in(catalog, ja, FTG_UTF8, ERR_SMTP_AUTHOK), "en");
	cr_expect_eq(ftg_catalog_origin(catalog, ja, FTG_UTF8, ERR_SMTP_AUTHOK), FTG_FROM_OVERLAY);
	ftg_catalog_free(catalog);
}

Test(chain, is_not_confused_by_strange_preferences)
{
	char long_preference[4000];
	for (size_t i = 0; i + 3 < sizeof(long_preference); i += 3)
		memcpy(long_preference + i, "de:", 4);
	const char *preferences[] = { "", ":", "../x", "C", "%n:de", "it:es", long_preference, "de", NULL };
	translate("de", "de");
	ftg_catalog *catalog = open_with(preferences);
	cr_expect_eq(ftg_catalog_languages(catalog), 2);
	for (size_t i = 0; preferences[i] != NULL; i++) {
		ftg_lang found = ftg_catalog_find(catalog, preferences[i]);
		cr_expect_str_eq(words(catalog, preferences[i], FTG_UTF8, ERR_SMTP_OK),
		    strstr(preferences[i], "de") != NULL ? "de" : "Ok", "%.20s: %d", preferences[i], found);
	}
	ftg_catalog_free(catalog);
}

Test(chain, of_two_folders_of_one_language_begins_with_the_first_by_name)
{
	static const char *const names[] = { "de.utf8", "de.UTF-8", "DE", "de", "de@euro", "de.iso88591" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		say("locale", names[i], "ftgate", names[i], ERR_SMTP_OK, i % 2 ? ERR_SMTP_AUTHOK : ERR_SMTP_RCPTOK);
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_eq(ftg_catalog_languages(catalog), 2);
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_OK), "DE");
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_RCPTOK), "DE");
	cr_expect_str_eq(words(catalog, "de", FTG_ASCII, ERR_SMTP_AUTHOK), "de");
	ftg_catalog_free(catalog);
}

Test(chain, finds_each_of_many_languages_in_either_folder)
{
	char name[] = "xaa";
	for (int i = 0; i < 60; i++) {
		name[1] = (char)('a' + i * 7 % 26);
		name[2] = (char)('a' + i % 26);
		say("locale", i % 3 == 0 ? "de" : name, "ftgate", i % 3 == 0 ? "de" : name, ERR_SMTP_OK,
		    ERR_SMTP_RCPTOK);
		say("overlay", i % 3 == 1 ? "de" : name, "ftgate-local", i % 3 == 1 ? "other" : name, ERR_SMTP_AUTHOK,
		    ERR_SMTP_RCPTOK);
	}
	ftg_catalog *catalog = open_with(NULL);
	for (ftg_lang i = FTG_ENGLISH + 1; i < ftg_catalog_languages(catalog); i++) {
		const char *tag = ftg_catalog_tag(catalog, i);
		cr_expect_eq(ftg_catalog_find(catalog, tag), i, "%s", tag);
		cr_expect(strcmp(tag, "de") == 0 || strcmp(words(catalog, tag, FTG_UTF8, ERR_SMTP_OK), tag) == 0 ||
		        strcmp(words(catalog, tag, FTG_UTF8, ERR_SMTP_AUTHOK), tag) == 0,
		    "%s", tag);
	}
	cr_expect_gt(ftg_catalog_languages(catalog), 26);
	cr_expect_str_eq(words(catalog, "de", FTG_UTF8, ERR_SMTP_OK), "de");
	cr_expect_str_eq(words(catalog, "de", FTG_UTF8, ERR_SMTP_RCPTOK), "other");
	ftg_catalog_free(catalog);
}

Test(chain, has_only_english_without_a_folder)
{
	ftg_catalog *catalog = open_with(NULL);
	cr_expect_eq(ftg_catalog_languages(catalog), 1);
	cr_expect_eq(ftg_catalog_find(catalog, "de"), -1);
	cr_expect_str_eq(words(catalog, "de", FTG_UTF8, ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
	catalog = ftg_catalog_open(&(struct ftg_sources) { .locale = NULL }, NULL, NULL);
	cr_expect_eq(ftg_catalog_languages(catalog), 1);
	ftg_catalog_free(catalog);
	ftg_catalog_free(NULL);
}
