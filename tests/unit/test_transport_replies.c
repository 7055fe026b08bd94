/* The client of SMTP and LMTP with servers whose replies are odd, or that limit the number of recipients. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "relay/client/peer.h"
#include "support/transport_fixture.h"

TestSuite(transport_replies, .init = transport_set_up, .fini = transport_tear_down);

Test(transport_replies, length_of_a_reply_is_bounded)
{
	static char lines[PEER_REPLY_MAX + 100], endless[PEER_REPLY_MAX + 100];
	memset(endless, 'x', sizeof endless - 1);
	for (size_t i = 0; i + 11 < sizeof lines; i += 10)
		memcpy(lines + i, "250-abcd\r\n", 10);
	memcpy(lines + sizeof lines - 11, "250 abcd\r\n", 10);
	ANSWER({ "EHLO", lines, true }, { "EHLO", endless, true });
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": its reply is too long");
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": its reply is too long");
}

#define X100  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define X3000 X1000 X1000 X1000

Test(transport_replies, does_not_send_an_accepted_message_again_whatever_the_lines_of_the_reply)
{
	static const char *const ends[] = {
		"\r\n \r\n250 2.0.0 queued\r\n",
		"Warning: the disk is slow\r\n250 2.0.0 queued\r\n",
		"250-2.0.0 queued\r\nas 4711\r\n250 2.0.0 queued\r\n",
		"250-a\r\n25\r\n2500 b\r\n250\tc\r\n250.d\r\n999-e\r\n250 2.0.0 queued\r\n",
		"354-go on\r\n250 2.0.0 queued\r\n",
		"250-a\n251-b\n250 2.0.0 queued\n",
		X3000 "\r\n250 2.0.0 queued\r\n",
		"250-" X3000 "\r\n251 c\r\n",
		"250 " X3000 "\r\n",
		"250-no last line\r\n",
		"250-no last line\r\n100 odd\r\n",
		"250-no last line\r\n25",
		"250 2.0.0 no end of the line",
		"250",
	};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		for (size_t piece = 0; piece < 2; piece++) {
			server.end = ends[i];
			server.piece = piece;
			transport_run();
			transport_close_all();
			cr_expect_eq(to[0].result, TRANSPORT_DONE, "%zu: %s", i, to[0].verdict);
		}
}

Test(transport_replies, sends_the_message_again_if_its_acceptance_did_not_come)
{
	static const char *const ends[] = { "25", "450 2.0.0 no end of the line", "100", "250x",
		"250-a\r\n452 4.3.1 full" };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		server.end = ends[i];
		transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": no answer in time");
	}
}

Test(transport_replies, reads_each_reply_of_lmtp_whatever_its_lines)
{
	transport.manner.protocol = TRANSPORT_LMTP;
	transport.count = 4;
	server.end = "\r\n250-a\r\nb\r\n250 2.0.0 stored\r\n250 " X3000 "\r\n452-x\r\n550 5.2.0 gone\r\n250-stored\r\n";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 a 2.0.0 stored");
	cr_expect_eq(to[1].result, TRANSPORT_DONE);
	cr_expect_str_eq(to[2].verdict, "#8.12 " WHO ": 550 5.2.0 gone");
	cr_expect_eq(to[3].result, TRANSPORT_DONE);
	cr_expect_str_eq(to[3].verdict, "#8.12 " WHO ": 250 stored");
}

Test(transport_replies, reports_the_last_line_of_a_greeting_with_two_codes)
{
	server.greeting = "220-mx.example.net ESMTP\r\n521 5.7.1 Service unavailable; client blocked\r\n";
	transport_comes_to(TRANSPORT_LATER, "#8.12 " WHO ": 521 5.7.1 Service unavailable; client blocked");
	cr_expect_eq(server.said_len, strlen("QUIT\n"));
}

/* Recipients are told apart by their address. */
static void
name_recipients(size_t number)
{
	static char names[sizeof to / sizeof *to][40];
	for (size_t i = 0; i < number; i++) {
		snprintf(names[i], sizeof names[i], "r%zu@example.net", i);
		to[i].address = names[i];
	}
	transport.count = number;
}

static void
expect_all(enum transport_result result)
{
	for (size_t i = 0; i < transport.count; i++)
		cr_expect_eq(to[i].result, result, "%zu: %s", i, to[i].verdict);
}

/* As RFC 6531 section 3.7.4 permits; a verdict has nothing else that is more than ASCII. */
Test(transport_replies, keeps_characters_that_can_be_shown)
{
	static const struct {
		const char *said, *kept;
	} cases[] = {
		{ "550 5.1.1 j\xC3\xBCrgen", "550 5.1.1 j\xC3\xBCrgen" },
		{ "550-5.1.1 \xD0\xBD\r\n550 5.1.1 \xE4\xBD\xA0", "550 5.1.1 \xD0\xBD 5.1.1 \xE4\xBD\xA0" },
		{ "550 5.1.1 j\xFCrgen \xC3", "550 5.1.1 j?rgen ?" },
		{ "550 5.1.1 \xC2\x9B\x1B\x7F\tx", "550 5.1.1 ?????x" },
		{ "550 5.1.1 \xE2\x80\xAE\xED\xA0\x80", "550 5.1.1 ??????" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char said[100], kept[100];
		snprintf(said, sizeof said, "%s\r\n", cases[i].said);
		snprintf(kept, sizeof kept, "#8.12 " WHO ": %s", cases[i].kept);
		ANSWER({ "RCPT", said, true });
		transport_comes_to(TRANSPORT_FAILED, kept);
	}
}

Test(transport_replies, cuts_a_reply_between_characters)
{
	for (size_t front = 0; front < 3; front++) {
		char said[1900] = "550 ";
		memset(said + 4, 'x', front);
		for (size_t at = 4 + front; at + 6 < sizeof said; at += 3)
			memcpy(said + at, "\xE4\xBD\xA0", 4);
		strcat(said, "\r\n");
		ANSWER({ "RCPT", said, true });
		transport_run();
		transport_close_all();
		const char *verdict = to[0].verdict;
		size_t len = strlen(verdict);
		cr_assert_gt(len, 700);
		cr_expect_eq(memcmp(verdict + len - 3, "\xE4\xBD\xA0", 3), 0, "%s", verdict);
	}
}

Test(transport_replies, sends_recipients_beyond_the_limit_of_a_transaction_in_the_next_one)
{
	static const char *const over[] = { "452 4.5.3 too many\r\n", "452 too many\r\n", "552 too many recipients\r\n",
		"552 5.5.3 too many\r\n", "553 5.5.3 too many recipients (#4.38)\r\n", "451 4.5.3 too many\r\n",
		"452-4.5.3 too\r\n452 4.5.3 many\r\n", "452 4.3.1 later\r\n" };
	name_recipients(150);
	server.rcpt_max = 60;
	for (size_t i = 0; i < 2 * sizeof over / sizeof *over; i++) {
		ANSWER({ "EHLO", i % 2 == 0 ? "250-x\r\n250 PIPELINING\r\n" : "250 x\r\n", false });
		server.said_len = server.message_len = 0;
		server.said[0] = '\0';
		server.rcpt_over = over[i / 2];
		int dialled = server.dialled;
		transport_run();
		transport_close_all();
		expect_all(TRANSPORT_DONE);
		cr_expect_eq(server.dialled, dialled + 1);
		cr_expect_eq(transport_count("DATA\n"), 3);
		cr_expect_leq(transport_count("RCPT TO:<r"), i % 2 == 0 ? 150 + 40 : 150 + 1, "%zu",
		    transport_count("RCPT TO:<r"));
	}
}

Test(transport_replies, refuses_no_recipient_for_a_limit_and_no_other_for_a_full_mailbox)
{
	ANSWER({ "RCPT TO:<r1@", "552 5.2.2 mailbox full\r\n", false }, { "RCPT TO:<r3@", "552 full\r\n", false },
	    { "RCPT TO:<r4@", "452 4.2.2 mailbox full\r\n", false });
	name_recipients(6);
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_str_eq(to[1].verdict, "#8.12 " WHO ": 552 5.2.2 mailbox full");
	cr_expect_eq(to[1].result, TRANSPORT_FAILED);
	cr_expect_eq(to[2].result, TRANSPORT_DONE);
	cr_expect_str_eq(to[3].verdict, "#8.12 " WHO ": 552 full");
	cr_expect_eq(to[3].result, TRANSPORT_FAILED);
	cr_expect_eq(to[4].result, TRANSPORT_LATER);
	cr_expect_eq(to[5].result, TRANSPORT_DONE);
	cr_expect_eq(transport_count("DATA\n"), 2);
}

Test(transport_replies, defers_what_is_beyond_the_limit_of_a_session)
{
	struct fake_answer answers[13] = { [12] = { "RCPT", "553 5.5.3 no more today\r\n", false } };
	for (size_t i = 0; i < 10; i++)
		answers[i] = (struct fake_answer) { "RCPT", "250 ok\r\n", true };
	answers[10] = answers[11] = answers[12];
	transport_answer(answers, 13);
	name_recipients(20);
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	for (size_t i = 10; i < 20; i++)
		cr_expect_eq(to[i].result, TRANSPORT_LATER, "%s", to[i].verdict);
	cr_expect_eq(transport_count("DATA\n"), 1);
	cr_expect_eq(transport_count("RCPT TO:<r"), 12);
}

Test(transport_replies, names_accepted_recipients_alone_after_the_server_has_ended_the_connection)
{
	ANSWER({ "EHLO", "250-x\r\n250 PIPELINING\r\n", false });
	name_recipients(20);
	server.rcpt_max = 8;
	server.rcpt_over = "452 4.5.3 too many\r\n";
	server.refusals_max = 3;
	transport_run();
	transport_close_all();
	expect_all(TRANSPORT_DONE);
	cr_expect_eq(server.dialled, 2);
	cr_expect_eq(transport_count("DATA\n"), 3);
	cr_expect_eq(transport_count("RCPT TO:<r"), 8 + 3 + 20);
}

Test(transport_replies, names_one_recipient_at_a_time_if_accepted_ones_fail_together)
{
	ANSWER({ "RCPT TO:<r2@", "550 5.1.1 nobody\r\n", false }, { "DATA", NULL, true }, { "DATA", NULL, true },
	    { "RCPT TO:<r0@", "250 ok\r\n", false }, { "DATA", "421 4.3.0 what\r\n", true });
	name_recipients(4);
	transport_comes_to(TRANSPORT_LATER, "#8.12 " WHO ": 421 4.3.0 what");
	cr_expect_eq(to[1].result, TRANSPORT_DONE);
	cr_expect_eq(to[2].result, TRANSPORT_FAILED);
	cr_expect_eq(to[3].result, TRANSPORT_DONE);
	cr_expect_eq(server.dialled, 4);
	cr_expect(transport.begun);
	cr_expect_str_eq(strstr(server.said, "DATA\n"),
	    "DATA\nEHLO mx.example.test\nMAIL FROM:<anna@example.test>\n"
	    "RCPT TO:<r0@example.net>\nRCPT TO:<r1@example.net>\nRCPT TO:<r3@example.net>\nDATA\n"
	    "EHLO mx.example.test\nMAIL FROM:<anna@example.test>\nRCPT TO:<r0@example.net>\nDATA\n"
	    "EHLO mx.example.test\nMAIL FROM:<anna@example.test>\nRCPT TO:<r1@example.net>\nDATA\n"
	    "MAIL FROM:<anna@example.test>\nRCPT TO:<r3@example.net>\nDATA\nQUIT\n");
}

/* A server that has ended a connection after refusals may refuse the next one for them. */
Test(transport_replies, fails_no_recipient_for_a_refusal_of_the_sender_on_the_next_connection)
{
	ANSWER({ "MAIL", "250 ok\r\n", true }, { "MAIL", "554 5.7.1 too many errors\r\n", false });
	name_recipients(2);
	server.rcpt_max = 1;
	server.rcpt_over = "550 nobody\r\n";
	server.refusals_max = 1;
	transport_comes_to(TRANSPORT_LATER, "#8.12 " WHO ": 554 5.7.1 too many errors");
	cr_expect_eq(to[1].result, TRANSPORT_FAILED);
	cr_expect_eq(server.dialled, 2);
}

Test(transport_replies, number_of_connections_for_a_message_is_bounded)
{
	ANSWER({ "RCPT TO:<r0@", "550 nobody\r\n", false }, { "DATA", NULL, false });
	name_recipients(200);
	transport_run();
	cr_expect_eq(server.dialled, 101);
	cr_expect_eq(to[0].result, TRANSPORT_FAILED);
	for (size_t i = 1; i < transport.count; i++)
		cr_expect(to[i].settled && to[i].result == TRANSPORT_LATER);
}

/* Those that are refused do not take the place of others in a transaction, and do not end the session. */
Test(transport_replies, goes_on_after_recipients_that_are_refused_in_a_later_transaction)
{
	ANSWER({ "RCPT TO:<r2@", "452 4.5.3 too many\r\n", true }, { "RCPT TO:<r2@", "550 nobody\r\n", false },
	    { "RCPT TO:<r3@", "550 nobody\r\n", false });
	name_recipients(6);
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_eq(to[2].result, TRANSPORT_FAILED);
	cr_expect_eq(to[3].result, TRANSPORT_FAILED);
	cr_expect_eq(to[4].result, TRANSPORT_DONE, "%s", to[4].verdict);
	cr_expect_eq(to[5].result, TRANSPORT_DONE, "%s", to[5].verdict);
	cr_expect_eq(transport_count("DATA\n"), 2);
}

Test(transport_replies, goes_on_after_a_recipient_that_is_refused_when_named_alone)
{
	ANSWER({ "RCPT TO:<r2@", "550 nobody\r\n", true }, { "DATA", NULL, true }, { "DATA", NULL, true },
	    { "RCPT TO:<r0@", "250 ok\r\n", true }, { "RCPT TO:<r0@", "250 ok\r\n", true },
	    { "RCPT TO:<r0@", "550 gone\r\n", true });
	name_recipients(4);
	transport_comes_to(TRANSPORT_FAILED, "#8.12 " WHO ": 550 gone");
	cr_expect_eq(to[1].result, TRANSPORT_DONE, "%s", to[1].verdict);
	cr_expect_eq(to[3].result, TRANSPORT_DONE, "%s", to[3].verdict);
	cr_expect_eq(server.dialled, 3);
}

Test(transport_replies, names_the_others_if_all_accepted_ones_are_refused_on_the_next_connection)
{
	ANSWER({ "EHLO", "250-x\r\n250 PIPELINING\r\n", false }, { "RCPT TO:<r0@", "250 ok\r\n", true },
	    { "RCPT TO:<r0@", "450 later\r\n", true });
	name_recipients(3);
	server.rcpt_max = 1;
	server.rcpt_over = "550 nobody\r\n";
	server.refusals_max = 1;
	transport_run();
	transport_close_all();
	cr_expect_eq(to[0].result, TRANSPORT_LATER, "%s", to[0].verdict);
	cr_expect_str_eq(to[0].verdict, "#8.12 " WHO ": 450 later");
	cr_expect_eq(to[1].result, TRANSPORT_FAILED, "%s", to[1].verdict);
	cr_expect_eq(transport_count("RCPT TO:<r2@"), 1);
}

/* Without a refusal, or at a deadline, the number of recipients is not the reason. */
Test(transport_replies, connects_once_if_the_connection_fails_without_a_refusal)
{
	static const struct fake_answer cases[] = { { "RCPT TO:<r2@", NULL, false }, { "DATA", NULL, false },
		{ "DATA", "", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_answer answers[] = { cases[i],
			{ "RCPT TO:<r1@", i < 2 ? "250 ok\r\n" : "550 no\r\n", false } };
		transport_answer(answers, 2);
		name_recipients(3);
		transport_run();
		cr_expect_eq(server.dialled, i + 1);
		cr_expect_eq(to[0].result, TRANSPORT_LATER);
	}
}

Test(transport_replies, never_sends_the_message_again_on_its_own_after_its_end)
{
	ANSWER({ "RCPT TO:<r1@", "452 4.5.3 too many\r\n", true });
	name_recipients(2);
	server.end = "451 4.3.0 disk\r\n";
	transport_comes_to(TRANSPORT_LATER, "#8.12 " WHO ": 451 4.3.0 disk");
	cr_expect_eq(server.dialled, 1);
	cr_expect_eq(transport_count("DATA\n"), 1);
	cr_expect_eq(to[1].result, TRANSPORT_LATER);
}
