/* Sessions: senders of mail that aliases lead away, and bounces to them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "session/srs_file.h"
#include "support/folder.h"
#include "support/smtp_fixture.h"

static struct smtp_fixture fixture;
static struct srs srs;

static void
open_from(const char *client)
{
	fixture_open(&fixture, FTG_PUBLISHED);
	snprintf(fixture.address, sizeof fixture.address, "%s", client);
	cr_assert_eq(srs_open(&srs, ".", NULL, FIXTURE_NOW), 0);
	fixture.config.srs = &srs;
	fixture_enter(&fixture);
	fixture_greet(&fixture);
	fixture_feed(&fixture, "EHLO c\r\n", 8, 8);
}

static void
open_fixture(void)
{
	folder_make();
	open_from("192.0.2.7");
}

static void
close_fixture(void)
{
	fixture_close(&fixture);
	folder_remove();
}

TestSuite(forwarding, .init = open_fixture, .fini = close_fixture);

/* The replies to these lines. */
static const char *
say(const char *text)
{
	octets_clear(&fixture.output);
	fixture_feed(&fixture, text, strlen(text), strlen(text));
	return fixture.output.bytes;
}

/* Sends a message and returns the envelope for other servers. */
static const char *
send(const char *sender, const char *recipients)
{
	char text[2000];
	octets_clear(&fixture.queued);
	snprintf(
	    text, sizeof text, "RSET\r\nMAIL FROM:<%s>\r\n%sDATA\r\nSubject: a\r\n\r\nb\r\n.\r\n", sender, recipients);
	(void)say(text);
	return fixture.queued.bytes;
}

static void
expect_in(const char *text, const char *part)
{
	cr_expect(strstr(text, part) != NULL, "%s is not in %s", part, text);
}

static void
expect_not_in(const char *text, const char *part)
{
	cr_expect(strstr(text, part) == NULL, "%s is in %s", part, text);
}

/* The rewritten sender of otto@example.net. */
static const char *
rewritten(void)
{
	static char text[ADDRESS_TEXT_SIZE];
	const char *queued = send("otto@example.net", "RCPT TO:<away@example.test>\r\n");
	const char *at = strstr(queued, "\nas ");
	cr_assert_not_null(at, "%s", queued);
	snprintf(text, sizeof text, "%.*s", (int)strcspn(at + 4, "\n"), at + 4);
	return text;
}

/* The reply to a recipient of a message of a sender. */
static const char *
rcpt(const char *sender, const char *recipient)
{
	char text[1000];
	snprintf(text, sizeof text, "RSET\r\nMAIL FROM:<%s>\r\n", sender);
	(void)say(text);
	snprintf(text, sizeof text, "RCPT TO:<%s>\r\n", recipient);
	return say(text);
}

Test(forwarding, strangers_are_rewritten_for_other_servers_alone)
{
	const char *queued = send("otto@example.net", "RCPT TO:<mixed@example.test>\r\n");
	expect_in(queued, "\nfrom otto@example.net\n");
	expect_in(queued, "\nto Far@other.example\nas SRS0=");
	expect_in(queued, "=M3=example.net=otto@example.test\n");
	expect_in(fixture.message.bytes, "Return-Path: <otto@example.net>\r\n");
}

Test(forwarding, own_and_null_senders_stay)
{
	fixture_close(&fixture);
	open_from("203.0.113.10");
	expect_not_in(send("alice@example.test", "RCPT TO:<away@example.test>\r\n"), "\nas ");
	expect_in(fixture.queued.bytes, "to Far@other.example\n");
	expect_not_in(send("", "RCPT TO:<away@example.test>\r\n"), "\nas ");
	expect_in(fixture.queued.bytes, "to Far@other.example\n");
}

Test(forwarding, own_senders_of_strangers_are_refused_if_they_would_be_sent_on)
{
	expect_in(rcpt("alice@example.test", "away@example.test"), "(#3.21)");
	expect_in(fixture.events.bytes, "cause=sent-on");
	expect_in(rcpt("alice@example.test", "alice@example.test"), "(#3.04)");
	expect_in(rcpt("alice@example.test", "x@relayed.test"), "(#3.04)");
}

/* The reply to a message that an author sends to an alias that leads to another server. */
static const char *
write_as(const char *author)
{
	char text[2000];
	(void)rcpt("otto@example.net", "away@example.test");
	snprintf(text, sizeof text, "DATA\r\nFrom: %s\r\n\r\nb\r\n.\r\n", author);
	octets_clear(&fixture.queued);
	return say(text);
}

Test(forwarding, author_of_a_hosted_domain_keeps_the_sender)
{
	expect_in(write_as("Otto <otto@example.net>"), "(#3.05)");
	expect_in(fixture.queued.bytes, "\nas SRS0=");
	expect_in(write_as("Alice <alice@example.test>"), "(#3.05)");
	expect_in(fixture.queued.bytes, "\nto Far@other.example\n");
	expect_not_in(fixture.queued.bytes, "\nas ");
	expect_in(fixture.events.bytes, "cause=author");
}

Test(forwarding, message_waits_while_it_is_unknown_whose_domain_the_author_has)
{
	expect_in(write_as("a@example.net, b@broken.test"), "(#3.22)");
	expect_in(fixture.events.bytes, "cause=directory");
	cr_expect_eq(fixture.queued.len, 0);
	expect_in(write_as("a@example.net"), "(#3.05)");
}

/* The questions to the directory that the author of a message causes. */
static unsigned
count_questions(const char *author)
{
	unsigned before = fixture.asked_directory;
	expect_in(write_as("a"), "(#3.05)");
	unsigned without = fixture.asked_directory - before;
	before = fixture.asked_directory;
	expect_in(write_as(author), "(#3.05)");
	return fixture.asked_directory - before - without;
}

Test(forwarding, domains_above_the_author_are_asked_for_where_they_count)
{
	cr_expect_eq(count_questions("a@example.test"), 1);
	cr_expect_eq(count_questions("a@hr.example.test"), 2);
	expect_not_in(fixture.queued.bytes, "\nas ");
	cr_expect_eq(count_questions("a@example.net"), 1);
	cr_expect_eq(count_questions("a@b.c.example.net"), 1);
	expect_in(fixture.queued.bytes, "\nas SRS0=");
	cr_expect_eq(count_questions("a@1.2.3.4.5.6.example.test"), 7);
	cr_expect_eq(count_questions("a@1.2.3.4.5.6.7.example.test"), 1);
	expect_not_in(fixture.queued.bytes, "\nas ");
}

Test(forwarding, message_waits_while_it_is_unknown_what_is_above_the_author)
{
	snprintf(srs.domain, sizeof srs.domain, "srs.broken.test");
	expect_in(write_as("a@hr.broken.test"), "(#3.22)");
	cr_expect_eq(fixture.queued.len, 0);
}

/* Answers what the session waits for, until the members of a list or an alias are asked for. */
static void
run_until_expansion(void)
{
	for (unsigned before = fixture.expansions; fixture.expansions == before;) {
		struct job *job = fixture.job;
		cr_assert_not_null(job);
		fixture.job = NULL;
		job->done(job);
	}
}

/* Another session uses up the recipients of the hour while the directory is asked for the alias. */
Test(forwarding, recipient_that_is_refused_after_all_has_no_author_judged)
{
	static const char line[] = "RCPT TO:<away@example.test>\r\n";

	fixture.limits.max_recipients_per_hour = 2;
	expect_in(rcpt("", "x@relayed.test"), "(#3.04)");
	fixture.late = true;
	octets_clear(&fixture.output);
	cr_assert_eq(smtp_session_feed(fixture.session, line, strlen(line)), strlen(line));
	run_until_expansion();
	fixture.limits.max_recipients_per_hour = 1;
	fixture_run_job(&fixture);
	expect_in(fixture.output.bytes, "(#4.35)");
	expect_in(say("DATA\r\nFrom: alice@example.test\r\n\r\nb\r\n.\r\n"), "(#3.05)");
}

Test(forwarding, recipients_of_relayed_domains_and_those_of_users_stay)
{
	expect_not_in(send("otto@example.net", "RCPT TO:<x@relayed.test>\r\n"), "\nas ");
	expect_in(fixture.queued.bytes, "to x@relayed.test\n");
}

Test(forwarding, too_long_senders_stay_and_are_logged)
{
	expect_not_in(
	    send("0123456789012345678901234567890123456789@example.net", "RCPT TO:<away@example.test>\r\n"), "\nas ");
	expect_in(fixture.events.bytes,
	    "srs-kept from=0123456789012345678901234567890123456789@example.net cause=too-long\n");
}

Test(forwarding, can_be_switched_off)
{
	fixture.config.srs = NULL;
	expect_not_in(send("otto@example.net", "RCPT TO:<away@example.test>\r\n"), "\nas ");
	expect_in(rcpt("", "SRS0=AAAAAA=M3=example.net=otto@example.test"), "unknown mailbox");
}

Test(forwarding, one_domain_can_be_that_of_all_rewritten_senders)
{
	snprintf(srs.domain, sizeof srs.domain, "srs.example");
	char address[ADDRESS_TEXT_SIZE];
	snprintf(address, sizeof address, "%s", rewritten());
	expect_in(address, "@srs.example");
	expect_in(rcpt("", address), "250 ");
	expect_not_in(send(address, "RCPT TO:<away@example.test>\r\n"), "\nas ");
	address[6] = address[6] == 'A' ? 'B' : 'A';
	expect_in(rcpt("", address), "#4.63");
}

Test(forwarding, bounces_go_to_the_original_sender)
{
	char line[400], address[ADDRESS_TEXT_SIZE];
	snprintf(address, sizeof address, "%s", rewritten());
	snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", address);
	const char *queued = send("", line);
	expect_in(queued, "\nfrom \n");
	expect_in(queued, "\nto otto@example.net\n");
	expect_not_in(queued, "\nas ");
	expect_in(fixture.events.bytes, " original=otto@example.net\n");
	for (char *at = address; *at != '\0'; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
	expect_in(rcpt("", address), "250 ");
}

Test(forwarding, only_the_null_sender_writes_there)
{
	char address[ADDRESS_TEXT_SIZE];
	snprintf(address, sizeof address, "%s", rewritten());
	expect_in(rcpt("spammer@example.net", address), "550 ");
	expect_in(fixture.events.bytes, "cause=srs-sender");
}

Test(forwarding, forged_and_expired_ones_are_unknown)
{
	char address[ADDRESS_TEXT_SIZE];
	snprintf(address, sizeof address, "%s", rewritten());
	expect_in(rcpt("", "SRS0=AAAAAA=M3=example.net=otto@example.test"), "unknown mailbox");
	expect_in(rcpt("", "SRS1=AAAAAA=example.net==x@example.test"), "unknown mailbox");
	expect_in(fixture.events.bytes, "cause=srs-forged");
	fixture_pass((SRS_DAYS + 1) * 86400);
	expect_in(rcpt("", address), "unknown mailbox");
	expect_in(fixture.events.bytes, "cause=srs-expired");
}

Test(forwarding, address_is_valid_at_every_hosted_domain_and_no_other)
{
	char address[ADDRESS_TEXT_SIZE + 20], line[500];
	snprintf(address, sizeof address, "%s", rewritten());
	char *at = strrchr(address, '@');
	snprintf(at, 20, "@example.org");
	expect_in(rcpt("", address), "250 ");
	snprintf(at, 20, "@relayed.test");
	snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", address);
	expect_in(send("", line), "@relayed.test\n");
	snprintf(at, 20, "@example.com");
	expect_in(rcpt("", address), "#4.63");
}

Test(forwarding, late_answers_of_the_directory)
{
	char line[400];
	snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", rewritten());
	fixture.late = true;
	expect_in(send("", line), "\nto otto@example.net\n");
}

Test(forwarding, servers_without_a_route_get_no_bounce)
{
	char address[ADDRESS_TEXT_SIZE];
	snprintf(address, sizeof address, "%s", rewritten());
	fixture_routes(&fixture);
	expect_in(rcpt("", address), "550 ");
	expect_not_in(fixture.output.bytes, "unknown mailbox");
}

Test(forwarding, unreadable_secrets_are_logged_and_those_read_before_count)
{
	cr_assert_eq(rename(SRS_FILE, "elsewhere"), 0);
	expect_in(send("otto@example.net", "RCPT TO:<away@example.test>\r\n"), "\nas SRS0=");
	expect_in(fixture.events.bytes, "srs-failed ");
}
