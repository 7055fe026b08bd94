/* Makes plain UTF-8 text out of HTML, UTF-16, base64 and quoted mail. Results are GStrings that the caller must free. */
#ifndef MESSAGE_PLAIN_TEXT_H
#define MESSAGE_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/* Whether a text is HTML: it has a tag that mail programs write. */
bool plain_is_html(const char *text, size_t len);

/* The text of an HTML page: without tags, comments, styles and scripts, with entities decoded and a line for each block. */
GString *plain_from_html(const char *html, size_t len);

/* UTF-16 of either byte order, with or without a byte order mark, as UTF-8; NULL if the octets are not UTF-16. */
GString *plain_from_utf16(const char *octets, size_t len);

/* What a block of base64 encodes, if that is text; NULL if there is no such block. */
GString *plain_from_base64(const char *text, size_t len);

/* A copy without quotation marks ("> ") at the beginning of lines and without invisible characters of direction. */
GString *plain_unquoted(const char *text, size_t len);

/* Octets of a text before a returned message that follows in it; len if there is none. */
size_t plain_before_returned(const char *text, size_t len);

#endif
