/* Reading characters of UTF-8. */
#ifndef CATALOG_DECODE_H
#define CATALOG_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unitypes.h>

/* Whether all octets are ASCII; looks at eight of them at a time. */
static inline bool
is_ascii(const char *text, size_t len)
{
	uint64_t eight, high = 0;
	size_t i = 0;
	for (; i + sizeof(eight) <= len; i += sizeof(eight)) {
		memcpy(&eight, text + i, sizeof(eight));
		high |= eight;
	}
	for (; i < len; i++)
		high |= (uint8_t)text[i];
	return (high & 0x8080808080808080) == 0;
}

/* Reads the character at text, which must be whole and valid (u8_check()), and returns its octets. */
static inline size_t
decode(ucs4_t *character, const char *text)
{
	const uint8_t *octet = (const uint8_t *)text;
	size_t len = octet[0] < 0x80 ? 1 : octet[0] < 0xE0 ? 2 : octet[0] < 0xF0 ? 3 : 4;
	*character = len == 1 ? octet[0] : octet[0] & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++)
		*character = *character << 6 | (octet[i] & 0x3F);
	return len;
}

#endif
