/* The article of a reply: its words, its codes, its cause and its cures. */
#include <string.h>

#include "cmd/msg/export/reply.h"
#include "cmd/msg/texts.h"
#include "page.h"

/* What a reply means for the message, by the outcome of its code; the last two have no code. */
static const struct outcome {
	const char *outcome, *class, *name;
} outcomes[] = {
	{ "success", "good", SITE_WORD("Success") },
	/* TRANSLATORS: the server is ready for what follows, such as a message. */
	{ "intermediate", "good", SITE_WORD("Success: more is to follow") },
	{ "temporary", "temporary", SITE_WORD("Temporary failure") },
	{ "permanent", "permanent", SITE_WORD("Permanent failure") },
	/* TRANSLATORS: of POP3, which has no temporary and permanent ones. */
	{ "failure", "permanent", SITE_WORD("Failure") },
	/* TRANSLATORS: a text that is no reply of its own. */
	{ NULL, "part", SITE_WORD("A reason, which other replies quote") },
	{ NULL, "part", SITE_WORD("Part of a report to the sender") },
};

static const struct outcome *
outcome_of(const struct ftg_row *row, enum ftg_profile profile)
{
	const char *outcome = export_outcome(&row->code[profile]);
	size_t i = 0;
	if (outcome == NULL)
		return &outcomes[row->service == FTG_DSN ? 6 : 5];
	while (strcmp(outcomes[i].outcome, outcome) != 0)
		i++;
	return &outcomes[i];
}

/* In the published codes, and in those of the RFCs if they mean something else. */
static void
put_outcome(const struct page *page, const struct ftg_row *row)
{
	const struct outcome *published = outcome_of(row, FTG_PUBLISHED), *strict = outcome_of(row, FTG_STRICT);
	page_say(page, "p", "outcome", published->name);
	if (strict == published)
		return;
	fprintf(page->to, "<p class=\"outcome %s\">", strict->class);
	page_say(page, "span", NULL, SITE_WORD("Codes by the RFCs"));
	fputs(": ", page->to);
	page_say(page, "span", NULL, strict->name);
	fputs("</p>\n", page->to);
}

static void
put_code(const struct page *page, const char *label, const struct ftg_code *code)
{
	fputs("<div>", page->to);
	page_say(page, "dt", NULL, label);
	html_print(page->to,
	    *code->status ? "<dd><code dir=\"ltr\">%s %s</code></dd></div>"
	                  : "<dd><code dir=\"ltr\">%s%s</code></dd></div>",
	    code->reply, code->status);
}

static void
put_codes(const struct page *page, const struct ftg_row *row)
{
	fputs("<dl class=\"codes\">", page->to);
	if (*row->code[FTG_PUBLISHED].reply != '\0') {
		put_code(page, SITE_WORD("Published codes"), &row->code[FTG_PUBLISHED]);
		put_code(page, SITE_WORD("Codes by the RFCs"), &row->code[FTG_STRICT]);
	}
	html_print(
	    page->to, "<div><dt>ID</dt><dd><code dir=\"ltr\" translate=\"no\">%s</code></dd></div></dl>\n", row->id);
}

/* The words as a heading, with the reference as their link; then the published English, if the words are others. */
static void
put_words(const struct page *page, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	struct ftg_voice voice = site_voice(page->site, page->language, FTG_UTF8);
	char source[TEXTS_MAX];
	size_t len = page_source(source, page->site, page->language, id);
	const char *english = row->text[1] != NULL ? row->text[1] : row->text[0],
	           *spoken = ftg_voice_spoken(&voice, id);
	html_print(page->to, "<h3><a class=\"reference\" href=\"#%s\" dir=\"ltr\">%s</a> ", row->ref + 1, row->ref);
	if (len == 0)
		/* TRANSLATORS: in place of a text that is empty. */
		page_say(page, "span", "words none", SITE_WORD("without words"));
	else {
		fputs("<span class=\"words\"", page->to);
		page_language(page, spoken);
		putc('>', page->to);
		page_text(page, spoken, id, source, len);
		fputs("</span>", page->to);
	}
	fputs("</h3>\n", page->to);
	if (*english != '\0' && (len != strlen(english) || memcmp(source, english, len) != 0)) {
		fputs("<p class=\"english\"", page->to);
		page_language(page, "en");
		putc('>', page->to);
		page_text(page, "en", id, english, strlen(english));
		fputs("</p>\n", page->to);
	}
	if (ftg_voice_origin(&voice, id) == FTG_FROM_OVERLAY)
		/* TRANSLATORS: the operator has written the text in place of the usual one. */
		page_say(page, "p", "own", SITE_WORD("A text of this server's own"));
}

static void
put_field(const struct page *page, const char *label, const char *english)
{
	fputs("<div>", page->to);
	page_say(page, "dt", NULL, label);
	page_prose(page, "dd", NULL, english);
	fputs("</div>", page->to);
}

static void
put_cure(const struct page *page, const char *class, const char *label, const char *english)
{
	fprintf(page->to, "<div class=\"%s\">", class);
	page_say(page, "h4", NULL, label);
	page_prose(page, "p", NULL, english);
	fputs("</div>\n", page->to);
}

/* Scripts make a list of the languages of it. */
static void
put_all_link(const struct page *page, const char *ref)
{
	char link[32];
	snprintf(link, sizeof link, "replies.html%s", ref);
	fputs("<p class=\"all\">", page->to);
	/* TRANSLATORS: a button, which shows the reply in every language. */
	page_link(page, link, SITE_WORD("In every language"));
	fputs("</p>\n", page->to);
}

void
page_reply(const struct page *page, enum ftg_id id, bool anchor)
{
	const struct ftg_row *row = ftg_row(id);
	const struct explanation *known = explain_reply(id);
	html_print(
	    page->to, "<article class=\"reply %s\" data-id=\"%s\"", outcome_of(row, FTG_PUBLISHED)->class, row->id);
	html_print(page->to, anchor ? " id=\"%s\">\n" : " data-ref=\"%s\">\n", row->ref + 1);
	html_print(page->to, "<span id=\"%s\"></span>\n", row->id);
	put_words(page, id);
	put_outcome(page, row);
	page_prose(page, "p", "cause", known->cause);
	fputs("<div class=\"cures\">\n", page->to);
	put_cure(page, "sender", SITE_WORD("What the sender can do"), known->sender);
	if (!page->site->for_senders)
		put_cure(page, "operator", SITE_WORD("What the operator can do"), known->operator);
	fputs("</div>\n<dl class=\"more\">", page->to);
	put_field(page, SITE_WORD("When it is sent"), known->when);
	/* TRANSLATORS: a description of the readers follows: "the sender, in a report". */
	put_field(page, SITE_WORD("Read by"), known->whom);
	/* TRANSLATORS: what this reply can be taken for, and which reply that one is. */
	put_field(page, SITE_WORD("When it is not this"), known->other);
	fputs("</dl>\n", page->to);
	put_codes(page, row);
	if (row_has_text(id))
		put_all_link(page, row->ref);
	fputs("</article>\n", page->to);
}
