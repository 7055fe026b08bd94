/* Notices to senders: when there is one, and what it says. */
#include "relay/dsn/dsn.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "base/text/wrap.h"
#include "message/encode.h"
#include "support/folder.h"
#include "support/one_language.h"

#define HOUR 3600

static struct queue_entry entry;
static unsigned due[4];
static struct dsn_report report;
static struct ftg_voice voice;
static ftg_catalog *catalog;
static int message;
static struct dsn_explained explained; /* in no language, unless a test says so */

static void
add(const char *address, enum queue_state state, const char *reply)
{
	struct queue_recipient *recipient = queue_entry_add(&entry, address);
	cr_assert_not_null(recipient);
	recipient->state = state;
	recipient->attempts = 1;
	if (reply != NULL)
		cr_assert(queue_set_text(&recipient->reply, reply, strlen(reply), QUEUE_REPLY_MAX));
}

static void
set_up(void)
{
	struct ftg_sources sources = { .locale = BUILD_DIR "/locale" };
	static const char octets[] = "Return-Path: <x>\nSubject: Hello\nTo: bert@example.net\n\nBody\n";
	catalog = ftg_catalog_open(&sources, NULL, NULL);
	cr_assert_not_null(catalog);
	voice = (struct ftg_voice) { .catalog = catalog, .language = ftg_catalog_find(catalog, "de") };
	entry = (struct queue_entry) {
		.arrival = 1000000000, .sender = strdup("anna@example.test"), .local_prefix_len = 17, .size = 50
	};
	report = (struct dsn_report) {
		.entry = &entry,
		.due = due,
		.hostname = "mx.example.test",
		.contact = "",
		.now = 1000000000 + 26 * HOUR,
		.expire = 120 * HOUR,
	};
	message = memfd_create("message", MFD_CLOEXEC);
	cr_assert_eq(write(message, octets, sizeof octets - 1), sizeof octets - 1);
}

static void
tear_down(void)
{
	queue_entry_clear(&entry);
	ftg_catalog_free(catalog);
	close(message);
}

TestSuite(dsn, .init = set_up, .fini = tear_down);

/* The whole message; the caller frees it. */
static char *
make(void)
{
	struct dsn_words words;
	struct dsn dsn;
	for (size_t i = 0; i < entry.count; i++)
		due[i] = dsn_due(&entry, &entry.recipients[i], report.now, 4 * HOUR);
	cr_assert(dsn_say(&words, &report, &voice, &explained));
	cr_assert(dsn_make(&dsn, &report, &words, "id1", message));
	dsn_words_free(&words);
	cr_expect_eq(strlen(dsn.octets), dsn.len);
	return dsn.octets;
}

static void
expect_in(const char *text, const char *part)
{
	cr_expect_not_null(strstr(text, part), "%s\nis not in\n%s", part, text);
}

#define SAID "#8.12 mx.example.net [192.0.2.1]: 550 5.1.1 no such user"

Test(dsn, is_sent_as_notify_asks)
{
	static const struct {
		enum queue_state state;
		unsigned notify, noticed, due;
	} cases[] = {
		{ QUEUE_FAILED, 0, 0, DSN_FAILURE },
		{ QUEUE_EXPIRED, 0, 0, DSN_FAILURE },
		{ QUEUE_FAILED, DSN_NEVER, 0, 0 },
		{ QUEUE_FAILED, DSN_SUCCESS | DSN_DELAY, 0, 0 },
		{ QUEUE_FAILED, DSN_SUCCESS | DSN_FAILURE, 0, DSN_FAILURE },
		{ QUEUE_FAILED, 0, DSN_FAILURE, 0 },
		{ QUEUE_FAILED, 0, DSN_DELAY, DSN_FAILURE },
		{ QUEUE_WAITING, 0, 0, DSN_DELAY },
		{ QUEUE_WAITING, 0, DSN_DELAY, 0 },
		{ QUEUE_WAITING, DSN_FAILURE, 0, 0 },
		{ QUEUE_WAITING, DSN_DELAY, 0, DSN_DELAY },
		{ QUEUE_DELIVERED, 0, 0, 0 },
		{ QUEUE_DELIVERED, DSN_FAILURE, 0, 0 },
		{ QUEUE_DELIVERED, DSN_SUCCESS, 0, DSN_SUCCESS },
		{ QUEUE_DELIVERED, DSN_SUCCESS, DSN_SUCCESS, 0 },
	};
	add("bert@example.net", QUEUE_WAITING, NULL);
	struct queue_recipient *recipient = &entry.recipients[0];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		recipient->state = cases[i].state;
		recipient->notify = cases[i].notify;
		recipient->noticed = cases[i].noticed;
		cr_expect_eq(dsn_due(&entry, recipient, report.now, 4 * HOUR), cases[i].due, "%zu", i);
	}
	recipient->state = QUEUE_WAITING;
	recipient->notify = recipient->noticed = 0;
	cr_expect_eq(dsn_due(&entry, recipient, report.now, 27 * HOUR), 0);
	cr_expect_eq(dsn_due(&entry, recipient, report.now, 0), 0);
	recipient->attempts = 0;
	cr_expect_eq(dsn_due(&entry, recipient, report.now, 4 * HOUR), 0);
	recipient->state = QUEUE_FAILED;
	entry.sender[0] = '\0';
	cr_expect_eq(dsn_due(&entry, recipient, report.now, 4 * HOUR), 0, "a notice about a notice");
}

Test(dsn, reports_failures_in_the_senders_language)
{
	add("bert@example.net", QUEUE_FAILED, SAID);
	add("carla@example.net", QUEUE_DELIVERED, NULL);
	char *text = make();
	expect_in(text, "From: Mail Delivery System <postmaster@mx.example.test>\nTo: <anna@example.test>\n");
	expect_in(text, "Subject: Ihre Nachricht konnte nicht zugestellt werden\n");
	expect_in(text, "Content-Language: de\n");
	expect_in(text,
	    "Ihre Nachricht an <bert@example.net> konnte nicht zugestellt werden.\nWeitere Versuche gibt es nicht. "
	    "(#8.06)\nDer Server mx.example.net [192.0.2.1] hat geantwortet:\n\n    550 5.1.1 no such user\n");
	expect_in(text,
	    "Reporting-MTA: dns; mx.example.test\nArrival-Date: Sun, 9 Sep 2001 01:46:40 +0000\n\n"
	    "Final-Recipient: rfc822; bert@example.net\nAction: failed\nStatus: 5.1.1\n"
	    "Remote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--=_id1_0\n");
	expect_in(
	    text, "Content-Type: message/rfc822\n\nSubject: Hello\nTo: bert@example.net\n\nBody\n\n--=_id1_0--\n");
	cr_expect_null(strstr(text, "carla"));
	cr_expect_null(strstr(text, "Return-Path"));
	free(text);
}

Test(dsn, reports_a_delay_with_the_header_only)
{
	add("bert@example.net", QUEUE_WAITING, "#8.15 mx.example.net [192.0.2.1]: Connection refused");
	report.contact = "postmaster@example.test";
	voice.bilingual = true;
	voice.second = FTG_ENGLISH;
	char *text = make();
	expect_in(text, "Subject: Ihre Nachricht ist noch nicht zugestellt\n");
	expect_in(text, "Content-Transfer-Encoding: quoted-printable\n");
	expect_in(text, "Der Server versucht es noch 4 Tage lang weiter.\n");
	expect_in(text, "war nicht zu erreichen, oder die\nVerbindung");
	expect_in(text, "The server will keep trying for 4 more days.\n");
	expect_in(text, "If you need help, write to postmaster@example.test and include this\nmessage.\n");
	expect_in(text,
	    "Action: delayed\nStatus: 4.4.1\nRemote-MTA: dns; mx.example.net\n"
	    "Diagnostic-Code: x-ftgate; Connection refused\nWill-Retry-Until: Fri, 14 Sep 2001 01:46:40 +0000\n");
	expect_in(text, "Content-Type: text/rfc822-headers\n\nSubject: Hello\nTo: bert@example.net\n\n--=_id1_0--\n");
	cr_expect_null(strstr(text, "Body"));
	free(text);
}

Test(dsn, reports_expired_and_relayed_recipients)
{
	add("bert@example.net", QUEUE_EXPIRED, "#8.12 mx.example.net: 450 4.2.1 later");
	add("carla@example.net", QUEUE_DELIVERED, "#8.12 [192.0.2.7]: 250 2.0.0 queued");
	entry.recipients[1].notify = DSN_SUCCESS;
	entry.recipients[1].orcpt = strdup("rfc822;carla+2Bx@example.org");
	entry.envid = strdup("a+3Db");
	entry.ret = DSN_RETURN_HEADERS;
	char *text = make();
	expect_in(text, "Die Zustellung wurde 2 Tage lang erfolglos versucht.\n");
	expect_in(text, "Original-Envelope-Id: a=b\n");
	expect_in(text, "Action: failed\nStatus: 4.4.7\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 450");
	expect_in(text,
	    "Original-Recipient: rfc822; carla+x@example.org\nFinal-Recipient: rfc822; carla@example.net\n"
	    "Action: relayed\nStatus: 2.0.0\nRemote-MTA: dns; [192.0.2.7]\n");
	expect_in(text, "Content-Type: text/rfc822-headers\n");
	free(text);
}

Test(dsn, of_addresses_in_utf8_is_a_global_one)
{
	add("j\xC3\xBCrgen@example.net", QUEUE_FAILED, "#8.13 example.net");
	char *text = make();
	expect_in(text, "report-type=global-delivery-status;");
	expect_in(text, "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n");
	expect_in(text, "Final-Recipient: utf-8; j\xC3\xBCrgen@example.net\nAction: failed\nStatus: 5.1.2\n\n--");
	expect_in(text, "Content-Type: message/global\n");
	free(text);
}

/* RFC 5248: the address or the header is in UTF-8, and the next server does not support it. */
Test(dsn, says_whether_an_address_or_the_header_needs_utf8)
{
	add("bert@example.net", QUEUE_FAILED, "#8.17 mx.example.net: 5.6.9 the header is in UTF-8");
	add("carla@example.net", QUEUE_FAILED, "#8.17 mx.example.net");
	char *text = make();
	expect_in(text, "Status: 5.6.9\nDiagnostic-Code: x-ftgate; 5.6.9 the header is in UTF-8\n");
	expect_in(text, "Final-Recipient: rfc822; carla@example.net\nAction: failed\nStatus: 5.6.7\n");
	free(text);
}

static bool
has_outer_encoding(const char *text)
{
	const char *field = strstr(text, "Content-Transfer-Encoding: 8bit\n");
	return field != NULL && field < strstr(text, "\n\n");
}

/* RFC 2045 section 6.4 */
Test(dsn, is_8bit_as_a_whole_if_a_part_is)
{
	add("bert@example.net", QUEUE_FAILED, SAID);
	char *text = make();
	cr_expect_not(has_outer_encoding(text));
	free(text);
	cr_assert_eq(pwrite(message, "\xE4", 1, 17 + 10), 1);
	text = make();
	cr_expect(has_outer_encoding(text));
	expect_in(text, "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n");
	free(text);
	entry.ret = DSN_RETURN_HEADERS;
	text = make();
	cr_expect(has_outer_encoding(text));
	free(text);
	cr_assert_eq(pwrite(message, "x", 1, 17 + 10), 1);
	entry.sender[0] = '\xE4';
	text = make();
	cr_expect(has_outer_encoding(text));
	free(text);
}

#define UNKNOWN "#8.12 mx.example.net [192.0.2.1]: 550 5.1.1 bert@example.net unknown mailbox (#4.28)"

static void
speak(const char *language)
{
	voice.language = ftg_catalog_find(catalog, language);
	cr_assert_geq(voice.language, 0);
}

/* RFC 6533 section 4; in ASCII where the language can be written so, since many programs know message/delivery-status only. */
Test(dsn, gives_the_reply_of_an_ftgate_server_in_the_language_of_the_sender)
{
	static const struct {
		const char *language, *field;
	} cases[] = {
		{ "de", "Localized-Diagnostic: de; " },
		{ "fr", "Localized-Diagnostic: fr; " },
		{ "ru", "Localized-Diagnostic: ru-Latn; " },
		{ "C", "Localized-Diagnostic: en; " },
	};
	add("bert@example.net", QUEUE_FAILED, UNKNOWN);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		speak(cases[i].language);
		char *text = make();
		char *field = strstr(text, "unknown mailbox (#4.28)\nLocalized-Diagnostic: ");
		cr_assert_not_null(field, "%s", text);
		field += strlen("unknown mailbox (#4.28)\n");
		cr_expect_eq(strncmp(field, cases[i].field, strlen(cases[i].field)), 0, "%s", field);
		size_t len = strcspn(field, "\n");
		cr_expect(ascii_is_all(field, len));
		cr_expect_eq(strncmp(field + len - 7, "(#4.28)", 7), 0);
		cr_expect_not_null(memmem(field, len, "bert@example.net", 16));
		cr_expect_null(memmem(field, len, "5.1.1", 5));
		expect_in(text, "Content-Type: message/delivery-status\n\n");
		expect_in(text, "report-type=delivery-status;");
		free(text);
	}
}

Test(dsn, is_a_global_one_if_the_language_of_the_sender_has_no_ascii_form)
{
	add("bert@example.net", QUEUE_FAILED, UNKNOWN);
	speak("ja");
	char *text = make();
	expect_in(text, "report-type=global-delivery-status;");
	expect_in(text, "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n\n");
	expect_in(text, "\nLocalized-Diagnostic: ja; ");
	expect_in(text, "Final-Recipient: rfc822; bert@example.net\n");
	expect_in(text, "Content-Type: message/rfc822\n");
	cr_expect(has_outer_encoding(text));
	free(text);
}

Test(dsn, gives_the_reply_in_both_languages_of_a_bilingual_server)
{
	add("bert@example.net", QUEUE_FAILED, UNKNOWN);
	voice.bilingual = true;
	voice.second = ftg_catalog_find(catalog, "fr");
	char *text = make();
	const char *first = strstr(text, "\nLocalized-Diagnostic: de; "),
	           *second = strstr(text, "\nLocalized-Diagnostic: fr; ");
	cr_assert(first != NULL && second != NULL && first < second);
	cr_expect_eq(strcspn(first + 1, "\n") + 1, second - first);
	free(text);
}

/* An operator's text can be longer than a field may be. */
Test(dsn, cuts_a_long_reply_between_characters)
{
	add("bert@example.net", QUEUE_FAILED, UNKNOWN);
	for (size_t shift = 0; shift < 2; shift++) {
		char reply[980] = "%s ";
		strcat(reply, "x" + shift);
		while (strlen(reply) + 2 < sizeof reply)
			strcat(reply, "\xD0\xB4");
		ftg_catalog *long_one = one_language_of_text(
		    ERR_SMTP_ADDRESS_UNKNOWN, reply, strlen(reply), "ru", FTG_PUBLISHED, NULL, NULL);
		voice = (struct ftg_voice) { .catalog = long_one, .language = FTG_CALLERS };
		char *text = make();
		const char *field = strstr(text, "\nLocalized-Diagnostic: ru; ");
		cr_assert_not_null(field, "%s", text);
		size_t len = strcspn(field + 1, "\n");
		cr_expect_gt(len, 900);
		cr_expect_lt(len, 998);
		cr_expect_eq((unsigned char)field[len], 0xB4, "%s", field + len);
		free(text);
		ftg_catalog_free(long_one);
	}
}

Test(dsn, gives_the_reason_of_a_reply_in_the_language_of_the_sender)
{
	add("bert@example.net", QUEUE_FAILED,
	    "#8.12 mx.example.net: 550 5.5.0 Access Denied <bert@example.net> (Blacklisted (#2.02)) "
	    "https://mail.example.net/replies#4.65 (#4.65)");
	char *text = make();
	char *field = strstr(text, "\nLocalized-Diagnostic: de; ");
	cr_assert_not_null(field, "%s", text);
	size_t len = strcspn(field + 1, "\n");
	cr_expect_not_null(memmem(field, len + 1, "(#2.02)", 7));
	cr_expect_eq(strncmp(field + 1 + len - 7, "(#4.65)", 7), 0);
	free(text);
}

Test(dsn, claims_no_reply_of_another_server)
{
	static const char *const replies[] = { SAID, "#8.12 mx.example.net: 550 5.1.1 no such user (ticket #4.281)",
		"#8.12 mx.example.net: 250 2.0.0 queued as (#4.28)", "#8.12 mx.example.net: 550 5.1.1 nobody (#9.99)",
		"#8.12 mx.example.net: 550 5.1.1 carla@example.net unknown mailbox (#4.28)",
		"#8.12 mx.example.net: 550 5.5.0 Access Denied <bert@example.net> () (#4.65)",
		"#8.12 mx.example.net: 451 4.5.1 [not an address] Max concurrent sessions (#1.04)",
		"#8.15 mx.example.net: Connection refused (#4.28)", "#8.12 mx.example.net: 550" };
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		queue_entry_cut(&entry, 0);
		add("bert@example.net", QUEUE_FAILED, replies[i]);
		char *text = make();
		cr_expect_null(strstr(text, "Localized-Diagnostic"), "%s", replies[i]);
		free(text);
	}
}

Test(dsn, localizes_a_reply_without_its_address_and_one_about_the_sender)
{
	static const struct {
		const char *reply, *address;
	} cases[] = {
		{ "#8.12 mx.example.net: 550 5.1.1 no such user (#4.28)", "bert@example.net" },
		{ "#8.12 mx.example.net: 550 5.1.8 anna@example.test sender's domain does not exist (#4.36)",
		    "anna@example.test" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		queue_entry_cut(&entry, 0);
		add("bert@example.net", QUEUE_FAILED, cases[i].reply);
		char *text = make();
		char *field = strstr(text, "\nLocalized-Diagnostic: de; ");
		cr_assert_not_null(field, "%s", text);
		cr_expect_not_null(memmem(field, strcspn(field + 1, "\n"), cases[i].address, strlen(cases[i].address)));
		free(text);
	}
}

/* The text is quoted-printable: these words are ASCII, and the lines short. */
Test(dsn, explains_the_reply_of_an_ftgate_server)
{
	struct explain_texts *english = explain_texts_open(NULL, "en");
	add("bert@example.net", QUEUE_FAILED, UNKNOWN);
	explained.first = english;
	speak("C");
	char *text = make();
	expect_in(
	    text, "unknown mailbox (#4.28)\n\nNo mailbox, alias or list of this name exists at that hosted domain.");
	expect_in(text, "Check the spelling, and ask the recipient for the current address.");
	free(text);
	queue_entry_cut(&entry, 0);
	add("bert@example.net", QUEUE_FAILED, SAID);
	text = make();
	cr_expect_null(strstr(text, "Check the spelling"));
	free(text);
	explain_texts_free(english);
	explained.first = NULL;
}

Test(dsn, explains_in_languages_that_the_tools_have)
{
	const char *cause = explain_reply(ERR_SMTP_ADDRESS_UNKNOWN)->cause;
	struct explain_texts *german = explain_texts_open(BUILD_DIR "/locale", "de-AT");
	cr_assert_not_null(german);
	cr_expect_str_eq(explain_texts_tag(german), "de");
	const char *text = explain_text(german, cause);
	cr_assert_not_null(text);
	cr_expect_str_neq(text, cause);
	cr_expect_null(explain_text(german, "no text of ours"));
	cr_expect_null(explain_text(NULL, cause));
	explain_texts_free(german);
	cr_expect_null(explain_texts_open(BUILD_DIR "/locale", "../locale/de"));
	cr_expect_null(explain_texts_open(BUILD_DIR "/locale", ""));
	cr_expect_null(explain_texts_open(BUILD_DIR "/locale", "tlh"));
	cr_expect_null(explain_texts_open(NULL, "de"));
	explain_texts_free(NULL);
}

/* The tag of a session and the name of a folder can spell a language differently. */
Test(dsn, explains_in_a_language_whatever_its_folder_is_called)
{
	static const char *const cases[][2] = { { "zh_CN", "zh-Hans" }, { "zh_TW", "zh-Hant" }, { "pt_BR", "pt-BR" },
		{ "sr@latin", "sr-Latn" }, { "de", "de-AT" } };
	char folder[64];
	folder_make();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(folder, sizeof folder, "%s/LC_MESSAGES", cases[i][0]);
		cr_assert_eq(mkdir(cases[i][0], 0700), 0);
		cr_assert_eq(symlink(BUILD_DIR "/locale/de/LC_MESSAGES", folder), 0);
		struct explain_texts *texts = explain_texts_open(".", cases[i][1]);
		cr_assert_not_null(texts, "%s", cases[i][1]);
		cr_expect_str_eq(explain_texts_tag(texts), i == 4 ? "de" : cases[i][1]);
		explain_texts_free(texts);
	}
	cr_expect_null(explain_texts_open(".", "fr"));
	folder_remove();
}

/* The words of the site are in more languages than the explanations. Persian has U+200C between letters. */
Test(dsn, tells_the_language_that_a_domain_has)
{
	struct explain_texts *words = explain_texts_of("ftgate-site", BUILD_DIR "/locale", "ru-Latn");
	struct explain_texts *explanations = explain_texts_open(BUILD_DIR "/locale", "ru-Latn");
	struct explain_texts *persian = explain_texts_of("ftgate-site", BUILD_DIR "/locale", "fa");
	cr_assert(words != NULL && explanations != NULL && persian != NULL);
	cr_expect_str_eq(explain_texts_tag(words), "ru-Latn");
	cr_expect_str_eq(explain_texts_tag(explanations), "ru");
	cr_expect_not_null(explain_text(words, "Search"));
	cr_expect_null(explain_text(words, explain_reply(ERR_SMTP_OK)->cause));
	const char *limits = explain_text(persian, "Mailboxes and limits");
	cr_expect(limits != NULL && strstr(limits, "\u200C") != NULL);
	explain_texts_free(words);
	explain_texts_free(explanations);
	explain_texts_free(persian);
	cr_expect_null(explain_texts_of("no-domain", BUILD_DIR "/locale", "de"));
}

Test(dsn, returns_large_messages_only_if_asked)
{
	add("bert@example.net", QUEUE_FAILED, SAID);
	entry.size = 100000;
	char *text = make();
	expect_in(text, "Content-Type: text/rfc822-headers\n");
	free(text);
	entry.ret = DSN_RETURN_FULL;
	text = make();
	expect_in(text, "Content-Type: message/rfc822\n");
	free(text);
	entry.size = 100 << 20;
	text = make();
	expect_in(text, "Content-Type: text/rfc822-headers\n");
	free(text);
}

Test(dsn, boundary_does_not_occur_in_the_message)
{
	add("bert@example.net", QUEUE_FAILED, SAID);
	cr_assert_eq(pwrite(message, "--=_id1_0--\n=_id1_1\n", 20, 17), 20);
	char *text = make();
	expect_in(text, "boundary=\"=_id1_2\"");
	free(text);
}

Test(dsn, is_written_without_the_message_if_that_is_gone)
{
	add("bert@example.net", QUEUE_FAILED, "#8.16 example.net");
	close(message);
	message = -1;
	char *text = make();
	expect_in(text, "Status: 5.4.6\n\n--");
	expect_in(text, "Content-Type: message/rfc822\n\n\n--=_id1_0--\n");
	free(text);
}

static char *
encoded(void (*encode)(FILE *to, const char *text), const char *text)
{
	char *octets;
	size_t len;
	FILE *to = open_memstream(&octets, &len);
	encode(to, text);
	fclose(to);
	return octets;
}

static void
put_subject(FILE *to, const char *text)
{
	encode_field(to, "Subject", text);
}

static void
put_wrapped(FILE *to, const char *text)
{
	wrap_write(to, text, strlen(text), 20);
}

static void
expect_encoded(void (*encode)(FILE *to, const char *text), const char *text, const char *wanted)
{
	char *octets = encoded(encode, text);
	cr_expect_str_eq(octets, wanted);
	free(octets);
}

static void
give_message(const char *octets)
{
	close(message);
	message = memfd_create("message", MFD_CLOEXEC);
	cr_assert_eq(write(message, octets, strlen(octets)), (ssize_t)strlen(octets));
	entry.local_prefix_len = 0;
	entry.size = strlen(octets);
}

/* No part of a DSN holds a bare CR: it would be refused on its way. */
Test(dsn, about_a_message_with_a_bare_cr_returns_the_header)
{
	static const struct {
		const char *message, *part;
		bool malformed;
	} cases[] = {
		{ "Subject: a\n\nb\n", "Content-Type: message/rfc822\n\nSubject: a\n\nb\n", false },
		{ "Subject: a\n\nb\rc\n", "Content-Type: text/rfc822-headers\n\nSubject: a\n", true },
		{ "Subject: a\rb=\n\nc\n",
		    "Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable\n\nSubject: a=0Db=3D\n",
		    true },
	};
	add("bert@example.net", QUEUE_FAILED, SAID);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		give_message(cases[i].message);
		report.malformed = dsn_is_malformed(&report, message);
		cr_expect_eq(report.malformed, cases[i].malformed);
		char *text = make();
		expect_in(text, cases[i].part);
		cr_expect_null(strchr(text, '\r'));
		cr_expect_eq(strstr(text, "Kopf") == NULL, !cases[i].malformed);
		free(text);
	}
	cr_expect_not(dsn_is_malformed(&report, -1));
}

Test(dsn, is_encoded_for_any_server)
{
	expect_encoded(encode_quoted_printable, "a=b \n \xC3\xA4", "a=3Db=20\n =C3=A4");
	expect_encoded(encode_quoted_printable,
	    "1234567890123456789012345678901234567890123456789012345678901234567890123\xC3\xA4",
	    "1234567890123456789012345678901234567890123456789012345678901234567890123=\n=C3=A4");
	expect_encoded(put_subject, "plain", "Subject: plain\n");
	expect_encoded(put_subject, "\xC3\xA4", "Subject: =?UTF-8?B?w6Q=?=\n");
	expect_encoded(put_subject, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA4",
	    "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\n =?UTF-8?B?w6Q=?=\n");
	expect_encoded(encode_decode_xtext, "a+2Bb+0Ac+", "a+b+0Ac+");
}

Test(dsn, is_wrapped_between_words)
{
	expect_encoded(put_wrapped, "", "\n");
	expect_encoded(put_wrapped, "one two three four five six", "one two three four\nfive six\n");
	expect_encoded(
	    put_wrapped, "averyveryverylongwordthatdoesnotfit x", "averyveryverylongwordthatdoesnotfit\nx\n");
	expect_encoded(put_wrapped,
	    "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
	    "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\n\xE6\x9C\xAC\xE8\xAA\x9E\n");
}
