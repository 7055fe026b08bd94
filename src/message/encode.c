/* Text in a form that mail carries through any server. */
#include "message/encode.h"

#include <string.h>

#include "base/text/ascii.h"
#include "base/text/base64.h"
#include "base/text/utf8.h"

enum { LINE = 75, WORD_OCTETS = 42 }; /* 42 octets are 56 of base64: an encoded word has 75 at most */

/* A space at the end of a line would be lost on the way. */
static bool
must_quote(const char *at)
{
	unsigned char c = (unsigned char)*at;
	return c < 0x20 || c > 0x7E || c == '=' || (c == ' ' && (at[1] == '\n' || at[1] == '\0'));
}

void
encode_quoted_printable(FILE *to, const char *text)
{
	size_t column = 0;
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			fputc('\n', to);
			column = 0;
			continue;
		}
		size_t len = must_quote(text) ? 3 : 1;
		if (column + len > LINE) {
			fputs("=\n", to);
			column = 0;
		}
		if (len == 3)
			fprintf(to, "=%02X", (unsigned char)*text);
		else
			fputc(*text, to);
		column += len;
	}
}

/* Octets of whole characters for one encoded word. */
static size_t
word_length(const char *text, size_t len)
{
	size_t used = 0;
	while (used < len) {
		size_t character = utf8_length(text + used, len - used);
		character = character == 0 ? 1 : character;
		if (used + character > WORD_OCTETS)
			break;
		used += character;
	}
	return used;
}

void
encode_words(FILE *to, const char *text)
{
	const char *gap = "";
	for (size_t len = strlen(text), octets; len > 0; len -= octets, text += octets) {
		char word[BASE64_TEXT_SIZE(WORD_OCTETS)];
		octets = word_length(text, len);
		base64_encode(word, text, octets);
		fprintf(to, "%s =?UTF-8?B?%s?=", gap, word);
		gap = "\n";
	}
}

void
encode_field(FILE *to, const char *name, const char *value)
{
	size_t len = strlen(value);
	fprintf(to, "%s:", name);
	if (ascii_is_all(value, len)) {
		fprintf(to, " %s\n", value);
		return;
	}
	encode_words(to, value);
	fputc('\n', to);
}

static int
hex_value(char c)
{
	return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
encode_decode_xtext(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		int high = *text == '+' ? hex_value(text[1]) : -1, low = high >= 0 ? hex_value(text[2]) : -1;
		int octet = 16 * high + low;
		if (low < 0 || octet < 0x20 || octet > 0x7E) {
			fputc(*text, to);
			continue;
		}
		fputc(octet, to);
		text += 2;
	}
}
