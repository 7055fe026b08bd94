/* ftgate-msg pot: the template for translators, made from the table and the explanations. */
#include <string.h>

#include "pot.h"

#include "msg.h"

enum { COMMENT_WIDTH = 77 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_usage(state);
	return EINVAL;
}

static void
print_header(void)
{
	printf("# Replies of ftgate in LANGUAGE.\n"
	       "# This file is distributed under the same license as ftgate.\n"
	       "# FIRST AUTHOR <EMAIL@ADDRESS>, YEAR.\n"
	       "#\n"
	       "#, fuzzy\n"
	       "msgid \"\"\n"
	       "msgstr \"\"\n"
	       "\"Project-Id-Version: ftgate " FTG_VERSION "\\n\"\n"
	       "\"Report-Msgid-Bugs-To: https://github.com/ftgate/ftgate/issues\\n\"\n"
	       "\"PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\\n\"\n"
	       "\"Last-Translator: FULL NAME <EMAIL@ADDRESS>\\n\"\n"
	       "\"Language-Team: LANGUAGE <LL@li.org>\\n\"\n"
	       "\"Language: \\n\"\n"
	       "\"MIME-Version: 1.0\\n\"\n"
	       "\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
	       "\"Content-Transfer-Encoding: 8bit\\n\"\n"
	       "\"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n\"\n");
}

/* The octets of text that fit into width, without breaking a word. */
static size_t
line_length(const char *text, size_t width)
{
	size_t n = strlen(text), end = 0;

	if (n <= width)
		return n;
	for (size_t i = 0; i <= width; i++)
		if (text[i] == ' ')
			end = i;
	return end > 0 ? end : strcspn(text, " ");
}

/* A comment for translators, "#. label: text", wrapped. */
static void
print_comment(const char *label, const char *text)
{
	size_t room = COMMENT_WIDTH - 5 - strlen(label);

	printf("#. %s: ", label);
	while (*text) {
		size_t n = line_length(text, room);

		printf("%.*s\n", (int)n, text);
		text += n + strspn(text + n, " ");
		if (*text)
			printf("#.   ");
		room = COMMENT_WIDTH - 5;
	}
}

static void
print_codes(const struct ftg_row *row)
{
	const struct ftg_code *code = row->code;
	char text[128];

	if (!*code[FTG_PUBLISHED].reply)
		return;
	snprintf(text, sizeof text, "%s%s%s; with strict codes %s%s%s", code[FTG_PUBLISHED].reply,
	    *code[FTG_PUBLISHED].status ? " " : "", code[FTG_PUBLISHED].status, code[FTG_STRICT].reply,
	    *code[FTG_STRICT].status ? " " : "", code[FTG_STRICT].status);
	print_comment("In front of it", text);
}

/* The directive of an argument, as in the English text. */
static const char *
directive(enum ftg_arg_kind kind)
{
	return kind == FTG_ARG_COUNT ? "%lu" : "%s";
}

static void
print_arguments(const struct ftg_row *row)
{
	static const char *const order[FTG_ARGS_MAX] = { "first", "second" };
	char label[32];

	for (size_t i = 0; i < FTG_ARGS_MAX && i < row_directives(row); i++) {
		if (row_directives(row) > 1)
			snprintf(label, sizeof label, "The %s %s", order[i], directive(row->args[i]));
		else
			snprintf(label, sizeof label, "%s", directive(row->args[i]));
		print_comment(label, kind_meaning(row->args[i]));
	}
}

static void
print_comments(enum ftg_id id)
{
	static const char *const services[] = {
		[FTG_MAILBOX] = "a reason, put into another reply",
		[FTG_SECPOL] = "a reason, put into another reply",
		[FTG_SMTP] = "SMTP",
		[FTG_POP3] = "POP3",
		[FTG_DSN] = "part of a notice to the sender of a message",
	};
	const struct ftg_row *row = ftg_row(id);
	const struct explanation *known = explain_reply(id);

	printf("#. %s, %s\n", row->ref, services[row->service]);
	print_codes(row);
	if (known->when)
		print_comment("Sent", known->when);
	if (known->whom)
		print_comment("Read by", known->whom);
	print_arguments(row);
	printf("#. Longest text%s: %zu octets\n", row->service == FTG_DSN ? "" : " that surely fits on one line",
	    ftg_text_room(id));
}

void
pot_print_string(const char *keyword, const char *text)
{
	printf("%s \"", keyword);
	for (; *text; text++)
		printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	printf("\"\n");
}

static void
print_entry(enum ftg_id id, unsigned forms)
{
	const struct ftg_row *row = ftg_row(id);

	putchar('\n');
	print_comments(id);
	if (row_directives(row) > 0)
		printf("#, c-format\n");
	pot_print_string("msgctxt", row->id);
	pot_print_string("msgid", row->text[0]);
	if (row->text[1]) {
		pot_print_string("msgid_plural", row->text[1]);
		for (unsigned i = 0; i < forms; i++)
			printf("msgstr[%u] \"\"\n", i);
	} else {
		pot_print_string("msgstr", "");
	}
}

void
pot_print_entries(unsigned forms)
{
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (row_has_text(id))
			print_entry(id, forms);
}

int
msg_pot(int argc, char **argv)
{
	static const char doc[] = N_(
	    "Prints the template for translators: one entry for each reply, with its ID as context.");
	static const struct argp argp = { NULL, parse, NULL, doc, NULL, NULL, TOOLS_DOMAIN };

	options_parse(&argp, argc, argv, 0, NULL);
	charset_write_data();
	print_header();
	pot_print_entries(2);
	return MSG_FINE;
}
