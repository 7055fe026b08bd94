/* Each row of the table that a DSN is made of is in a DSN: a row without a case here fails the test, too. */
#include "relay/dsn/dsn.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DAY (24 * 3600)

/* A recipient that a DSN is about, and what the row says then. */
static const struct {
	enum ftg_id id;
	enum queue_state state;
	unsigned notify;
	const char *reply;
	const char *text; /* of the row, in English */
} cases[] = {
	{ FTG_NOTICE_SUBJECT_FAILED, QUEUE_FAILED, 0, NULL, "Subject: Your message could not be delivered" },
	{ FTG_NOTICE_SUBJECT_DELAYED, QUEUE_WAITING, 0, NULL, "Subject: Your message has not been delivered yet" },
	{ FTG_NOTICE_SUBJECT_RELAYED, QUEUE_DELIVERED, DSN_SUCCESS, "#8.12 mx.example.net: 250 2.0.0 queued",
	    "Subject: Your message has been passed on" },
	{ FTG_NOTICE_SUBJECT_DELIVERED, QUEUE_DELIVERED, DSN_SUCCESS, NULL,
	    "Subject: Your message has been delivered" },
	{ FTG_NOTICE_INTRO, QUEUE_FAILED, 0, NULL,
	    "This is the mail server mx.example.test. A program wrote this message; please do not reply to it." },
	{ FTG_NOTICE_FAILED, QUEUE_FAILED, 0, NULL,
	    "Your message to <bert@example.net> could not be delivered. It will not be tried again. (#8.06)" },
	{ FTG_NOTICE_EXPIRED, QUEUE_EXPIRED, 0, NULL, "It has been tried for 2 days without success." },
	{ FTG_NOTICE_DELAYED, QUEUE_WAITING, 0, NULL,
	    "Your message to <bert@example.net> has not been delivered yet. You need not send it again. (#8.08)" },
	{ FTG_NOTICE_RETRY, QUEUE_WAITING, 0, NULL, "The server will keep trying for 3 more days." },
	{ FTG_NOTICE_RELAYED, QUEUE_DELIVERED, DSN_SUCCESS, "#8.12 mx.example.net: 250 2.0.0 queued",
	    "Your message to <bert@example.net> has been passed on to a server that may not tell you whether it arrives. "
	    "(#8.10)" },
	{ FTG_NOTICE_DELIVERED, QUEUE_DELIVERED, DSN_SUCCESS, NULL,
	    "Your message to <bert@example.net> has been delivered. (#8.11)" },
	{ FTG_NOTICE_SAID, QUEUE_FAILED, 0, "#8.12 mx.example.net: 550 5.1.1 nobody",
	    "The server mx.example.net answered: 550 5.1.1 nobody" },
	{ FTG_NOTICE_NO_DOMAIN, QUEUE_FAILED, 0, "#8.13 example.net",
	    "The domain example.net does not exist. Please check the spelling of the address." },
	{ FTG_NOTICE_NO_ROUTE, QUEUE_FAILED, 0, "#8.14 example.net",
	    "No server accepts mail for the domain example.net." },
	{ FTG_NOTICE_UNREACHABLE, QUEUE_WAITING, 0, "#8.15 mx.example.net: Connection refused",
	    "The server mx.example.net could not be reached, or the connection to it broke." },
	{ FTG_NOTICE_LOOP, QUEUE_FAILED, 0, "#8.16 example.net",
	    "The message went round in circles between mail servers." },
	{ FTG_NOTICE_NEEDS_UTF8, QUEUE_FAILED, 0, "#8.17 mx.example.net",
	    "The server mx.example.net cannot handle addresses with letters beyond ASCII." },
	{ FTG_NOTICE_TOO_LARGE, QUEUE_FAILED, 0, "#8.18 mx.example.net",
	    "The message is larger than the server mx.example.net accepts." },
	{ FTG_NOTICE_NO_TLS, QUEUE_WAITING, 0, "#8.19 mx.example.net",
	    "The server mx.example.net offers no secure connection, and mail may not be sent to it without one." },
	{ FTG_NOTICE_ATTACHED, QUEUE_FAILED, 0, NULL, "Your message is attached." },
	{ FTG_NOTICE_HEADER, QUEUE_WAITING, 0, NULL, "The header of your message is attached." },
	{ FTG_NOTICE_CONTACT, QUEUE_FAILED, 0, NULL,
	    "If you need help, write to postmaster@example.test and include this message." },
};

/* Makes each run of blanks one space, since the lines are wrapped. */
static void
join_lines(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++)
		if (!isspace((unsigned char)*p))
			*to++ = *p;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

/* The DSN about one recipient, after 30 hours, in the English of the table; the caller frees it. */
static char *
make(enum queue_state state, unsigned notify, const char *reply)
{
	static const char octets[] = "Subject: Hello\n\nBody\n";
	struct queue_entry entry = { .arrival = 1000000000, .sender = strdup("anna@example.test"), .size = 21 };
	struct queue_recipient *recipient = queue_entry_add(&entry, "bert@example.net");
	unsigned due;
	struct dsn_report report = { .entry = &entry,
		.due = &due,
		.hostname = "mx.example.test",
		.contact = "postmaster@example.test",
		.now = 1000000000 + 30 * 3600,
		.expire = 4 * DAY };
	struct ftg_voice voice = { .catalog = ftg_catalog_english(FTG_PUBLISHED), .language = FTG_ENGLISH };
	struct dsn_explained explained = { 0 };
	struct dsn_words words;
	struct dsn dsn;
	int message = memfd_create("message", MFD_CLOEXEC);

	cr_assert_eq(write(message, octets, sizeof octets - 1), sizeof octets - 1);
	cr_assert_not_null(recipient);
	recipient->state = state;
	recipient->notify = notify;
	recipient->attempts = 1;
	cr_assert(!reply || queue_set_text(&recipient->reply, reply, strlen(reply), QUEUE_REPLY_MAX));
	due = dsn_due(&entry, recipient, report.now, 4 * 3600);
	cr_assert(dsn_say(&words, &report, &voice, &explained));
	cr_assert(dsn_make(&dsn, &report, &words, "id1", message));
	dsn_words_free(&words);
	queue_entry_clear(&entry);
	close(message);
	join_lines(dsn.octets);
	return dsn.octets;
}

Test(dsn_rows, each_case_is_in_its_dsn)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = make(cases[i].state, cases[i].notify, cases[i].reply);

		cr_expect_not_null(strstr(text, cases[i].text), "%s\nis not in\n%s", cases[i].text, text);
		free(text);
	}
}

/* A row that only another case raises would pass above, so the words must be those of the row. */
Test(dsn_rows, each_case_has_the_words_of_its_row)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const *forms = ftg_row(cases[i].id)->text;
		const char *row = forms[1] ? forms[1] : forms[0];
		size_t n = strcspn(row, "%");

		cr_expect_not_null(memmem(cases[i].text, strlen(cases[i].text), row, n), "%s", cases[i].text);
		cr_expect_gt(n, 3);
	}
}

Test(dsn_rows, each_row_has_a_case)
{
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		bool found = ftg_row(id)->service != FTG_DSN;

		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
			found = found || cases[i].id == id;
		cr_expect(found, "%s is in no DSN of a test", ftg_row(id)->id);
	}
}
