/* A text of bounded length, composed piece by piece. */
#include "base/text/text_buffer.h"

#include <stdarg.h>
#include <stdio.h>

void
text_buffer_put(struct text_buffer *buffer, const char *format, ...)
{
	va_list arguments;
	size_t room = buffer->size - buffer->len;
	va_start(arguments, format);
	int len = vsnprintf(buffer->text + buffer->len, room, format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= room)
		buffer->size = buffer->len;
	else
		buffer->len += (size_t)len;
}
