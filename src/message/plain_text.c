/* Makes plain UTF-8 text out of HTML, UTF-16, base64 and quoted mail. */
#include "message/plain_text.h"

#include <stdint.h>
#include <string.h>

#include "base/text/ascii.h"

static bool
begins(const char *text, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - text) >= n && ascii_equal(text, with, n);
}

static size_t
line_length(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf ? (size_t)(lf - p) + 1 : (size_t)(end - p);
}

/* HTML. */

enum { TAG_MAX = 4096 }; /* octets of a tag with its attributes */

/* Octets of the name of a tag at p, "/td" for "</td >". */
static size_t
tag_name(const char *p, const char *end)
{
	size_t n = p < end && *p == '/';

	while (p + n < end && n < 16 && (g_ascii_isalnum(p[n]) || p[n] == '!' || p[n] == '-'))
		n++;
	return n;
}

static bool
is_tag(const char *p, const char *end, const char *const *names)
{
	size_t n = tag_name(p, end), slash = n > 0 && *p == '/';

	for (; *names; names++)
		if (n - slash == strlen(*names) && ascii_equal(p + slash, *names, n - slash))
			return true;
	return false;
}

static const char *const blocks[] = { "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "pre",
	"blockquote", "hr", "title", "html", "body", "head", "dt", "dd", NULL };
static const char *const inlines[] = { "span", "font", "td", "th", "b", "i", "a", "tt", "code", "strong", "em", "meta",
	"!doctype", "tbody", NULL };
static const char *const hidden[] = { "style", "script", NULL };

bool
plain_is_html(const char *text, size_t len)
{
	const char *end = text + len;
	unsigned tags = 0;

	for (const char *p = text; (p = memchr(p, '<', (size_t)(end - p))) != NULL && tags < 3; p++) {
		size_t n = tag_name(p + 1, end);
		const char *after = p + 1 + n;

		if (begins(p + 1, end, "html") || begins(p + 1, end, "!doctype html"))
			return true;
		if (n > 0 && after < end && (*after == '>' || *after == ' ' || *after == '/') &&
		    (is_tag(p + 1, end, blocks) || is_tag(p + 1, end, inlines)))
			tags++;
	}
	return tags >= 2;
}

static const struct {
	const char *name;
	const char *text;
} entities[] = { { "lt;", "<" }, { "gt;", ">" }, { "amp;", "&" }, { "quot;", "\"" }, { "apos;", "'" }, { "nbsp;", " " },
	{ "num;", "#" }, { "lpar;", "(" }, { "rpar;", ")" } };

/* Decodes the entity behind an ampersand at p. Returns its octets; 0 if there is none. */
static size_t
put_entity(GString *out, const char *p, const char *end)
{
	size_t n = 1;
	gunichar c = 0;
	int base = 10;

	for (size_t i = 0; i < G_N_ELEMENTS(entities); i++)
		if (begins(p, end, entities[i].name)) {
			g_string_append(out, entities[i].text);
			return strlen(entities[i].name);
		}
	if (p >= end || *p != '#')
		return 0;
	if (p + n < end && (p[n] == 'x' || p[n] == 'X')) {
		base = 16;
		n++;
	}
	for (size_t first = n; p + n < end && n < first + 7 && g_ascii_isxdigit(p[n]); n++)
		c = c * (gunichar)base + (gunichar)g_ascii_xdigit_value(p[n]);
	if (c == 0 || !g_unichar_validate(c))
		return 0;
	g_string_append_unichar(out, c);
	return n + (p + n < end && p[n] == ';');
}

/* The end of what is hidden from readers, a comment, or the content of a style or script whose tag is at p. NULL: nothing. */
static const char *
skip_hidden(const char *p, const char *end)
{
	const char *close;

	if (begins(p, end, "<!--"))
		close = memmem(p, (size_t)(end - p), "-->", 3);
	else if (is_tag(p + 1, end, hidden) && p[1] != '/')
		close = memmem(p, (size_t)(end - p), "</", 2);
	else
		return NULL;
	return close ? close : end;
}

/* Passes over the tag at p; returns what follows it. A "<" that begins no tag is text. */
static const char *
pass_tag(GString *out, const char *p, const char *end)
{
	const char *close = skip_hidden(p, end);
	size_t n = tag_name(p + 1, end), room;
	const char *after = p + 1 + n;

	if (close)
		return close;
	room = (size_t)(end - after) < TAG_MAX ? (size_t)(end - after) : TAG_MAX;
	/* Addresses in angle brackets are text: <anna@example.org>. */
	if (n == 0 || after >= end || (*after != '>' && *after != '/' && !g_ascii_isspace(*after)) ||
	    !(close = memchr(after, '>', room))) {
		g_string_append_c(out, *p);
		return p + 1;
	}
	if (is_tag(p + 1, end, blocks))
		g_string_append_c(out, '\n');
	else if (begins(p + 1, end, "td") || begins(p + 1, end, "th"))
		g_string_append_c(out, ' ');
	return close + 1;
}

GString *
plain_from_html(const char *html, size_t len)
{
	GString *out = g_string_sized_new(len + 1);
	const char *end = html + len;

	for (const char *p = html; p < end;) {
		size_t n;

		if (*p == '<') {
			p = pass_tag(out, p, end);
		} else if (*p == '&' && (n = put_entity(out, p + 1, end)) > 0) {
			p += 1 + n;
		} else {
			g_string_append_c(out, *p == '\n' || *p == '\r' ? ' ' : *p);
			p++;
		}
	}
	return out;
}

/* UTF-16. */

/* Whether every second octet of the beginning, from the one at first, is mostly 0, as the high octets of ASCII are. */
static bool
has_zeros(const char *octets, size_t len, size_t first)
{
	size_t zeros = 0, n = len < 512 ? len : 512;

	for (size_t i = first; i < n; i += 2)
		zeros += octets[i] == '\0';
	return n >= 8 && zeros * 10 > n / 2 * 7;
}

GString *
plain_from_utf16(const char *octets, size_t len)
{
	bool little = len >= 2 && memcmp(octets, "\xFF\xFE", 2) == 0;
	bool big = len >= 2 && memcmp(octets, "\xFE\xFF", 2) == 0;
	size_t at = little || big ? 2 : 0;
	GString *out;

	little = little || (!big && has_zeros(octets, len, 1));
	big = big || (!little && has_zeros(octets, len, 0));
	if (!little && !big)
		return NULL;
	out = g_string_sized_new(len);
	for (gunichar high = 0; at + 1 < len; at += 2) {
		gunichar c = (gunichar)((unsigned char)octets[at + big] | (unsigned char)octets[at + little] << 8);

		if (c >= 0xD800 && c < 0xDC00) {
			high = c;
			continue;
		}
		if (c >= 0xDC00 && c < 0xE000)
			c = high ? 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00) : 0xFFFD;
		high = 0;
		g_string_append_unichar(out, c);
	}
	return out;
}

/* Base64. */

enum { BLOCK_LINE_MIN = 40 }; /* least octets of the first line of a block, so that no word is taken for one */

static size_t
base64_octets(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && (g_ascii_isalnum(p[n]) || p[n] == '+' || p[n] == '/'))
		n++;
	while (n > 0 && p + n < end && p[n] == '=')
		n++;
	return n;
}

/* Whether the octets read as text: hardly any control octets, and valid UTF-8 but for its end, or UTF-16. */
static GString *
text_of(GString *decoded)
{
	GString *wide = plain_from_utf16(decoded->str, decoded->len);
	const char *valid;
	size_t controls = 0;

	if (wide) {
		g_string_free(decoded, TRUE);
		return wide;
	}
	g_utf8_validate_len(decoded->str, decoded->len, &valid);
	for (size_t i = 0; i < decoded->len; i++)
		controls += (unsigned char)decoded->str[i] < ' ' && !g_ascii_isspace(decoded->str[i]);
	if (controls * 50 <= decoded->len && decoded->len - (size_t)(valid - decoded->str) < 4)
		return decoded;
	g_string_free(decoded, TRUE);
	return NULL;
}

/* The line of a block that may be the first one: only base64 in it, and enough. */
static bool
is_block_line(const char *p, size_t len, size_t least)
{
	size_t n = base64_octets(p, p + len);

	if (n < least)
		return false;
	while (n < len && (p[n] == '\r' || p[n] == '\n'))
		n++;
	return n == len;
}

GString *
plain_from_base64(const char *text, size_t len)
{
	const char *end = text + len, *p = text;
	GString *out;
	gint state = 0;
	guint save = 0;

	while (p < end && !is_block_line(p, line_length(p, end), BLOCK_LINE_MIN))
		p += line_length(p, end);
	if (p == end)
		return NULL;
	out = g_string_sized_new((size_t)(end - p));
	for (size_t n; p < end && (n = line_length(p, end)) > 0 && is_block_line(p, n, 1); p += n) {
		size_t at = out->len;

		g_string_set_size(out, at + n / 4 * 3 + 6);
		g_string_set_size(out, at + g_base64_decode_step(p, n, (guchar *)out->str + at, &state, &save));
	}
	return text_of(out);
}

/* Quoted mail. */

/* Octets of the quotation marks at the beginning of a line: "> > ", "| ". An HTML tag is none. */
static size_t
quotation(const char *p, size_t len)
{
	size_t n = 0, end = 0;

	while (n < len && (p[n] == '>' || p[n] == '|' || p[n] == ' ')) {
		n++;
		if (p[n - 1] != ' ')
			end = n + (n < len && p[n] == ' ');
	}
	return end < len ? end : n;
}

/* Octets of an invisible character at p: U+200B to U+200F, U+202A to U+202E, U+2060 to U+206F, U+00AD, U+FEFF. */
static size_t
invisible(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;

	if (end - p >= 2 && u[0] == 0xC2 && u[1] == 0xAD)
		return 2;
	if (end - p < 3)
		return 0;
	if (u[0] == 0xEF && u[1] == 0xBB && u[2] == 0xBF)
		return 3;
	if (u[0] != 0xE2)
		return 0;
	if (u[1] == 0x80)
		return (u[2] >= 0x8B && u[2] <= 0x8F) || (u[2] >= 0xAA && u[2] <= 0xAE) ? 3 : 0;
	return u[1] == 0x81 && u[2] >= 0xA0 && u[2] <= 0xAF ? 3 : 0;
}

/* U+00A0 is a blank: HTML mail is full of it. */
static bool
is_hard_blank(const char *p, const char *end)
{
	return end - p >= 2 && memcmp(p, "\xC2\xA0", 2) == 0;
}

GString *
plain_unquoted(const char *text, size_t len)
{
	GString *out = g_string_sized_new(len + 1);
	const char *end = text + len;

	for (const char *p = text; p < end;) {
		const char *next = p + line_length(p, end);

		for (p += quotation(p, (size_t)(next - p)); p < next;) {
			size_t hide = invisible(p, next);

			if (hide > 0) {
				p += hide;
			} else if (is_hard_blank(p, next)) {
				g_string_append_c(out, ' ');
				p += 2;
			} else {
				g_string_append_c(out, *p++);
			}
		}
	}
	return out;
}

/* Returned messages. */

/* Lines by which mail servers announce a returned message inside the text, after dashes and blanks. */
static const char *const announcements[] = {
	"Below this line is a copy of the message",        /* qmail, Yahoo */
	"This is a copy of the message",                   /* Exim */
	"This is a copy of your message",                  /* Exim */
	"Original message follows",                        /* sendmail 8.6 */
	"Unsent message follows",                          /* sendmail 5 */
	"Message header follows",                          /* sendmail */
	"The header of the original message is following", /* smail */
	"Returned message follows",                        /* several */
	"Original message headers:",                       /* Exchange */
	"Returned message below",                          /* several */
};

static bool
is_announcement(const char *line, const char *end)
{
	while (line < end && (*line == '-' || *line == '=' || *line == ' ' || *line == '\t'))
		line++;
	for (size_t i = 0; i < G_N_ELEMENTS(announcements); i++)
		if (begins(line, end, announcements[i]))
			return true;
	return false;
}

/* Fields that only a header has, and that no report names. */
static bool
is_trace(const char *line, const char *end)
{
	return begins(line, end, "Received: from ") || begins(line, end, "Received: by ") ||
	    begins(line, end, "Return-Path: <") || begins(line, end, "DKIM-Signature: ");
}

size_t
plain_before_returned(const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *p = text; p < end; p += line_length(p, end))
		if (is_announcement(p, end) || is_trace(p, end))
			return (size_t)(p - text);
	return len;
}
