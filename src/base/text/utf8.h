/* Characters of UTF-8. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* The octets of the character at the start of a text of len octets; 0 if it is malformed or incomplete, or len is 0. */
size_t utf8_length(const char *text, size_t len);

#endif
