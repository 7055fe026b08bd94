/* What holds of every rendered reply, whatever the catalogue and the arguments hold. */
#include "contract.h"

#include <stdio.h>
#include <string.h>
#include <unistr.h>

struct rendered {
	const struct ftg_row *row;
	const struct ftg_reply *reply;
	enum ftg_encoding encoding;
	char code[16];   /* "550" */
	char status[16]; /* "5.1.1 ", "[AUTH] ", "" */
	char tail[16];   /* "(#4.28)" */
};

/* Controls, and what turns the line around or cannot be seen; written down again from Unicode, not from the code. */
static bool
may_stand(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200B || c == 0x200E || c == 0x200F)
		return false;
	if ((c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2060 || c == 0xFEFF)
		return false;
	return (c & 0xFFFE) != 0xFFFE && !(c >= 0xE0000 && c < 0xE0100);
}

/*
 * The isolate of a text from right to left: RLI, then PDI, once a line, and LRM before each reference. Returns false for any
 * other use of these controls.
 */
static bool
is_isolate(ucs4_t c, const char *behind, size_t len, unsigned *opened, unsigned *closed)
{
	if (c == 0x2067)
		return ++*opened <= 2 && *opened == *closed + 1;
	if (c == 0x2069)
		return ++*closed == *opened;
	return c == 0x200E && len >= 2 && memcmp(behind, "(#", 2) == 0;
}

static const char *
octets_breach(const struct rendered *r, const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;
	unsigned opened = 0, closed = 0;
	if (u8_check(at, len) != NULL)
		return "it is no valid UTF-8";
	for (size_t i = 0; i < len;) {
		ucs4_t c;
		i += (size_t)u8_mbtouc(&c, at + i, len - i);
		if (r->encoding == FTG_UTF8 && is_isolate(c, text + i, len - i, &opened, &closed))
			continue;
		if (r->encoding == FTG_ASCII && (c < 0x20 || c > 0x7E))
			return "an octet is not printable ASCII";
		if (!may_stand(c))
			return "a control, a bidi control or an invisible character stands in it";
	}
	return opened == closed ? NULL : "an isolate is open at the end of a line";
}

/* "(#" begins the reply's own reference at its end, and the reference of a reason that is an argument. */
static const char *
reference_breach(const struct rendered *r, const char *text, size_t len, bool last)
{
	const char *end = text + len, *own = end - strlen(r->tail);
	bool ends = len >= strlen(r->tail) && memcmp(own, r->tail, strlen(r->tail)) == 0;
	if (ends != last)
		return last ? "the reference does not end it" : "the reference does not stand on the last line alone";
	for (const char *at = text; (at = memmem(at, (size_t)(end - at), "(#", 2)) != NULL; at += 2) {
		const char *reason = "";
		for (int i = 0; i < FTG_ARGS_MAX; i++) {
			if (r->row->args[i] == FTG_ARG_REASON && r->reply->arg[i].number < FTG_IDS)
				reason = ftg_row((enum ftg_id)r->reply->arg[i].number)->ref;
		}
		bool said = *reason != '\0' && strncmp(at + 1, reason, strlen(reason)) == 0;
		if (!(last && at == own) && !said)
			return "a reference that is not the reply's";
	}
	return NULL;
}

/* One line without its CRLF: its frame and its octets. mark stands behind the code. */
static const char *
line_breach(const struct rendered *r, const char *line, size_t len, char mark, bool last)
{
	size_t code = strlen(r->code), head = code + 1 + strlen(r->status);
	if (len + 2 > FTG_LINE_MAX)
		return "a line is longer than 512 octets";
	if (len < head || memcmp(line, r->code, code) != 0 || line[code] != mark)
		return "a line does not begin with the code";
	if (memcmp(line + code + 1, r->status, strlen(r->status)) != 0)
		return "the status is not behind the code";
	const char *breach = octets_breach(r, line, len);
	return breach != NULL ? breach : reference_breach(r, line + head, len - head, last);
}

static const char *
smtp_breach(const struct rendered *r, const char *octets, size_t len)
{
	for (const char *line = octets, *end = octets + len; line < end;) {
		const char *crlf = memmem(line, (size_t)(end - line), "\r\n", 2);
		if (crlf == NULL)
			return "the last line has no end";
		bool last = crlf + 2 == end;
		const char *breach = line_breach(r, line, (size_t)(crlf - line), last ? ' ' : '-', last);
		if (breach != NULL)
			return breach;
		line = crlf + 2;
	}
	return len > 0 ? NULL : "nothing at all";
}

/* Octets of " <timestamp>" at the end of a line, if the row has one and it is the argument; else 0. */
static size_t
timestamp_octets(const struct rendered *r, const char *line, size_t len)
{
	const struct ftg_arg *arg = &r->reply->arg[1];
	if (r->row->args[1] != FTG_ARG_TIMESTAMP || arg->text == NULL || len < arg->len + 1 || arg->len < 3)
		return 0;
	const char *stamp = line + len - arg->len;
	bool same = stamp[-1] == ' ' && memcmp(stamp, arg->text, arg->len) == 0;
	return same && stamp[0] == '<' && memchr(stamp, '>', arg->len) == stamp + arg->len - 1 ? arg->len + 1 : 0;
}

static const char *
pop3_breach(const struct rendered *r, const char *octets, size_t len)
{
	size_t head = strlen(r->code) + 1 + strlen(r->status);
	if (len < 2 || memcmp(octets + len - 2, "\r\n", 2) != 0)
		return "the line has no end";
	if (len > FTG_LINE_MAX)
		return "a line is longer than 512 octets";
	size_t stamp = timestamp_octets(r, octets, len - 2);
	const char *breach = octets_breach(r, octets, len - 2);
	if (breach == NULL)
		breach = line_breach(r, octets, len - 2 - stamp, ' ', true);
	if (breach != NULL)
		return breach;
	while (head < len && octets[head] == ' ')
		head++;
	return octets[head] == '[' ? "the text begins as a response code does" : NULL;
}

static const char *
challenge_breach(const struct rendered *r, const char *octets, size_t len)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	if (len < 6 || memcmp(octets, "334 ", 4) != 0 || memcmp(octets + len - 2, "\r\n", 2) != 0)
		return "it is not 334, a space, something, CRLF";
	for (size_t i = 4; i < len - 2; i++) {
		if (octets[i] == '\0' || strchr(base64, octets[i]) == NULL)
			return "a challenge is not base64";
	}
	if (len == 6)
		return NULL;
	bool whole = len - 6 == r->reply->arg[0].len && memcmp(octets + 4, r->reply->arg[0].text, len - 6) == 0;
	return whole ? NULL : "a challenge is altered";
}

static const char *
reason_breach(const struct rendered *r, const char *octets, size_t len)
{
	if (len > ftg_arg_max(FTG_ARG_REASON))
		return "a reason is longer than an argument may be";
	if (len == strlen(r->row->ref) && memcmp(octets, r->row->ref, len) == 0)
		return NULL;
	const char *breach = octets_breach(r, octets, len);
	return breach != NULL ? breach : reference_breach(r, octets, len, true);
}

static const char *
notice_breach(const struct rendered *r, const char *octets, size_t len)
{
	if (memmem(octets, len, "(#", 2) != NULL)
		return "a notice holds a reference";
	return octets_breach(r, octets, len);
}

const char *
contract_breach(const struct ftg_voice *voice, const struct ftg_reply *reply, const char *octets, size_t len)
{
	enum ftg_profile profile = voice->catalog != NULL ? ftg_catalog_profile(voice->catalog) : FTG_PUBLISHED;
	struct rendered r = { .row = ftg_row(reply->id), .reply = reply, .encoding = voice->encoding };
	const struct ftg_code *code = &r.row->code[profile];
	snprintf(r.code, sizeof(r.code), "%s", code->reply);
	snprintf(r.status, sizeof(r.status), "%s%s", code->status, code->status[0] != '\0' ? " " : "");
	snprintf(r.tail, sizeof(r.tail), "(%s)", r.row->ref);
	if (len > FTG_REPLY_MAX)
		return "it is longer than FTG_REPLY_MAX";
	if (reply->id == ERR_SMTP_334)
		return challenge_breach(&r, octets, len);
	switch (r.row->service) {
	case FTG_SMTP: return smtp_breach(&r, octets, len);
	case FTG_POP3: return pop3_breach(&r, octets, len);
	case FTG_DSN: return notice_breach(&r, octets, len);
	default: return reason_breach(&r, octets, len);
	}
}
