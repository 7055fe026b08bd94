/* The page of what has changed since an earlier export: changes.html. */
#include <string.h>

#include "cmd/msg/texts.h"
#include "earlier.h"
#include "files.h"
#include "page.h"
#include "state.h"

/* A text then and now; NULL: there was none, or is none. */
struct change {
	const char *reference, *id;
	const char *before, *before_state;
	const char *now, *now_state;
};

/* The rows of a language; its heading is written before the first. */
struct changes {
	FILE *to;
	const struct site *site;
	struct earlier *earlier;
	const struct site_language *language;
	unsigned count; /* of this language */
	unsigned total;
};

/* Octets at the start of both texts that are whole words and the same. */
static size_t
same_start(const char *a, const char *b)
{
	size_t word = 0;
	for (size_t same = 0;; same++) {
		if ((a[same] == ' ' || a[same] == '\0') && (b[same] == ' ' || b[same] == '\0'))
			word = same;
		if (a[same] == '\0' || a[same] != b[same])
			return word;
	}
}

/* The same at their ends, of what is left behind the start. */
static size_t
same_end(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), word = 0;
	for (size_t same = 0;; same++) {
		if ((same == n || a[n - same - 1] == ' ') && (same == m || b[m - same - 1] == ' '))
			word = same;
		if (same == n || same == m || a[n - same - 1] != b[m - same - 1])
			return word;
	}
}

/* A text that is not in use has English in its place. */
static const struct site_language *
language_of(const struct changes *changes, const char *state)
{
	bool used = state != NULL &&
	    (strcmp(state, state_name(STATE_TRANSLATED)) == 0 || strcmp(state, state_name(STATE_OWN)) == 0);
	return used ? changes->language : site_find(changes->site, "en");
}

/* A cell with a text, in which what the other one does not have is in an element: del or ins. */
static void
put_text(const struct changes *changes, const char *label, const char *state, const char *text, const char *other)
{
	const struct site_language *language = language_of(changes, state);
	const char *element = strcmp(label, "now") == 0 ? "ins" : "del";
	html_print(changes->to, "<td class=\"sent\" data-label=\"%s\">", label);
	if (text != NULL) {
		size_t start = other != NULL ? same_start(text, other) : 0;
		size_t end = other != NULL ? same_end(text + start, other + start) : 0;
		size_t len = strlen(text);
		html_print(changes->to, "<span class=\"wire\" lang=\"%s\" dir=\"%s\">", language->tag,
		    language->rtl ? "rtl" : "ltr");
		html_text(changes->to, text, start);
		if (len > start + end) {
			html_print(changes->to, "<%s>", element);
			html_text(changes->to, text + start, len - start - end);
			html_print(changes->to, "</%s>", element);
		}
		html_text(changes->to, text + len - end, end);
		fputs("</span>", changes->to);
	}
	fputs("</td>", changes->to);
}

static void
put_change(struct changes *changes, const struct change *change)
{
	const struct site_language *language = changes->language;
	FILE *to = changes->to;
	if (changes->count++ == 0) {
		html_print(to, "<section class=\"changes\">\n<h2 id=\"%s\"><span lang=\"%s\" dir=\"%s\">%s</span>",
		    language->tag, language->tag, language->rtl ? "rtl" : "ltr", language->name);
		html_print(to,
		    " <code translate=\"no\">%s</code></h2>\n<table>\n<thead><tr><th scope=\"col\">reply</th>"
		    "<th scope=\"col\">before</th><th scope=\"col\">now</th><th scope=\"col\">state</th></tr></thead>\n<tbody>\n",
		    language->tag);
	}
	html_print(
	    to, "<tr><th scope=\"row\">#%s <code translate=\"no\">%s</code></th>", change->reference, change->id);
	put_text(changes, "before", change->before_state, change->before, change->now);
	put_text(changes, "now", change->now_state, change->now, change->before);
	html_print(to, "<td data-label=\"state\">%s", change->before_state != NULL ? change->before_state : "new");
	if (change->before_state == NULL || change->now_state == NULL ||
	    strcmp(change->before_state, change->now_state) != 0)
		html_print(to, " \xE2\x86\x92 %s", change->now_state != NULL ? change->now_state : "removed");
	fputs("</td></tr>\n", to);
}

static void
compare_form(struct changes *changes, const struct ftg_voice *voice, enum ftg_id id, unsigned form)
{
	char text[TEXTS_MAX + 1];
	enum ftg_rule rule;
	const char *tag = changes->language->tag,
	           *state = state_name(state_of(changes->site, changes->language, id, &rule));
	struct earlier_text *before = earlier_find(changes->earlier, ftg_row(id)->id, tag, form);
	size_t len = texts_source(text, voice, id, form);
	text[len] = '\0';
	if (before != NULL)
		before->met = true;
	if (before != NULL && strcmp(before->text, text) == 0 && strcmp(before->state, state) == 0)
		return;
	put_change(changes,
	    &(struct change) { .reference = ftg_row(id)->ref + 1,
	        .id = ftg_row(id)->id,
	        .before = before != NULL ? before->text : NULL,
	        .before_state = before != NULL ? before->state : NULL,
	        .now = text,
	        .now_state = state });
}

/* What the earlier export had, and this one has not. */
static void
list_removed(struct changes *changes)
{
	for (size_t i = 0; i < changes->earlier->count; i++) {
		const struct earlier_text *text = &changes->earlier->text[i];
		if (!text->met && strcmp(text->language, changes->language->tag) == 0)
			put_change(changes,
			    &(struct change) { .reference = text->reference,
			        .id = text->id,
			        .before = text->text,
			        .before_state = text->state });
	}
}

static void
compare_language(struct changes *changes)
{
	struct ftg_voice voice = site_voice(changes->site, changes->language, FTG_UTF8);
	changes->count = 0;
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		for (unsigned form = 0; row_has_text(id) && form < texts_forms(&voice, id); form++)
			compare_form(changes, &voice, id, form);
	list_removed(changes);
	if (changes->count > 0)
		fputs("</tbody>\n</table>\n</section>\n", changes->to);
	changes->total += changes->count;
}

/* A paragraph for each language that only one of the exports has; its texts are not listed. */
static void
list_languages(const struct changes *changes)
{
	const struct earlier *earlier = changes->earlier;
	const char *last = "";
	for (size_t i = 0; i < changes->site->count; i++)
		if (!earlier_has_language(earlier, changes->site->language[i].tag))
			html_print(changes->to, "<p>New language: %s (%s)</p>\n", changes->site->language[i].english,
			    changes->site->language[i].tag);
	for (size_t i = 0; i < earlier->count; i++) {
		const char *tag = earlier->text[i].language;
		if (strcmp(tag, last) != 0 && site_find(changes->site, tag) == NULL)
			html_print(changes->to, "<p>No longer here: %s</p>\n", tag);
		last = tag;
	}
}

void
file_changes(FILE *to, const struct site *site)
{
	const struct page page = { to, site, site_find(site, "en") };
	struct changes changes = { .to = to, .site = site, .earlier = site->earlier };
	page_head(&page, "What has changed since an earlier export", NULL);
	fputs("<body class=\"wide\">\n<header>\n", to);
	page_say(&page, "h1", NULL, "What has changed since an earlier export");
	fputs(
	    "\n<p class=\"lead\">Texts in UTF-8, with their directives. A text that is stale, refused or missing is the one that is sent in its "
	    "place.</p>\n</header>\n<main>\n",
	    to);
	list_languages(&changes);
	for (size_t i = 0; i < site->count; i++) {
		changes.language = &site->language[i];
		if (earlier_has_language(site->earlier, changes.language->tag))
			compare_language(&changes);
	}
	html_print(to, "<p id=\"total\">Changed texts: %u</p>\n</main>\n", changes.total);
	page_end(&page);
}
