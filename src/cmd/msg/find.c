/* Finds references, IDs and enhanced status codes in a pasted line, bounce or log. */
#include "find.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
hits_add(struct hits *hits, const struct hit *hit)
{
	for (size_t i = 0; i < hits->count; i++) {
		const struct hit *old = &hits->at[i];

		if (old->kind == hit->kind && old->id == hit->id && old->reference == hit->reference &&
		    strcmp(old->status, hit->status) == 0)
			return;
	}
	if (hits->count < HITS_MAX)
		hits->at[hits->count++] = *hit;
}

static bool
is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static size_t
digits(const char *p, const char *end)
{
	size_t n = 0;

	while (is_digit(p + n, end))
		n++;
	return n;
}

/* Octets of a reference, "4.46", at p: one digit, a dot, two digits, and no further digit or dot. 0: none. */
static size_t
reference_at(const char *p, const char *end)
{
	if (digits(p, end) != 1 || end - p < 4 || p[1] != '.' || digits(p + 2, end) != 2)
		return 0;
	return p + 4 < end && p[4] == '.' && is_digit(p + 5, end) ? 0 : 4;
}

/* Octets of an enhanced status code, "5.1.1", at p (RFC 3463 section 2). 0: none. */
static size_t
status_at(const char *p, const char *end)
{
	size_t subject, detail;

	if (digits(p, end) != 1 || !strchr("245", *p) || end - p < 5 || p[1] != '.')
		return 0;
	subject = digits(p + 2, end);
	if (subject < 1 || subject > 3 || p + 2 + subject >= end || p[2 + subject] != '.')
		return 0;
	detail = digits(p + 3 + subject, end);
	return detail < 1 || detail > 3 ? 0 : 3 + subject + detail;
}

static struct hit
status_hit(const char *p, size_t n)
{
	struct hit hit = { .kind = HIT_STATUS, .id = FTG_IDS };

	memcpy(hit.status, p, n);
	return hit;
}

/* Whether c can precede or follow a code. "451" is not a code in "1451", "192.451.0" or "451.5". */
static bool
is_around_code(char c)
{
	return !isalnum((unsigned char)c) && c != '.';
}

bool
find_code(const char *code, const char *text, size_t n)
{
	size_t len = strlen(code);

	for (size_t i = 0; len > 0 && i + len <= n; i++)
		if (memcmp(text + i, code, len) == 0 && (i == 0 || is_around_code(text[i - 1])) &&
		    (i + len == n || is_around_code(text[i + len])))
			return true;
	return false;
}

/* Whether one of the reply codes of a row precedes its reference. */
static bool
row_code_in(const struct ftg_row *row, const char *text, size_t n)
{
	return find_code(row->code[FTG_PUBLISHED].reply, text, n) || find_code(row->code[FTG_STRICT].reply, text, n);
}

/* Adds the replies with a reference; of several, those whose reply code is at most one line before it. */
static void
add_reference(struct hits *hits, unsigned reference, const char *text, size_t n)
{
	bool known = false, narrowed = false;
	char ref[8];

	if (n > FTG_LINE_MAX) {
		text += n - FTG_LINE_MAX;
		n = FTG_LINE_MAX;
	}
	snprintf(ref, sizeof ref, "#%u.%02u", reference / 100 % 10, reference % 100);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (strcmp(ftg_row(id)->ref, ref) == 0) {
			known = true;
			narrowed = narrowed || row_code_in(ftg_row(id), text, n);
		}
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (strcmp(ftg_row(id)->ref, ref) == 0 && (!narrowed || row_code_in(ftg_row(id), text, n)))
			hits_add(hits, &(struct hit) { .kind = HIT_REPLY, .id = id });
	if (!known)
		hits_add(hits, &(struct hit) { .kind = HIT_NONE, .id = FTG_IDS, .reference = reference });
}

static unsigned
reference_value(const char *p)
{
	return (unsigned)(p[0] - '0') * 100 + (unsigned)(p[2] - '0') * 10 + (unsigned)(p[3] - '0');
}

/* Octets of an identifier at p, letters, digits and underscores; 0 inside one. */
static size_t
identifier_at(const char *start, const char *p, const char *end)
{
	size_t n = 0;

	if (p > start && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))
		return 0;
	while (p + n < end && (isalnum((unsigned char)p[n]) || p[n] == '_'))
		n++;
	return n;
}

static enum ftg_id
id_at(const char *p, size_t n)
{
	char name[64];

	if (n < 5 || n >= sizeof name || (strncasecmp(p, "ERR_", 4) != 0 && strncasecmp(p, "FTG_", 4) != 0))
		return FTG_IDS;
	memcpy(name, p, n);
	name[n] = '\0';
	return ftg_id_find(name);
}

/* A line of a text, and the beginning of the line that it continues (RFC 5322 2.2.3: folded by a leading space). */
struct line {
	const char *unfolded;
	const char *start;
	const char *end;
};

/* Our log has ref=4.46; a reply has (#4.46). */
static size_t
marker_at(const char *p, const char *end)
{
	if (*p == '#')
		return 1;
	return end - p > 4 && memcmp(p, "ref=", 4) == 0 ? 4 : 0;
}

static void
find_in_line(struct hits *hits, const struct line *line)
{
	const char *last = NULL;
	bool named = false;

	for (const char *p = line->start; p < line->end; p++) {
		enum ftg_id id = id_at(p, identifier_at(line->start, p, line->end));
		size_t marker = marker_at(p, line->end), n;

		if (id != FTG_IDS) {
			hits_add(hits, &(struct hit) { .kind = HIT_REPLY, .id = id });
			named = true;
		} else if (marker > 0 && reference_at(p + marker, line->end) > 0) {
			last = p + marker;
		} else if (marker == 1 && (n = status_at(p + 1, line->end)) > 0) {
			struct hit hit = status_hit(p + 1, n);

			hits_add(hits, &hit);
		}
	}
	if (last && !named)
		add_reference(hits, reference_value(last), line->unfolded, (size_t)(last - line->unfolded));
}

/* Whether a line of a multi-line reply ("550-") continues in the next one: then its end is not the end of the reply. */
static bool
goes_on(const struct line *line, const char *end)
{
	const char *next = line->end + (line->end < end);

	while (next < end && (*next == ' ' || *next == '\t'))
		next++;
	if (digits(next, end) != 3 || end - next < 4 || (next[3] != ' ' && next[3] != '-'))
		return false;
	for (const char *p = line->start; p + 4 <= line->end; p++)
		if (memcmp(p, next, 3) == 0 && p[3] == '-' && (p == line->start || p[-1] == ' ' || p[-1] == '\t'))
			return true;
	return false;
}

static void
find_in_lines(struct hits *hits, const char *text, size_t n)
{
	const char *end = text + n;
	struct line line = { text, text, text };

	for (; line.start < end; line.start = line.end + 1) {
		line.end = memchr(line.start, '\n', (size_t)(end - line.start));
		if (!line.end)
			line.end = end;
		if (*line.start != ' ' && *line.start != '\t')
			line.unfolded = line.start;
		if (!goes_on(&line, end))
			find_in_line(hits, &line);
	}
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets of a soft line break of quoted-printable after a '=' (RFC 2045 6.7). 0: none. */
static size_t
soft_break_at(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && (p[n] == ' ' || p[n] == '\t' || p[n] == '\r'))
		n++;
	return p + n < end && p[n] == '\n' ? n + 1 : 0;
}

/* Decodes quoted-printable; out has room for n octets. Returns the number written. */
static size_t
decode(char *out, const char *text, size_t n)
{
	const char *end = text + n;
	size_t len = 0, skip;

	for (const char *p = text; p < end; p++) {
		if (*p == '=' && (skip = soft_break_at(p + 1, end)) > 0) {
			p += skip;
		} else if (*p == '=' && end - p > 2 && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			out[len++] = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		} else {
			out[len++] = *p;
		}
	}
	return len;
}

static bool
holds_reply(const struct hits *hits)
{
	for (size_t i = 0; i < hits->count; i++)
		if (hits->at[i].kind != HIT_STATUS)
			return true;
	return false;
}

void
find_in_text(struct hits *hits, const char *text, size_t n)
{
	char *decoded;

	find_in_lines(hits, text, n);
	if (holds_reply(hits))
		return;
	decoded = calloc(1, n + 1);
	if (decoded)
		find_in_lines(hits, decoded, decode(decoded, text, n));
	free(decoded);
}

/* Copies a word without the punctuation around it: "(#4.46)." gives "4.46". False if there are several words. */
static bool
strip_word(char *out, size_t size, const char *word)
{
	static const char around[] = " \t\r\n(),;:\"'";
	size_t n;

	word += strspn(word, around);
	word += *word == '#';
	n = strcspn(word, around);
	if (word[n + strspn(word + n, around)] != '\0' || n == 0 || n >= size)
		return false;
	n -= word[n - 1] == '.';
	memcpy(out, word, n);
	out[n] = '\0';
	return true;
}

bool
find_word(struct hits *hits, const char *word)
{
	char stripped[64];
	size_t n;
	enum ftg_id id;

	if (!strip_word(stripped, sizeof stripped, word))
		return false;
	n = strlen(stripped);
	id = ftg_id_find(stripped);
	if (id != FTG_IDS) {
		hits_add(hits, &(struct hit) { .kind = HIT_REPLY, .id = id });
	} else if (n == 4 && reference_at(stripped, stripped + n) == n) {
		add_reference(hits, reference_value(stripped), "", 0);
	} else if (n >= 5 && status_at(stripped, stripped + n) == n) {
		struct hit hit = status_hit(stripped, n);

		hits_add(hits, &hit);
	} else {
		return false;
	}
	return true;
}

/* Whether a reply code of the same class ("550 5.7.1"), or the field of a bounce (RFC 3464 2.3.4), is right before p. */
static bool
is_introduced(const char *text, const char *p)
{
	static const char field[] = "Status: ";
	size_t before = (size_t)(p - text), len = strlen(field);

	if (before >= len && strncasecmp(p - len, field, len) == 0)
		return true;
	return before >= 4 && digits(p - 4, p) == 3 && p[-4] == *p && (p[-1] == ' ' || p[-1] == '-') &&
	    (before == 4 || is_around_code(p[-5]));
}

void
find_status(struct hits *hits, const char *text, size_t n)
{
	const char *end = text + n;

	for (const char *p = text; p < end; p++) {
		size_t len = status_at(p, end);

		if (len > 0 && is_introduced(text, p) && (p + len == end || is_around_code(p[len]))) {
			struct hit hit = status_hit(p, len);

			hits_add(hits, &hit);
		}
	}
}
