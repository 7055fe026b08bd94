/* Parses and checks the values of DSN parameters (RFC 3461 section 4, RFC 6533 section 3). */
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "smtp/dsn_params.h"

bool
dsn_read_return(struct span value, enum dsn_return *ret)
{
	if (span_equals(value, "FULL"))
		*ret = DSN_RETURN_FULL;
	else if (span_equals(value, "HDRS"))
		*ret = DSN_RETURN_HEADERS;
	else
		return false;
	return true;
}

/* The value of a digit of xtext, which has capital letters only; -1 for another octet. */
static int
xtext_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
dsn_is_xtext(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.text[i];
		if (c == '+') {
			int high = i + 2 < value.len ? xtext_digit(value.text[i + 1]) : -1;
			int low = i + 2 < value.len ? xtext_digit(value.text[i + 2]) : -1;
			if (high < 0 || low < 0 || high * 16 + low < ' ' || high * 16 + low > '~')
				return false;
			i += 2;
		} else if (c <= ' ' || c > '~' || c == '=') {
			return false;
		}
	}
	return value.len > 0;
}

bool
dsn_check_envid(struct span value)
{
	return value.len <= DSN_ENVID_MAX && dsn_is_xtext(value);
}

static unsigned
notify_word(struct span word)
{
	static const struct {
		const char *word;
		enum dsn_notify notify;
	} words[] = { { "NEVER", DSN_NEVER }, { "SUCCESS", DSN_SUCCESS }, { "FAILURE", DSN_FAILURE },
		{ "DELAY", DSN_DELAY } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (span_equals(word, words[i].word))
			return words[i].notify;
	return 0;
}

bool
dsn_read_notify(struct span value, unsigned *notify)
{
	*notify = 0;
	if (value.text == NULL)
		return false;
	const char *p = value.text, *end = p + value.len;
	for (const char *comma; p <= end; p = comma + 1) {
		comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
		if (comma == NULL)
			comma = end;
		unsigned word = notify_word((struct span) { p, (size_t)(comma - p) });
		if (word == 0)
			return false;
		*notify |= word;
	}
	return *notify == DSN_NEVER || !(*notify & DSN_NEVER);
}

/* Is it an atom (RFC 5322 section 3.2.3)? The address type of an ORCPT must be an atom. */
static bool
is_atom(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_alnum(value.text[i]) && strchr("!#$%&'*+-/=?^_`{|}~", value.text[i]) == NULL)
			return false;
	return value.len > 0 && memchr(value.text, '\0', value.len) == NULL;
}

static int
hex_digit(char c)
{
	return xtext_digit(c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c);
}

/*
 * Octets of a character written as \x{HEX} at the start of value; 0 if there is none, or if it stands for one that must not
 * be written so. Control characters are refused although the grammar has them: no address holds one.
 */
static size_t
embedded_length(struct span value)
{
	unsigned long point = 0;
	size_t i = 3;

	if (value.len < 4 || memcmp(value.text, "\\x{", 3) != 0 || value.text[3] == '0')
		return 0;
	for (; i < value.len && value.text[i] != '}'; i++) {
		int digit = hex_digit(value.text[i]);
		if (digit < 0 || i > 8)
			return 0;
		point = point * 16 + (unsigned)digit;
	}
	bool ascii = point == ' ' || point == '+' || point == '=' || point == '\\';
	bool other = point >= 0xA0 && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
	return i < value.len && (ascii || other) ? i + 1 : 0;
}

/* Octets of the character of a utf-8-addr-xtext or utf-8-addr-unitext at the start of value; 0 if there is none. */
static size_t
character_length(struct span value, bool utf8)
{
	char c = *value.text;

	if (c == '\\')
		return embedded_length(value);
	if (c > ' ' && c <= '~')
		return c != '+' && c != '=';
	size_t len = utf8 ? utf8_length(value.text, value.len) : 0;
	bool control = len == 2 && memcmp(value.text, "\xC2\xA0", 2) < 0;
	return len > 1 && !control ? len : 0;
}

static bool
is_utf8_address(struct span value, bool utf8)
{
	size_t len = 1;

	for (size_t i = 0; i < value.len && len > 0; i += len)
		len = character_length((struct span) { value.text + i, value.len - i }, utf8);
	return value.len > 0 && len > 0;
}

bool
dsn_check_orcpt(struct span value, bool utf8)
{
	const char *semicolon = value.len > 0 ? memchr(value.text, ';', value.len) : NULL;

	if (semicolon == NULL || value.len > DSN_ORCPT_MAX)
		return false;
	struct span kind = { value.text, (size_t)(semicolon - value.text) };
	struct span address = { semicolon + 1, value.len - kind.len - 1 };
	if (span_equals(kind, "utf-8"))
		return is_utf8_address(address, utf8);
	return is_atom(kind) && dsn_is_xtext(address);
}
