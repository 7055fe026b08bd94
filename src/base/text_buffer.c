/* A text of bounded length that is put together piece by piece. */
#include "base/text_buffer.h"

#include <stdarg.h>
#include <stdio.h>

void
page_put(struct page *page, const char *format, ...)
{
	va_list arguments;
	size_t room = page->size - page->len;
	va_start(arguments, format);
	int len = vsnprintf(page->text + page->len, room, format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= room)
		page->size = page->len;
	else
		page->len += (size_t)len;
}
