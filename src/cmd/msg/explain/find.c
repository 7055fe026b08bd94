/* Finds references and IDs in a pasted line, bounce or log. */
#include "find.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan.h"

void
hits_add(struct hits *hits, const struct hit *hit)
{
	for (size_t i = 0; i < hits->count; i++) {
		const struct hit *old = &hits->at[i];

		if (old->kind == hit->kind && old->id == hit->id && old->reference == hit->reference &&
		    old->word == hit->word && strcmp(old->status, hit->status) == 0 &&
		    strcmp(old->code, hit->code) == 0)
			return;
	}
	if (hits->count < HITS_MAX)
		hits->at[hits->count++] = *hit;
}

bool
find_code(const char *code, const char *text, size_t n)
{
	size_t len = strlen(code);
	const char *end = text + n, *at = len > 0 ? text : end;

	while ((at = memmem(at, (size_t)(end - at), code, len)) != NULL && at < end) {
		if ((at == text || scan_is_around(at[-1])) && (at + len == end || scan_is_around(at[len])))
			return true;
		at++;
	}
	return false;
}

/* Whether one of the reply codes of a row precedes its reference. */
static bool
row_code_in(const struct ftg_row *row, const char *text, size_t n)
{
	return find_code(row->code[FTG_PUBLISHED].reply, text, n) || find_code(row->code[FTG_STRICT].reply, text, n);
}

enum {
	CONTEXT_MAX = 600,   /* octets before a reference in which its reply code is looked for */
	ALONE_MAX = 24,      /* octets of a text that can be a reference alone */
	JOIN_MAX = 64 * 1024 /* octets of a text in which a broken reference is looked for */
};

/* What precedes a reference in its reply. */
struct context {
	const char *text;
	size_t len;
};

static struct context
context_of(const char *start, const char *end)
{
	size_t n = (size_t)(end - start);

	return n > CONTEXT_MAX ? (struct context) { end - CONTEXT_MAX, CONTEXT_MAX } : (struct context) { start, n };
}

/* Whether a reply code or a sign of POP3 is at p. */
static bool
code_at(const char *text, const char *p, const char *end)
{
	if (isdigit((unsigned char)*p))
		return scan_reply_code(text, p, end) &&
		    (scan_status_after(text, p, end) > 0 || scan_begins_reply(text, p, end));
	return (*p == '-' || *p == '+') && end - p >= 4 && (memcmp(p, "-ERR", 4) == 0 || memcmp(p, "+OK ", 4) == 0) &&
	    (p == text || scan_is_around(p[-1]));
}

/* The first octet of the last code of a reply: a digit, or the sign of POP3. 0: none. */
static char
last_code(const struct context *context)
{
	const char *end = context->text + context->len;

	for (const char *p = end; p-- > context->text;)
		if (code_at(context->text, p, end))
			return *p;
	return 0;
}

/* Whether the reply code before a reference is of another class than those of the row, or of the other protocol. */
static bool
contradicts(const struct ftg_row *row, char code)
{
	switch (row->service) {
	case FTG_SMTP: return code != *row->code[FTG_PUBLISHED].reply && code != *row->code[FTG_STRICT].reply;
	case FTG_POP3: return code != *row->code[FTG_PUBLISHED].reply;
	default: return false;
	}
}

/* Adds the replies with a reference; of several, those whose reply code precedes it. */
static void
add_reference(struct hits *hits, unsigned reference, struct context context)
{
	bool known = false, narrowed = false;
	char ref[8], code = last_code(&context);

	snprintf(ref, sizeof ref, "#%u.%02u", reference / 100 % 10, reference % 100);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (strcmp(ftg_row(id)->ref, ref) == 0) {
			known = true;
			narrowed = narrowed || row_code_in(ftg_row(id), context.text, context.len);
		}
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (strcmp(ftg_row(id)->ref, ref) == 0 && (!code || !contradicts(ftg_row(id), code)) &&
		    (!narrowed || row_code_in(ftg_row(id), context.text, context.len)))
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
	bool alone; /* the whole text is hardly more than a reference */
};

/* Our log has ref=#4.46, or ref=4.46. Octets of it; 0: none. */
static size_t
log_marker(const char *p, const char *end)
{
	if (end - p <= 4 || memcmp(p, "ref=", 4) != 0)
		return 0;
	return p[4] == '#' ? 5 : 4;
}

/* Whether a code is in the lines that this one continues. It is asked for a reference only: a paste has many lines. */
static bool
continues_reply(const struct line *line)
{
	struct context before = context_of(line->unfolded, line->start);

	return last_code(&before) != 0;
}

/*
 * A reference at p: "(#4.46", or "#4.46" after a reply code; also "4.46#", as a reply from right to left is copied (UAX 9).
 * "ticket #4.46" is none. Returns its digits; NULL: none.
 */
static const char *
reference_here(const struct line *line, const char *p, bool *after_code)
{
	size_t log = log_marker(p, line->end);
	bool bracket = p > line->unfolded && (p[-1] == '(' || p[-1] == ')');
	const char *digits = *p == '#' ? p + 1 : p;

	if (log > 0)
		return scan_reference(p + log, line->end) > 0 ? p + log : NULL;
	if (digits == line->end || scan_reference(digits, line->end) == 0)
		return NULL;
	if (*p != '#' &&
	    (p + 4 >= line->end || p[4] != '#' || (p > line->unfolded && !scan_is_around(p[-1]) && p[-1] != '(')))
		return NULL;
	if (!bracket && !line->alone && !*after_code)
		*after_code = continues_reply(line);
	return bracket || line->alone || *after_code ? digits : NULL;
}

/* The last reference of a line counts, unless the line names an ID, as our log does. */
static void
find_in_line(struct hits *hits, const struct line *line)
{
	const char *last = NULL, *found;
	bool named = false, log = false, after_code = false;

	for (const char *p = line->start; p < line->end; p++) {
		enum ftg_id id = id_at(p, identifier_at(line->start, p, line->end));

		after_code = after_code || code_at(line->start, p, line->end);
		if (id != FTG_IDS) {
			hits_add(hits, &(struct hit) { .kind = HIT_REPLY, .id = id });
			named = true;
		} else if ((*p == '#' || *p == 'r' || isdigit((unsigned char)*p)) &&
		    (found = reference_here(line, p, &after_code)) != NULL) {
			last = found;
			log = *p == 'r';
		}
	}
	if (last && !named)
		add_reference(
		    hits, reference_value(last), log ? (struct context) { last, 0 } : context_of(line->unfolded, last));
}

/* Whether a line of a multi-line reply ("550-") continues in the next one: then its end is not the end of the reply. */
static bool
goes_on(const char *text, const struct line *line, const char *end)
{
	const char *next = line->end + (line->end < end);

	while (next < end && (*next == ' ' || *next == '\t'))
		next++;
	if (end - next < 4 || !scan_reply_code(text, next, end) || (next[3] != ' ' && next[3] != '-'))
		return false;
	for (const char *p = line->start; p + 4 <= line->end; p++)
		if (memcmp(p, next, 3) == 0 && p[3] == '-' && (p == line->start || p[-1] == ' ' || p[-1] == '\t'))
			return true;
	return false;
}

/* Whether a text can be a reference alone: it has no letters. */
static bool
is_alone(const char *text, size_t n)
{
	if (n > ALONE_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (isalpha((unsigned char)text[i]))
			return false;
	return true;
}

static void
find_in_lines(struct hits *hits, const char *text, size_t n)
{
	const char *end = text + n;
	struct line line = { text, text, text, is_alone(text, n) };

	for (; line.start < end; line.start = line.end + 1) {
		line.end = memchr(line.start, '\n', (size_t)(end - line.start));
		if (!line.end)
			line.end = end;
		if (*line.start != ' ' && *line.start != '\t')
			line.unfolded = line.start;
		if (!goes_on(text, &line, end))
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

/* Joins lines that a mail program has broken inside of words. Returns the octets written. */
static size_t
join_lines(char *out, const char *text, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] != '\r' && text[i] != '\n')
			out[len++] = text[i];
		else
			while (i + 1 < n && isspace((unsigned char)text[i + 1]))
				i++;
	}
	return len;
}

void
find_in_text(struct hits *hits, const char *text, size_t n)
{
	struct hits found = { 0 };
	char *copy = calloc(1, n + 1);

	find_in_lines(&found, text, n);
	if (copy && found.count == 0)
		find_in_lines(&found, copy, decode(copy, text, n));
	if (copy && found.count == 0 && n <= JOIN_MAX)
		find_in_lines(&found, copy, join_lines(copy, text, n));
	free(copy);
	for (size_t i = 0; i < found.count; i++)
		hits_add(hits, &found.at[i]);
}

/* Copies a word without the punctuation around it: "(#4.46)." gives "4.46". False if there are several words. */
static bool
strip_word(char *out, size_t size, const char *word)
{
	static const char around[] = " \t\r\n(),;:\"'";
	size_t n, mark;

	word += strspn(word, around);
	word += *word == '#';
	n = strcspn(word, " \t\r\n(),;:\"'#");
	mark = word[n] == '#';
	if (word[n + mark + strspn(word + n + mark, around)] != '\0' || n == 0 || n >= size)
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
	} else if (n == 4 && scan_reference(stripped, stripped + n) == n) {
		add_reference(hits, reference_value(stripped), (struct context) { stripped, 0 });
	} else if (n >= 5 && scan_status(stripped, stripped, stripped + n) == n) {
		struct hit hit = { .kind = HIT_STATUS, .id = FTG_IDS };

		memcpy(hit.status, stripped, n);
		hits_add(hits, &hit);
	} else {
		return false;
	}
	return true;
}
