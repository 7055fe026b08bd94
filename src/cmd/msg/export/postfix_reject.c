/* A table for pcre_table(5) that adds our words to the refusals of Postfix: the rows of postfix.def as patterns. */
#include <stdlib.h>
#include <string.h>

#include "cmd/msg/export/format.h"
#include "mapd/answer.h"
#include "mapd/postfix_template.h"

enum {
	MARK = '~',     /* an argument is rendered as a row of these */
	MARKS_MIN = 32, /* an argument of fewer octets is not worth its pattern */
};

/* Stands for the host of replies that begin with it (RFC 5321 4.2), and of its postmaster; Postfix puts its own there. */
static const char host[] = "host.invalid", postmaster[] = "postmaster@host.invalid";

/* What an argument may be: octets that neither Postfix nor we would have to write in another way. */
static const char *const patterns[FTG_ARG_KINDS] = {
	[FTG_ARG_ADDRESS] = "[!\"%-;=?-\\[\\]-~]",
	[FTG_ARG_TEXT] = "[ !\"%-\\[\\]-~]",
	[FTG_ARG_IP] = "[0-9A-Fa-f:.]",
};

/* Writes the footer of a row whose argument has marks octets. Returns its octets; 0 if the argument is not whole in a line. */
static size_t
say(char footer[ANSWER_MAX], const struct ftg_voice *speak, enum ftg_id id, size_t marks)
{
	char argument[FTG_LINE_MAX];
	memset(argument, MARK, marks);
	const struct postfix_reply reply = { .match = POSTFIX_BY_TEXT,
		.reply = ftg_row(id)->args[0] != FTG_ARG_NONE ? ftg_reply_text(id, argument, marks) : ftg_reply(id) };
	size_t len = answer_write(footer, ANSWER_FOOTER, speak, &reply);
	return marks == 0 || memmem(footer, len, argument, marks) != NULL ? len : 0;
}

/* The kind of a row's argument, if it is in the words: an own text can leave it out. */
static enum ftg_arg_kind
argument_kind(const struct ftg_voice *speak, enum ftg_id id)
{
	char text[FTG_REPLY_MAX], longer_text[FTG_REPLY_MAX];
	enum ftg_arg_kind kind = ftg_row(id)->args[0];
	if (kind == FTG_ARG_NONE)
		return kind;
	const struct ftg_reply reply = ftg_reply_text(id, "1", 1), longer = ftg_reply_text(id, "11", 2);
	return ftg_render(text, speak, &reply) != ftg_render(longer_text, speak, &longer) ? kind : FTG_ARG_NONE;
}

static bool
begins_with(const char *text, size_t len, const char *begin, size_t begin_len)
{
	return begin_len > 0 && len >= begin_len && memcmp(text, begin, begin_len) == 0;
}

/* A "$" is doubled for the table. An argument might begin with "n": no backslash stands before one. */
static void
put_footer(FILE *to, const char *footer, size_t len, size_t marks)
{
	char argument[FTG_LINE_MAX];
	memset(argument, MARK, marks);
	for (size_t at = 0, slashes; at < len;) {
		for (slashes = 0; at + slashes < len && footer[at + slashes] == '\\';)
			slashes++;
		if (begins_with(footer + at + slashes, len - at - slashes, argument, marks)) {
			fputs("${1}", to);
			at += slashes + marks;
		} else if (begins_with(footer + at, len - at, host, strlen(host))) {
			fputs("$${server_name}", to);
			at += strlen(host);
		} else {
			fputs(footer[at] == '$' ? "$$" : (const char[]) { footer[at], '\0' }, to);
			at++;
		}
	}
}

static void
put_literal(FILE *to, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("\\^$.[]|()?*+{}/", text[i]) != NULL)
			putc('\\', to);
		putc(text[i], to);
	}
}

/* A hole whose content is the row's argument is captured. */
static void
put_text(FILE *to, const char *text, enum ftg_arg_kind kind, size_t marks)
{
	struct postfix_piece piece;
	do {
		text = postfix_piece_read(&piece, text);
		put_literal(to, piece.literal, piece.len);
		if (kind != FTG_ARG_NONE && postfix_hole_kind(piece.hole) == kind)
			fprintf(to, "(%s{1,%zu})", patterns[kind], marks);
		else if (piece.hole != POSTFIX_END)
			fputs(".*", to);
	} while (piece.hole != POSTFIX_END);
}

static void
put_pattern(FILE *to, const struct postfix_template *template, enum ftg_arg_kind kind, size_t marks)
{
	fprintf(to, "/^[%s]\\d\\d[ -]", template->codes);
	if (template->status[0] == '\0') {
		fputs("(?:[45]\\.\\d{1,3}\\.\\d{1,3} )?", to);
	} else {
		fprintf(to, "[%s]\\.", template->codes);
		put_literal(to, template->status, strlen(template->status));
		putc(' ', to);
	}
	put_text(to, template->text, kind, marks);
	fputs("\\z/i", to);
}

/* A row whose words are too long for one line with any argument is left out. Returns whether it is in the table. */
static bool
put_rule(FILE *to, const struct ftg_voice *speak, const struct postfix_template *template)
{
	char footer[ANSWER_MAX];
	enum ftg_arg_kind kind = argument_kind(speak, template->id);
	size_t most = kind != FTG_ARG_NONE ? ftg_arg_max(kind) : 0, marks = most, len;
	while ((len = say(footer, speak, template->id, marks)) == 0 && marks > MARKS_MIN)
		marks /= 2;
	if (len == 0)
		return false;
	put_pattern(to, template, kind, marks);
	putc(' ', to);
	put_footer(to, footer, len, marks);
	putc('\n', to);
	return true;
}

/* Several texts of Postfix have the same row. */
static void
warn(const struct ftg_voice *speak, enum ftg_id id, bool warned[FTG_IDS])
{
	const struct ftg_reply reply = ftg_row(id)->args[0] != FTG_ARG_NONE ? ftg_reply_text(id, "x", 1)
	                                                                    : ftg_reply(id);
	if (!warned[id])
		export_warn_of_variables(speak, &reply);
	warned[id] = true;
}

/*
 * What a row without words fits must not reach the rows behind it. Counts the rows that are written, and those in another
 * language. Returns how many have words.
 */
static size_t
put_rules(FILE *to, const struct ftg_voice *speak, size_t *written, size_t *foreign)
{
	size_t count, nothing = 0;
	bool warned[FTG_IDS] = { false };
	const char *tag = ftg_catalog_tag(speak->catalog, speak->language);
	const struct postfix_template *template = postfix_templates(&count);
	for (const struct postfix_template *end = template + count; template <end; template ++) {
		if (template->id != FTG_IDS) {
			warn(speak, template->id, warned);
			*written += put_rule(to, speak, template);
			*foreign += strcmp(ftg_voice_spoken(speak, template->id), tag) != 0;
			continue;
		}
		fputs("if !", to);
		put_pattern(to, template, FTG_ARG_NONE, 0);
		putc('\n', to);
		nothing++;
	}
	for (size_t i = 0; i < nothing; i++)
		fputs("endif\n", to);
	return count - nothing;
}

static void
put_table(FILE *to, const struct ftg_voice *speak)
{
	size_t written = 0, foreign = 0;
	const char *tag = ftg_catalog_tag(speak->catalog, speak->language);
	fprintf(to,
	    "# Refusals of Postfix in the language %s, for smtpd_reject_footer_maps and postscreen_reject_footer_maps; see\n"
	    "# pcre_table(5). Written by ftgate-msg export --format postfix-reject-pcre.\n",
	    tag);
	size_t rows = put_rules(to, speak, &written, &foreign);
	complain(_("%s: words for %zu of %zu texts of Postfix"), tag, written, rows);
	if (foreign > 0)
		complain(
		    _("%s: %zu of them are in another language, since ASCII does not have the letters"), tag, foreign);
}

bool
export_postfix_reject(const struct export *export)
{
	char *table = NULL;
	size_t len;
	const struct ftg_vars vars = {
		.value = {
		    [FTG_VAR_HOST] = host,
		    [FTG_VAR_CONTACT] = export->contact != NULL ? export->contact : postmaster,
		    [FTG_VAR_HELP] = export->url,
		},
	};
	struct ftg_voice speak = export->voice.speak;
	speak.vars = &vars;
	speak.encoding = FTG_ASCII;
	speak.link = FTG_LINK_ALWAYS;
	FILE *to = open_memstream(&table, &len);
	if (to != NULL)
		put_table(to, &speak);
	bool fine = to != NULL && fclose(to) == 0;
	if (fine)
		fwrite(table, 1, len, stdout);
	else
		complain_errno("postfix-reject-pcre");
	free(table);
	return fine;
}
