/* Characters of UTF-8. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Octets of the well-formed character at the start of text; 0 for a malformed or unfinished one and for no text. */
size_t utf8_length(const char *text, size_t len);

#endif
