/* The templates of Postfix's delivery status notifications, bounce(5), in the words of our own. */
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/wrap.h"
#include "cmd/msg/export/format.h"
#include "message/encode.h"

#define END "END"

enum { WIDTH = 72, ROWS = 4 };

/* What Postfix fills in: a text may have no other parameter. */
static const char host[] = "${myhostname}", postmaster[] = "postmaster@${myhostname}";

/*
 * A template: its name, its subject and its paragraphs, which end with FTG_IDS. A template is for all recipients of a message
 * together; Postfix appends what it, or another server, says of each. A subject that is FTG_IDS remains Postfix's own: it
 * is the same for an address that can be reached and one that cannot.
 */
static const struct template
{
	const char *name;
	enum ftg_id subject;
	enum ftg_id rows[ROWS];
}
templates[] = {
	{ "failure_template", FTG_NOTICE_SUBJECT_FAILED,
	    { FTG_NOTICE_INTRO, FTG_NOTICE_SUBJECT_FAILED, FTG_NOTICE_ATTACHED, FTG_NOTICE_CONTACT } },
	{ "delay_template", FTG_NOTICE_SUBJECT_DELAYED,
	    { FTG_NOTICE_INTRO, FTG_NOTICE_SUBJECT_DELAYED, FTG_NOTICE_HEADER, FTG_NOTICE_CONTACT } },
	{ "success_template", FTG_NOTICE_SUBJECT_DELIVERED,
	    { FTG_NOTICE_INTRO, FTG_NOTICE_SUBJECT_DELIVERED, FTG_NOTICE_HEADER, FTG_IDS } },
	{ "verify_template", FTG_IDS, { FTG_NOTICE_INTRO, FTG_NOTICE_CONTACT, FTG_IDS } },
};

/* Renders a row; its argument is a parameter of Postfix. Returns its octets. */
static size_t
say(char text[FTG_REPLY_MAX + 1], const struct ftg_voice *speak, enum ftg_id id)
{
	const char *argument = ftg_row(id)->args[0] == FTG_ARG_ADDRESS ? postmaster : host;
	struct ftg_reply reply = ftg_reply_text(id, argument, strlen(argument));
	size_t len = ftg_render(text, speak, &reply);
	text[len] = '\0';
	return len;
}

static void
warn(const struct ftg_voice *speak)
{
	bool warned[FTG_IDS + 1] = { [FTG_IDS] = true };
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
		for (size_t k = 0; k < ROWS + 1; k++) {
			enum ftg_id id = k < ROWS ? templates[i].rows[k] : templates[i].subject;
			if (!warned[id]) {
				const struct ftg_reply reply = ftg_reply_text(id, host, strlen(host));
				export_warn_of_variables(speak, &reply);
			}
			warned[id] = true;
		}
}

/* Within a template "$" begins a parameter, "$$" is a dollar, and a line of the end mark ends it. */
static void
put_lines(FILE *to, const char *lines)
{
	if (strncmp(lines, END "\n", sizeof END) == 0)
		putc(' ', to);
	for (; *lines != '\0'; lines++) {
		if (*lines == '$' && strncmp(lines, host, strlen(host)) != 0)
			putc('$', to);
		putc(*lines, to);
		if (*lines == '\n' && strncmp(lines + 1, END "\n", sizeof END) == 0)
			putc(' ', to);
	}
}

static bool
put_paragraph(FILE *to, const char *text, size_t len)
{
	char *lines = NULL;
	size_t lines_len;
	FILE *wrapped = open_memstream(&lines, &lines_len);
	if (wrapped == NULL)
		return false;
	wrap_write(wrapped, text, len, WIDTH);
	bool fine = fclose(wrapped) == 0;
	if (fine) {
		putc('\n', to);
		put_lines(to, lines);
	}
	free(lines);
	return fine;
}

/* A header of a template is one line of ASCII, in which "$" has no meaning. */
static bool
put_subject(FILE *to, const char *text, size_t len)
{
	char *words = NULL;
	size_t words_len;
	FILE *encoded = open_memstream(&words, &words_len);
	if (encoded == NULL)
		return false;
	if (ascii_is_all(text, len))
		fprintf(encoded, " %s", text);
	else
		encode_words(encoded, text);
	bool fine = fclose(encoded) == 0;
	if (fine) {
		fputs("Subject:", to);
		for (const char *at = words; *at != '\0'; at++)
			if (*at != '\n')
				putc(*at, to);
		putc('\n', to);
	}
	free(words);
	return fine;
}

static const char *
charset(const struct ftg_voice *speak, const struct template *template)
{
	char text[FTG_REPLY_MAX + 1];
	for (int i = 0; i < ROWS && template->rows[i] != FTG_IDS; i++)
		if (!ascii_is_all(text, say(text, speak, template->rows[i])))
			return "utf-8";
	return "us-ascii";
}

static bool
put_template(FILE *to, const struct ftg_voice *speak, const struct template *template)
{
	char text[FTG_REPLY_MAX + 1];
	bool fine = true;
	fprintf(to, "\n%s = <<" END "\nCharset: %s\nFrom: MAILER-DAEMON\n", template->name, charset(speak, template));
	if (template->subject != FTG_IDS)
		fine = put_subject(to, text, say(text, speak, template->subject));
	for (int i = 0; fine && i < ROWS && template->rows[i] != FTG_IDS; i++)
		fine = put_paragraph(to, text, say(text, speak, template->rows[i]));
	fputs(END "\n", to);
	return fine;
}

static bool
put_templates(FILE *to, const struct ftg_voice *speak)
{
	fprintf(to,
	    "# The notifications of Postfix in the language %s; see bounce(5).\n"
	    "# Written by ftgate-msg export --format postfix-bounce. In main.cf, bounce_template_file names this file.\n",
	    ftg_catalog_tag(speak->catalog, speak->language));
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
		if (!put_template(to, speak, &templates[i]))
			return false;
	return true;
}

bool
export_postfix_bounce(const struct export *export)
{
	char *file = NULL;
	size_t len;
	const struct ftg_vars vars = {
		.value = { [FTG_VAR_HOST] = host,
		    [FTG_VAR_CONTACT] = export->contact != NULL ? export->contact : postmaster },
	};
	struct ftg_voice speak = export->voice.speak;
	speak.vars = &vars;
	FILE *to = open_memstream(&file, &len);
	warn(&speak);
	bool fine = to != NULL && put_templates(to, &speak);
	if (to != NULL)
		fine = fclose(to) == 0 && fine;
	if (fine)
		fwrite(file, 1, len, stdout);
	else
		complain_errno("postfix-bounce");
	free(file);
	return fine;
}
