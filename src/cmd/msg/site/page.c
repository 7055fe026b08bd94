/* A page of the site: what is said on it. */
#include "page.h"

#include <ctype.h>
#include <string.h>

#include "cmd/msg/texts.h"

const char *
page_words(const struct page *page, const char *english)
{
	return explain_text(page->language->texts, english);
}

const char *
page_english(const struct page *page)
{
	if (strcmp(page->language->tag, "en") == 0)
		return "";
	return page->language->rtl ? " lang=\"en\" dir=\"ltr\"" : " lang=\"en\"";
}

/* The attributes of words of the programs that are not in the language of the page. */
static void
put_language(const struct page *page, bool translated)
{
	if (!translated)
		fputs(page_english(page), page->to);
	else if (strcmp(page->language->spoken, page->language->tag) != 0)
		html_print(page->to, " lang=\"%s\"", page->language->spoken);
}

static void
begin(const struct page *page, const char *element, const char *class, bool translated)
{
	fprintf(page->to, "<%s", element);
	if (class != NULL)
		fprintf(page->to, " class=\"%s\"", class);
	put_language(page, translated);
	putc('>', page->to);
}

/* element can have attributes. */
static void
end(const struct page *page, const char *element)
{
	fprintf(page->to, "</%.*s>", (int)strcspn(element, " "), element);
}

void
page_say(const struct page *page, const char *element, const char *class, const char *english)
{
	const char *words = page_words(page, english);
	begin(page, element, class, words != NULL);
	html_print(page->to, "%s", words != NULL ? words : english);
	end(page, element);
}

void
page_prose(const struct page *page, const char *element, const char *class, const char *english)
{
	const char *words = page_words(page, english);
	begin(page, element, class, words != NULL);
	html_prose(page->to, words != NULL ? words : english);
	end(page, element);
	putc('\n', page->to);
}

void
page_link(const struct page *page, const char *to, const char *english)
{
	const char *words = page_words(page, english);
	html_print(page->to, "<a href=\"%s\"", to);
	put_language(page, words != NULL);
	html_print(page->to, ">%s</a>", words != NULL ? words : english);
}

/* Scripts and styles are those of the folder only. A folder that is opened from a disk is 'self', too. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'";

void
page_head(const struct page *page, const char *title, const char *script)
{
	html_print(page->to,
	    "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<meta name=\"generator\" content=\"ftgate " FTG_VERSION "\">\n",
	    page->language->tag, page->language->rtl ? "rtl" : "ltr", policy);
	page_say(page, "title", NULL, title);
	fputs("\n<link rel=\"stylesheet\" href=\"style.css\">\n", page->to);
	if (script != NULL)
		html_print(page->to, "<script src=\"%s\" defer></script>\n", script);
	for (size_t i = 0; i < page->site->count; i++)
		html_print(page->to, "<link rel=\"alternate\" hreflang=\"%s\" href=\"%s.html\">\n",
		    page->site->language[i].tag, page->site->language[i].tag);
	fputs("</head>\n", page->to);
}

void
page_end(const struct page *page)
{
	fputs("<footer>\n<p>", page->to);
	page_link(page, "replies.html", N_("Every reply in every language, for translators"));
	fputs("</p>\n<p translate=\"no\">ftgate " FTG_VERSION "</p>\n</footer>\n</body>\n</html>\n", page->to);
}

void
page_languages(const struct page *page)
{
	html_print(page->to,
	    "<details class=\"languages\">\n<summary><span>%s</span></summary>\n<nav id=\"languages\">\n<ul>\n",
	    page->language->name);
	for (size_t i = 0; i < page->site->count; i++) {
		const struct site_language *to = &page->site->language[i];
		html_print(page->to, "<li><a href=\"%s.html\" hreflang=\"%s\" lang=\"%s\" dir=\"%s\"", to->tag, to->tag,
		    to->tag, to->rtl ? "rtl" : "ltr");
		html_print(page->to, to == page->language ? " aria-current=\"page\">%s</a></li>\n" : ">%s</a></li>\n",
		    to->name);
	}
	fputs("</ul>\n</nav>\n</details>\n", page->to);
}

/* What an argument is, in a word. */
static const char *
kind_word(enum ftg_arg_kind kind)
{
	switch (kind) {
	case FTG_ARG_BANNER: return N_("host name");
	case FTG_ARG_PATH:
	case FTG_ARG_ADDRESS: return N_("address");
	case FTG_ARG_IP: return N_("IP address");
	case FTG_ARG_REASON: return N_("reason");
	case FTG_ARG_COUNT: return N_("number");
	case FTG_ARG_NAME: return N_("name");
	default: return N_("words");
	}
}

/* Octets of a directive of printf(3) at text, "%s", "%2$lu"; its argument, counted from 0 by the directives before it. */
static size_t
directive(const char *text, size_t len, size_t *next, size_t *argument)
{
	size_t n = 1;
	if (len < 2 || *text != '%')
		return 0;
	*argument = *next;
	if (len > 3 && isdigit((unsigned char)text[1]) && text[2] == '$') {
		*argument = (size_t)(text[1] - '1');
		n = 3;
	} else {
		++*next;
	}
	while (n < len && text[n] == 'l')
		n++;
	return n < len ? n + 1 : n;
}

void
page_text(const struct page *page, enum ftg_id id, const char *source, size_t len)
{
	size_t next = 0, argument = 0, n;
	for (size_t at = 0; at < len; at += n) {
		const char *end = memchr(source + at, '}', len - at);
		if (source[at] == '%' && at + 1 < len && source[at + 1] == '%') {
			putc('%', page->to);
			n = 2;
		} else if (source[at] == '%') {
			n = directive(source + at, len - at, &next, &argument);
			n = n > 0 ? n : 1;
			page_say(page, "var", NULL,
			    kind_word(argument < FTG_ARGS_MAX ? ftg_row(id)->args[argument] : FTG_ARG_TEXT));
		} else if (source[at] == '$' && at + 1 < len && source[at + 1] == '{' && end != NULL) {
			n = (size_t)(end - source) - at + 1;
			fputs("<var translate=\"no\">", page->to);
			html_text(page->to, source + at + 2, n - 3);
			fputs("</var>", page->to);
		} else {
			n = strcspn(source + at + 1, "%$") + 1;
			n = n < len - at ? n : len - at;
			html_text(page->to, source + at, n);
		}
	}
}

size_t
page_source(char out[TEXTS_MAX], const struct site *site, const struct site_language *language, enum ftg_id id)
{
	struct ftg_voice voice = site_voice(site, language, FTG_UTF8);
	return row_has_text(id) ? texts_source(out, &voice, id, texts_forms(&voice, id) - 1) : 0;
}
