/* The manual page ftgate-replies(7), in mdoc: each reply with its codes, its text and its explanation. */
#include <string.h>

#include "cmd/msg/explain/answer.h"
#include "cmd/msg/export/format.h"
#include "cmd/msg/texts.h"

/* A character that roff would parse, or print as a typographic one. */
static const char *
escape(char c)
{
	switch (c) {
	case '\\': return "\\e";
	case '-': return "\\-";
	case '\'': return "\\(aq";
	case '`': return "\\(ga";
	case '^': return "\\(ha";
	case '~': return "\\(ti";
	case '"': return "\\(dq";
	default: return NULL;
	}
}

static void
put_char(char c)
{
	const char *escaped = escape(c);
	if (escaped != NULL)
		fputs(escaped, stdout);
	else
		putchar(c);
}

/* Words of a macro's line: none of them is the name of a macro. */
static void
put_words(const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (at == text || at[-1] == ' ')
			fputs("\\&", stdout);
		put_char(*at);
	}
	putchar('\n');
}

static bool
ends_sentence(const char *text, const char *at)
{
	return *at == ' ' && at > text && strchr(".?!", at[-1]) != NULL;
}

/* A paragraph; as mdoc wants it, each sentence begins a line. */
static void
put_paragraph(const char *text)
{
	fputs("\\&", stdout);
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\n' || ends_sentence(text, at))
			fputs("\n\\&", stdout);
		else
			put_char(*at);
	}
	putchar('\n');
}

static void
put_field(const char *label, const char *text)
{
	fputs(".It ", stdout);
	put_words(label);
	put_paragraph(text);
}

static void
put_text(const struct ftg_voice *speak, enum ftg_id id)
{
	char text[TEXTS_MAX];
	const unsigned forms = texts_forms(speak, id);
	for (unsigned form = 0; form < forms; form++) {
		const size_t n = texts_source(text, speak, id, form);
		text[n < TEXTS_MAX ? n : TEXTS_MAX - 1] = '\0';
		put_field(ftg_catalog_tag(speak->catalog, speak->language), text);
	}
}

static void
put_reply(const struct ftg_voice *speak, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	printf(".Ss %s %s\n", row->ref, row->id);
	put_paragraph(answer_service(row->service));
	fputs(".Bl -tag -width Ds\n", stdout);
	if (speak->language != FTG_ENGLISH && row_has_text(id))
		put_text(speak, id);
	answer_fields(id, put_field);
	fputs(".El\n", stdout);
}

bool
export_mdoc(const struct export *export)
{
	const struct ftg_voice *speak = &export->voice.speak;

	fputs(".\\\" Written by ftgate-msg export --format mdoc.\n"
	      ".Dd January 1, 2026\n.Dt FTGATE-REPLIES 7\n.Os ftgate\n.Sh NAME\n.Nm ftgate-replies\n.Nd ",
	    stdout);
	put_words(_("each reply of ftgate, its cause and its cure"));
	fputs(".Sh DESCRIPTION\n", stdout);
	put_paragraph(
	    _("Each reply ends with its reference, such as (#4.46). Search for the reference on this page, or use "
	      "ftgate-msg explain 4.46. Replies that share a reference differ in the service or the code."));
	fputs(".Sh REPLIES\n", stdout);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		put_reply(speak, id);
	fputs(
	    ".Sh SEE ALSO\n.Xr ftgate-msg 1 ,\n.Xr ftgate-log 7 ,\n.Xr ftgate-pop3d 8 ,\n.Xr ftgate-smtpd 8\n", stdout);
	return true;
}
