/* Words of programs and strangers, made fit to be kept as text. */
#include "base/printable.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

void
printable_copy(char *to, size_t size, const char *text, size_t len)
{
	size_t used = 0;

	for (size_t at = 0, octets; at < len; at += octets) {
		octets = utf8_length(text + at, len - at);
		bool fit = octets > 0 && !ascii_is_control(text[at]);
		octets = octets > 0 ? octets : 1;
		if (used + octets >= size)
			break;
		if (fit)
			memcpy(to + used, text + at, octets);
		else
			to[used] = text[at] == '\t' ? ' ' : '?';
		used += fit ? octets : 1;
	}
	while (used > 0 && to[used - 1] == ' ')
		used--;
	to[used] = '\0';
}
