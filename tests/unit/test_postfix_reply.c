/* Replies of Postfix as rows of the catalogue: all texts of postfix_texts.tsv, damaged ones, and the table itself. */
#include "mapd/postfix_reply.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapd/postfix_template.h"

static struct postfix_reply found;

/* What was found, as the list has it: "text ERR_SMTP_RELAYFAIL|a@example.org", "none". */
static const char *
outcome(const char *octets, size_t len)
{
	static char text[2048];
	static const char *const by[] = { "none", "status", "text" };
	cr_assert(postfix_reply_parse(&found, octets, len), "%s", octets);
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", by[found.match]);
	if (found.match == POSTFIX_NO_ROW)
		return text;
	const struct ftg_row *row = ftg_row(found.reply.id);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\t%s", row->id);
	for (int i = 0; i < FTG_ARGS_MAX && row->args[i] != FTG_ARG_NONE; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "|%.*s", (int)found.reply.arg[i].len, found.reply.arg[i].text);
	return text;
}

static const char *
said(const char *reply)
{
	return outcome(reply, strlen(reply));
}

/* A slice as a string. */
static const char *
string(struct postfix_slice slice)
{
	static char text[1024];
	snprintf(text, sizeof(text), "%.*s", (int)slice.len, slice.len > 0 ? slice.text : "");
	return text;
}

/* Calls done with each line of the list: its reply, with real line ends, and what must be found. */
static int
each_text(void (*done)(char *reply, const char *expected))
{
	FILE *file = fopen(TESTS_DIR "/unit/postfix_texts.tsv", "r");
	cr_assert_not_null(file);
	char line[4096];
	int lines = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		char *field[5] = { line };
		for (int i = 1; i < 5; i++) {
			if (i < 4 || strchr(field[i - 1], '\t') != NULL)
				field[i] = strchr(field[i - 1], '\t') + 1;
		}
		field[3][-1] = '\0';
		for (char *at; (at = strstr(field[2], "\\r\\n")) != NULL; memmove(at + 2, at + 4, strlen(at + 4) + 1))
			memcpy(at, "\r\n", 2);
		done(field[2], field[3]);
		lines++;
	}
	fclose(file);
	return lines;
}

static void
check_text(char *reply, const char *expected)
{
	const char *got = said(reply);
	if (strncmp(expected, "none\t", 5) == 0)
		expected = expected[5] != '\0' ? "none" : "none, and why";
	cr_expect_str_eq(got, expected, "%s: %s", reply, got);
}

Test(postfix_reply, every_text_of_the_list_has_its_row)
{
	cr_expect_gt(each_text(check_text), 0);
}

/* Writes a template's text with its holes filled. */
static size_t
fill(char text[512], const char *template)
{
	static const char *const holes[POSTFIX_HOLES] = { [POSTFIX_END] = "",
		[POSTFIX_ANY] = "some words",
		[POSTFIX_WORDS] = "words",
		[POSTFIX_IP] = "2001:db8::1",
		[POSTFIX_SENDER] = "from@example.org",
		[POSTFIX_RECIPIENT] = "to@example.org" };
	struct postfix_piece piece;
	size_t n = 0;
	do {
		template = postfix_piece_read(&piece, template);
		n += (size_t)snprintf(text + n, 512 - n, "%.*s%s", (int)piece.len, piece.literal, holes[piece.hole]);
	} while (piece.hole != POSTFIX_END);
	cr_assert_str_eq(template, "", "an unknown hole");
	return n;
}

Test(postfix_reply, every_row_is_found_by_a_reply_of_its_own)
{
	size_t count;
	const struct postfix_template *row = postfix_templates(&count);
	for (size_t i = 0; i < count; i++, row++) {
		char text[512], reply[600];
		fill(text, row->text);
		for (const char *code = row->codes; *code != '\0'; code++) {
			snprintf(reply, sizeof(reply), "%c50 %c.%s %s", *code, *code,
			    row->status[0] != '\0' ? row->status : "9.9", text);
			said(reply);
			cr_expect_eq(found.match,
			    row->id == FTG_IDS           ? POSTFIX_NO_ROW
			        : row->status[0] != '\0' ? POSTFIX_BY_STATUS
			                                 : POSTFIX_BY_TEXT,
			    "%s", reply);
			if (found.match != POSTFIX_NO_ROW)
				cr_expect_eq(found.reply.id, row->id, "%s: %s", reply, ftg_row(found.reply.id)->id);
		}
	}
}

Test(postfix_reply, rows_are_refusals_of_smtp)
{
	size_t count;
	const struct postfix_template *row = postfix_templates(&count);
	for (size_t i = 0; i < count; i++, row++) {
		cr_expect(row->codes[0] != '\0' && strspn(row->codes, "45") == strlen(row->codes), "%s", row->text);
		if (row->id == FTG_IDS)
			continue;
		cr_expect_eq(ftg_row(row->id)->service, FTG_SMTP);
		cr_expect(
		    strchr("45", ftg_row(row->id)->code[FTG_STRICT].reply[0]) != NULL, "%s", ftg_row(row->id)->id);
	}
}

Test(postfix_reply, code_status_and_recipient_are_slices_of_the_reply)
{
	const char
	    *reply = "450-4.1.1 <\"a b\"@xn--bcher-kva.example>: Recipient address rejected: no\r\n450 4.1.1 more";
	cr_assert(postfix_reply_parse(&found, reply, strlen(reply)));
	cr_expect_eq(found.code.text, reply);
	cr_expect_str_eq(string(found.code), "450");
	cr_expect_eq(found.status.text, reply + 4);
	cr_expect_str_eq(string(found.status), "4.1.1");
	cr_expect_str_eq(string(found.recipient), "\"a b\"@xn--bcher-kva.example");
	cr_expect_str_eq(string(found.domain), "xn--bcher-kva.example");
	said("503 Error: send HELO/EHLO first");
	cr_expect_str_eq(string(found.status), "");
	said("550 5.1.1 <postmaster>: Recipient address rejected: User unknown in local recipient table");
	cr_expect_str_eq(string(found.recipient), "postmaster");
	cr_expect_str_eq(string(found.domain), "");
}

Test(postfix_reply, name_that_holds_a_text_of_postfix_does_not_pass_for_it)
{
	static const char *const forged[] = {
		"550 5.1.1 <\"x>: Recipient address rejected: User has moved to y\"@bench.example>: Recipient address rejected: "
		"User unknown in virtual mailbox table",
		"550 5.7.1 <\"anna@bench.example>: Relay access denied\"@a.example>: Relay access denied",
		"450 4.7.1 <a>: Recipient address rejected: Greylisted, see >: Helo command rejected: Host not found",
		"550 5.1.1 <a>: Recipient address rejected: undeliverable address: host h said: 550 5.1.1 >: Helo command "
		"rejected: need fully-qualified hostname",
	};
	for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
		cr_assert(postfix_reply_parse(&found, forged[i], strlen(forged[i])));
		cr_expect_eq(found.match, POSTFIX_NO_ROW, "%s", forged[i]);
		cr_expect_eq(found.recipient.len + found.domain.len, 0U, "%s", forged[i]);
	}
}

Test(postfix_reply, what_is_no_refusal_is_not_parsed)
{
	for (const char *const *wrong = (const char *const[]) { "", "5", "55", "250 2.0.0 Ok", "354 End", "5x0 no",
	         "55O no", "550_no", "5501 no", " 550 no", "\r\n", "650 no", NULL };
	     *wrong != NULL; wrong++) {
		cr_expect_not(postfix_reply_parse(&found, *wrong, strlen(*wrong)), "%s", *wrong);
		cr_expect_eq(found.match, POSTFIX_NO_ROW);
		cr_expect_null(found.code.text);
	}
	cr_expect(postfix_reply_parse(&found, "550", 3));
	cr_expect_eq(found.match, POSTFIX_NO_ROW);
}

Test(postfix_reply, last_line_end_does_not_matter)
{
	const char *const expected = "text\tERR_SMTP_RELAYFAIL|a@example.org";
	cr_expect_str_eq(said("554 5.7.1 <a@example.org>: Relay access denied"), expected);
	cr_expect_str_eq(said("554 5.7.1 <a@example.org>: Relay access denied\r\n"), expected);
	cr_expect_str_eq(said("554 5.7.1 <a@example.org>: Relay access denied\n"), expected);
	cr_expect_str_eq(said("554 5.7.1 <a@example.org>: Relay access denied\r\n\r\n"), "none");
}

Test(postfix_reply, status_of_another_class_or_form_is_none)
{
	for (const char *const *wrong = (const char *const[]) { "550 4.7.8 no", "550 5.7 no", "550 5.7.8no",
	         "550 5.7.8234 no", "550 55.7.8 no", "550 .7.8 no", "550 5..8 no", "550  5.7.8 no", NULL };
	     *wrong != NULL; wrong++) {
		cr_expect_str_eq(said(*wrong), "none", "%s", *wrong);
		cr_expect_str_eq(string(found.status), "", "%s", *wrong);
	}
	cr_expect_str_eq(said("550 5.7.8 no"), "status\tERR_SMTP_AUTHFAILED");
	cr_expect_str_eq(said("550 5.7.8"), "status\tERR_SMTP_AUTHFAILED");
}

Test(postfix_reply, argument_that_is_not_of_its_kind_is_not_given)
{
	cr_expect_str_eq(said("554 5.7.1 <>: Relay access denied"), "none");
	cr_expect_str_eq(said("554 5.7.1 <a\x01@example.org>: Relay access denied"), "none");
	cr_expect_str_eq(said("554 5.7.1 <a\xff@example.org>: Relay access denied"), "none");
	cr_expect_str_eq(said("450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.256]"), "none");
	cr_expect_str_eq(said("450 4.7.1 Client host rejected: cannot find your hostname, []"), "none");
	char long_one[800] = "554 5.7.1 <";
	memset(long_one + 11, 'a', 700);
	memcpy(long_one + 711, ">: Relay access denied", sizeof(">: Relay access denied"));
	cr_expect_str_eq(said(long_one), "none");
	cr_expect_null(found.recipient.text);
}

/* Parses octets in memory of just their length, so that the address sanitizer sees a read behind them. */
static void
parse_alone(const char *octets, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	cr_assert_not_null(copy);
	memcpy(copy, octets, len);
	if (postfix_reply_parse(&found, copy, len)) {
		const struct postfix_slice slices[] = { found.code, found.status, found.recipient, found.domain };
		for (size_t i = 0; i < 4; i++)
			cr_assert(slices[i].len == 0 ||
			    (slices[i].text >= copy && slices[i].text + slices[i].len <= copy + len));
		for (int i = 0; i < FTG_ARGS_MAX && found.match != POSTFIX_NO_ROW; i++) {
			const struct ftg_arg *arg = &found.reply.arg[i];
			cr_assert(arg->len == 0 || (arg->text >= copy && arg->text + arg->len <= copy + len));
		}
	}
	free(copy);
}

static void
damage(char *reply, const char *expected)
{
	static const char octets[] = { '\0', '\r', '\n', ' ', '<', '>', '[', ']', '{', '@', '5', '\xff' };
	(void)expected;
	size_t len = strlen(reply);
	for (size_t i = 0; i <= len; i++)
		parse_alone(reply, i);
	for (size_t i = 0; i < len; i++) {
		char kept = reply[i];
		reply[i] = octets[i % sizeof(octets)];
		parse_alone(reply, len);
		reply[i] = kept;
	}
}

Test(postfix_reply, damaged_replies_are_read_within_their_length)
{
	cr_expect_gt(each_text(damage), 0);
}
