/* What another server may have replied: the DSN about it has one line for each field, whatever the reply is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/client/verdict.h"
#include "relay/dsn/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* The reply as the client of SMTP keeps it: printable ASCII in one line. */
static char *
keep(const uint8_t *data, size_t size)
{
	char *reply = malloc(size + 1);
	check(reply != NULL);
	for (size_t i = 0; i < size; i++)
		reply[i] = (char)(data[i] >= 0x20 && data[i] < 0x7F ? data[i] : '?');
	reply[size] = '\0';
	return reply;
}

static bool
begins_with(const char *line, const char *name)
{
	return strncmp(line, name, strlen(name)) == 0;
}

/* Each line of the report for programs is a field of ours. */
static void
look_at(const char *report, const char *end)
{
	static const char *const names[] = { "Reporting-MTA: ", "Arrival-Date: ", "Final-Recipient: ", "Action: ",
		"Status: ", "Remote-MTA: ", "Diagnostic-Code: ", "Localized-Diagnostic: en; " };
	for (const char *line = report; line < end; line = strchr(line, '\n') + 1) {
		bool known = *line == '\n';
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			known = known || begins_with(line, names[i]);
		check(known);
		check(strcspn(line, "\n") <= 998);
		for (const char *at = line; *at != '\n'; at++)
			check(*at >= 0x20 && *at < 0x7F);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char type[] = "Content-Type: message/delivery-status\n\n";
	char sender[] = "anna@example.test", address[] = "bert@example.net";
	char *reply = keep(data, size < QUEUE_REPLY_MAX / 2 ? size : QUEUE_REPLY_MAX / 2);
	char *verdict = verdict_write(FTG_NOTICE_SAID, "mx.example.net [192.0.2.1]", reply);
	struct queue_recipient bert = { .address = address, .state = QUEUE_FAILED, .attempts = 1, .reply = verdict };
	struct queue_entry entry = { .arrival = 1, .sender = sender, .recipients = &bert, .count = 1 };
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
	char *fields = strstr(dsn.octets, type);
	check(fields != NULL);
	fields += sizeof type - 1;
	look_at(fields, strstr(fields, "\n--=_id1_0\n") + 1);
	dsn_free(&dsn);
	dsn_words_free(&words);
	explain_texts_free(english);
	free(verdict);
	free(reply);
	return 0;
}
