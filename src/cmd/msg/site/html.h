/* Writing HTML: the one place where text is escaped. */
#ifndef MSG_SITE_HTML_H
#define MSG_SITE_HTML_H

#include <stddef.h>
#include <stdio.h>

/*
 * Writes text as the content of an element or of an attribute in quotes. Characters of markup become references, bidi
 * controls are left out, since dir does their work, and what else may not be shown becomes U+FFFD. A line feed stays.
 */
void html_text(FILE *to, const char *text, size_t len);

/* Writes markup, in which each %s is such a text; %u and %% are as in printf(3), and there are no others. */
void html_print(FILE *to, const char *markup, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes a text of a language from right to left. A code or a reference in it is an element of its own from left to right:
 * else 550 5.1.1 is shown as 5.1.1 550, and #4.46 as 4.46#.
 */
void html_right_to_left(FILE *to, const char *text);

/*
 * Writes a paragraph of an explanation: a reference such as #4.46, if a reply has it, links to the place of that name of the
 * page, words in 'quotes' are code, and an apostrophe is U+2019.
 */
void html_prose(FILE *to, const char *text);

#endif
