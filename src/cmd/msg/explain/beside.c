/* What the codes beside the words of a reply say about them. */
#include "beside.h"

#include <string.h>

#include "scan.h"

enum {
	BEFORE_MAX = 120, /* octets before the words in which their code is looked for */
	AFTER_MAX = 400,  /* octets after them */
};

/* The sign of POP3 at p, in lower case. */
static bool
is_pop(const char *p, const char *end)
{
	return (end - p > 4 && memcmp(p, "-err ", 5) == 0) || (end - p > 3 && memcmp(p, "+ok ", 4) == 0);
}

static const char *
code_before(const struct place *place)
{
	const char *first = place->words - place->text > BEFORE_MAX ? place->words - BEFORE_MAX : place->text;

	for (const char *p = place->words; p-- > first;)
		if (scan_reply_code(place->text, p, place->words) || is_pop(p, place->words))
			return p;
	return NULL;
}

/* Numbers follow words for many reasons: what has no status must look like the beginning of a reply. */
static const char *
code_after(const struct place *place)
{
	const char *end = place->text + place->len;
	const char *last = end - place->end > AFTER_MAX ? place->end + AFTER_MAX : end;

	for (const char *p = place->end; p < last; p++)
		if (is_pop(p, end) ||
		    (scan_reply_code(place->text, p, end) &&
		        (scan_status_after(place->text, p, end) > 0 || scan_begins_reply(place->text, p, end))))
			return p;
	return NULL;
}

static bool
has_code(const struct ftg_code *code, const char *text, const char *p, const char *end)
{
	size_t at = scan_status_after(text, p, end), n = at > 0 ? scan_status(text, p + at, end) : 0;

	return memcmp(p, code->reply, 3) == 0 &&
	    (n == 0 || (strlen(code->status) == n && memcmp(p + at, code->status, n) == 0));
}

/* Whether the code at p can be the row's. */
static bool
is_own(const struct ftg_row *row, const char *text, const char *p, const char *end)
{
	if (row->service == FTG_POP3)
		return *p == '-' || *p == '+';
	return row->service == FTG_SMTP && *p != '-' && *p != '+' &&
	    (has_code(&row->code[FTG_PUBLISHED], text, p, end) || has_code(&row->code[FTG_STRICT], text, p, end));
}

static bool
reports(const struct foreign_reply *reply, const struct ftg_code *code)
{
	return (!*reply->code || strcmp(reply->code, code->reply) == 0) &&
	    (!*reply->status || strcmp(reply->status, code->status) == 0);
}

/* The report of our own refusal has our code: a server that reports it copies the reply. */
static enum beside
in_report(const struct ftg_row *row, const struct foreign *report)
{
	if (!foreign_is_specific(report) || (row->service != FTG_SMTP && row->service != FTG_POP3))
		return BESIDE_NOTHING;
	for (size_t i = 0; row->service == FTG_SMTP && i < report->count; i++)
		if (reports(&report->at[i], &row->code[FTG_PUBLISHED]) ||
		    reports(&report->at[i], &row->code[FTG_STRICT]))
			return BESIDE_OWN;
	return BESIDE_OTHER;
}

enum beside
beside_words(const struct ftg_row *row, const struct place *place, const struct foreign *report)
{
	const char *before = code_before(place), *after;

	if (before)
		return is_own(row, place->text, before, place->words) ? BESIDE_OWN : BESIDE_OTHER;
	/* What follows a part of a DSN is the reply that it is about. */
	if (row->service != FTG_SMTP && row->service != FTG_POP3)
		return BESIDE_NOTHING;
	after = code_after(place);
	if (after)
		return is_own(row, place->text, after, place->text + place->len) ? BESIDE_OWN : BESIDE_OTHER;
	return in_report(row, report);
}
