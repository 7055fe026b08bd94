/* Text from outside, made harmless for a terminal, a log and a reply. */
#include "base/text/printable.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

enum { LINE_SIZE = 4096 };

static bool
is_shown(ucs4_t character)
{
	if (character < 0x7F)
		return character >= 0x20;
	return !uc_is_general_category_withtable(character,
	           UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co |
	               UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) &&
	    !uc_is_property(character, UC_PROPERTY_DEFAULT_IGNORABLE_CODE_POINT);
}

/* The octets of a sound character; 0: it is no UTF-8. */
static size_t
decode(ucs4_t *character, const char *text, size_t len)
{
	int octets = u8_mbtoucr(character, (const uint8_t *)text, len);
	return octets > 0 ? (size_t)octets : 0;
}

size_t
printable_next(const char *text, size_t len, bool *shown)
{
	ucs4_t character;
	size_t octets = decode(&character, text, len);
	*shown = octets > 0 && is_shown(character);
	return octets > 0 ? octets : 1;
}

size_t
printable_mask(char *to, size_t size, const char *text, size_t len)
{
	size_t used = 0;
	bool shown;
	for (size_t octets; used < len; used += octets) {
		octets = printable_next(text + used, len - used, &shown);
		if (used + octets >= size)
			break;
		if (shown)
			memcpy(to + used, text + used, octets);
		else
			memset(to + used, '?', octets);
	}
	to[used] = '\0';
	return used;
}

void
printable_copy(char *to, size_t size, const char *text, size_t len)
{
	size_t used = 0;
	bool shown;
	for (size_t at = 0, octets; at < len; at += octets) {
		octets = printable_next(text + at, len - at, &shown);
		if (used + octets >= size)
			break;
		if (shown)
			memcpy(to + used, text + at, octets);
		else
			to[used] = text[at] == '\t' ? ' ' : '?';
		used += shown ? octets : 1;
	}
	while (used > 0 && to[used - 1] == ' ')
		used--;
	to[used] = '\0';
}

void
printable_write(FILE *to, const char *text, size_t len)
{
	bool shown;
	for (size_t at = 0, octets; at < len; at += octets) {
		octets = printable_next(text + at, len - at, &shown);
		if (shown)
			fwrite(text + at, 1, octets, to);
		for (size_t i = 0; i < octets && !shown; i++)
			fprintf(to, "\\x%02X", (unsigned)(unsigned char)text[at + i]);
	}
}

void
printable_print(FILE *to, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	int formatted = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (formatted < 0)
		return;
	size_t len = strlen(line), end = len;
	while (end > 0 && line[end - 1] == '\n')
		end--;
	printable_write(to, line, end);
	fwrite(line + end, 1, len - end, to);
}

/* RFC 8259 section 7: beyond U+FFFF as two surrogates. */
static void
write_escape(FILE *to, ucs4_t character)
{
	if (character < 0x10000)
		fprintf(to, "\\u%04x", (unsigned)character);
	else
		fprintf(to, "\\u%04x\\u%04x", 0xD800U + ((character - 0x10000) >> 10), 0xDC00U + (character & 0x3FF));
}

void
printable_json(FILE *to, const char *text, size_t len)
{
	ucs4_t character;
	if (text == NULL) {
		fputs("null", to);
		return;
	}
	fputc('"', to);
	for (size_t at = 0, octets; at<len; at += octets> 0 ? octets : 1) {
		octets = decode(&character, text + at, len - at);
		if (octets == 0)
			fputs("\\ufffd", to);
		else if (character == '"' || character == '\\')
			fprintf(to, "\\%c", (int)character);
		else if (is_shown(character))
			fwrite(text + at, 1, octets, to);
		else
			write_escape(to, character);
	}
	fputc('"', to);
}
