/* A page of the site in one language, and what is said on it. */
#ifndef MSG_SITE_PAGE_H
#define MSG_SITE_PAGE_H

#include "cmd/msg/texts.h"
#include "html.h"
#include "site.h"

struct page {
	FILE *to;
	const struct site *site;
	const struct site_language *language;
};

/* Writes the head of a page, up to <body>: its title, words of the site, its script (NULL: none), and links to other languages. */
void page_head(const struct page *page, const char *title, const char *script);

/* Writes the end of a page, with the version of the program. */
void page_end(const struct page *page);

/*
 * page_say() writes an element with words of the site, page_prose() one with an explanation, which can have links and code:
 * in the language of the page, else in English and marked so. class can be NULL, and element can be followed by attributes.
 */
void page_say(const struct page *page, const char *element, const char *class, const char *english);
void page_prose(const struct page *page, const char *element, const char *class, const char *english);

/* Writes the attributes lang and dir of an element in a language, by its tag; none if they are those of the page. */
void page_language(const struct page *page, const char *tag);

/* Writes a link with words of the site. */
void page_link(const struct page *page, const char *to, const char *english);

/* Writes a menu of the languages, each with a link to its page. */
void page_languages(const struct page *page);

/* Writes the source of a text in a language, as a .po has it, with a word in place of each argument and each variable: <var>. */
void page_text(const struct page *page, const char *tag, enum ftg_id id, const char *source, size_t len);

/* The last form of the text of a reply in a language, and its octets. */
size_t page_source(char out[TEXTS_MAX], const struct site *site, const struct site_language *language, enum ftg_id id);

/* Writes the article of a reply; anchor: its reference becomes the place that links name. */
void page_reply(const struct page *page, enum ftg_id id, bool anchor);

#endif
