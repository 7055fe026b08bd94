/* The client of SMTP and LMTP: what it says, and what it makes of the answers. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/transport_fixture.h"

TestSuite(transport, .init = transport_set_up, .fini = transport_tear_down);

Test(transport, hands_a_message_over)
{
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_str_eq(server.said,
	    "EHLO mx.example.test\nMAIL FROM:<anna@example.test>\nRCPT TO:<bert@example.net>\nDATA\nQUIT\n");
	cr_expect_str_eq(server.message, "Subject: a\r\n\r\nb\r\n");
	cr_expect(transport.begun && transport.answered && !transport.dsn && !transport.timed_out);
}

Test(transport, reads_answers_an_octet_at_a_time)
{
	ANSWER({ "EHLO", "250-mx.example.net hello\r\n250-SIZE 100\r\n250 DSN\r\n", false });
	server.piece = 1;
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_not_null(strstr(server.said, "MAIL FROM:<anna@example.test> SIZE=20\n"));
	cr_expect(transport.dsn);
}

Test(transport, doubles_dots_and_ends_the_last_line)
{
	static const char octets[] = "Return-Path: <x>\n.\n..\na..b\n.";
	close(transport.message);
	transport_give_message(octets, sizeof octets - 1);
	transport.local_prefix_len = strlen("Return-Path: <x>\n");
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_str_eq(server.message, "..\r\n...\r\na..b\r\n..\r\n");
}

/* Another octet in its place would break a DKIM signature. The server never gets the end of the message. */
Test(transport, refuses_a_message_with_a_bare_cr)
{
	static const char *const parts[] = { "a\rb\n", "a\r\n", "a\r", "a\r.\r\n" };
	static const size_t places[] = { 0, 16382, 16383, 39990 }; /* in the first block, its last octet, beyond it */
	static char octets[40000];
	for (size_t i = 0; i < sizeof parts / sizeof *parts * (sizeof places / sizeof *places); i++) {
		const char *part = parts[i % 4];
		for (size_t at = 0; at < sizeof octets; at++)
			octets[at] = at % 61 == 60 ? '\n' : 'x';
		memcpy(octets + places[i / 4], part, strlen(part));
		close(transport.message);
		transport_give_message(octets, sizeof octets);
		server.message_len = 0;
		transport_comes_to(TRANSPORT_FAILED,
		    "#8.12 mx.example.test: 554 5.6.0 Message holds a bare CR, a bare LF or a NUL (#6.06)");
		for (size_t at = 0; at < server.message_len; at++)
			cr_assert(server.message[at] != '\r' || server.message[at + 1] == '\n');
		cr_expect_lt(server.message_len, sizeof octets);
	}
	cr_expect_eq(transport_count("QUIT"), 0);
	cr_expect(!transport.timed_out && !transport.dsn);
}

Test(transport, sends_messages_of_any_size_whole)
{
	static char octets[100000];
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = i % 61 == 60 ? '\n' : i % 61 == 0 ? '.' : 'x';
	for (size_t len = 16380; len < 16390; len++) {
		close(transport.message);
		transport_give_message(octets, len);
		server.message_len = 0;
		transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
		size_t lines = (len + 60) / 61, ends = len / 61;
		cr_expect_eq(server.message_len, len - ends + lines + 2 * lines, "%zu: %zu", len, server.message_len);
	}
}

Test(transport, tells_what_each_recipient_got)
{
	ANSWER({ "EHLO", "250-x\r\n250-PIPELINING\r\n250 SIZE\r\n", false },
	    { "RCPT TO:<no@", "550-5.1.1 no\r\n550 5.1.1 such \xFFuser\r\n", false },
	    { "RCPT TO:<later@", "450 4.2.1 greylisted\r\n", false });
	to[0].address = "no@example.net";
	to[1].address = "later@example.net";
	to[2].address = "yes@example.net";
	transport.count = 150;
	transport_comes_to(TRANSPORT_FAILED, "#8.12 " WHO ": 550 5.1.1 no 5.1.1 such ?user");
	cr_expect_eq(to[1].result, TRANSPORT_LATER);
	cr_expect_str_eq(to[1].verdict, "#8.12 " WHO ": 450 4.2.1 greylisted");
	for (size_t i = 2; i < transport.count; i++)
		cr_expect_eq(to[i].result, TRANSPORT_DONE);
}

Test(transport, sends_no_message_where_no_recipient_is_taken)
{
	ANSWER({ "RCPT", "550 no\r\n", false });
	transport_comes_to(TRANSPORT_FAILED, "#8.12 " WHO ": 550 no");
	cr_expect_null(strstr(server.said, "DATA"));
}

Test(transport, takes_each_refusal_for_what_it_is)
{
	static const struct {
		struct fake_answer answer;
		enum transport_result result;
		const char *verdict;
	} cases[] = {
		{ { "EHLO", "421 busy\r\n", false }, TRANSPORT_LATER, "#8.12 " WHO ": 421 busy" },
		{ { "EHLO", NULL, false }, TRANSPORT_LATER, "#8.15 " WHO ": the connection was closed" },
		{ { "EHLO", "", false }, TRANSPORT_LATER, "#8.15 " WHO ": no answer in time" },
		{ { "MAIL", "451 4.3.0 disk\r\n", false }, TRANSPORT_LATER, "#8.12 " WHO ": 451 4.3.0 disk" },
		{ { "MAIL", "550 5.7.1 no\r\n", false }, TRANSPORT_FAILED, "#8.12 " WHO ": 550 5.7.1 no" },
		{ { "MAIL", "560 odd\r\n", false }, TRANSPORT_FAILED, "#8.12 " WHO ": 560 odd" },
		{ { "MAIL", "999 odd\r\n", false }, TRANSPORT_LATER, "#8.15 " WHO ": its reply is not an SMTP reply" },
		{ { "MAIL", "250-a\r\n451 b\r\n", false }, TRANSPORT_LATER, "#8.12 " WHO ": 451 b" },
		{ { "MAIL", "hello\r\n\r\n550-a\r\n250-b\r\n550 c\r\n", false }, TRANSPORT_FAILED,
		    "#8.12 " WHO ": 550 c" },
		{ { "RCPT", "421 bye\r\n", false }, TRANSPORT_LATER, "#8.12 " WHO ": 421 bye" },
		{ { "RCPT", NULL, false }, TRANSPORT_LATER, "#8.15 " WHO ": the connection was closed" },
		{ { "DATA", "451 no\r\n", false }, TRANSPORT_LATER, "#8.12 " WHO ": 451 no" },
		{ { "DATA", "554 no\r\n", false }, TRANSPORT_FAILED, "#8.12 " WHO ": 554 no" },
		{ { "DATA", "250 what\r\n", false }, TRANSPORT_LATER, "#8.12 " WHO ": 250 what" },
		{ { "DATA", NULL, false }, TRANSPORT_LATER, "#8.15 " WHO ": the connection was closed" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_answer answers[] = { cases[i].answer };
		transport_answer(answers, 1);
		transport_run();
		transport_close_all();
		cr_expect_eq(to[0].result, cases[i].result, "%zu: %s", i, to[0].verdict);
		cr_expect_str_eq(to[0].verdict, cases[i].verdict);
	}
}

Test(transport, takes_each_answer_to_the_message_for_what_it_is)
{
	static const struct {
		const char *end;
		enum transport_result result;
		const char *verdict;
	} cases[] = {
		{ "552 5.3.4 too big\r\n", TRANSPORT_FAILED, "#8.12 " WHO ": 552 5.3.4 too big" },
		{ "451 4.3.0 disk\r\n", TRANSPORT_LATER, "#8.12 " WHO ": 451 4.3.0 disk" },
		{ "354 again\r\n", TRANSPORT_LATER, "#8.12 " WHO ": 354 again" },
		{ "", TRANSPORT_LATER, "#8.15 " WHO ": no answer in time" },
		{ "rubbish\r\n", TRANSPORT_LATER, "#8.15 " WHO ": its reply is not an SMTP reply" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		server.end = cases[i].end;
		transport_comes_to(cases[i].result, cases[i].verdict);
	}
	server.data_max = 5;
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": the connection was broken off");
}

Test(transport, says_whether_another_address_may_be_tried)
{
	static const struct {
		struct fake_answer answer;
		bool begun, answered, timed_out;
	} cases[] = {
		{ { "RCPT", "450 later\r\n", false }, true, true, false },
		{ { "MAIL", "451 busy\r\n", false }, false, true, false },
		{ { "MAIL", "550 no\r\n", false }, true, true, false },
		{ { "EHLO", "421 busy\r\n", false }, false, true, false },
		{ { "EHLO", NULL, false }, false, true, false },
		{ { "EHLO", "", false }, false, true, true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_answer answers[] = { cases[i].answer };
		transport_answer(answers, 1);
		transport_run();
		cr_expect_eq(transport.begun, cases[i].begun, "%zu", i);
		cr_expect_eq(transport.answered, cases[i].answered, "%zu", i);
		cr_expect_eq(transport.timed_out, cases[i].timed_out, "%zu", i);
		cr_expect_eq(server.dialled, i + 1);
	}
	server.answer_count = 0;
	server.refused = "192.0.2.1";
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": Connection refused");
	cr_expect_not(transport.begun || transport.answered || transport.timed_out);
	server.refused = NULL;
	server.silent = "192.0.2.1";
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": no answer in time");
	cr_expect(!transport.begun && !transport.answered && transport.timed_out);
	server.silent = NULL;
	server.greeting = "554 no mail here\r\n";
	transport_comes_to(TRANSPORT_LATER, "#8.12 " WHO ": 554 no mail here");
}

Test(transport, ends_at_the_total_deadline)
{
	int64_t begun = server.time;
	transport.times.whole = 300;
	server.silent = "192.0.2.1";
	transport_run();
	cr_expect_eq(server.time, begun + 300);
	cr_expect(transport.timed_out);
}

Test(transport, sends_the_next_message_on_the_same_connection)
{
	transport_run();
	transport_run();
	cr_expect_eq(server.dialled, 1);
	cr_expect_eq(to[0].result, TRANSPORT_DONE);
	transport_close_all();
	cr_expect_str_eq(server.said,
	    "EHLO mx.example.test\nMAIL FROM:<anna@example.test>\nRCPT TO:<bert@example.net>\nDATA\n"
	    "RSET\nMAIL FROM:<anna@example.test>\nRCPT TO:<bert@example.net>\nDATA\nQUIT\n");
}

Test(transport, connects_again_if_an_idle_connection_is_of_no_use)
{
	ANSWER({ "RSET", NULL, true }, { "RSET", "421 4.4.2 idle too long\r\n", true }, { "RSET", "", true });
	transport_run();
	for (int i = 2; i < 5; i++) {
		transport_run();
		cr_expect_eq(to[0].result, TRANSPORT_DONE, "%s", to[0].verdict);
		cr_expect_eq(server.dialled, i);
	}
}

/* Else the reply to each command would be taken for that to the next one. */
Test(transport, connects_again_if_the_server_has_said_more_than_it_was_asked)
{
	server.end = "250 2.0.0 queued\r\n250 2.0.0 once more\r\n";
	for (int i = 1; i < 3; i++) {
		transport_run();
		cr_expect_eq(to[0].result, TRANSPORT_DONE, "%s", to[0].verdict);
		cr_expect_eq(server.dialled, i);
	}
}

Test(transport, shares_no_connection_with_another_manner_or_server)
{
	transport_run();
	transport.manner.unverified = true;
	transport_run();
	transport.address.name = "mx2.example.net";
	transport_run();
	transport.address.channel.port = 2525;
	transport_run();
	cr_expect_eq(server.dialled, 4);
	cr_expect_eq(pool.idle, 4);
}

Test(transport, reuses_a_connection_within_its_limits)
{
	transport_run();
	fake_dialer_time_out(&server);
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(server.open, 0);
	for (int i = 0; i < CLIENT_POOL_MESSAGES + 1; i++) {
		server.said_len = server.message_len = 0;
		transport_run();
	}
	cr_expect_eq(server.dialled, 3);
}

Test(transport, speaks_helo_where_ehlo_is_not_known)
{
	ANSWER({ "EHLO", "502 what?\r\n", false });
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_not_null(strstr(server.said, "HELO mx.example.test\n"));
}

#define STARTTLS                                                                                                       \
	{                                                                                                              \
		"EHLO", "250-x\r\n250-STARTTLS\r\n250-SMTPUTF8\r\n250 AUTH=PLAIN\r\n", false                           \
	}

Test(transport, encrypts_if_offered)
{
	ANSWER(STARTTLS);
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_not_null(strstr(server.said, "STARTTLS\nTLS: EHLO mx.example.test\nTLS: MAIL"));
}

Test(transport, sends_in_the_clear_only_if_allowed)
{
	ANSWER(STARTTLS);
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	server.tls_fails = true;
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_eq(server.dialled, 2);
	cr_expect_eq(transport.manner.tls, TRANSPORT_TLS_STARTTLS);
}

Test(transport, sends_nothing_in_the_clear_where_that_is_not_allowed)
{
	transport.manner.tls = TRANSPORT_TLS_REQUIRED;
	transport_comes_to(TRANSPORT_LATER, "#8.19 " WHO ": STARTTLS is not offered");
	ANSWER(STARTTLS, { "STARTTLS", "454 no\r\n", true });
	transport_comes_to(TRANSPORT_LATER, "#8.19 " WHO ": STARTTLS is refused: 454 no");
	server.tls_fails = true;
	transport_comes_to(TRANSPORT_LATER, "#8.19 " WHO ": the certificate of mx1.example.net is not trusted");
	transport.manner.unverified = true;
	transport_comes_to(
	    TRANSPORT_LATER, "#8.19 " WHO ": the certificate of mx1.example.net is not trusted, which does not matter");
	transport.manner.tls = TRANSPORT_TLS_IMPLICIT;
	transport_comes_to(
	    TRANSPORT_LATER, "#8.19 " WHO ": the certificate of mx1.example.net is not trusted, which does not matter");
	cr_expect_null(strstr(server.said, "MAIL"));
}

Test(transport, passes_on_dsn_parameters)
{
	ANSWER({ "EHLO", "250-x\r\n250-DSN\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n", false });
	to[0].notify = DSN_SUCCESS | DSN_DELAY;
	to[0].orcpt = "rfc822;b+2Bx@example.net";
	to[1].notify = DSN_NEVER;
	transport.count = 2;
	transport.ret = DSN_RETURN_HEADERS;
	transport.envid = "x1";
	transport.utf8 = true;
	transport.sender = "";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_not_null(strstr(server.said, "MAIL FROM:<> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x1\n"));
	cr_expect_not_null(strstr(server.said, "> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bx@example.net\n"));
	cr_expect_not_null(strstr(server.said, "> NOTIFY=NEVER\n"));
}

Test(transport, omits_parameters_that_the_server_does_not_offer)
{
	ANSWER({ "EHLO", "250 x\r\n", false });
	to[0].notify = DSN_SUCCESS;
	transport.envid = "x1";
	transport.eightbit = true;
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_not_null(strstr(server.said, "MAIL FROM:<anna@example.test>\nRCPT TO:<bert@example.net>\n"));
	transport.utf8 = true;
	transport_comes_to(TRANSPORT_FAILED, "#8.17 " WHO ": 5.6.9 the header is in UTF-8");
	to[0].address = "b\xC3\xA4rt@example.net";
	transport_comes_to(TRANSPORT_FAILED, "#8.17 " WHO);
	to[0].address = "bert@example.net";
	transport.sender = "\xC3\xA4nna@example.test";
	transport_comes_to(TRANSPORT_FAILED, "#8.17 " WHO);
}

Test(transport, sends_no_message_that_is_too_large)
{
	ANSWER({ "EHLO", "250-x\r\n250 SIZE 19\r\n", true }, { "EHLO", "250-x\r\n250 SIZE 0\r\n", true });
	transport_comes_to(TRANSPORT_FAILED, "#8.18 " WHO);
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
}

Test(transport, cannot_be_made_to_send_another_command)
{
	to[0].address = "a@b>\r\nDATA\r\n<c@d";
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": a command to it cannot be written");
	cr_expect_null(strstr(server.said, "DATA"));
}

Test(transport, speaks_lmtp_to_each_recipient)
{
	transport.manner.protocol = TRANSPORT_LMTP;
	transport.count = 4;
	ANSWER({ "RCPT TO:<no@", "550 5.1.1 no\r\n", false });
	to[1].address = "no@example.net";
	server.end = "250 2.0.0 stored\r\n452 4.2.2 full\r\n550 5.2.0 gone\r\n";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 stored");
	cr_expect_str_eq(to[1].verdict, "#8.12 " WHO ": 550 5.1.1 no");
	cr_expect_eq(to[2].result, TRANSPORT_LATER);
	cr_expect_eq(to[3].result, TRANSPORT_FAILED);
	cr_expect_eq(strncmp(server.said, "LHLO ", 5), 0);
	server.end = "250 2.0.0 stored\r\n";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 stored");
	cr_expect_str_eq(to[3].verdict, "#8.15 " WHO ": no answer in time");
}

Test(transport, logs_in)
{
	ANSWER({ "EHLO", "250-x\r\n250 AUTH LOGIN PLAIN\r\n", false },
	    { "AUTH PLAIN AGFubmEAc2VjcmV0", "235 2.7.0 welcome\r\n", true }, { "AUTH", "535 5.7.8 no\r\n", true });
	transport.manner.user = "anna";
	transport.manner.password = "secret";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	transport_comes_to(TRANSPORT_LATER, "#8.12 " WHO ": 535 5.7.8 no");
}

Test(transport, logs_in_by_challenges)
{
	ANSWER({ "EHLO", "250-x\r\n250 AUTH LOGIN\r\n", false }, { "AUTH LOGIN", "334 VXNlcm5hbWU6\r\n", false },
	    { "YW5uYQ==", "334 UGFzc3dvcmQ6\r\n", false }, { "c2VjcmV0", "235 ok\r\n", false });
	transport.manner.user = "anna";
	transport.manner.password = "secret";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
}

Test(transport, joins_the_mechanisms_of_several_lines)
{
	ANSWER({ "EHLO", "250-x\r\n250-AUTH LOGIN PLAIN\r\n250 AUTH=GSSAPI NTLM\r\n", true },
	    { "EHLO", "250-x\r\n250-AUTH=GSSAPI NTLM\r\n250 AUTH LOGIN PLAIN\r\n", true },
	    { "AUTH PLAIN AGFubmEAc2VjcmV0", "235 2.7.0 welcome\r\n", false });
	transport.manner.user = "anna";
	transport.manner.password = "secret";
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	transport_comes_to(TRANSPORT_DONE, "#8.12 " WHO ": 250 2.0.0 queued");
	cr_expect_eq(transport_count("AUTH PLAIN"), 2);
}

Test(transport, requires_the_proof_of_a_scram_server)
{
	ANSWER({ "EHLO", "250-x\r\n250 AUTH SCRAM-SHA-256\r\n", true }, { "AUTH", "235 ok\r\n", true },
	    { "EHLO", "250-x\r\n250 AUTH GSSAPI\r\n", true });
	transport.manner.user = "anna";
	transport.manner.password = "secret";
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": the server has not proved that it knows the password");
	transport_comes_to(TRANSPORT_LATER, "#8.15 " WHO ": it offers no mechanism to log in by that is known here");
	cr_expect_null(strstr(server.said, "MAIL"));
}
