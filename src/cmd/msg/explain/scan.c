/* Recognises the codes that replies are made of, at one place of a text. */
#include "scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static size_t
digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

size_t
scan_reference(const char *p, const char *end)
{
	if (digits(p, end) != 1 || end - p < 4 || p[1] != '.' || digits(p + 2, end) != 2)
		return 0;
	return p + 4 < end && p[4] == '.' && digits(p + 5, end) > 0 ? 0 : 4;
}

bool
scan_is_around(char c)
{
	return !isalnum((unsigned char)c) && c != '.';
}

size_t
scan_status(const char *text, const char *p, const char *end)
{
	size_t subject, detail, n;

	if ((p > text && !scan_is_around(p[-1])) || digits(p, end) != 1 || !strchr("245", *p) || end - p < 5 ||
	    p[1] != '.')
		return 0;
	subject = digits(p + 2, end);
	if (subject < 1 || subject > 3 || p + 2 + subject >= end || p[2 + subject] != '.')
		return 0;
	detail = digits(p + 3 + subject, end);
	n = 3 + subject + detail;
	if (detail < 1 || detail > 3 || (p + n < end && isalpha((unsigned char)p[n])))
		return 0;
	return p + n < end && p[n] == '.' && digits(p + n + 1, end) > 0 ? 0 : n;
}

static bool
can_precede(char c)
{
	return (unsigned char)c >= 0x80 || isspace((unsigned char)c) || strchr("\"'`(<[{:;,>|=#*", c) != NULL;
}

static bool
can_follow(const char *p, const char *end)
{
	if (p == end || isspace((unsigned char)*p))
		return true;
	if (*p == '-')
		return p + 1 == end || !isdigit((unsigned char)p[1]) || digits(p + 1, end) == 1;
	return strchr(",;:)\"'<", *p) != NULL || (*p == '.' && (p + 1 == end || !isdigit((unsigned char)p[1])));
}

bool
scan_reply_code(const char *text, const char *p, const char *end)
{
	/* RFC 5321 4.2 has second digits up to 5; the published page has 560, too. */
	return (p == text || can_precede(p[-1])) && digits(p, end) == 3 && *p >= '2' && *p <= '5' &&
	    (p[1] <= '5' || memcmp(p, "560", 3) == 0) && can_follow(p + 3, end);
}

bool
scan_ends_with(const char *text, const char *p, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(p - text) >= n && strncasecmp(p - n, word, n) == 0;
}

const char *
scan_before_blanks(const char *text, const char *p)
{
	while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p;
}

static bool
is_word(char c)
{
	return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* What stands before a reply. The last two are the colon and the quotation mark of Chinese and Japanese. */
static const char *const introductions[] = { "said", "code", "error", "status", "response", "reply", "smtp", "returned",
	"with", "Fehler", "Fehlercode", "erreur", "codice", "codigo", "kod", "koodi", "foutcode", "felkod",
	"\xEF\xBC\x9A", "\xE3\x80\x8C" };

static bool
ends_with_any(const char *text, const char *p, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (scan_ends_with(text, p, words[i]))
			return true;
	return false;
}

static bool
is_introduced(const char *text, const char *p)
{
	return ends_with_any(text, p, introductions, sizeof introductions / sizeof *introductions);
}

/* Whether the mark before p begins a reply. "pid=428", "SHA384:256" and the end of a quotation do not. */
static bool
mark_begins_reply(const char *text, const char *p)
{
	static const char *const keys[] = { "code", "status", "reply", "response", "error", "smtp", "stat", "result" };
	const char *q = scan_before_blanks(text, p);

	if (q == text || strchr("\n\r(<[{;>|#*", q[-1]) != NULL)
		return true;
	if (strchr("\"'`", q[-1]) != NULL)
		return p == q;
	if (q[-1] == '=')
		return ends_with_any(text, q - 1, keys, sizeof keys / sizeof *keys);
	return q[-1] == ':' && (p > q || q - 1 == text || !isdigit((unsigned char)q[-2]));
}

/* Whether p continues the prose of the line before it, which may be quoted: "about\n> 550 people". */
static bool
continues_prose(const char *text, const char *p, const char *end)
{
	const char *q = p;

	while (q > text && strchr(" \t>", q[-1]) != NULL)
		q--;
	if (q == text || q[-1] != '\n' || end - p < 5 || p[3] != ' ' || !islower((unsigned char)p[4]))
		return false;
	q -= q - 1 > text && q[-2] == '\r' ? 2 : 1;
	q = scan_before_blanks(text, q);
	return q > text && (is_word(q[-1]) || q[-1] == ',') && !is_introduced(text, q);
}

bool
scan_begins_reply(const char *text, const char *p, const char *end)
{
	if (p + 3 < end && p[3] == '-' && p + 4 < end && !isspace((unsigned char)p[4]))
		return true;
	return (mark_begins_reply(text, p) && !continues_prose(text, p, end)) ||
	    is_introduced(text, scan_before_blanks(text, p));
}

bool
scan_begins_sentence(const char *text, const char *p, const char *end)
{
	const char *q = scan_before_blanks(text, p);

	return q < p && q > text + 3 && strchr(".!?", q[-1]) != NULL && is_word(q[-2]) && is_word(q[-3]) &&
	    is_word(q[-4]) && end - p > 5 && p[3] == ' ' && isupper((unsigned char)p[4]) &&
	    islower((unsigned char)p[5]);
}

size_t
scan_status_after(const char *text, const char *p, const char *end)
{
	const char *q = p + 3;

	while (q < end && q - p < 8 && strchr(" -:;,#(<\"'\t", *q))
		q++;
	return q < end && *q == *p && scan_status(text, q, end) > 0 ? (size_t)(q - p) : 0;
}
