/* A page of the site: what is said on it. */
#include "page.h"

#include <ctype.h>
#include <string.h>

#include "cmd/msg/texts.h"

/* The attributes of a text that is inside another one, each in a language. */
static void
put_language(FILE *to, const char *around, const char *tag)
{
	if (strcmp(tag, around) == 0)
		return;
	html_print(to, " lang=\"%s\"", tag);
	if (ftg_language_is_rtl(tag) != ftg_language_is_rtl(around))
		html_print(to, " dir=\"%s\"", ftg_language_is_rtl(tag) ? "rtl" : "ltr");
}

void
page_language(const struct page *page, const char *tag)
{
	put_language(page->to, page->language->tag, tag);
}

/* Ends the tag of an element in a text of a language, and returns what it says: a text of a catalogue, else the English one. */
static const char *
begin(FILE *to, const char *around, const struct explain_texts *texts, const char *english)
{
	const char *text = explain_text(texts, english);
	put_language(to, around, text != NULL ? explain_texts_tag(texts) : "en");
	putc('>', to);
	return text != NULL ? text : english;
}

/* element can have attributes. */
static void
end(const struct page *page, const char *element)
{
	fprintf(page->to, "</%.*s>", (int)strcspn(element, " "), element);
}

static void
put_class(const struct page *page, const char *element, const char *class)
{
	fprintf(page->to, "<%s", element);
	if (class != NULL)
		fprintf(page->to, " class=\"%s\"", class);
}

void
page_say(const struct page *page, const char *element, const char *class, const char *english)
{
	const struct site_language *language = page->language;
	put_class(page, element, class);
	const char *text = begin(page->to, language->tag, language->words, english);
	if (text != english && language->rtl)
		html_right_to_left(page->to, text);
	else
		html_print(page->to, "%s", text);
	end(page, element);
}

void
page_prose(const struct page *page, const char *element, const char *class, const char *english)
{
	const struct site_language *language = page->language;
	put_class(page, element, class);
	html_prose(page->to, begin(page->to, language->tag, language->explanations, english));
	end(page, element);
	putc('\n', page->to);
}

void
page_link(const struct page *page, const char *to, const char *english)
{
	const struct site_language *language = page->language;
	html_print(page->to, "<a href=\"%s\"", to);
	html_print(page->to, "%s</a>", begin(page->to, language->tag, language->words, english));
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
	page_link(page, "replies.html", SITE_WORD("Every reply in every language, for translators"));
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

/* What an argument is, in a word, which is in italics in its place: "Mailbox address does not exist". */
static const char *
kind_word(enum ftg_arg_kind kind)
{
	switch (kind) {
	/* TRANSLATORS: in the place of an argument of a reply; small letters, no article. */
	case FTG_ARG_BANNER: return SITE_WORD("host name");
	case FTG_ARG_PATH:
	case FTG_ARG_ADDRESS: return SITE_WORD("address");
	case FTG_ARG_IP: return SITE_WORD("IP address");
	case FTG_ARG_REASON: return SITE_WORD("reason");
	/* TRANSLATORS: in the place of an argument: a quantity, as in "at most 100 recipients". */
	case FTG_ARG_COUNT: return SITE_WORD("number");
	/* TRANSLATORS: in the place of an argument: the name of a list, a mechanism or the like. */
	case FTG_ARG_NAME: return SITE_WORD("name");
	/* TRANSLATORS: in the place of an argument: any other text. */
	default: return SITE_WORD("words");
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

/* A word in place of an argument, in the language of the text around it. */
static void
put_word(const struct page *page, const char *tag, const char *english)
{
	const struct site_language *language = site_find(page->site, tag);
	fputs("<var", page->to);
	html_print(page->to, "%s</var>", begin(page->to, tag, language != NULL ? language->words : NULL, english));
}

void
page_text(const struct page *page, const char *tag, enum ftg_id id, const char *source, size_t len)
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
			put_word(
			    page, tag, kind_word(argument < FTG_ARGS_MAX ? ftg_row(id)->args[argument] : FTG_ARG_TEXT));
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
