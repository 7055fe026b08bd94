/* Finds the codes of other servers' replies: "550 5.1.1", "Status: 4.4.7", "(#5.1.1)", "-ERR [AUTH]". */
#include "foreign.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "scan.h"
#include "status.h"

static void
add(struct foreign *found, const char *code, size_t code_len, const char *status, size_t status_len)
{
	struct foreign_reply reply = { 0 };

	memcpy(reply.code, code, code_len);
	memcpy(reply.status, status, status_len);
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->at[i].code, reply.code) == 0 && strcmp(found->at[i].status, reply.status) == 0)
			return;
	if (found->count < FOREIGN_MAX)
		found->at[found->count++] = reply;
}

/* "500 MB", "550 KB/s", "250 ms": an amount that a line or a colon happens to precede. */
static bool
is_amount(const char *p, const char *end)
{
	static const char *const units[] = { "MB", "KB", "GB", "MiB", "KiB", "bytes", "octets", "ms", "%", "s ",
		"seconds", "messages", "recipients", "mails" };

	while (p < end && *p == ' ')
		p++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if ((size_t)(end - p) >= strlen(units[i]) && strncasecmp(p, units[i], strlen(units[i])) == 0)
			return true;
	return false;
}

/* "500 Internal Server Error": HTTP has some numbers of SMTP. */
static bool
is_http(const char *p, const char *end)
{
	static const char *const reasons[] = { " Internal Server Error", " Not Implemented", " Bad Gateway",
		" Service Unavailable", " Gateway Time" };

	if (*p != '5' || p[1] != '0')
		return false;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if ((size_t)(end - p - 3) >= strlen(reasons[i]) && memcmp(p + 3, reasons[i], strlen(reasons[i])) == 0)
			return true;
	return false;
}

enum {
	TRIES_MAX = 16,      /* codes whose words are looked up */
	QUOTED_OCTETS = 120, /* octets of such words */
};

/* A code behind a sentence of a mail program: of AUTH (RFC 4954), or in front of words that a known server writes. */
static bool
is_quoted_reply(struct foreign *found, const char *text, const char *p, const char *end)
{
	static const char *const codes[] = { "454", "530", "534", "535", "538" };
	size_t n = (size_t)(end - p) < QUOTED_OCTETS ? (size_t)(end - p) : QUOTED_OCTETS;

	if (!scan_begins_sentence(text, p, end))
		return false;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (memcmp(p, codes[i], 3) == 0)
			return true;
	return found->tries < TRIES_MAX && ++found->tries && foreign_server(p, n) != NULL;
}

/* Reads a reply code and its status. Returns the octets that it took; 0: there is none. */
static size_t
read_code(struct foreign *found, const char *text, const char *p, const char *end)
{
	size_t at, n;

	if (!scan_reply_code(text, p, end))
		return 0;
	at = scan_status_after(text, p, end);
	if (at > 0) {
		n = scan_status(text, p + at, end);
		add(found, p, 3, p + at, n);
		return at + n;
	}
	if (is_amount(p + 3, end) || is_http(p, end) ||
	    (!scan_begins_reply(text, p, end) && !is_quoted_reply(found, text, p, end)))
		return 0;
	add(found, p, 3, "", 0);
	return 3;
}

/* Whether words follow a status at p that has so many octets, as they do in a reply whose code was left out. */
static bool
has_words(const char *p, size_t n, const char *end)
{
	char next = end - p > (ptrdiff_t)n + 1 && p[n] == ' ' ? p[n + 1] : '\0';

	return isupper((unsigned char)next) || (unsigned char)next >= 0x80 || next == '<' || next == '(';
}

/* A status without a reply code: of a field, a log, or qmail. "Version 5.1.1" is none. */
static size_t
read_status(struct foreign *found, const char *text, const char *p, const char *end)
{
	static const char *const words[] = { "status:", "status=", "dsn=", "dsn:", "code:", "smtp;", "error:", "error",
		"code" };
	size_t n = scan_status(text, p, end);
	bool introduced = n > 0 && (p == text || strchr("#\"'<", p[-1]) != NULL);
	const char *q;

	if (n == 0)
		return 0;
	q = scan_before_blanks(text, p);
	if (has_words(p, n, end))
		introduced = introduced || q == text || strchr(":\n(", q[-1]) != NULL;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		introduced = introduced || scan_ends_with(text, q, words[i]);
	if (introduced)
		add(found, "", 0, p, n);
	return introduced ? n : 0;
}

/* Octets of a response code, "[SYS/TEMP]", at p (RFC 2449 section 8). 0: none that is known. */
static size_t
response_code(char code[16], const char *p, const char *end)
{
	size_t n = 1;

	if (p == end || *p != '[')
		return 0;
	while (p + n < end && n < 14 && (isupper((unsigned char)p[n]) || strchr("/-8", p[n])))
		n++;
	if (p + n == end || p[n] != ']')
		return 0;
	memcpy(code, p, n + 1);
	code[n + 1] = '\0';
	return code_meaning(code) ? n + 1 : 0;
}

/* POP3: "-ERR", which mail programs leave out, and a response code, which tells more. */
static size_t
read_pop(struct foreign *found, const char *text, const char *p, const char *end)
{
	char code[16];
	size_t n;

	if (end - p >= 4 && memcmp(p, "-ERR", 4) == 0 && (p == text || scan_is_around(p[-1])) &&
	    (end - p == 4 || scan_is_around(p[4]))) {
		add(found, p, 4, "", 0);
		return 4;
	}
	n = response_code(code, p, end);
	if (n > 0 && (p == text || scan_is_around(p[-1])))
		add(found, code, n, "", 0);
	return n;
}

void
foreign_scan(struct foreign *found, const char *text, size_t n)
{
	const char *end = text + n;

	for (const char *p = text; p < end;) {
		size_t taken = read_code(found, text, p, end);

		if (taken == 0)
			taken = read_status(found, text, p, end);
		if (taken == 0)
			taken = read_pop(found, text, p, end);
		p += taken > 0 ? taken : 1;
	}
}

/* The first digit of a reply; 5 for the refusals of POP3. */
static char
class_of(const struct foreign_reply *reply)
{
	if (*reply->status)
		return *reply->status;
	return *reply->code == '-' || *reply->code == '[' ? '5' : *reply->code;
}

/* "5.0.0" says no more than that it failed. */
static bool
is_general(const struct foreign_reply *reply)
{
	return strcmp(reply->status + (*reply->status ? 1 : 0), ".0.0") == 0;
}

bool
foreign_is_specific(const struct foreign *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (*found->at[i].code || !is_general(&found->at[i]))
			return true;
	return false;
}

/* Whether a says all that b does, and more. */
static bool
says_more(const struct foreign_reply *a, const struct foreign_reply *b)
{
	bool failed = class_of(a) >= '4';

	if (a == b)
		return false;
	if (failed && class_of(b) < '4')
		return true;
	if (*a->code == '[' && strcmp(b->code, "-ERR") == 0)
		return true;
	if (!*b->status)
		return *a->status && strcmp(a->code, b->code) == 0;
	if (is_general(b) && *a->status && !is_general(a) && class_of(a) == class_of(b))
		return !*b->code || strcmp(a->code, b->code) == 0;
	return !*b->code && *a->code && strcmp(a->status, b->status) == 0;
}

static void
drop_weaker(struct foreign *found)
{
	struct foreign kept = { 0 };

	for (size_t i = 0; i < found->count; i++) {
		bool weaker = false;

		for (size_t j = 0; j < found->count && !weaker; j++)
			weaker = says_more(&found->at[j], &found->at[i]);
		if (!weaker)
			kept.at[kept.count++] = found->at[i];
	}
	*found = kept;
}

/* One code without a status and one status without a code are of one reply: "553 sorry (#5.7.1)". */
static void
join_halves(struct foreign *found)
{
	struct foreign_reply *code = NULL, *status = NULL;

	for (size_t i = 0; i < found->count; i++) {
		struct foreign_reply *reply = &found->at[i];

		if (*reply->code && *reply->status)
			continue;
		if ((*reply->code && code) || (*reply->status && status))
			return;
		*(*reply->code ? &code : &status) = reply;
	}
	if (!code || !status || *code->code != *status->status)
		return;
	memcpy(code->status, status->status, sizeof code->status);
	*status = found->at[--found->count];
}

void
foreign_finish(struct foreign *found, const char *server, struct hits *hits)
{
	drop_weaker(found);
	join_halves(found);
	drop_weaker(found);
	for (size_t i = 0; i < found->count; i++) {
		struct hit hit = { .kind = HIT_STATUS, .id = FTG_IDS, .server = server };

		memcpy(hit.code, found->at[i].code, sizeof hit.code);
		memcpy(hit.status, found->at[i].status, sizeof hit.status);
		hits_add(hits, &hit);
	}
}
