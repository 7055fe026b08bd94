/* What another server may have replied: the DSN about it has one line for each field, whatever the reply is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/printable.h"
#include "relay/client/verdict.h"
#include "relay/dsn/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* The reply as the client of SMTP keeps it: printable characters in one line. */
static char *
keep(const uint8_t *data, size_t size)
{
	char *reply = malloc(size + 1);
	check(reply != NULL);
	(void)printable_mask(reply, size + 1, (const char *)data, size);
	return reply;
}

static bool
begins_with(const char *line, const char *name)
{
	return strncmp(line, name, strlen(name)) == 0;
}

/* Each line of the report for programs is a field of ours. */
static void
look_at(const char *report, const char *end, bool global)
{
	static const char *const names[] = { "Reporting-MTA: ", "Arrival-Date: ", "Final-Recipient: ", "Action: ",
		"Status: ", "Remote-MTA: ", "Diagnostic-Code: ", "Localized-Diagnostic: en; " };
	for (const char *line = report; line < end; line = strchr(line, '\n') + 1) {
		bool known = *line == '\n';
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			known = known || begins_with(line, names[i]);
		check(known);
		size_t len = strcspn(line, "\n");
		bool shown;
		check(len <= 998);
		check(global || ascii_is_all(line, len));
		for (size_t at = 0; at < len; at += printable_next(line + at, len - at, &shown), check(shown))
			;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char ascii[] = "Content-Type: message/delivery-status\n\n",
	                  utf8[] = "Content-Type: message/global-delivery-status\n"
	                           "Content-Transfer-Encoding: 8bit\n\n";
	char sender[] = "anna@example.test", address[] = "bert@example.net";
	char *reply = keep(data, size < QUEUE_REPLY_MAX / 2 ? size : QUEUE_REPLY_MAX / 2);
	char *verdict = verdict_write(FTG_NOTICE_SAID, "mx.example.net [192.0.2.1]", reply);
	struct queue_recipient bert = { .address = address, .state = QUEUE_FAILED, .attempts = 1, .reply = verdict };
	struct queue_entry entry = {
		.arrival = 1, .sender = sender, .recipients = &bert, .count = 1, .utf8 = size % 2 == 0
	};
	bool global = entry.utf8 && !ascii_is_all(reply, strlen(reply));
	unsigned due = DSN_FAILURE;
	struct dsn_report report = {
		.entry = &entry, .due = &due, .hostname = "mx.example.test", .contact = "", .now = 2, .expire = 100
	};
	struct explain_texts *english = explain_texts_open(NULL, "en");
	struct ftg_voice voice = { 0 };
	struct dsn_words words;
	struct dsn dsn;
	check(verdict != NULL && english != NULL);
	check(dsn_say(&words, &report, &voice, &(struct dsn_explained) { .first = english }));
	check(dsn_make(&dsn, &report, &words, "id1", -1));
	char *fields = strstr(dsn.octets, global ? utf8 : ascii);
	check(fields != NULL);
	fields += global ? sizeof utf8 - 1 : sizeof ascii - 1;
	look_at(fields, strstr(fields, "\n--=_id1_0\n") + 1, global);
	dsn_free(&dsn);
	dsn_words_free(&words);
	explain_texts_free(english);
	free(verdict);
	free(reply);
	return 0;
}
