/* The page of a language: a search, and every reply. */
#include <string.h>

#include "files.h"
#include "page.h"

/* The replies by the first digit of their references. */
static const struct group {
	char digit;
	const char *title;
} groups[] = {
	{ '1', SITE_WORD("Mailboxes and limits") },
	{ '2', SITE_WORD("Security policy") },
	{ '3', SITE_WORD("SMTP: success and temporary failures") },
	{ '4', SITE_WORD("SMTP: permanent failures") },
	{ '5', SITE_WORD("POP3: failures") },
	/* TRANSLATORS: replies that ftgate adds to the published ones. */
	{ '6', SITE_WORD("SMTP: additions") },
	{ '7', SITE_WORD("POP3: success and additions") },
	/* TRANSLATORS: the messages that tell a sender of a failed delivery. */
	{ '8', SITE_WORD("Reports to the sender") },
};
enum { GROUPS = sizeof groups / sizeof *groups };

/* The search needs scripts: it is hidden until they run. */
static void
put_search(const struct page *page)
{
	fputs("<form id=\"search\" role=\"search\" hidden>\n", page->to);
	page_say(page, "label for=\"words\"", NULL, SITE_WORD("Search"));
	fputs(
	    "\n<textarea id=\"words\" rows=\"1\" dir=\"auto\" autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\" "
	    "aria-describedby=\"hint\"></textarea>\n",
	    page->to);
	page_say(page, "p id=\"hint\"", NULL,
	    SITE_WORD(
	        "Paste the whole message that came back, or type a reference (4.46), a code (550 5.1.1), an ID, or any words of the "
	        "reply in any language."));
	fputs("\n<div role=\"status\">", page->to);
	/* TRANSLATORS: a number follows. */
	page_say(page, "p id=\"found\" hidden", NULL, SITE_WORD("Replies found:"));
	page_say(page, "p id=\"nothing\" hidden", NULL,
	    SITE_WORD("No reply matches. It may be the reply of another server: its operator knows what it means."));
	fputs("</div>\n</form>\n<noscript>", page->to);
	page_say(page, "p", NULL,
	    SITE_WORD(
	        "Search this page with the search of your browser. The reference is the number in brackets at the end of a reply, such as "
	        "(#4.46)."));
	fputs("</noscript>\n", page->to);
}

static void
put_contents(const struct page *page)
{
	fputs("<nav class=\"contents\" id=\"contents\">\n<ul>\n", page->to);
	for (size_t i = 0; i < GROUPS; i++) {
		char to[4] = { '#', 'g', groups[i].digit, '\0' };
		fputs("<li>", page->to);
		page_link(page, to, groups[i].title);
		fputs("</li>\n", page->to);
	}
	fputs("</ul>\n</nav>\n", page->to);
}

static void
put_group(const struct page *page, const struct group *group)
{
	const char *last = "";
	fprintf(page->to, "<section class=\"group\" id=\"g%c\">\n", group->digit);
	page_say(page, "h2", NULL, group->title);
	putc('\n', page->to);
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		const char *ref = ftg_row(id)->ref;
		if (ref[1] != group->digit)
			continue;
		page_reply(page, id, strcmp(ref, last) != 0);
		last = ref;
	}
	fputs("</section>\n", page->to);
}

void
file_language(FILE *to, const struct site *site, const struct site_language *language)
{
	struct page page = { to, site, language };
	page_head(&page, SITE_WORD("What a mail server replied"), "search.js");
	fputs("<body id=\"top\">\n<header>\n", to);
	page_languages(&page);
	page_say(&page, "h1", NULL, SITE_WORD("What a mail server replied"));
	putc('\n', to);
	page_say(&page, "p", "lead",
	    SITE_WORD(
	        "Did a message come back, or does a mail program show an error? Here is what each reply means, and what you can do."));
	fputs("\n<p id=\"offer\" hidden></p>\n", to);
	put_search(&page);
	fputs("</header>\n<main>\n", to);
	put_contents(&page);
	for (size_t i = 0; i < GROUPS; i++)
		put_group(&page, &groups[i]);
	fputs("</main>\n", to);
	page_end(&page);
}
