/* The page that leads to that of the browser's language. */
#include "files.h"
#include "page.h"

void
file_index(FILE *to, const struct site *site)
{
	const struct page page = { to, site, site_find(site, "en") };
	page_head(&page, SITE_WORD("What a mail server replied"), "search.js");
	fputs("<body class=\"index\">\n<header>\n", to);
	page_say(&page, "h1", NULL, SITE_WORD("What a mail server replied"));
	fputs("\n</header>\n<main>\n<nav id=\"languages\">\n<ul>\n", to);
	for (size_t i = 0; i < site->count; i++) {
		const struct site_language *language = &site->language[i];
		html_print(to, "<li><a href=\"%s.html\" hreflang=\"%s\" lang=\"%s\" dir=\"%s\">%s</a></li>\n",
		    language->tag, language->tag, language->tag, language->rtl ? "rtl" : "ltr", language->name);
	}
	fputs("</ul>\n</nav>\n</main>\n", to);
	page_end(&page);
}
