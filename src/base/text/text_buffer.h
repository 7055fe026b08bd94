/* A text of bounded length, composed piece by piece. */
#ifndef BASE_TEXT_BUFFER_H
#define BASE_TEXT_BUFFER_H

#include <stddef.h>

/*
 * The caller provides size octets for the text and its NUL. A piece that does not fit is left out, and so are all later
 * ones.
 */
struct text_buffer {
	char *text;
	size_t size, len;
};

/* Appends a formatted piece. */
void text_buffer_put(struct text_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
