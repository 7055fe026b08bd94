/* Cleaning of arguments for a reply line. */
#include "catalog/clean.h"

#include "catalog/text.h"

#include <string.h>
#include <unistr.h>

/* Writes an EmbeddedUnicodeChar (RFC 6533 section 3) of at least two digits. Returns its length. */
static size_t
put_escape(char out[12], ucs4_t c)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 3;
	unsigned shift = c > 0xFFFFF ? 20 : c > 0xFFFF ? 16 : c > 0xFFF ? 12 : c > 0xFF ? 8 : 4;
	memcpy(out, "\\x{", 3);
	for (;; shift -= 4) {
		out[n++] = digits[(c >> shift) & 0xF];
		if (shift == 0)
			break;
	}
	out[n++] = '}';
	return n;
}

/* Writes the next character, or an escape for it, to out. Returns its octets in text; *octets are those in out. */
static size_t
next_character(char out[12], size_t *octets, const char *text, size_t len, char before, enum ftg_encoding encoding)
{
	ucs4_t c;
	int used = u8_mbtouc(&c, (const uint8_t *)text, len);
	bool plain = c >= 0x20 && c < 0x7F && !(c == '#' && before == '(');
	if (plain || (c >= 0xA0 && c != 0xFFFD && encoding == FTG_UTF8 && !text_invisible(c))) {
		memcpy(out, text, (size_t)used);
		*octets = (size_t)used;
	} else {
		*octets = put_escape(out, c);
	}
	return (size_t)used;
}

size_t
clean_slowly(char *out, size_t max, const char *text, size_t len, enum ftg_encoding encoding)
{
	char character[12];
	size_t octets, used = 0, fits = 0;
	char before = out[-1];
	for (size_t i = 0; i < len;) {
		size_t taken = next_character(character, &octets, text + i, len - i, before, encoding);
		if (used + octets > max) {
			memcpy(out + fits, "...", 3);
			return fits + 3;
		}
		memcpy(out + used, character, octets);
		used += octets;
		if (used + 3 <= max)
			fits = used;
		before = text[i];
		i += taken;
	}
	return used;
}

size_t
clean_base64(char *out, size_t max, const char *text, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	if (len > max)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL)
			return 0;
		out[i] = text[i];
	}
	return len;
}
