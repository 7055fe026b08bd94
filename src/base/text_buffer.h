/* A text of bounded length that is put together piece by piece. */
#ifndef BASE_TEXT_BUFFER_H
#define BASE_TEXT_BUFFER_H

#include <stddef.h>

/* What does not fit is left out, and so is all that comes after it. */
struct page {
	char *text;
	size_t size, len;
};

void page_put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
