/* Base64 (RFC 4648 section 4), decoded strictly. */
#include "base/text/base64.h"

#include <stdint.h>
#include <string.h>

#include "base/text/ascii.h"

static const char digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(char *text, const void *octets, size_t len)
{
	const unsigned char *at = octets;
	for (; len > 0; text += 4) {
		size_t count = len < 3 ? len : 3;
		unsigned bits = (unsigned)at[0] << 16;
		bits |= count > 1 ? (unsigned)at[1] << 8 : 0;
		bits |= count > 2 ? at[2] : 0;
		text[0] = digits[bits >> 18];
		text[1] = digits[bits >> 12 & 63];
		text[2] = digits[bits >> 6 & 63];
		text[3] = digits[bits & 63];
		memset(text + 1 + count, '=', 3 - count);
		at += count;
		len -= count;
	}
	*text = '\0';
}

/* The value of a digit; -1 if the character is none. */
static int
value_of(char c)
{
	if (ascii_is_upper(c))
		return c - 'A';
	if (ascii_is_alpha(c))
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes count digits: four; before padding, two or three. Returns false if one is no digit or bits are left over. */
static bool
decode_group(unsigned char *octets, const char *text, unsigned count)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < 4; i++) {
		int value = i < count ? value_of(text[i]) : 0;
		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
	}
	if ((bits & (0xFFFFFFU >> 8 * (count - 1))) != 0)
		return false;
	for (unsigned i = 0; i + 1 < count; i++)
		octets[i] = (unsigned char)(bits >> (16 - 8 * i));
	return true;
}

bool
base64_decode(void *octets, size_t *count, const char *text, size_t len)
{
	unsigned char *to = octets;
	*count = 0;
	if (len % 4 != 0)
		return false;
	for (size_t at = 0; at < len; at += 4) {
		unsigned given = 4;
		if (at + 4 == len && text[at + 3] == '=')
			given = text[at + 2] == '=' ? 2 : 3;
		if (!decode_group(to + *count, text + at, given))
			return false;
		*count += given - 1;
	}
	return true;
}
