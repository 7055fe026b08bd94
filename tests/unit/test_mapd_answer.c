/* Answers to look-ups, and what Postfix makes of them. */
#include "mapd/answer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/one_language.h"
#include "support/postfix_footer.h"

static const char unknown[] =
    "550 5.1.1 <nobody@bench.example>: Recipient address rejected: User unknown in virtual mailbox table";

static char answer[ANSWER_MAX + 1], wire[POSTFIX_FOOTER_SIZE];
static ftg_catalog *catalog;
static struct ftg_vars vars;

static void
tear_down(void)
{
	ftg_catalog_free(catalog);
}

TestSuite(answer, .fini = tear_down);

/* A voice that has this text for an unknown mailbox, and no other. */
static struct ftg_voice
saying(const char *text)
{
	ftg_catalog_free(catalog);
	catalog = one_language_of_text(ERR_SMTP_ADDRESS_UNKNOWN, text, strlen(text), "de", FTG_PUBLISHED, NULL, NULL);
	cr_assert_not_null(catalog);
	return (struct ftg_voice) { .catalog = catalog, .language = FTG_CALLERS, .encoding = FTG_ASCII };
}

static const char *
answered(enum answer_form form, const struct ftg_voice *voice, const char *key)
{
	struct postfix_reply reply;
	cr_assert(postfix_reply_parse(&reply, key, strlen(key)));
	answer[answer_write(answer, form, voice, &reply)] = '\0';
	return answer;
}

/* What a client gets behind Postfix's own line. */
static const char *
received(const struct ftg_voice *voice, const char *key)
{
	const char *footer = answered(ANSWER_FOOTER, voice, key);
	cr_assert(postfix_footer(wire, key, footer, strlen(footer)), "%s", footer);
	return strstr(wire, "\r\n") + 2;
}

static void
link_to(struct ftg_voice *voice, const char *url)
{
	vars.value[FTG_VAR_HELP] = url;
	voice->vars = &vars;
	voice->link = FTG_LINK_ALWAYS;
}

Test(answer, form_is_the_name_of_the_map)
{
	cr_expect_eq(answer_form("footer", 6), ANSWER_FOOTER);
	cr_expect_eq(answer_form("filter", 6), ANSWER_FILTER);
	cr_expect_eq(answer_form("text", 4), ANSWER_TEXT);
	cr_expect_eq(answer_form("Footer", 6), ANSWER_FORMS);
	cr_expect_eq(answer_form("foot", 4), ANSWER_FORMS);
	cr_expect_eq(answer_form("footers", 7), ANSWER_FORMS);
	cr_expect_eq(answer_form("", 0), ANSWER_FORMS);
}

Test(answer, footer_is_the_text_with_its_reference_and_the_link)
{
	struct ftg_voice voice = saying("Postfach %s existiert nicht");
	cr_expect_str_eq(
	    answered(ANSWER_FOOTER, &voice, unknown), "Postfach nobody@bench.example existiert nicht (#4.28)");
	link_to(&voice, "https://mail.example/replies/{lang}.html#{ref}");
	cr_expect_str_eq(answered(ANSWER_FOOTER, &voice, unknown),
	    "Postfach nobody@bench.example existiert nicht (#4.28)\\nhttps://mail.example/replies/de.html#4.28");
	cr_expect_str_eq(received(&voice, unknown),
	    "550-5.1.1 Postfach nobody@bench.example existiert nicht (#4.28)\r\n"
	    "550 5.1.1 https://mail.example/replies/de.html#4.28\r\n");
}

Test(answer, text_that_has_the_link_gets_no_line_of_it)
{
	struct ftg_voice voice = saying("%s fehlt, ${help}");
	link_to(&voice, "https://x/{ref}");
	cr_expect_str_eq(
	    answered(ANSWER_FOOTER, &voice, unknown), "nobody@bench.example fehlt, https://x/4.28 (#4.28)");
}

Test(answer, each_line_of_a_text_is_one_of_the_footer)
{
	struct ftg_voice voice = saying("%s\nfehlt");
	cr_expect_str_eq(received(&voice, unknown), "550-5.1.1 nobody@bench.example\r\n550 5.1.1 fehlt (#4.28)\r\n");
}

Test(answer, dollars_and_backslashes_of_a_text_mean_nothing_to_postfix)
{
	static const struct {
		const char *text, *received;
	} cases[] = {
		{ "%s $1 $$ $(x) {y", "nobody@bench.example $1 $$ $(x) {y" },
		{ "%s a\\nb", "nobody@bench.example anb" },
		{ "%s a\\\\\\nb", "nobody@bench.example anb" },
		{ "\\c%s", "cnobody@bench.example" },
		{ "\\\\c%s", "cnobody@bench.example" },
		{ "a\\c%s", "a\\cnobody@bench.example" },
		{ "%s \\x \\\\ \\$n\\", "nobody@bench.example \\x \\\\ \\$n\\" },
		{ "\\n%s\n\\c\n\\", "nnobody@bench.example|\\c|\\" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ftg_voice voice = saying(cases[i].text);
		const char *got = received(&voice, unknown);
		char line[1024] = "";
		for (const char *at = got; *at != '\0'; at = strstr(at, "\r\n") + 2) {
			cr_expect_eq(strncmp(at, "550-5.1.1 ", 3), 0);
			strncat(line, at > got ? "|" : "", 2);
			strncat(line, at + 10, strcspn(at, "\r") - 10);
		}
		*strstr(line, " (#4.28)") = '\0';
		cr_expect_str_eq(line, cases[i].received, "%s: %s", cases[i].text, line);
	}
}

Test(answer, arguments_cannot_expand_either)
{
	struct ftg_voice voice = saying("%s fehlt");
	cr_expect_str_eq(
	    received(&voice,
	        "550 5.1.1 <\"$x\\\\n\"@b.example>: Recipient address rejected: User unknown in virtual mailbox table"),
	    "550 5.1.1 \"$xn\"@b.example fehlt (#4.28)\r\n");
}

Test(answer, filter_is_the_whole_reply_with_the_code_and_status_of_postfix)
{
	struct ftg_voice voice = saying("%s $1 \\n fehlt");
	link_to(&voice, "https://x/{ref}");
	cr_expect_str_eq(answered(ANSWER_FILTER, &voice, unknown),
	    "550 5.1.1 nobody@bench.example $1 \\n fehlt https://x/4.28 (#4.28)");
	cr_expect_str_eq(
	    answered(ANSWER_FILTER, &voice,
	        "450 4.1.99 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table"),
	    "450 4.1.99 a@b.example $1 \\n fehlt https://x/4.28 (#4.28)");
	cr_expect_str_eq(answered(ANSWER_FILTER, &voice,
	                     "550 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table"),
	    "550 a@b.example $1 \\n fehlt https://x/4.28 (#4.28)");
	voice = saying("%s\nfehlt");
	cr_expect_str_eq(
	    answered(ANSWER_FILTER, &voice, unknown), "550-5.1.1 nobody@bench.example\r\n550 5.1.1 fehlt (#4.28)");
}

Test(answer, text_is_lines_as_they_are_and_the_link)
{
	struct ftg_voice voice = saying("%s $1 \\n\nfehlt");
	cr_expect_str_eq(answered(ANSWER_TEXT, &voice, unknown), "nobody@bench.example $1 \\n\nfehlt (#4.28)");
	link_to(&voice, "https://x/{lang}?$\\n{ref}");
	cr_expect_str_eq(answered(ANSWER_TEXT, &voice, unknown),
	    "nobody@bench.example $1 \\n\nfehlt (#4.28)\nhttps://x/de?$\\n4.28");
}

Test(answer, reply_without_a_row_has_none)
{
	struct postfix_reply reply = { .code = { "550", 3 }, .match = POSTFIX_NO_ROW };
	struct ftg_voice voice = saying("%s");
	cr_expect_eq(answer_write(answer, ANSWER_FOOTER, &voice, &reply), 0);
	reply.match = POSTFIX_BY_TEXT;
	reply.reply = ftg_reply(ERR_SECPOL_RBL);
	cr_expect_eq(answer_write(answer, ANSWER_FOOTER, &voice, &reply), 0, "a reason is no reply");
}

/* Whatever the status of Postfix is, which precedes each line. */
Test(answer, no_line_is_longer_than_the_limit)
{
	char text[990], key[] = "550 5.123.123 <a@b.example>: Recipient address rejected: User unknown";
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = i % 61 == 60 ? ' ' : '$';
	for (int spaces = 0; spaces < 2; spaces++) {
		memcpy(text + sizeof text - 4, "%s", 3);
		struct ftg_voice voice = saying(text);
		const char *got = received(&voice, key);
		size_t lines = 0;
		for (const char *line = got; *line != '\0'; line = strstr(line, "\r\n") + 2, lines++)
			cr_expect_leq(strcspn(line, "\n") + 1, FTG_LINE_MAX);
		cr_expect_geq(lines, 2);
		memset(text, '$', sizeof text - 1);
	}
}
