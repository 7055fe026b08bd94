/* What policy services are told by a session, and what becomes of a header field that they want. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/smtp_fixture.h"

static struct smtp_fixture fixture;

static void
set_up(void)
{
	fixture_open(&fixture, FTG_PUBLISHED);
	fixture.config.service_count = 1;
}

static void
tear_down(void)
{
	fixture_close(&fixture);
}

TestSuite(services, .init = set_up, .fini = tear_down);

static void
say(const char *text)
{
	fixture_feed(&fixture, text, strlen(text), strlen(text));
}

static void
begin(enum service_stage at)
{
	fixture.services[0].service.at = at;
	fixture_enter(&fixture);
	smtp_session_greet(fixture.session);
}

static void
expect_told(const char *request)
{
	cr_expect_str_eq(fixture.services[0].asked, request);
}

static const char envelope[] =
    "EHLO client.example\r\nMAIL FROM:<a@b.example> SIZE=300\r\nRCPT TO:<alice@example.test>\r\n";

Test(services, connect_sends_the_address)
{
	begin(SERVICE_CONNECT);
	expect_told("request=smtpd_access_policy\nprotocol_state=CONNECT\nprotocol_name=SMTP\n"
	            "client_address=192.0.2.7\nclient_name=unknown\nreverse_client_name=unknown\nhelo_name=\n"
	            "sasl_method=\nsasl_username=\nsasl_sender=\nencryption_protocol=\nencryption_cipher=\n"
	            "instance=s1.0\nqueue_id=s1\nsender=\nrecipient=\nrecipient_count=0\nsize=0\n\n");
	cr_expect_eq(fixture.services[0].count, 1);
}

Test(services, helo_sends_the_new_name)
{
	begin(SERVICE_HELO);
	say("EHLO client.example\r\n");
	cr_expect_not_null(strstr(fixture.services[0].asked, "\nprotocol_state=EHLO\n"));
	cr_expect_not_null(strstr(fixture.services[0].asked, "\nhelo_name=client.example\n"));
}

Test(services, rcpt_sends_sender_and_recipient)
{
	begin(SERVICE_RCPT);
	say(envelope);
	expect_told("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
	            "client_address=192.0.2.7\nclient_name=unknown\nreverse_client_name=unknown\n"
	            "helo_name=client.example\nsasl_method=\nsasl_username=\nsasl_sender=\nencryption_protocol=\n"
	            "encryption_cipher=\ninstance=s1.1\nqueue_id=s1\nsender=a@b.example\n"
	            "recipient=alice@example.test\nrecipient_count=0\nsize=300\n\n");
}

Test(services, confirmed_client_name_is_sent)
{
	fixture.config.policy.ptr_check = PTR_CONFIRMED;
	fake_resolver_tell(&fixture.dns, "PTR 192.0.2.7 host.example.org");
	fake_resolver_tell(&fixture.dns, "A host.example.org 192.0.2.7");
	begin(SERVICE_CONNECT);
	cr_expect_not_null(strstr(
	    fixture.services[0].asked, "\nclient_name=host.example.org\nreverse_client_name=host.example.org\n"));
}

Test(services, data_sends_the_number_of_recipients)
{
	begin(SERVICE_DATA);
	say(envelope);
	say("RCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n");
	cr_expect_not_null(strstr(fixture.services[0].asked, "\nprotocol_state=DATA\n"));
	cr_expect_not_null(strstr(fixture.services[0].asked, "\nrecipient=\nrecipient_count=2\n"));
	say("MAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n");
	cr_expect_not_null(strstr(fixture.services[0].asked, "\ninstance=s1.2\n"));
	cr_expect_not_null(
	    strstr(fixture.services[0].asked, "\nsender=\nrecipient=bob@example.test\nrecipient_count=1\n"));
}

Test(services, login_and_encryption_are_sent)
{
	fixture.config.sasl = fixture.sasl;
	fixture.has_certificate = true;
	fixture.services[0].service.about = SERVICE_ANYONE;
	begin(SERVICE_MAIL);
	say("EHLO client.example\r\nSTARTTLS\r\n");
	fixture_shake_hands(&fixture);
	say("EHLO client.example\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\r\nMAIL FROM:<alice@example.test>\r\n");
	cr_expect_not_null(strstr(fixture.services[0].asked,
	    "\nsasl_method=PLAIN\nsasl_username=alice@example.test\nsasl_sender=\nencryption_protocol=TLSv1.3\n"
	    "encryption_cipher=TLS_AES_256_GCM_SHA384\n"));
}

Test(services, refused_recipients_are_not_sent)
{
	begin(SERVICE_RCPT);
	say("EHLO client.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@example.test>\r\n");
	cr_expect_eq(fixture.services[0].count, 0);
	cr_expect_not_null(strstr(fixture.output.bytes, "(#4.28)"));
}

Test(services, client_octets_cannot_end_a_line)
{
	begin(SERVICE_MAIL);
	say("EHLO client.example\nrequest=junk\r\n");
	say("EHLO a\x01\x1b[2J\xff\r\nMAIL FROM:<\"a\\\x0bsender=x\"@b.example>\r\nMAIL FROM:<a@b.example>\r\n");
	size_t lines = 0;
	for (const char *at = fixture.services[0].asked; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	cr_expect_leq(lines, 19);
}

static void
deliver(const char *params)
{
	say("EHLO client.example\r\nMAIL FROM:<a@b.example>");
	say(params);
	say("\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n");
	cr_assert_eq(fixture.delivered, 1);
}

static void
expect_header(const char *wanted)
{
	char start[1200];

	snprintf(start, sizeof start, "Return-Path: <a@b.example>\r\n%sReceived: from client.example", wanted);
	cr_expect_eq(strncmp(fixture.message.bytes, start, strlen(start)), 0, "%s", fixture.message.bytes);
}

Test(services, a_field_is_added_once_above_received)
{
	fixture.services[0].answer = "action=PREPEND Received-SPF: pass (x) client-ip=192.0.2.7;\n\n";
	begin(SERVICE_RCPT);
	deliver("");
	cr_expect_eq(fixture.services[0].count, 2);
	expect_header("Received-SPF: pass (x) client-ip=192.0.2.7;\r\n");
	say("MAIL FROM:<a@b.example>\r\n");
	fixture.services[0].answer = "action=DUNNO\n\n";
	octets_clear(&fixture.message);
	say("RCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n");
	expect_header("");
}

Test(services, fields_of_two_services_are_both_added)
{
	fixture.config.service_count = 2;
	fixture.services[0].answer = "action=PREPEND X-A: 1\n\n";
	fixture.services[1].answer = "action=PREPEND X-A: 12\n\n";
	fixture.services[1].service.at = SERVICE_MAIL;
	begin(SERVICE_DATA);
	deliver("");
	expect_header("X-A: 12\r\nX-A: 1\r\n");
}

Test(services, a_field_is_ascii_unless_the_message_is_not)
{
	fixture.services[0].answer = "action=PREPEND X-A: \xc3\xa4\n\n";
	begin(SERVICE_DATA);
	deliver("");
	expect_header("X-A: ??\r\n");
}

Test(services, a_field_is_utf8_in_a_message_that_is)
{
	fixture.services[0].answer = "action=PREPEND X-A: \xc3\xa4\n\n";
	begin(SERVICE_DATA);
	deliver(" SMTPUTF8");
	expect_header("X-A: \xc3\xa4\r\n");
}

Test(services, malformed_fields_are_ignored)
{
	static const char *const answers[] = { "action=PREPEND\n\n", "action=PREPEND no colon\n\n",
		"action=PREPEND : x\n\n", "action=PREPEND a b: x\n\n", "action=PREPEND \xc3\xa4: x\n\n" };
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		fixture.services[0].answer = answers[i];
		begin(SERVICE_DATA);
		octets_clear(&fixture.message);
		fixture.delivered = 0;
		deliver("");
		expect_header("");
		cr_expect_not_null(strstr(fixture.events.bytes, "service service=first answer=overlooked"));
		octets_clear(&fixture.events);
		smtp_session_free(fixture.session);
	}
	fixture_enter(&fixture);
}

Test(services, added_fields_are_bounded)
{
	char answer[SERVICE_TEXT_SIZE + 40] = "action=PREPEND X-A: ";
	size_t start = strlen(answer);
	memset(answer + start, 'x', 993);
	begin(SERVICE_RCPT);
	fixture.services[0].answer = answer;
	say("EHLO client.example\r\nMAIL FROM:<a@b.example>\r\n");
	for (unsigned i = 0; i < 10; i++) {
		answer[start] = (char)('a' + i);
		say("RCPT TO:<alice@example.test>\r\n");
	}
	answer[start + 993] = 'x';
	say("RCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n");
	cr_expect_eq(fixture.delivered, 1);
	cr_expect_not_null(strstr(fixture.message.bytes, "X-A: bxx"));
	cr_expect_null(strstr(fixture.message.bytes, "X-A: cxx"));
	cr_expect_null(strstr(fixture.message.bytes, "X-A: jxx"));
}
