/* Characters of UTF-8. */
#include "base/text/utf8.h"

#include <stdint.h>
#include <unistr.h>

size_t
utf8_length(const char *text, size_t len)
{
	ucs4_t character;

	if (len == 0)
		return 0;
	int n = u8_mbtoucr(&character, (const uint8_t *)text, len);
	return n > 0 ? (size_t)n : 0;
}
