/* Writing HTML: the one place where text is escaped. */
#include "html.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <ftgate/reply.h>

#include "base/text/printable.h"

/* What a character of markup becomes; NULL: it stays. */
static const char *
escape(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	case '\n': return "\n";
	default: return NULL;
	}
}

/* U+200C and U+200D join and part letters; U+00AD is a place to hyphenate. */
static bool
is_harmless(const char *text, size_t octets)
{
	return (octets == 3 && (memcmp(text, "\xE2\x80\x8C", 3) == 0 || memcmp(text, "\xE2\x80\x8D", 3) == 0)) ||
	    (octets == 2 && memcmp(text, "\xC2\xAD", 2) == 0);
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
static bool
is_bidi_control(const char *text, size_t octets)
{
	unsigned char b = octets == 3 ? (unsigned char)text[1] : 0, c = octets == 3 ? (unsigned char)text[2] : 0;
	if (octets != 3 || (unsigned char)*text != 0xE2)
		return false;
	return (b == 0x80 && (c == 0x8E || c == 0x8F || (c >= 0xAA && c <= 0xAE))) ||
	    (b == 0x81 && c >= 0xA6 && c <= 0xA9);
}

/* Writes the first character of a text; returns its octets. */
static size_t
put_character(FILE *to, const char *text, size_t len)
{
	const char *escaped = escape(*text);
	bool shown;
	size_t octets = printable_next(text, len, &shown);
	if (escaped != NULL)
		fputs(escaped, to);
	else if (shown || is_harmless(text, octets))
		fwrite(text, 1, octets, to);
	else if (!is_bidi_control(text, octets))
		fputs("\xEF\xBF\xBD", to);
	return octets;
}

void
html_text(FILE *to, const char *text, size_t len)
{
	for (size_t at = 0; at < len;)
		at += put_character(to, text + at, len - at);
}

void
html_print(FILE *to, const char *markup, ...)
{
	va_list ap;
	va_start(ap, markup);
	for (const char *at = markup; *at != '\0'; at++) {
		if (*at != '%') {
			putc(*at, to);
			continue;
		}
		at++;
		if (*at == 's') {
			const char *text = va_arg(ap, const char *);
			html_text(to, text, strlen(text));
		} else if (*at == 'u') {
			fprintf(to, "%u", va_arg(ap, unsigned));
		} else {
			putc('%', to);
		}
	}
	va_end(ap);
}

/* Octets of a code or a reference at p, "550 5.1.1" or "#4.46"; 0: none. */
static size_t
number_at(const char *p)
{
	size_t n = *p == '#' || isdigit((unsigned char)*p) ? strspn(p, "#0123456789. ") : 0;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '.'))
		n--;
	return memchr(p, '.', n) != NULL ? n : 0;
}

void
html_right_to_left(FILE *to, const char *text)
{
	for (const char *p = text; *p != '\0';) {
		size_t n = number_at(p);
		if (n > 0)
			fprintf(to, "<bdi dir=\"ltr\">%.*s</bdi>", (int)n, p);
		p += n > 0 ? n : put_character(to, p, strlen(p));
	}
}

/* Octets of a reference of a reply at p; 0: none. */
static size_t
reference_at(const char *p)
{
	enum { OCTETS = 5 };
	if (*p != '#' || strnlen(p, OCTETS) < OCTETS || isdigit((unsigned char)p[OCTETS]))
		return 0;
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (strncmp(p, ftg_row(id)->ref, OCTETS) == 0)
			return OCTETS;
	return 0;
}

/* Whether a letter of a script without spaces, or its punctuation, precedes p: U+3000 to U+9FFF, U+F000 to U+FFFF. */
static bool
follows_ideograph(const char *text, const char *p)
{
	unsigned char lead = p - text >= 3 ? (unsigned char)p[-3] : 0;
	return (lead >= 0xE3 && lead <= 0xE9) || lead == 0xEF;
}

/* Octets of words in quotes at p, with the quotes; 0: the character there is no such quote. */
static size_t
quoted_at(const char *text, const char *p)
{
	if (*p != '\'' || !isalnum((unsigned char)p[1]) ||
	    (p > text && p[-1] != ' ' && p[-1] != '(' && !follows_ideograph(text, p)))
		return 0;
	for (const char *end = strchr(p + 1, '\''); end != NULL; end = strchr(end + 1, '\''))
		if (!isalnum((unsigned char)end[1]))
			return (size_t)(end - p) + 1;
	return 0;
}

static bool
is_apostrophe(const char *text, const char *p)
{
	return *p == '\'' && p > text && (isalnum((unsigned char)p[-1]) || (unsigned char)p[-1] >= 0x80);
}

/* Writes what begins at p, which is not the end of the text; returns its octets. */
static size_t
put_piece(FILE *to, const char *text, const char *p)
{
	size_t n = reference_at(p);
	if (n > 0) {
		fprintf(to, "<a href=\"#%.4s\">%.5s</a>", p + 1, p);
		return n;
	}
	n = quoted_at(text, p);
	if (n > 0) {
		fputs("<code dir=\"ltr\">", to);
		html_text(to, p + 1, n - 2);
		fputs("</code>", to);
		return n;
	}
	if (!is_apostrophe(text, p))
		return put_character(to, p, strlen(p));
	fputs("\xE2\x80\x99", to);
	return 1;
}

void
html_prose(FILE *to, const char *text)
{
	for (const char *p = text; *p != '\0';)
		p += put_piece(to, text, p);
}
