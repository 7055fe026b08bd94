/* Rendering: what replies look like. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/contract.h"
#include "support/mofile.h"
#include "support/one_language.h"

#define TEXT(literal) literal, sizeof(literal) - 1

/* ---- replies as they look ---- */

static char line[FTG_REPLY_MAX + 1];

static const char *
rendered(struct ftg_voice voice, struct ftg_reply reply)
{
	size_t len = ftg_render(line, &voice, &reply);
	const char *breach = contract_breach(&voice, &reply, line, len);
	cr_assert_null(breach, "%s: %s", ftg_row(reply.id)->id, breach);
	line[len] = '\0';
	return line;
}

static ftg_catalog *made[64];
static size_t made_count;

static void
forget(void)
{
	while (made_count > 0)
		ftg_catalog_free(made[--made_count]);
}

/* A voice that says this text for an ID in its second language, German; until forget(). */
static struct ftg_voice
saying(enum ftg_id id, const char *text, enum ftg_encoding encoding)
{
	cr_assert_lt(made_count, sizeof(made) / sizeof(made[0]));
	ftg_catalog *catalog = one_language_of_text(id, text, strlen(text), "de", FTG_PUBLISHED, NULL, NULL);
	cr_assert_not_null(catalog);
	made[made_count++] = catalog;
	cr_assert_eq(ftg_catalog_origin(catalog, FTG_CALLERS, encoding, id), FTG_FROM_TRANSLATION, "%s", text);
	return (struct ftg_voice) { .catalog = catalog, .language = FTG_CALLERS, .encoding = encoding };
}

TestSuite(reply, .fini = forget);
TestSuite(bilingual, .fini = forget);

static struct ftg_reply
of_address(enum ftg_id id, const char *address)
{
	return ftg_reply_text(id, address, strlen(address));
}

Test(reply, without_a_catalogue_is_english_with_the_published_codes)
{
	cr_expect_str_eq(rendered((struct ftg_voice) { 0 }, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Ok (#3.07)\r\n");
	cr_expect_str_eq(rendered((struct ftg_voice) { .language = 7, .encoding = FTG_UTF8 }, ftg_reply(ERR_POP_LOGIN)),
	    "-ERR Login Error (#5.06)\r\n");
	cr_expect_str_eq(rendered((struct ftg_voice) { .bilingual = true, .second = -3 }, ftg_reply(ERR_SMTP_OK)),
	    "250 2.5.0 Ok (#3.07)\r\n");
}

Test(reply, of_a_missing_language_is_english)
{
	struct ftg_voice voice = saying(ERR_SMTP_OK, "Gut", FTG_ASCII);
	static const ftg_lang strange[] = { -1, 2, 3, 99, INT_MAX, INT_MIN };
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		voice.language = strange[i];
		cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Ok (#3.07)\r\n");
	}
	voice.language = FTG_CALLERS;
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Gut (#3.07)\r\n");
}

Test(reply, has_the_codes_of_its_profile)
{
	struct ftg_voice strict = { .catalog = ftg_catalog_english(FTG_STRICT) };
	cr_expect_str_eq(rendered(strict, ftg_reply(ERR_SMTP_DATASTART)),
	    "354 Start mail input; end with <CRLF>.<CRLF> (#3.10)\r\n");
	cr_expect_str_eq(rendered(strict, ftg_reply(ERR_POP_LOGIN)), "-ERR [AUTH] Login Error (#5.06)\r\n");
	cr_expect_str_eq(
	    rendered(strict, of_address(ERR_SMTP_ADDRESS_MOVED, "a@b")), "550 5.1.6 a@b moved (#4.33)\r\n");
	cr_expect_str_eq(rendered((struct ftg_voice) { 0 }, of_address(ERR_SMTP_ADDRESS_MOVED, "a@b")),
	    "516 2.1.6 a@b moved (#4.33)\r\n");
	cr_expect_eq(ftg_catalog_profile(strict.catalog), FTG_STRICT);
	cr_expect_eq(ftg_catalog_profile(ftg_catalog_english((enum ftg_profile)77)), FTG_PUBLISHED);
}

Test(reply, begins_with_the_host_where_clients_read_it)
{
	static const enum ftg_id ids[] = { ERR_SMTP_TLSOK, ERR_SMTP_CLOSING, FTG_SMTP_TIMEOUT, FTG_SMTP_SHUTDOWN,
		FTG_SMTP_OVERLOAD };
	struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = "mx.example.org" } };
	struct ftg_voice voice = { .vars = &vars };
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const char *said = rendered(voice, ftg_reply(ids[i]));
		cr_expect_eq(strncmp(said + strlen("220 2.2.0 "), "mx.example.org ", 15), 0, "%s", said);
	}
	voice.vars = NULL;
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_CLOSING)),
	    "221 2.2.1 localhost Service closing transmission channel (#3.08)\r\n");
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_SYSTEM_HELLO, "mx.example.org ESMTP")),
	    "220 mx.example.org ESMTP (#3.01)\r\n");
	voice.catalog = ftg_catalog_english(FTG_STRICT);
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_REJECT_CONCURRENT, "192.0.2.1")),
	    "421 localhost [192.0.2.1] Max concurrent sessions (#1.04)\r\n");
}

Test(reply, shows_a_non_ascii_address_in_ascii)
{
	const char *address = "jos\xC3\xA9@ex\xC3\xA4mple.org";
	struct ftg_voice voice = { .encoding = FTG_ASCII };
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_UNKNOWN, address)),
	    "550 5.1.1 jos\\x{E9}@ex\\x{E4}mple.org unknown mailbox (#4.28)\r\n");
	voice.encoding = FTG_UTF8;
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_UNKNOWN, address)),
	    "550 5.1.1 jos\xC3\xA9@ex\xC3\xA4mple.org unknown mailbox (#4.28)\r\n");
}

Test(reply, cannot_be_ended_or_imitated_by_an_argument)
{
	struct ftg_voice voice = { 0 };
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_UNKNOWN, "a\r\n250 ok")),
	    "550 5.1.1 a\\x{0D}\\x{0A}250 ok unknown mailbox (#4.28)\r\n");
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_SYNTAX2, "#9.99)")),
	    "500 5.5.1 Syntax Error (\\x{23}9.99)) (#4.22)\r\n");
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_MESSAGE_OTHER, "250 ok (#3.05)")),
	    "560 5.6.0 250 ok (\\x{23}3.05) (#4.42)\r\n");
}

Test(reply, of_a_count_chooses_the_plural_form)
{
	static const struct {
		unsigned long count;
		const char *said;
	} cases[] = { { 0, "only 0 messages" }, { 1, "only 1 message " }, { 2, "only 2 messages" },
		{ 101, "only 101 messages" }, { ULONG_MAX, "only 18446744073709551615 messages" } };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *said = rendered(
		    (struct ftg_voice) { 0 }, ftg_reply_count(ERR_POP_MESSAGECOUNT, cases[i].count));
		cr_expect_not_null(strstr(said, cases[i].said), "%s", said);
	}
}

Test(reply, of_three_forms_chooses_among_them)
{
	static struct mofile file;
	static char octets[MOFILE_SIZE];
	static const char forms[] = "%lu soobscenie\0%lu soobscenija\0%lu soobscenij";
	mofile_begin(&file,
	    "Plural-Forms: nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;\n");
	mofile_add(&file, ERR_POP_MESSAGECOUNT, forms, sizeof(forms) - 1);
	ftg_catalog *catalog = one_language_of_octets(
	    octets, mofile_octets(&file, octets), "ru", FTG_PUBLISHED, NULL, NULL);
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS };
	cr_expect_str_eq(rendered(voice, ftg_reply_count(ERR_POP_MESSAGECOUNT, 21)), "-ERR 21 soobscenie (#5.13)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply_count(ERR_POP_MESSAGECOUNT, 3)), "-ERR 3 soobscenija (#5.13)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply_count(ERR_POP_MESSAGECOUNT, 11)), "-ERR 11 soobscenij (#5.13)\r\n");
	ftg_catalog_free(catalog);
}

Test(reply, says_a_reason_in_its_own_language)
{
	struct ftg_voice voice = saying(ERR_MAILBOX_DISABLED, "Postfach gesperrt", FTG_ASCII);
	cr_expect_str_eq(rendered(voice, ftg_reply_reason(ERR_SMTP_ACCESSDENIED, TEXT("a@b"), ERR_MAILBOX_DISABLED)),
	    "550 5.5.0 Access Denied <a@b> (Postfach gesperrt (#1.00)) (#4.65)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply_reason(ERR_SMTP_ACCESSDENIED, TEXT("a@b"), ERR_SECPOL_RBL)),
	    "550 5.5.0 Access Denied <a@b> (#2.03) (#4.65)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_MAILBOX_DISABLED)), "Postfach gesperrt (#1.00)");
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SECPOL_RBL)), "#2.03");
}

Test(reply, of_a_dsn_is_its_text_only)
{
	cr_expect_str_eq(rendered((struct ftg_voice) { 0 }, ftg_reply_count(FTG_NOTICE_EXPIRED, 1)),
	    "It has been tried for 1 day without success.");
	struct ftg_voice voice = saying(FTG_NOTICE_SAID,
	    "%s \xC3\xBC"
	    "berlegt:",
	    FTG_UTF8);
	cr_expect_str_eq(rendered(voice, of_address(FTG_NOTICE_SAID, "#4.46)\r\nb\xC3\xA4r")),
	    "#4.46)\\x{0D}\\x{0A}b\xC3\xA4r \xC3\xBC"
	    "berlegt:");
	voice.bilingual = true;
	cr_expect_str_eq(rendered(voice, of_address(FTG_NOTICE_SAID, "")),
	    " \xC3\xBC"
	    "berlegt:");
}

Test(reply, omits_an_empty_reason)
{
	static const unsigned long none[] = { ERR_SMTP_OK, ERR_POP_LOGIN, FTG_IDS, FTG_IDS + 1, ULONG_MAX, INT_MAX };
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct ftg_reply reply = ftg_reply_reason(ERR_SMTP_ACCESSDENIED, TEXT("a@b"), ERR_SECPOL_RBL);
		reply.arg[1].number = none[i];
		cr_expect_str_eq(
		    rendered((struct ftg_voice) { 0 }, reply), "550 5.5.0 Access Denied <a@b> () (#4.65)\r\n");
	}
}

Test(reply, of_a_challenge_is_left_alone)
{
	char challenge[4100], expected[4200];
	struct ftg_voice voices[] = { { 0 }, saying(ERR_SMTP_OK, "Gut", FTG_UTF8), { .bilingual = true } };
	memset(challenge, 'A', sizeof(challenge));
	for (size_t i = 0; i < sizeof(voices) / sizeof(voices[0]); i++) {
		cr_expect_str_eq(rendered(voices[i], of_address(ERR_SMTP_334, "VXNlcm5hbWU6")), "334 VXNlcm5hbWU6\r\n");
		cr_expect_str_eq(rendered(voices[i], of_address(ERR_SMTP_334, "")), "334 \r\n");
		cr_expect_str_eq(rendered(voices[i], of_address(ERR_SMTP_334, "a b")), "334 \r\n");
		cr_expect_str_eq(rendered(voices[i], of_address(ERR_SMTP_334, "a\r\n250 ok")), "334 \r\n");
		cr_expect_str_eq(rendered(voices[i], ftg_reply_text(ERR_SMTP_334, TEXT("ab\0c"))), "334 \r\n");
		cr_expect_str_eq(rendered(voices[i], ftg_reply_text(ERR_SMTP_334, challenge, 4097)), "334 \r\n");
		snprintf(expected, sizeof(expected), "334 %.4096s\r\n", challenge);
		cr_expect_str_eq(rendered(voices[i], ftg_reply_text(ERR_SMTP_334, challenge, 4096)), expected);
	}
}

Test(reply, fills_in_variables)
{
	struct ftg_vars vars = { .value = { "mx.example", "192.0.2.1", "k3j9", "2026-01-01T00:00:00Z", "postmaster@x",
		                     "https://x/r#" } };
	struct ftg_voice voice = saying(
	    ERR_SMTP_OK, "${host} ${client} ${session} ${time} ${contact} ${help} ${ref}", FTG_ASCII);
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 localhost      #3.07 (#3.07)\r\n");
	voice.vars = &vars;
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)),
	    "250 2.5.0 mx.example 192.0.2.1 k3j9 2026-01-01T00:00:00Z postmaster@x https://x/r#3.07 #3.07 (#3.07)\r\n");
	char value[300];
	memset(value, 'v', sizeof(value));
	for (size_t len = 254; len <= 299; len += len < 258 ? 1 : 41) {
		value[len] = '\0';
		vars = (struct ftg_vars) { .value = { value, [FTG_VAR_HELP] = "" } };
		cr_expect(strstr(rendered(voice, ftg_reply(ERR_SMTP_OK)),
		              len > 255 ? "vvv...      #3.07 " : "vvv      #3.07 ") != NULL);
		value[len] = 'v';
	}
	vars = (struct ftg_vars) { .value = { "", "a\r\nb", "(#4.46)", "\xE2\x80\xAE", "\xC3\xA4", "(#" } };
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)),
	    "250 2.5.0 localhost a\\x{0D}\\x{0A}b (\\x{23}4.46) \\x{202E} \\x{E4} (\\x{23}3.07 #3.07 (#3.07)\r\n");
}

/* A voice that says this text for an ID in a language. */
static struct ftg_voice
saying_in(const char *language, enum ftg_id id, const char *text, enum ftg_encoding encoding)
{
	ftg_catalog *catalog = one_language_of_text(id, text, strlen(text), language, FTG_PUBLISHED, NULL, NULL);
	cr_assert_not_null(catalog);
	made[made_count++] = catalog;
	return (struct ftg_voice) { .catalog = catalog, .language = FTG_CALLERS, .encoding = encoding };
}

#define RLI  "\xE2\x81\xA7"
#define PDI  "\xE2\x81\xA9"
#define LRM  "\xE2\x80\x8E"
#define ALEF "\xD8\xA7"

Test(reply, from_right_to_left_is_isolated_before_a_marked_reference)
{
	struct ftg_reply who = of_address(ERR_SMTP_ADDRESS_BAD, "a@b");
	struct ftg_voice voice = saying_in("ar", ERR_SMTP_ADDRESS_BAD, ALEF " %s " ALEF, FTG_UTF8);
	cr_expect_str_eq(rendered(voice, who), "550 5.1.1 " RLI ALEF " a@b " ALEF PDI " " LRM "(#4.25)\r\n");
	voice = saying_in("he_IL", ERR_SMTP_OK, ALEF, FTG_UTF8);
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 " RLI ALEF PDI " " LRM "(#3.07)\r\n");
	voice = saying_in("ar", ERR_SMTP_OK, "OK", FTG_UTF8);
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 OK (#3.07)\r\n");
	voice = saying_in("ru", ERR_SMTP_OK, "\xD0\x94", FTG_UTF8);
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 \xD0\x94 (#3.07)\r\n");
	voice = saying_in("ar", ERR_SECPOL_RBL, ALEF, FTG_UTF8);
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SECPOL_RBL)), ALEF " " LRM "(#2.03)");
	voice = saying_in("ar", ERR_SMTP_SYSTEM_HELLO, "%s " ALEF, FTG_UTF8);
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_SYSTEM_HELLO, "mx ESMTP")),
	    "220 mx ESMTP" RLI " " ALEF PDI " " LRM "(#3.01)\r\n");
}

Test(reply, from_right_to_left_is_isolated_on_each_line)
{
	char text[700] = "";
	for (int i = 0; i < 60; i++)
		strcat(text, ALEF ALEF ALEF " ");
	strcat(text, "%s\n" ALEF);
	char address[255];
	memset(address, 'x', sizeof(address));
	struct ftg_voice voice = saying_in("ar", ERR_SMTP_ADDRESS_BAD, text, FTG_UTF8);
	const char *said = rendered(voice, ftg_reply_text(ERR_SMTP_ADDRESS_BAD, address, 254));
	unsigned lines = 0;
	for (const char *at = said; *at != '\0'; at = strchr(at, '\n') + 1, lines++) {
		cr_expect_eq(memcmp(at + 10, RLI, 3), 0, "%s", at);
		cr_expect(strstr(at, PDI) != NULL && strstr(at, PDI) < strchr(at, '\n'), "%s", at);
	}
	cr_expect_eq(lines, 3);
	voice.bilingual = true;
	rendered(voice, ftg_reply_text(ERR_SMTP_ADDRESS_BAD, address, 254));
}

Test(reply, from_right_to_left_of_pop3_is_cut_inside_its_isolate)
{
	char text[980] = "";
	for (int i = 0; i < 400; i++)
		strcat(text, ALEF);
	struct ftg_voice voice = saying_in("ar", ERR_POP_SYNTAX, text, FTG_UTF8);
	const char *said = rendered(voice, ftg_reply(ERR_POP_SYNTAX));
	cr_expect_leq(strlen(said), FTG_LINE_MAX);
	cr_expect_str_eq(
	    said + strlen(said) - strlen(ALEF PDI " " LRM "(#5.02)\r\n"), strstr(said, ALEF PDI), "%s", said);
	cr_expect_eq(memcmp(said, "-ERR " RLI, 8), 0);
}

static struct ftg_vars
help(const char *url)
{
	return (struct ftg_vars) { .value = { [FTG_VAR_HELP] = url } };
}

Test(reply, that_fell_back_links_to_itself_in_the_language_that_was_meant)
{
	struct ftg_vars vars = help("https://x/{lang}.html#{ref}");
	struct ftg_voice voice = saying_in("ja", ERR_SMTP_ADDRESS_UNKNOWN, "\xE3\x81\x82 %s", FTG_ASCII);
	struct ftg_reply reply = of_address(ERR_SMTP_ADDRESS_UNKNOWN, "a@b");
	voice.vars = &vars;
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 a@b unknown mailbox (#4.28)\r\n");
	voice.link = FTG_LINK_FALLBACK;
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 a@b unknown mailbox https://x/ja.html#4.28 (#4.28)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Ok (#3.07)\r\n");
	cr_expect_str_eq(
	    rendered(voice, ftg_reply(ERR_POP_LOGIN)), "-ERR Login Error https://x/ja.html#5.06 (#5.06)\r\n");
	voice.encoding = FTG_UTF8;
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 \xE3\x81\x82 a@b (#4.28)\r\n");
	voice.link = FTG_LINK_ALWAYS;
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 \xE3\x81\x82 a@b https://x/ja.html#4.28 (#4.28)\r\n");
	vars = help("");
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 \xE3\x81\x82 a@b (#4.28)\r\n");
	struct ftg_voice english = { .link = FTG_LINK_FALLBACK, .vars = &vars };
	vars = help("https://x/{lang}.html#{ref}");
	cr_expect_str_eq(rendered(english, reply), "550 5.1.1 a@b unknown mailbox (#4.28)\r\n");
}

/* Both languages of a bilingual voice can fall back to the same words. */
Test(bilingual, says_the_same_words_once_beside_a_link)
{
	struct ftg_vars vars = help("https://x/{lang}.html#{ref}");
	struct ftg_voice voice = saying_in("ja", ERR_SMTP_ADDRESS_UNKNOWN, "\xE3\x81\x82 %s", FTG_ASCII);
	voice.vars = &vars;
	voice.bilingual = true;
	voice.second = FTG_ENGLISH;
	voice.link = FTG_LINK_FALLBACK;
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_UNKNOWN, "a@b")),
	    "550 5.1.1 a@b unknown mailbox https://x/ja.html#4.28 (#4.28)\r\n");
}

Test(reply, links_to_its_page_once)
{
	struct ftg_vars vars = help("https://x/{lang}/{ref}?{x}{lan");
	struct ftg_voice voice = saying_in("de", ERR_SMTP_ADDRESS_UNKNOWN, "%s fehlt, ${help}!", FTG_ASCII);
	struct ftg_reply reply = of_address(ERR_SMTP_ADDRESS_UNKNOWN, "a@b");
	voice.link = FTG_LINK_ALWAYS;
	voice.vars = &vars;
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 a@b fehlt, https://x/de/4.28?{x}{lan! (#4.28)\r\n");
	vars = help("https://x/r#");
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 a@b fehlt, https://x/r#4.28! (#4.28)\r\n");
	vars = help("{ref}");
	cr_expect_str_eq(rendered(voice, reply), "550 5.1.1 a@b fehlt, 4.28! (#4.28)\r\n");
}

Test(reply, keeps_its_link_within_the_line_limits)
{
	char url[250], address[255], text[400];
	memset(url, 'u', sizeof(url));
	memset(address, 'x', sizeof(address));
	memset(text, 't', sizeof(text));
	url[sizeof(url) - 1] = '\0';
	text[sizeof(text) - 1] = '\0';
	struct ftg_vars vars = help(url);
	struct ftg_voice voice = saying_in("ja", ERR_SMTP_OK, "\xE3\x81\x82", FTG_ASCII);
	voice.link = FTG_LINK_FALLBACK;
	voice.vars = &vars;
	cr_expect_not_null(
	    strstr(rendered(voice, ftg_reply_text(ERR_SMTP_ADDRESS_UNKNOWN, address, 254)), "uuu4.28 (#4.28)\r\n"));
	voice = saying_in("ja", ERR_POP_SYNTAX, text, FTG_ASCII);
	voice.link = FTG_LINK_ALWAYS;
	voice.vars = &vars;
	const char *said = rendered(voice, ftg_reply(ERR_POP_SYNTAX));
	cr_expect_not_null(strstr(said, "ttt uuu"), "%s", said);
	cr_expect_not_null(strstr(said, "uuu5.02 (#5.02)\r\n"), "%s", said);
	cr_expect_eq(strlen(said), FTG_LINE_MAX);
}

Test(reply, has_each_line_break_of_its_text)
{
	struct ftg_voice voice = saying(ERR_SMTP_ADDRESS_BAD, "Die Adresse\n%s\nist falsch", FTG_ASCII);
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_BAD, "a@b")),
	    "550-5.1.1 Die Adresse\r\n550-5.1.1 a@b\r\n550 5.1.1 ist falsch (#4.25)\r\n");
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_BAD, "")),
	    "550-5.1.1 Die Adresse\r\n550-5.1.1 \r\n550 5.1.1 ist falsch (#4.25)\r\n");
}

Test(reply, of_smtp_continues_on_further_lines)
{
	char text[1001] = "";
	for (size_t i = 0; i + 10 < sizeof(text); i += 10)
		memcpy(text + i, "neun Wort ", 11);
	text[999] = '\0';
	struct ftg_voice voice = saying(ERR_SMTP_OK, text, FTG_ASCII);
	const char *said = rendered(voice, ftg_reply(ERR_SMTP_OK));
	cr_expect_eq(strncmp(said, "250-2.5.0 neun Wort ", 20), 0);
	cr_expect_eq(strlen(said), strlen(text) + strlen(" (#3.07)") - 2 + 3 * strlen("250 2.5.0 \r\n"));
	for (size_t len = 1; len <= 1000; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		voice = saying(ERR_SMTP_OK, text, FTG_ASCII);
		const char *end = strstr(rendered(voice, ftg_reply(ERR_SMTP_OK)), " (#3.07)\r\n");
		cr_expect(end != NULL || strstr(line, "2.5.0 (#3.07)\r\n") != NULL, "%zu: %s", len, line);
		forget();
	}
}

/* The lengths of the lines that words of these lengths make, with a break or a space between them. */
static const char *
line_lengths(size_t first, char between, size_t second)
{
	static char lengths[64];
	char text[1001];
	memset(text, 'x', first + 1 + second);
	text[10] = ' ';
	text[300] = ' ';
	text[first] = between;
	text[first + 1 + second] = '\0';
	const char *at = rendered(saying(ERR_SMTP_OK, text, FTG_ASCII), ftg_reply(ERR_SMTP_OK));
	lengths[0] = '\0';
	for (const char *end; (end = strstr(at, "\r\n")) != NULL; at = end + 2)
		snprintf(lengths + strlen(lengths), sizeof(lengths) - strlen(lengths), "%zu ", (size_t)(end - at));
	return lengths;
}

Test(reply, fills_its_lines)
{
	/* 500 octets fit behind "250 2.5.0 "; the reference takes 8 with its space. */
	cr_expect_str_eq(line_lengths(500, '\n', 20), "510 38 ");
	cr_expect_str_eq(line_lengths(500, ' ', 20), "510 38 ");
	cr_expect_str_eq(line_lengths(499, ' ', 20), "509 38 ");
	cr_expect_str_eq(line_lengths(501, '\n', 20), "310 210 38 ");
	cr_expect_str_eq(line_lengths(501, ' ', 20), "310 239 ");
	cr_expect_str_eq(line_lengths(471, ' ', 20), "510 ");
	cr_expect_str_eq(line_lengths(472, ' ', 20), "503 17 ");
}

Test(reply, is_cut_between_characters)
{
	char text[1001] = "";
	for (size_t i = 0; i + 3 < 998; i += 3)
		memcpy(text + i, "\xE9\x82\xAE", 4);
	for (size_t shift = 0; shift < 3; shift++) {
		memmove(text + 1, text, strlen(text) + 1);
		text[0] = 'x';
		(void)rendered(saying(ERR_SMTP_OK, text, FTG_UTF8), ftg_reply(ERR_SMTP_OK));
		(void)rendered(saying(ERR_POP_LOGIN, text, FTG_UTF8), ftg_reply(ERR_POP_LOGIN));
		cr_expect(strlen(line) > FTG_LINE_MAX - 3 && strlen(line) <= FTG_LINE_MAX, "%zu", strlen(line));
	}
}

Test(reply, of_pop3_is_cut_and_keeps_its_reference)
{
	char text[1001];
	memset(text, 'x', 1000);
	for (size_t len = 480; len <= 1000; len += len < 530 ? 1 : 47) {
		text[len] = '\0';
		struct ftg_voice voice = saying(ERR_POP_LOGIN, text, FTG_ASCII);
		const char *said = rendered(voice, ftg_reply(ERR_POP_LOGIN));
		size_t whole = strlen("-ERR ") + len + strlen(" (#5.06)\r\n");
		cr_expect_eq(strlen(said), whole < FTG_LINE_MAX ? whole : FTG_LINE_MAX);
		text[len] = 'x';
	}
}

Test(reply, of_pop3_cannot_begin_with_a_response_code)
{
	static const char *const texts[] = { "%s ist gesperrt", "\xC2\xBF%s gesperrt?", " %s gesperrt", "${contact}%s",
		"${contact} %s", "\xC2\xBF%s: gesperrt" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (int encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
			struct ftg_voice voice = saying(ERR_POP_LOCKED, texts[i], (enum ftg_encoding)encoding);
			const char *said = rendered(voice, of_address(ERR_POP_LOCKED, "[SYS/PERM] x"));
			cr_expect(strstr(said, "{SYS/PERM]") != NULL || said[5] == '\xC2', "%s", said);
		}
	}
}

Test(reply, of_pop3_does_not_make_a_reference_of_a_bracket)
{
	struct ftg_voice voice = saying(ERR_POP_LOCKED, "%s ist gesperrt", FTG_ASCII);
	cr_expect_str_eq(
	    rendered(voice, of_address(ERR_POP_LOCKED, "[#5.06)")), "-ERR {#5.06) ist gesperrt (#5.07)\r\n");
}

/* Constructors of a program run before those of a library in it, unless the library takes care. */
static char early[FTG_REPLY_MAX + 1];
static enum ftg_id early_id;

__attribute__((constructor)) static void
render_early(void)
{
	struct ftg_voice voice = { .catalog = ftg_catalog_english(FTG_STRICT) };
	struct ftg_reply reply = ftg_reply(ERR_SMTP_OK);
	if (ftg_catalog_languages(voice.catalog) == 1)
		early[ftg_render(early, &voice, &reply)] = '\0';
	early_id = ftg_id_find("ERR_SMTP_OK");
}

Test(reply, is_available_before_main)
{
	cr_expect_str_eq(early, "250 2.0.0 Ok (#3.07)\r\n");
	cr_expect_eq(early_id, ERR_SMTP_OK);
}

/* ---- two languages ---- */

Test(bilingual, says_the_second_language_on_a_further_line)
{
	struct ftg_voice voice = saying(ERR_SMTP_ADDRESS_BAD, "%s ist falsch", FTG_ASCII);
	voice.bilingual = true;
	voice.second = FTG_ENGLISH;
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_BAD, "a@b")),
	    "550-5.1.1 a@b ist falsch\r\n550 5.1.1 a@b bad destination mailbox address (#4.25)\r\n");
	voice.language = FTG_ENGLISH;
	voice.second = FTG_CALLERS;
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_ADDRESS_BAD, "a@b")),
	    "550-5.1.1 a@b bad destination mailbox address\r\n550 5.1.1 a@b ist falsch (#4.25)\r\n");
	cr_expect_str_eq(rendered(voice, of_address(ERR_SMTP_SYSTEM_HELLO, "mx ESMTP")), "220 mx ESMTP (#3.01)\r\n");
}

Test(bilingual, says_the_same_words_once)
{
	struct ftg_voice voice = saying(ERR_SMTP_OK, "Ok", FTG_ASCII);
	voice.bilingual = true;
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_OK)), "250 2.5.0 Ok (#3.07)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_SMTP_AUTHOK)), "235 2.3.5 Auth OK (#3.03)\r\n");
}

Test(bilingual, leaves_pop3_and_reasons_in_one_language)
{
	struct ftg_voice voice = saying(ERR_POP_LOGIN, "Nein", FTG_ASCII);
	voice.bilingual = true;
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_POP_LOGIN)), "-ERR Nein (#5.06)\r\n");
	cr_expect_str_eq(rendered(voice, ftg_reply(ERR_MAILBOX_QUOTA)), "Allocated mailbox storage exceeded (#1.02)");
	voice = saying(ERR_MAILBOX_DISABLED, "Gesperrt", FTG_ASCII);
	voice.bilingual = true;
	cr_expect_str_eq(rendered(voice, ftg_reply_reason(ERR_SMTP_ACCESSDENIED, TEXT("a@b"), ERR_MAILBOX_DISABLED)),
	    "550-5.5.0 Access Denied <a@b> (Gesperrt (#1.00))\r\n"
	    "550 5.5.0 Access Denied <a@b> (Mailbox Disabled (#1.00)) (#4.65)\r\n");
}

static const char *
greeting(const char *host, const char *timestamp, size_t len)
{
	struct ftg_voice voice = { 0 };
	struct ftg_reply reply = ftg_reply_text(FTG_POP_HELLO, host, strlen(host));
	reply.arg[1] = (struct ftg_arg) { .text = timestamp, .len = len };
	return rendered(voice, reply);
}

/* RFC 1939 section 7; curl 7.88 looks for it at the end of the line. */
Test(reply, of_a_greeting_ends_in_the_timestamp_for_apop)
{
	cr_expect_str_eq(greeting("mx", "<1.2@mx>", 8), "+OK mx POP3 server ready (#7.01) <1.2@mx>\r\n");
	cr_expect_str_eq(greeting("mx", NULL, 0), "+OK mx POP3 server ready (#7.01)\r\n");
	cr_expect_str_eq(greeting("mx", "", 0), "+OK mx POP3 server ready (#7.01)\r\n");
}

Test(reply, of_a_greeting_omits_a_malformed_timestamp)
{
	static const char *const bad[] = { "1.2@mx", "<1.2@mx", "1.2@mx>", "<>", "<1 2@mx>", "<1.2@mx>>", "<<1.2@mx>",
		"<1\r\n-ERR@mx>", "<\xC3\xA4@mx>", "<(#5.01)@mx>", "<1.2@mx> " };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_str_eq(
		    greeting("mx", bad[i], strlen(bad[i])), "+OK mx POP3 server ready (#7.01)\r\n", "%s", bad[i]);
}

Test(reply, of_a_long_host_keeps_its_timestamp_and_reference_whole)
{
	char host[301], timestamp[128], end[160];
	memset(host, 'h', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	memset(timestamp, 't', sizeof timestamp);
	timestamp[0] = '<';
	timestamp[sizeof timestamp - 1] = '>';
	snprintf(end, sizeof end, " (#7.01) %.128s\r\n", timestamp);
	const char *said = greeting(host, timestamp, sizeof timestamp);
	cr_expect_leq(strlen(said), FTG_LINE_MAX);
	cr_expect_str_eq(said + strlen(said) - strlen(end), end);
}
