/* The part of a DSN that programs read: message/delivery-status (RFC 3464). */
#include "relay/dsn/dsn_status.h"

#include <string.h>

#include "base/text/ascii.h"
#include "base/text/date.h"
#include "base/text/printable.h"
#include "message/encode.h"
#include "relay/client/verdict.h"

/* RFC 3464 section 2.2 */
static void
put_message(FILE *to, const struct dsn_report *report)
{
	char date[DATE_SIZE];
	fprintf(to, "Reporting-MTA: dns; %s\n", report->hostname);
	if (report->entry->envid != NULL) {
		fputs("Original-Envelope-Id: ", to);
		encode_decode_xtext(to, report->entry->envid);
		fputc('\n', to);
	}
	date_write(date, report->entry->arrival);
	fprintf(to, "Arrival-Date: %s\n", date);
}

/* The type of an address stands in front of it in an ORCPT (RFC 3461 section 4.2). */
static void
put_original(FILE *to, const char *orcpt)
{
	const char *address = strchr(orcpt, ';');
	if (address == NULL)
		return;
	fprintf(to, "Original-Recipient: %.*s; ", (int)(address - orcpt), orcpt);
	encode_decode_xtext(to, address + 1);
	fputc('\n', to);
}

static const char *
action_of(const struct queue_recipient *recipient, unsigned due)
{
	switch (due) {
	case DSN_FAILURE: return "failed";
	case DSN_DELAY: return "delayed";
	default: return dsn_is_here(recipient) ? "delivered" : "relayed";
	}
}

/* The first word of a server's name, without its address if it has a name. */
static void
put_server(FILE *to, const struct verdict *verdict)
{
	size_t len = strcspn(verdict->name, " :");
	len = len < verdict->name_len ? len : verdict->name_len;
	fprintf(to, "Remote-MTA: dns; %.*s\n", (int)len, verdict->name);
}

/* The reply of another server, or what is known of a failure; in ASCII unless the DSN is global. */
static void
put_diagnostic(FILE *to, const char *type, const char *detail, bool global)
{
	char text[QUEUE_REPLY_MAX + 1];
	size_t len = printable_mask(text, sizeof text, detail, strlen(detail));
	for (size_t i = 0; i < len && !global; i++)
		if ((unsigned char)text[i] > 0x7F)
			text[i] = '?';
	fprintf(to, "Diagnostic-Code: %s; %s\n", type, text);
}

/* localized: fields that follow Diagnostic-Code; NULL: none. */
static void
put_verdict(FILE *to, const struct queue_recipient *recipient, unsigned due, bool global, const char *localized)
{
	static const char classes[] = { [DSN_FAILURE] = '5', [DSN_DELAY] = '4', [DSN_SUCCESS] = '2' };
	struct verdict verdict = { .detail = "" };
	char status[VERDICT_STATUS_SIZE];
	bool known = recipient->reply != NULL && verdict_read(&verdict, recipient->reply);
	verdict_status(status, &verdict, classes[due]);
	fprintf(to, "Status: %s\n", recipient->state == QUEUE_EXPIRED ? "4.4.7" : status);
	if (!known)
		return;
	if (verdict.reason == FTG_NOTICE_SAID || verdict.reason == FTG_NOTICE_UNREACHABLE)
		put_server(to, &verdict);
	if (verdict.reason == FTG_NOTICE_SAID)
		put_diagnostic(to, "smtp", verdict.detail, global);
	else if (verdict.detail[0] != '\0')
		put_diagnostic(to, "x-ftgate", verdict.detail, global);
	if (localized != NULL)
		fputs(localized, to);
}

/* RFC 3464 section 2.3; the fields in its report. */
static void
put_recipient(FILE *to, const struct dsn_report *report, size_t number, const struct dsn_words *words)
{
	const struct queue_recipient *recipient = &report->entry->recipients[number];
	unsigned due = report->due[number];
	char date[DATE_SIZE];
	bool ascii = ascii_is_all(recipient->address, strlen(recipient->address));
	fputc('\n', to);
	if (recipient->orcpt != NULL)
		put_original(to, recipient->orcpt);
	fprintf(to, "Final-Recipient: %s; %s\n", ascii || !words->global ? "rfc822" : "utf-8", recipient->address);
	fprintf(to, "Action: %s\n", action_of(recipient, due));
	put_verdict(to, recipient, due, words->global, words->localized[number]);
	if (due != DSN_DELAY)
		return;
	date_write(date, report->entry->arrival + report->expire);
	fprintf(to, "Will-Retry-Until: %s\n", date);
}

void
dsn_status_write(FILE *to, const struct dsn_report *report, const struct dsn_words *words)
{
	put_message(to, report);
	for (size_t i = 0; i < report->entry->count; i++)
		if (report->due[i] != 0)
			put_recipient(to, report, i, words);
}
