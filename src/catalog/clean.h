/* Octets of strangers made fit for a reply line. */
#ifndef CATALOG_CLEAN_H
#define CATALOG_CLEAN_H

#include <ftgate/reply.h>

/*
 * Copies len octets of text to out as at most max octets, max being at least 16, and returns how many. Controls, bidi
 * controls, invalid UTF-8 and, under FTG_ASCII, all that is not ASCII stand as \x{HEX}; "(#" gets its # written so, even
 * where the parenthesis is the octet in front of out: there must be one. What is longer ends in "...".
 */
size_t clean_text(char *out, size_t max, const char *text, size_t len, enum ftg_encoding encoding);

/* Copies base64 (RFC 4648 section 4); nothing at all where there is another octet or more than max of them. */
size_t clean_base64(char *out, size_t max, const char *text, size_t len);

#endif
