/* The result of a delivery attempt as one line of text: the queue keeps it, and people read it. */
#include "relay/client/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

char *
verdict_write(enum ftg_id reason, const char *name, const char *detail)
{
	char *text = NULL;
	if (asprintf(&text, "%s %s%s%s", ftg_row(reason)->ref, name, *detail != '\0' ? ": " : "", detail) < 0)
		return NULL;
	return text;
}

static enum ftg_id
find_reason(const char *text, size_t len)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		if (row->service == FTG_DSN && strlen(row->ref) == len && memcmp(row->ref, text, len) == 0)
			return (enum ftg_id)id;
	}
	return FTG_IDS;
}

bool
verdict_read(struct verdict *verdict, const char *text)
{
	const char *space = strchr(text, ' ');
	if (space == NULL)
		return false;
	const char *name = space + 1, *colon = strstr(name, ": ");
	*verdict = (struct verdict) {
		.reason = find_reason(text, (size_t)(space - text)),
		.name = name,
		.name_len = colon != NULL ? (size_t)(colon - name) : strlen(name),
		.detail = colon != NULL ? colon + 2 : "",
	};
	return verdict->reason != FTG_IDS;
}

/* Octets of "5.1.1" with its class and one to three digits in each of the other parts; 0 if there is none. */
static size_t
status_length(const char *text, char class)
{
	size_t at = 1;
	if (text[0] != class)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;
		if (text[at++] != '.')
			return 0;
		while (digits < 3 && ascii_is_digit(text[at + digits]))
			digits++;
		if (digits == 0)
			return 0;
		at += digits;
	}
	return text[at] == ' ' || text[at] == '\0' ? at : 0;
}

/* Subject and detail of a reason that is not the reply of a server. */
static const char *
status_of(enum ftg_id reason)
{
	switch (reason) {
	case FTG_NOTICE_NO_DOMAIN: return "1.2";
	case FTG_NOTICE_NO_ROUTE: return "1.10"; /* RFC 7505 */
	case FTG_NOTICE_UNREACHABLE: return "4.1";
	case FTG_NOTICE_LOOP: return "4.6";
	case FTG_NOTICE_NEEDS_UTF8: return "6.7"; /* RFC 6531, of an address; that of a header is in the detail */
	case FTG_NOTICE_TOO_LARGE: return "3.4";
	case FTG_NOTICE_NO_TLS: return "7.10";
	default: return "0.0";
	}
}

void
verdict_status(char status[VERDICT_STATUS_SIZE], const struct verdict *verdict, char class)
{
	bool said = verdict->reason == FTG_NOTICE_SAID && strlen(verdict->detail) > 4;
	const char *given = said ? verdict->detail + 4 : verdict->detail;
	size_t len = status_length(given, class);
	if (len > 0)
		snprintf(status, VERDICT_STATUS_SIZE, "%.*s", (int)len, given);
	else
		snprintf(status, VERDICT_STATUS_SIZE, "%c.%s", class, status_of(verdict->reason));
}
