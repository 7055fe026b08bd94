/* A text of bounded length that is put together piece by piece. */
#ifndef BASE_TEXT_BUFFER_H
#define BASE_TEXT_BUFFER_H

#include <stddef.h>

/* What does not fit is left out, and so is all that comes after it. */
struct text_buffer {
	char *text;
	size_t size, len;
};

void text_buffer_put(struct text_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
