/* The page for translators: every reply in every language as it is sent, where its text comes from, and how it stands. */
#include <string.h>

#include "cmd/msg/export/reply.h"
#include "cmd/msg/spoken.h"
#include "files.h"
#include "page.h"
#include "state.h"

static void
put_language_name(FILE *to, const struct site_language *language, const char *anchor)
{
	html_print(to, "<th scope=\"row\"><a href=\"%s.html%s\" lang=\"%s\" dir=\"%s\">%s</a>", language->tag, anchor,
	    language->tag, language->rtl ? "rtl" : "ltr", language->name);
	html_print(to, " <code translate=\"no\">%s</code></th>", language->tag);
}

static void
put_counts(FILE *to, const struct site *site, const struct site_language *language)
{
	unsigned counts[STATES] = { 0 };
	char spoken[SPOKEN_SIZE];
	enum ftg_rule rule;
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (row_has_text(id))
			counts[state_of(site, language, id, &rule)]++;
	spoken_write(spoken, site->catalog, language->language, SPOKEN_SMTP);
	fputs("<tr>", to);
	put_language_name(to, language, "");
	html_print(to, "<td data-label=\"SMTP\"><code translate=\"no\">%s</code></td>", spoken);
	for (size_t state = 0; state < STATES; state++)
		html_print(to, "<td data-label=\"%s\">%u</td>", state_name((enum text_state)state), counts[state]);
	fputs("</tr>\n", to);
}

/* A table of the languages, with what their clients read by SMTP. */
static void
put_summary(FILE *to, const struct site *site)
{
	fputs(
	    "<section>\n<h2 id=\"languages-table\">Languages</h2>\n<table>\n<thead><tr><th scope=\"col\">language</th>"
	    "<th scope=\"col\">SMTP</th>",
	    to);
	for (size_t state = 0; state < STATES; state++)
		html_print(to, "<th scope=\"col\">%s</th>", state_name((enum text_state)state));
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < site->count; i++)
		put_counts(to, site, &site->language[i]);
	fputs("</tbody>\n</table>\n</section>\n", to);
}

/* Text from right to left is in an isolate (U+2067 and U+2069), which is an element here. */
static void
put_isolated(FILE *to, const char *wire, size_t len)
{
	static const char begin[] = "\xE2\x81\xA7", end[] = "\xE2\x81\xA9";
	size_t at = 0;
	for (const char *p; (p = memmem(wire + at, len - at, begin, 3)) != NULL;) {
		const char *last = memmem(p, (size_t)(wire + len - p), end, 3);
		if (last == NULL)
			break;
		html_text(to, wire + at, (size_t)(p - wire) - at);
		fputs("<bdi dir=\"rtl\">", to);
		html_text(to, p + 3, (size_t)(last - p) - 3);
		fputs("</bdi>", to);
		at = (size_t)(last - wire) + 3;
	}
	html_text(to, wire + at, len - at);
}

/* A cell with a reply as it is sent, in the language that it is really in. */
static void
put_wire(
    FILE *to, const struct site *site, const struct site_language *language, enum ftg_id id, enum ftg_encoding encoding)
{
	static const char *const labels[FTG_ENCODINGS] = { "ASCII", "UTF-8" };
	char wire[FTG_REPLY_MAX], ascii[FTG_REPLY_MAX];
	struct ftg_voice voice = site_voice(site, language, encoding);
	size_t len = state_wire(wire, site, language, id, encoding);
	const char *spoken = ftg_voice_spoken(&voice, id);
	if (len == 0 ||
	    (encoding == FTG_UTF8 && state_wire(ascii, site, language, id, FTG_ASCII) == len &&
	        memcmp(ascii, wire, len) == 0)) {
		html_print(to,
		    len == 0 ? "<td data-label=\"%s\" class=\"no\">not sent</td>"
		             : "<td data-label=\"%s\" class=\"no\">the same</td>",
		    labels[encoding]);
		return;
	}
	html_print(to, "<td data-label=\"%s\" class=\"sent\"><span lang=\"%s\" dir=\"ltr\" class=\"wire\">",
	    labels[encoding], spoken);
	put_isolated(to, wire, len);
	html_print(to,
	    strcmp(spoken, language->tag) == 0 ? "</span></td>" : "</span> <code translate=\"no\">%s</code></td>",
	    spoken);
}

static void
put_text_row(FILE *to, const struct site *site, const struct site_language *language, enum ftg_id id)
{
	enum ftg_rule rule = FTG_RULES;
	enum text_state state = state_of(site, language, id, &rule);
	struct ftg_voice voice = site_voice(site, language, FTG_UTF8);
	unsigned octets = (unsigned)state_octets(site, language, id), room = (unsigned)ftg_text_room(id);
	html_print(to, "<tr data-tag=\"%s\" data-state=\"%s\">", language->tag, state_name(state));
	put_language_name(to, language, ftg_row(id)->ref);
	put_wire(to, site, language, id, FTG_ASCII);
	put_wire(to, site, language, id, FTG_UTF8);
	html_print(to, "<td data-label=\"origin\">%s</td>", export_origin(&voice, id));
	html_print(to,
	    octets > room ? "<td data-label=\"octets\" class=\"long\">%u/%u</td>"
	                  : "<td data-label=\"octets\">%u/%u</td>",
	    octets, room);
	html_print(to, "<td data-label=\"state\" class=\"%s\">%s", state_name(state), state_name(state));
	html_print(
	    to, rule < FTG_RULES ? " (%s)</td></tr>\n" : "%s</td></tr>\n", rule < FTG_RULES ? ftg_rule_name(rule) : "");
}

static void
put_reply(FILE *to, const struct site *site, enum ftg_id id, bool anchor)
{
	const struct ftg_row *row = ftg_row(id);
	html_print(to, "<section class=\"texts\" data-ref=\"%s\" data-id=\"%s\">\n", row->ref + 1, row->id);
	html_print(to, "<h2 id=\"%s\">%s <code translate=\"no\">%s</code></h2>\n", anchor ? row->ref + 1 : row->id,
	    row->ref, row->id);
	html_print(to, "<p translate=\"no\">%s</p>\n", row->text[0]);
	if (row->text[1] != NULL)
		html_print(to, "<p translate=\"no\">%s</p>\n", row->text[1]);
	fputs(
	    "<table>\n<thead><tr><th scope=\"col\">language</th><th scope=\"col\">ASCII</th><th scope=\"col\">UTF-8</th>"
	    "<th scope=\"col\">origin</th><th scope=\"col\">octets</th><th scope=\"col\">state</th></tr></thead>\n<tbody>\n",
	    to);
	for (size_t i = 0; i < site->count; i++)
		put_text_row(to, site, &site->language[i], id);
	fputs("</tbody>\n</table>\n</section>\n", to);
}

static void
put_filter(FILE *to, const struct site *site)
{
	fputs("<form id=\"filter\" role=\"search\" hidden>\n<p><label for=\"reference\">Reference or ID</label> "
	      "<input id=\"reference\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></p>\n"
	      "<p><label for=\"language\">Language</label> <select id=\"language\"><option value=\"\">all</option>",
	    to);
	for (size_t i = 0; i < site->count; i++)
		html_print(to, "<option value=\"%s\">%s (%s)</option>", site->language[i].tag,
		    site->language[i].english, site->language[i].tag);
	fputs(
	    "</select></p>\n<p><label><input id=\"faults\" type=\"checkbox\"> only what is stale, refused or missing</label></p>\n"
	    "<p id=\"count\" role=\"status\"></p>\n</form>\n",
	    to);
}

void
file_replies(FILE *to, const struct site *site)
{
	const struct page page = { to, site, site_find(site, "en") };
	const char *last = "";
	page_head(&page, SITE_WORD("Every reply in every language, for translators"), "replies.js");
	fputs("<body class=\"wide\">\n<header>\n", to);
	page_say(&page, "h1", NULL, SITE_WORD("Every reply in every language, for translators"));
	fputs(
	    "\n<p class=\"lead\">Each reply as it is sent, with sample arguments and the published codes: to clients that read ASCII "
	    "only, as all of SMTP, and to those of UTF-8, after POP3 LANG or UTF8. Octets: of the longest form of the text, and the "
	    "most that fit on one line whatever the arguments are. The same as a table: <a href=\"replies.tsv\">replies.tsv</a>.</p>\n",
	    to);
	if (site->earlier != NULL)
		fputs("<p><a href=\"changes.html\">What has changed since an earlier export</a></p>\n", to);
	put_filter(to, site);
	fputs("</header>\n<main>\n", to);
	put_summary(to, site);
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		if (row_has_text(id))
			put_reply(to, site, id, strcmp(ftg_row(id)->ref, last) != 0);
		last = ftg_row(id)->ref;
	}
	fputs("</main>\n", to);
	page_end(&page);
}
