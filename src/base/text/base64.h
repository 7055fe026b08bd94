/* Base64 (RFC 4648 section 4), decoded strictly. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of the text that encodes len octets, with its NUL; the most octets that a text of len octets encodes. */
#define BASE64_TEXT_SIZE(len)  (((len) + 2) / 3 * 4 + 1)
#define BASE64_OCTETS_MAX(len) ((len) / 4 * 3)

/* Encodes len octets. text has room for BASE64_TEXT_SIZE(len) octets. */
void base64_encode(char *text, const void *octets, size_t len);

/*
 * Decodes a text of len octets; octets has room for BASE64_OCTETS_MAX(len) and may be the text itself. Returns false if
 * the text is not the one encoding of its octets: it holds another character, white space, too little or early padding,
 * or bits that are set behind the last octet.
 */
bool base64_decode(void *octets, size_t *count, const char *text, size_t len);

#endif
