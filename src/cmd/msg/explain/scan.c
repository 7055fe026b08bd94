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
	return (p == text || can_precede(p[-1])) && digits(p, end) == 3 && *p >= '2' && *p <= '5' && p[1] <= '5' &&
	    can_follow(p + 3, end);
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

bool
scan_begins_reply(const char *text, const char *p, const char *end)
{
	static const char *const words[] = { "said", "code", "error", "status", "response", "reply", "smtp", "returned",
		"with", "Fehler", "Fehlercode", "erreur", "codice", "codigo", "kod", "koodi", "foutcode", "felkod" };
	const char *q = scan_before_blanks(text, p);

	if (p + 3 < end && p[3] == '-' && p + 4 < end && !isspace((unsigned char)p[4]))
		return true;
	if (q == text || strchr("\n\r\"'`(<[{:;>|=#*", q[-1]) != NULL)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (scan_ends_with(text, q, words[i]))
			return true;
	/* The colon and the quotation mark of Chinese and Japanese. */
	return scan_ends_with(text, q, "\xEF\xBC\x9A") || scan_ends_with(text, q, "\xE3\x80\x8C");
}

size_t
scan_status_after(const char *text, const char *p, const char *end)
{
	const char *q = p + 3;

	while (q < end && q - p < 8 && strchr(" -:;,#(<\"'\t", *q))
		q++;
	return q < end && *q == *p && scan_status(text, q, end) > 0 ? (size_t)(q - p) : 0;
}
