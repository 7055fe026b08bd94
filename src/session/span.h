/* A piece of a longer text, such as one word of a command line. */
#ifndef SESSION_SPAN_H
#define SESSION_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text/ascii.h"

/* Borrows its octets; no NUL follows them. text is NULL if there is no such piece, which an empty piece is not. */
struct span {
	const char *text;
	size_t len;
};

/* Are the octets those of a word, in any ASCII case? */
static inline bool
span_equals(struct span span, const char *word)
{
	return span.len == strlen(word) && ascii_equal(span.text, word, span.len);
}

#endif
