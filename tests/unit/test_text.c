/* The rules that a text must keep: texts that break each, and texts that just keep it. */
#include "catalog/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/one_language.h"

#define FULL(ascii)  "\xEF\xBC" ascii /* a fullwidth form, given the last octet */
#define FULL_BRACKET FULL("\xBB")     /* [ */
#define FULL_PAREN   FULL("\x88")     /* ( */
#define FULL_HASH    FULL("\x83")     /* # */
#define FULL_PERCENT FULL("\x85")     /* % */
#define FULL_DOLLAR  FULL("\x84")     /* $ */
#define FULL_BRACE   "\xEF\xBD\x9B"   /* { */
#define FULL_2       FULL("\x92")
#define FULL_5       FULL("\x95")
#define FULL_0       FULL("\x90")
#define NBSP         "\xC2\xA0"

static struct ftg_refusal refusal;

/* The name of the rule that a text breaks; "" for none. */
static const char *
broken(enum ftg_id id, const char *text, size_t len)
{
	if (ftg_text_check(id, "de", text, len, &refusal) == 0)
		return "";
	cr_expect_eq(refusal.id, id);
	cr_expect_str_eq(refusal.language, "de");
	cr_expect_not(refusal.whole_file);
	cr_expect_neq(refusal.detail[0], '\0', "%s", text);
	for (const char *c = refusal.detail; *c != '\0'; c++)
		cr_expect(*c >= 0x20 && *c <= 0x7E);
	return ftg_rule_name(refusal.rule);
}

static const char *
rule(enum ftg_id id, const char *text)
{
	return broken(id, text, strlen(text));
}

/* len octets of c, with something in front and behind. */
static const char *
filled(const char *before, size_t len, const char *behind)
{
	static char text[4000];
	memset(text, 'a', len);
	memcpy(text, before, strlen(before));
	memcpy(text + len - strlen(behind), behind, strlen(behind));
	text[len] = '\0';
	return text;
}

Test(text, of_the_table_keeps_the_rules)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		for (int form = 0; form < 2 && row->text[form] != NULL; form++)
			cr_expect_str_eq(rule((enum ftg_id)id, row->text[form]), "", "%s", row->id);
	}
}

Test(text, of_spaces_alone_is_empty)
{
	cr_expect_str_eq(rule(ERR_SMTP_OK, " "), "empty");
	cr_expect_str_eq(rule(ERR_SMTP_OK, " \t "), "empty");
	cr_expect_str_eq(rule(ERR_SMTP_OK, NBSP), "empty");
	cr_expect_str_eq(rule(ERR_SMTP_OK, " . "), "");
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, " %s "), "");
}

Test(text, that_folds_to_nothing_is_empty)
{
	cr_expect_str_eq(rule(ERR_SMTP_OK, "\xC2\xA1\xC2\xBF"), "empty");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "\xCC\x88"), "empty");
	cr_expect_str_eq(rule(ERR_SMTP_OK, " \xC2\xA1 "), "empty");
}

Test(text, of_the_challenge_is_refused)
{
	cr_expect_str_eq(rule(ERR_SMTP_334, "x"), "literal");
	cr_expect_str_eq(rule(ERR_SMTP_334, "%s"), "literal");
}

Test(text, number_of_octets_is_bounded)
{
	cr_expect_str_eq(rule(ERR_SMTP_OK, filled("", TEXT_MAX, "")), "");
	cr_expect_str_eq(rule(ERR_SMTP_OK, filled("", TEXT_MAX + 1, "")), "length");
	cr_expect_str_eq(rule(ERR_SMTP_OK, filled("", 3000, "")), "length");
	/* In ASCII too: each of these letters becomes two octets. */
	cr_expect_str_eq(rule(ERR_SMTP_OK, filled("\xC3\xA4\xC3\xA4", TEXT_MAX, "")), "");
}

Test(text, number_of_pieces_is_bounded)
{
	char text[400] = "";
	for (size_t i = 0; i < TEXT_PIECES / 2; i++)
		memcpy(text + 5 * i, "a%1$s", 6);
	cr_expect_str_eq(rule(ERR_SMTP_REJECT_IP, text), "length", "their arguments are longer than fits");
	memset(text, 0, sizeof(text));
	for (size_t i = 0; i < TEXT_PIECES; i++)
		memcpy(text + 6 * i, "%1$lu.", 7);
	cr_expect_str_eq(rule(ERR_POP_MESSAGECOUNT, text), "length");
	text[6 * (TEXT_PIECES / 2)] = '\0';
	cr_expect_str_eq(rule(ERR_POP_MESSAGECOUNT, text), "");
}

Test(text, with_its_longest_arguments_is_bounded)
{
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, filled("%1$s%1$s%1$s%1$s", 998, "")), "");
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, filled("%1$s%1$s%1$s%1$s%1$s", 900, "")), "length");
	cr_expect_str_eq(rule(ERR_SMTP_OK, filled("${time}${time}${time}${time}", 1000, "")), "");
	cr_expect_str_eq(rule(ERR_SMTP_OK, filled("${time}${time}${time}${time}${time}", 1000, "")), "length");
}

Test(text, of_a_reason_fits_an_argument)
{
	size_t room = ftg_arg_max(FTG_ARG_REASON) - strlen(" " LEFT_MARK "(#1.00)");
	cr_expect_str_eq(rule(ERR_MAILBOX_DISABLED, filled("", room, "")), "");
	cr_expect_str_eq(rule(ERR_MAILBOX_DISABLED, filled("", room + 1, "")), "length");
	cr_expect_str_eq(rule(ERR_SECPOL_RBL, filled("", room, "")), "");
	cr_expect_str_eq(rule(ERR_SECPOL_RBL, filled("", room + 1, "")), "length");
	cr_expect_eq(ftg_text_room(ERR_SECPOL_RBL), room);
}

Test(text, that_is_too_long_by_a_variable_names_it)
{
	char wanted[80];
	cr_expect_str_eq(rule(ERR_SECPOL_BLACK, "Write to ${contact}"), "length");
	snprintf(wanted, sizeof wanted, "up to %zu octets, %d of them by ${contact}; %zu fit",
	    strlen("Write to ") + TEXT_VAR_MAX, TEXT_VAR_MAX, ftg_text_room(ERR_SECPOL_BLACK));
	cr_expect_str_eq(refusal.detail, wanted);
}

Test(text, is_valid_utf8)
{
	static const char *const bad[] = { "\xFF", "a\x80", "a\xC3", "\xC3(", "\xC0\x80", "\xE0\x80\xAF",
		"\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "caf\xE9" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, bad[i]), "utf8", "%zu", i);
	cr_expect_str_eq(rule(ERR_SMTP_OK, "caf\xC3\xA9 \xF0\x9F\x98\x80"), "");
}

Test(text, holds_no_control)
{
	char text[] = "a?b";
	for (int c = 1; c < 0x20; c++) {
		text[1] = (char)c;
		cr_expect_str_eq(rule(ERR_SMTP_OK, text), c == '\n' ? "" : "control", "%d", c);
		cr_expect_str_eq(rule(ERR_POP_LOGIN, text), "control", "%d", c);
		cr_expect_str_eq(rule(ERR_MAILBOX_QUOTA, text), "control", "%d", c);
	}
	text[1] = 0x7F;
	cr_expect_str_eq(rule(ERR_SMTP_OK, text), "control");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\xC2\x80"), "control");
	cr_expect_str_eq(rule(ERR_SMTP_OK,
	                     "a\xC2\x85"
	                     "b"),
	    "control");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\xC2\x9F"), "control");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\r\n250 ok"), "control");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a" NBSP "b"), "");
	cr_expect_str_eq(broken(ERR_SMTP_OK, "a\0b", 3), "control");
}

Test(text, holds_nothing_invisible)
{
	static const uint32_t bad[] = { 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200E, 0x200F,
		0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0x3164,
		0xFEFF, 0xFFA0, 0xFFF9, 0xFFFB, 0xFFFD, 0x1BCA0, 0x1D173, 0xE0001, 0xE0041, 0xE007F };
	/* Joiners that Persian needs, a soft hyphen, a variation selector of an emoji. */
	static const uint32_t good[] = { 0x200C, 0x200D, 0xAD, 0xFE0F };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) + sizeof(good) / sizeof(good[0]); i++) {
		size_t bads = sizeof(bad) / sizeof(bad[0]);
		uint32_t c = i < bads ? bad[i] : good[i - bads];
		char text[16];
		int len = c < 0x800
		    ? snprintf(text, sizeof(text), "x%c%cx", (int)(0xC0 | c >> 6), (int)(0x80 | (c & 0x3F)))
		    : c < 0x10000
		    ? snprintf(text, sizeof(text), "x%c%c%cx", (int)(0xE0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3F)),
		          (int)(0x80 | (c & 0x3F)))
		    : snprintf(text, sizeof(text), "x%c%c%c%cx", (int)(0xF0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3F)),
		          (int)(0x80 | (c >> 6 & 0x3F)), (int)(0x80 | (c & 0x3F)));
		cr_expect_str_eq(broken(ERR_SMTP_OK, text, (size_t)len), i < bads ? "invisible" : "", "U+%04X", c);
	}
}

Test(text, only_smtp_texts_may_break_lines)
{
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\nb"), "");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\nb\nc\nd\ne\nf\ng\nh"), "");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\nb\nc\nd\ne\nf\ng\nh\ni"), "lines");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "\na"), "lines");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\n"), "lines");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "a\n\nb"), "lines");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "\n"), "lines");
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, "%s\na"), "");
	cr_expect_str_eq(rule(ERR_POP_LOGIN, "a\nb"), "control");
	cr_expect_str_eq(rule(ERR_MAILBOX_QUOTA, "a\nb"), "control");
}

Test(text, uses_only_the_directives_of_the_table)
{
	static const char *const bad[] = { "%n", "%d", "%", "a%", "%%%", "%l", "%1", "%1$", "%0$s", "% s", "%5s", "%-s",
		"%.3s", "%*s", "%99999s", "%hs", "%c", "%x", "%p", "%S", "%ls", "%llu", "%zu", "%m", "%a", "%1$n",
		"%1$5s", "%12$s", "%\xC3\xA4", "%1$*2$s", "%s %1$s", "%1$s %s" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_ACCESSDENIED, bad[i]), "directive", "%s", bad[i]);
	static const char *const good[] = { "%s %s", "%2$s %1$s", "%1$s %1$s", "%s", "%%", "100%% %s", "%%s", "%%n",
		"%2$s", "no argument at all" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_ACCESSDENIED, good[i]), "", "%s", good[i]);
}

Test(text, uses_only_the_arguments_of_the_table)
{
	static const char *const bad[] = { "%s %s %s", "%3$s", "%9$s", "%lu", "%1$lu" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_ACCESSDENIED, bad[i]), "argument", "%s", bad[i]);
	cr_expect_str_eq(rule(ERR_SMTP_OK, "%s"), "argument");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "%1$s"), "argument");
	cr_expect_str_eq(rule(ERR_SMTP_OK, "%lu"), "argument");
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, "%2$s"), "argument");
	cr_expect_str_eq(rule(ERR_POP_MESSAGECOUNT, "%s"), "argument");
	cr_expect_str_eq(rule(ERR_POP_MESSAGECOUNT, "%lu"), "");
	cr_expect_str_eq(rule(ERR_POP_MESSAGECOUNT, "%1$lu"), "");
	cr_expect_str_eq(rule(ERR_POP_MESSAGECOUNT, "%lu %lu"), "argument");
}

Test(text, uses_only_known_variables)
{
	static const char *const bad[] = { "${", "${}", "${nothing}", "${Host}", "${ host}", "${host", "${host ",
		"${hos}", "${hosts}", "${REF}", "${host\n}", "${%s}", "${${host}}", "${\xC3\xA4}" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, bad[i]), "variable", "%s", bad[i]);
	(void)rule(ERR_SMTP_ADDRESS_UNKNOWN, "no ${foo} %s");
	cr_expect_str_eq(refusal.detail, "${foo}", "the variable alone");
	static const char *const good[] = { "${host}", "a ${client} ${session} ${time} ${contact}", "${help}",
		"see ${ref}", "$", "$5", "$host", "{host}", "$ {host}", "$}", "$$", "${host}${host}" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, good[i]), "", "%s", good[i]);
}

Test(text, does_not_begin_as_a_code_does)
{
	static const char *const bad[] = { "250 ok", "250-ok", "250", "250\nok", "550 5.1.1 no", "999 x", "5.1.1 no",
		"5.1.1", "2.0.0", "5.7.999 x", "+OK", "+ok fine", "+OKAY", "-ERR", "-err no", "-ERROR", " 250 ok",
		"   5.1.1 no", " +OK", " -ERR", "${contact}250 ok", "${contact}5.1.1 no", "${contact}${host}250 ok",
		FULL_2 FULL_5 FULL_0 " ok", FULL_2 FULL_5 FULL_0,
		"\xC2\xA1"
		"250 ok",
		NBSP "250 ok" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, bad[i]), "code", "%s", bad[i]);
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, "%s250 ok"), "code");
	cr_expect_str_eq(rule(ERR_POP_LOGIN, "-ERR no"), "code");
	cr_expect_str_eq(rule(ERR_MAILBOX_DISABLED, "550 no"), "code");
	static const char *const good[] = { "2500 ok", "25 ok", "250ok", "250. ok", "5.1 ok", "5..1.1", "5.1.",
		"1234.5.6", "+ OK", "- ERR", "OK", "ERR", "a 250 ok", "a\n250 ok", "5.1.1234", "${host} 250 ok" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, good[i]), "", "%s", good[i]);
}

Test(text, holds_no_reference)
{
	static const char *const bad[] = { "a (#4.46)", "(#", "a(#1", FULL_PAREN FULL_HASH "4.46)",
		"a (" FULL_HASH "4.46)", FULL_PAREN "#", "(\xC2\xA1#4.46)", "a (${ref})", "(${contact}#4.46)",
		"(${contact}${time}#4.46)" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, bad[i]), "reference", "%s", bad[i]);
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, "(%s#4.46)"), "reference");
	cr_expect_str_eq(rule(ERR_SMTP_ADDRESS_BAD, "%s#4.46)"), "reference");
	cr_expect_str_eq(rule(ERR_SECPOL_BLACK, "#4.46) a"), "reference");
	static const char *const good[] = { "#4.46", "a #4.46", "( #4.46)", "()#", "(4.46)", "${host} #4.46",
		"see ${ref}", "${host} ${ref}", "${help}" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_str_eq(rule(ERR_SMTP_OK, good[i]), "", "%s", good[i]);
}

Test(text, of_pop3_does_not_begin_with_a_bracket)
{
	static const char *const bad[] = { "[", "[AUTH] no", " [AUTH] no", FULL_BRACKET "AUTH] no", NBSP "[AUTH]",
		"\xC2\xBF[AUTH] no" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_str_eq(rule(ERR_POP_LOGIN, bad[i]), "bracket", "%s", bad[i]);
		cr_expect_str_eq(rule(ERR_SMTP_OK, bad[i]), "", "%s", bad[i]);
	}
	cr_expect_str_eq(rule(ERR_POP_LOGIN, "a [AUTH]"), "");
	cr_expect_str_eq(rule(ERR_POP_LOCKED, "%s [AUTH]"), "");
	cr_expect_str_eq(rule(ERR_POP_LOCKED, "%s[AUTH]"), "");
	cr_expect_str_eq(rule(ERR_POP_LOGIN, "(AUTH) no"), "");
}

Test(text, of_a_greeting_begins_with_the_host_and_holds_no_timestamp)
{
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "%s"), "");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "%s <willkommen>"), "");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "%1$s gut"), "");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "Willkommen bei %s"), "host");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, " %s"), "host");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "${host} %s"), "host");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "Willkommen"), "host");
	cr_expect_str_eq(rule(ERR_SMTP_SYSTEM_HELLO, "\xC2\xA1%s"), "host");
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		if (row->service != FTG_POP3 || row->args[0] != FTG_ARG_BANNER)
			continue;
		cr_expect_str_eq(rule((enum ftg_id)id, "%s <1@x>"), "timestamp");
		cr_expect_str_eq(rule((enum ftg_id)id, "%s \xEF\xBC\x9C"), "timestamp");
		cr_expect_str_eq(rule((enum ftg_id)id, "gut %s"), "host");
		cr_expect_str_eq(rule((enum ftg_id)id, "%s gut"), "");
	}
}

Test(text, cannot_contain_a_language_tag)
{
	cr_expect_str_eq(rule(FTG_POP_LANGUAGE, "Sprache gewechselt"), "");
	cr_expect_str_eq(rule(FTG_POP_LANGUAGE, "Sprache %s"), "argument");
	cr_expect_str_eq(rule(FTG_POP_LANGUAGE, "%1$s Sprache"), "argument");
	cr_expect_str_eq(rule(FTG_POP_LANGUAGE, "%lu Sprache"), "argument");
}

Test(text, with_fullwidth_signs_is_no_directive_or_variable)
{
	cr_expect_str_eq(rule(ERR_SMTP_OK, FULL_PERCENT "n"), "");
	cr_expect_str_eq(rule(ERR_SMTP_OK, FULL_DOLLAR FULL_BRACE "nothing}"), "");
	char line[FTG_REPLY_MAX + 1];
	static const char text[] = FULL_PERCENT "n" FULL_PERCENT "s" FULL_DOLLAR FULL_BRACE "host}";
	ftg_catalog *catalog = one_language_of_text(
	    ERR_SMTP_OK, text, sizeof(text) - 1, "de", FTG_PUBLISHED, NULL, NULL);
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS, .encoding = FTG_ASCII };
	struct ftg_reply reply = ftg_reply(ERR_SMTP_OK);
	line[ftg_render(line, &voice, &reply)] = '\0';
	cr_expect_str_eq(line, "250 2.5.0 %n%s${host} (#3.07)\r\n");
	ftg_catalog_free(catalog);
}

Test(text, in_several_forms_is_checked_form_by_form)
{
	cr_expect_str_eq(broken(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu", 11), "");
	cr_expect_str_eq(broken(ERR_POP_MESSAGECOUNT, "a %lu\0b %lu\0", 12), "");
	cr_expect_str_eq(broken(ERR_POP_MESSAGECOUNT, "a %lu\0b %n\0c", 12), "directive");
	cr_expect_str_eq(broken(ERR_POP_MESSAGECOUNT, "a %lu\0\0c %lu", 12), "empty");
	cr_expect_str_eq(broken(ERR_SMTP_OK, "a\0", 2), "");
	cr_expect_str_eq(broken(ERR_SMTP_OK, "", 0), "");
}

/* ---- remarks ---- */

static unsigned
remarks(enum ftg_id id, const char *text)
{
	return ftg_text_remarks(id, "de", NULL, text, strlen(text));
}

Test(remark, names_only_what_is_unusual)
{
	cr_expect_eq(remarks(ERR_SMTP_OK, "Gut"), 0);
	cr_expect_eq(remarks(ERR_SMTP_ADDRESS_BAD, "%s ist falsch: \xC3\xA4"), 0);
	cr_expect_eq(remarks(ERR_SMTP_ADDRESS_BAD, "Falsch"), FTG_REMARK_DROPPED);
	cr_expect_eq(remarks(ERR_SMTP_ACCESSDENIED, "%2$s"), FTG_REMARK_DROPPED);
	cr_expect_eq(remarks(ERR_SMTP_OK, "\xD0\x94\xD0\xB0"), FTG_REMARK_UNFOLDABLE);
	/* As long as it is, SMTP sends no such text. */
	cr_expect_eq(remarks(ERR_SMTP_OK, filled("\xD0\x94", 600, "")), FTG_REMARK_UNFOLDABLE);
	cr_expect_eq(remarks(ERR_POP_SYNTAX, filled("\xD0\x94", 600, "")), FTG_REMARK_UNFOLDABLE | FTG_REMARK_LONG);
	cr_expect_eq(remarks(ERR_SMTP_OK, " Gut"), FTG_REMARK_SPACE);
	cr_expect_eq(remarks(ERR_SMTP_OK, "Gut "), FTG_REMARK_SPACE);
	cr_expect_eq(remarks(ERR_SMTP_OK, "Ok"), FTG_REMARK_SAME);
	cr_expect_eq(remarks(ERR_POP_MESSAGECOUNT, ftg_row(ERR_POP_MESSAGECOUNT)->text[0]), FTG_REMARK_SAME);
	cr_expect_eq(remarks(ERR_POP_MESSAGECOUNT, ftg_row(ERR_POP_MESSAGECOUNT)->text[1]), FTG_REMARK_SAME);
	cr_expect_eq(ftg_text_remarks(ERR_POP_MESSAGECOUNT, "de", NULL, "%lu\0viele", 9), FTG_REMARK_DROPPED);
	cr_expect_eq(remarks(ERR_SMTP_OK, "%n"), 0);
	cr_expect_eq(ftg_text_remarks(ERR_SMTP_OK, "../x", NULL, "Gut", 3), 0);
}

#define REMARKS(id, plurals, text) ftg_text_remarks(id, "ar", plurals, text, sizeof(text))

Test(remark, permits_a_form_of_one_number_to_say_it_in_words)
{
	static const char arabic[] =
	    "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;";
	static const char french[] = "nplurals=2; plural=n > 1;";
	static const char russian[] =
	    "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || "
	    "n%100>=20) ? 1 : 2;";
	static const char million[] = "nplurals=3; plural=n==1 ? 0 : n!=0 && n%1000000==0 ? 1 : 2;";
	enum ftg_id one = ERR_POP_MESSAGECOUNT, two = FTG_POP_LOGIN;
	cr_expect_eq(REMARKS(one, NULL, "eine\0%lu"), 0);
	cr_expect_eq(REMARKS(one, arabic, "none\0one\0two\0%lu\0%lu\0%lu"), 0);
	cr_expect_eq(REMARKS(one, arabic, "none\0one\0two\0few\0%lu\0%lu"), FTG_REMARK_DROPPED);
	cr_expect_eq(REMARKS(one, french, "un\0%lu"), FTG_REMARK_DROPPED);
	cr_expect_eq(REMARKS(one, russian, "one\0%lu\0%lu"), FTG_REMARK_DROPPED);
	cr_expect_eq(REMARKS(one, million, "un\0de\0%lu"), FTG_REMARK_DROPPED);
	cr_expect_eq(REMARKS(one, "nonsense", "eine\0%lu"), 0);
	cr_expect_eq(REMARKS(two, NULL, "one (%2$lu)\0%lu (%lu)"), 0);
	cr_expect_eq(REMARKS(two, NULL, "%1$lu\0%lu (%lu)"), FTG_REMARK_DROPPED);
	cr_expect_eq(REMARKS(two, NULL, "one\0%lu (%lu)"), FTG_REMARK_DROPPED);
}

/* The octets of a reply's first line where each argument is as long as it may be, and the host too. */
static size_t
longest_line(enum ftg_id id, const char *text, enum ftg_profile profile)
{
	static char line[FTG_REPLY_MAX], argument[5000], host[300];
	memset(argument, 'x', sizeof(argument));
	memset(host, 'h', sizeof(host) - 1);
	struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = host } };
	ftg_catalog *catalog = one_language_of_text(id, text, strlen(text), "de", profile, NULL, NULL);
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS, .vars = &vars };
	struct ftg_reply reply = ftg_reply(id);
	for (int i = 0; i < FTG_ARGS_MAX; i++) {
		enum ftg_arg_kind kind = ftg_row(id)->args[i];
		reply.arg[i] = (struct ftg_arg) {
			.text = argument, .len = ftg_arg_max(kind), .number = ERR_MAILBOX_QUOTA
		};
	}
	size_t len = ftg_render(line, &voice, &reply);
	ftg_catalog_free(catalog);
	const char *end = memmem(line, len, "\r\n", 2);
	return end != NULL && (size_t)(end - line) + 2 == len ? len : len + FTG_LINE_MAX;
}

Test(room, is_what_fits_one_line_in_both_profiles)
{
	for (unsigned i = 0; i < FTG_IDS; i++) {
		enum ftg_id id = (enum ftg_id)i;
		const struct ftg_row *row = ftg_row(id);
		size_t room = ftg_text_room(id);
		if ((row->service != FTG_SMTP && row->service != FTG_POP3) || id == ERR_SMTP_334)
			continue;
		/* The argument that a count takes is the longest number. */
		bool plain = row->args[0] == FTG_ARG_NONE || row->args[0] == FTG_ARG_TAG;
		const char *args = plain            ? ""
		    : row->args[1] == FTG_ARG_COUNT ? "%lu%lu"
		    : row->args[0] == FTG_ARG_COUNT ? "%lu"
		    : text_places(row->args[1])     ? "%s%s"
		                                    : "%s";
		cr_assert_gt(room, 32, "%s", row->id);
		char text[FTG_LINE_MAX + 8];
		snprintf(text, sizeof(text), "%s%s", args, filled("", room, ""));
		cr_expect_not(remarks(id, text) & FTG_REMARK_LONG, "%s", row->id);
		for (unsigned profile = 0; profile < FTG_PROFILES; profile++)
			cr_expect_leq(longest_line(id, text, (enum ftg_profile)profile), FTG_LINE_MAX, "%s", row->id);
		snprintf(text, sizeof(text), "%s%s", args, filled("", room + 1, ""));
		cr_expect(remarks(id, text) & FTG_REMARK_LONG, "%s", row->id);
		if (plain) {
			size_t longer = longest_line(id, text, FTG_PUBLISHED),
			       strict = longest_line(id, text, FTG_STRICT);
			cr_expect((longer > strict ? longer : strict) > FTG_LINE_MAX || row->service == FTG_POP3, "%s",
			    row->id);
		}
	}
	cr_expect_eq(ftg_text_room(ERR_SMTP_334), 0);
}
