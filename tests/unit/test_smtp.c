/* What an SMTP session promises beyond its conversations: jobs, memory, and what it does when memory is out. */
#include "support/smtp_fixture.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/base64.h"
#include "config/section.h"

/* Allocations of the session, counted; the one that memory runs out at, 0 for none. */
static unsigned allocations;
static unsigned fails_at;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);

static bool
may_allocate(void)
{
	return ++allocations != fails_at;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return may_allocate() ? __real_realloc(memory, size) : NULL;
}

void *
__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return may_allocate() ? __real_reallocarray(memory, count, size) : NULL;
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return may_allocate() ? __real_strndup(text, len) : NULL;
}

static struct smtp_fixture fixture;

static void
open_fixture(void)
{
	fixture_open(&fixture, FTG_PUBLISHED);
	fixture_enter(&fixture);
}

static void
close_fixture(void)
{
	fixture_close(&fixture);
}

TestSuite(smtp, .init = open_fixture, .fini = close_fixture);

static size_t
feed(const char *text)
{
	return smtp_session_feed(fixture.session, text, strlen(text));
}

static const char envelope[] = "HELO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<alice@example.test>\r\n";

Test(smtp, busy_session_consumes_nothing_and_asks_to_be_fed_again)
{
	feed(envelope);
	fixture.late = true;
	const char rest[] = "DATA\r\ntext\r\n.\r\nNOOP\r\n";
	size_t taken = feed(rest);
	cr_expect_eq(taken, strlen(rest) - strlen("NOOP\r\n"));
	cr_expect(smtp_session_busy(fixture.session));
	cr_expect(smtp_session_in_transaction(fixture.session));
	cr_expect_eq(feed("NOOP\r\n"), 0);
	cr_expect_eq(fixture.resumes, 0);
	fixture_run_job(&fixture);
	cr_expect_eq(fixture.resumes, 1);
	cr_expect_not(smtp_session_busy(fixture.session));
	cr_expect_not(smtp_session_in_transaction(fixture.session));
	cr_expect_eq(fixture.delivered, 1);
	cr_expect_eq(feed("NOOP\r\n"), 6);
}

Test(smtp, job_that_ends_at_once_needs_no_resume)
{
	feed(envelope);
	feed("DATA\r\ntext\r\n.\r\n");
	cr_expect_eq(fixture.resumes, 0);
	cr_expect_eq(fixture.delivered, 1);
}

/* The client waits ten minutes from the dot on, whoever uses them: a message that is late must not be accepted twice. */
Test(smtp, time_of_filters_counts_against_the_commit)
{
	feed(envelope);
	feed("DATA\r\ntext\r\n.\r\n");
	cr_expect_eq(fixture.commit_timeout, DELIVERY_TIMEOUT);
	fixture.config.scanner_count = 1;
	feed(envelope + strlen("HELO c\r\n"));
	fixture.late = true;
	feed("DATA\r\ntext\r\n.\r\n");
	fixture_pass(300);
	fixture_run_job(&fixture);
	fixture.late = false;
	while (smtp_session_busy(fixture.session))
		fixture_run_job(&fixture);
	cr_expect_eq(fixture.commit_timeout, DELIVERY_TIMEOUT - 300 * 1000);
	cr_expect_eq(fixture.delivered, 2);
}

/* A list that the client may not write to costs one question for each RCPT, however long the list is. */
Test(smtp, recipient_that_may_not_be_written_to_is_never_expanded)
{
	unsigned before;
	fixture.config.max_errors = 1000;
	feed("HELO c\r\nMAIL FROM:<a@b.example>\r\n");
	before = fixture.asked_directory;
	for (int i = 0; i < 200; i++)
		feed("RCPT TO:<club@example.test>\r\nRCPT TO:<crew@example.test>\r\n");
	cr_expect_eq(fixture.expansions, 0);
	cr_expect_eq(fixture.asked_directory - before, 400);
	cr_expect_eq(fixture.delivered, 0);
}

Test(smtp, list_is_expanded_once_in_a_transaction)
{
	feed("HELO c\r\nMAIL FROM:<a@b.example>\r\n");
	for (int i = 0; i < 50; i++)
		feed("RCPT TO:<team@example.test>\r\n");
	cr_expect_eq(fixture.expansions, 1);
	feed("DATA\r\ntext\r\n.\r\n");
	cr_expect_eq(fixture.delivered, 1);
	cr_expect_eq(fixture.mailboxes, 2);
	feed("MAIL FROM:<a@b.example>\r\nRCPT TO:<team@example.test>\r\n");
	cr_expect_eq(fixture.expansions, 2);
}

Test(smtp, message_to_many_mailboxes_is_delivered_by_the_threads_for_such)
{
	feed("HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<team@example.test>\r\nDATA\r\ntext\r\n.\r\n");
	cr_expect_eq(fixture.delivered, 1);
	cr_expect_eq(fixture.spread, 0);
	feed("MAIL FROM:<a@b.example>\r\nRCPT TO:<crowd@example.test>\r\nDATA\r\ntext\r\n.\r\n");
	cr_expect_eq(fixture.delivered, 2);
	cr_expect_eq(fixture.spread, 1);
}

/* The first recipient is taken whatever it leads to, and one whose mailboxes the message is for anyway. */
Test(smtp, message_is_for_a_bounded_number_of_addresses)
{
	fixture.config.max_recipients = 100;
	feed("HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<crowd@example.test>\r\n");
	octets_clear(&fixture.output);
	octets_clear(&fixture.events);
	feed("RCPT TO:<horde@example.test>\r\n");
	cr_expect_eq(fixture.output.bytes[0], '4', "%s", fixture.output.bytes);
	cr_expect_not_null(strstr(fixture.events.bytes, "cause=max-addresses"), "%s", fixture.events.bytes);
	octets_clear(&fixture.output);
	feed("RCPT TO:<crowd@example.test>\r\n");
	feed("RCPT TO:<crowded@example.test>\r\n");
	feed("RCPT TO:<alice@example.test>\r\n");
	cr_expect_eq(fixture.output.bytes[0], '2');
	cr_expect_null(strstr(fixture.output.bytes, "\r\n4"), "%s", fixture.output.bytes);
	feed("DATA\r\ntext\r\n.\r\n");
	cr_expect_eq(fixture.delivered, 1);
	fixture.config.max_recipients = 2 * FIXTURE_CROWD;
	octets_clear(&fixture.output);
	feed("MAIL FROM:<a@b.example>\r\nRCPT TO:<crowd@example.test>\r\nRCPT TO:<horde@example.test>\r\n");
	cr_expect_null(strstr(fixture.output.bytes, "\r\n4"), "%s", fixture.output.bytes);
}

/* What another worker counts while a recipient is resolved is found out before anything is counted for it. */
Test(smtp, recipient_that_is_over_one_limit_counts_towards_no_other)
{
	fixture.config.sasl = fixture.sasl;
	fixture.config.plain_in_clear = true;
	fixture.limits.max_recipients_per_hour = 1;
	fixture.limits.max_recipients_account_day = 1;
	feed("EHLO c\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\r\nMAIL FROM:<alice@example.test>\r\n");
	fixture.late = true;
	feed("RCPT TO:<team@example.test>\r\n");
	while (fixture.expansions == 0) {
		struct job *job = fixture.job;
		fixture.job = NULL;
		job->done(job);
	}
	cr_assert_null(limiter_account(&fixture.limiter, 1, NULL, true, true));
	fixture.late = false;
	octets_clear(&fixture.output);
	while (smtp_session_busy(fixture.session))
		fixture_run_job(&fixture);
	cr_expect_not_null(strstr(fixture.output.bytes, "(#4.35)"), "%s", fixture.output.bytes);
	cr_expect_not(limiter_account_recipient(&fixture.limiter, 1, true));
}

Test(smtp, closed_session_consumes_nothing)
{
	cr_expect_eq(feed("QUIT\r\nNOOP\r\n"), 6);
	cr_expect(smtp_session_closed(fixture.session));
	octets_clear(&fixture.output);
	cr_expect_eq(feed("NOOP\r\n"), 0);
	cr_expect_eq(fixture.output.len, 0);
}

Test(smtp, message_is_between_data_and_its_answer)
{
	feed(envelope);
	cr_expect_not(smtp_session_in_transaction(fixture.session));
	feed("DATA\r\n");
	cr_expect(smtp_session_in_transaction(fixture.session));
	feed(".\r\n");
	cr_expect_not(smtp_session_in_transaction(fixture.session));
}

Test(smtp, unfinished_message_is_dropped_with_its_session)
{
	feed(envelope);
	feed("DATA\r\ntext\r\n");
	cr_expect_eq(fixture.open, 1);
	smtp_session_free(fixture.session);
	fixture.session = NULL;
	cr_expect_eq(fixture.open, 0);
	cr_expect_eq(fixture.abandoned, 1);
}

Test(smtp, refused_message_is_dropped_before_its_end)
{
	feed(envelope);
	feed("DATA\r\nbare\nlf\r\n");
	cr_expect_eq(fixture.open, 0);
}

Test(smtp, message_in_chunks_is_between_the_first_and_the_last)
{
	feed(envelope);
	feed("BDAT 4\r\nte");
	cr_expect(smtp_session_in_transaction(fixture.session));
	feed("xt");
	cr_expect(smtp_session_in_transaction(fixture.session));
	cr_expect_eq(fixture.open, 1);
	feed("BDAT 0 LAST\r\n");
	cr_expect_not(smtp_session_in_transaction(fixture.session));
	cr_expect_eq(fixture.delivered, 1);
}

Test(smtp, refused_message_in_chunks_is_dropped_before_its_end)
{
	feed(envelope);
	feed("BDAT 99 LAST\r\nbare\nlf");
	cr_expect_eq(fixture.open, 0);
}

Test(smtp, session_that_ends_between_chunks_drops_the_message)
{
	fixture.config.max_errors = 1;
	feed(envelope);
	feed("BDAT 4\r\ntextXYZZY\r\nXYZZY\r\n");
	cr_expect(smtp_session_closed(fixture.session));
	cr_expect_eq(fixture.open, 0);
	cr_expect_eq(fixture.delivered, 0);
}

Test(smtp, mailbox_gets_a_message_once)
{
	feed(envelope);
	feed(
	    "RCPT TO:<ALICE@Example.Test>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n.\r\n");
	cr_expect_eq(fixture.delivered, 1);
	cr_expect_eq(fixture.mailboxes, 2);
}

Test(smtp, thousand_recipients_are_a_thousand_mailboxes)
{
	fixture.config.max_recipients = 1000;
	feed("HELO c\r\nMAIL FROM:<a@b>\r\n");
	for (int i = 0; i < 1001; i++) {
		char rcpt[64];
		snprintf(rcpt, sizeof rcpt, "RCPT TO:<box%d@example.test>\r\n", i);
		feed(rcpt);
	}
	feed("DATA\r\n.\r\n");
	cr_expect_eq(fixture.mailboxes, 1000);
	cr_expect_eq(fixture.events_seen, 2);
}

Test(smtp, large_message_arrives_whole)
{
	enum { SIZE = 999998 };
	static char text[SIZE];
	fixture.flush_after = 65536;
	for (size_t i = 0; i < SIZE; i++)
		text[i] = "abcdefg"[i % 7];
	for (size_t i = 90; i + 1 < SIZE; i += 97)
		memcpy(text + i, "\r\n", 2);
	feed(envelope);
	feed("DATA\r\n");
	fixture_feed(&fixture, text, SIZE, 16384);
	fixture_feed(&fixture, "\r\n.\r\n", 5, 5);
	cr_assert_eq(fixture.delivered, 1);
	size_t trace = fixture.message.len - SIZE - 2;
	cr_expect_arr_eq(fixture.message.bytes + trace, text, SIZE);
}

Test(smtp, idle_session_is_small)
{
	fixture_close(&fixture);
	fixture_open(&fixture, FTG_PUBLISHED);
	size_t before = mallinfo2().uordblks;
	fixture_enter(&fixture);
	smtp_session_feed(fixture.session, "HELO client.example.test\r\n", 26);
	size_t grown = mallinfo2().uordblks - before;
	cr_expect_leq(grown, 1232, "%zu octets", grown);
}

Test(smtp, refused_recipient_allocates_nothing)
{
	const char rcpt[] = "RCPT TO:<nobody@example.test>\r\n";
	feed(envelope);
	feed(rcpt);
	unsigned before = allocations;
	feed(rcpt);
	cr_expect_eq(allocations, before);
}

Test(smtp, refusal_counts_as_one_event)
{
	feed(envelope);
	feed("RCPT TO:<nobody@example.test>\r\nXYZZY\r\nDATA\r\na\nb\r\n.\r\n");
	cr_expect_eq(fixture.events_seen, 3);
}

Test(smtp, path_of_one_command_is_not_logged_with_the_next)
{
	feed("HELO c\r\nMAIL FROM:<bad\r\nXYZZY\r\n");
	cr_expect_str_eq(fixture.events.bytes,
	    "reply ref=#4.34 id=ERR_SMTP_ADDRESS_SENDER cause=address-syntax helo=c from=bad\nreply ref=#4.23 id=ERR_SMTP_SYNTAX3 cause=unknown-command helo=c\n");
}

/* A line is answered for what it is, or with #3.22, once; nothing leaks and the session goes on. */
static unsigned
converse(unsigned at)
{
	static const char *const lines[] = { "EHLO c\r\n", "MAIL FROM:<a@b> ENVID=1\r\n",
		"RCPT TO:<alice@example.test> ORCPT=a;b\r\n", "RCPT TO:<bob@example.test>\r\n", "DATA\r\n", ".\r\n" };
	unsigned troubles = 0;
	close_fixture();
	open_fixture();
	fixture.config.dsn_anyone = true;
	allocations = 0;
	fails_at = at;
	for (size_t i = 0; i < sizeof lines / sizeof *lines;) {
		octets_clear(&fixture.output);
		feed("");
		cr_assert_eq(smtp_session_feed(fixture.session, lines[i], 3), 3);
		cr_assert_eq(feed(lines[i] + 3), strlen(lines[i]) - 3);
		if (strncmp(fixture.output.bytes, "450 4.3.5", 9) == 0)
			troubles++;
		else
			i++;
	}
	fails_at = 0;
	cr_expect_eq(fixture.delivered, 1);
	return troubles;
}

Test(smtp, exhausted_memory_is_a_temporary_error)
{
	unsigned at = 1;
	while (converse(at) == 1)
		at++;
	cr_expect_gt(at, 8);
	cr_expect_eq(converse(at), 0);
}

/* The same for a message of a list, whose copy is made at the end. Returns whether it was accepted. */
static bool
post(unsigned at)
{
	close_fixture();
	open_fixture();
	fixture.config.dsn_anyone = true;
	allocations = 0;
	fails_at = at;
	feed("HELO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<carol@example.test>\r\nRCPT TO:<team@example.test>\r\n");
	feed("RCPT TO:<bob@example.test>\r\n");
	octets_clear(&fixture.output);
	feed("DATA\r\nList-Id: x\r\n\r\n.\r\n");
	fails_at = 0;
	cr_expect_eq(fixture.open, 0);
	if (strstr(fixture.output.bytes, "250 2.5.0") == NULL) {
		if (strncmp(fixture.output.bytes, "354", 3) == 0)
			cr_expect_not_null(strstr(fixture.output.bytes, "450 4.3.5"), "%s", fixture.output.bytes);
		cr_expect_eq(fixture.delivered, 0);
		return false;
	}
	return true;
}

Test(smtp, exhausted_memory_costs_no_member_the_message)
{
	unsigned at = 1, refused = 0;
	do
		refused += !post(at);
	while (allocations >= at++);
	cr_expect_gt(refused, 3);
	cr_expect_eq(fixture.mailboxes, 3);
}

Test(smtp, copy_that_cannot_be_made_is_a_temporary_error)
{
	fixture.copy_fails = true;
	feed(envelope);
	feed("RCPT TO:<team@example.test>\r\nDATA\r\n.\r\n");
	cr_expect_not_null(strstr(fixture.output.bytes, "450 4.3.5"));
	cr_expect_eq(fixture.delivered, 0);
	cr_expect_eq(fixture.open, 0);
}

Test(smtp, session_needs_memory_to_begin)
{
	const struct smtp_peer peer = { .address = "192.0.2.7", .session = "s1" };
	allocations = 0;
	fails_at = 1;
	struct smtp_session *session = smtp_session_new(&fixture.config, &peer, &fixture.outlet);
	fails_at = 0;
	cr_expect_null(session);
	smtp_session_free(NULL);
}

/* SCRAM-SHA-256, to the point where the client has the salt: user, then the octets that it sends next. */
static void
ask_for_salt(const char *user, const char *next)
{
	char first[128], line[256] = "HELO c\r\nAUTH SCRAM-SHA-256 ";
	int len = snprintf(first, sizeof first, "n,,n=%s,r=abc", user);
	base64_encode(line + strlen(line), first, (size_t)len);
	fixture.config.sasl = fixture.sasl;
	feed(line);
	feed("\r\n");
	feed(next);
}

static bool
is_blacklisted(void)
{
	return limiter_is_blacklisted(&fixture.limiter, fixture.address);
}

Test(smtp, exchange_that_is_cancelled_after_the_salt_is_a_failed_login)
{
	static const char *const users[] = { "alice@example.test", "nobody@example.test" };

	fixture.limits.max_failed_logins = 2;
	for (int i = 0; i < 2; i++) {
		cr_expect_not(is_blacklisted());
		octets_clear(&fixture.events);
		ask_for_salt(users[i], "*\r\n");
		cr_expect_not_null(strstr(fixture.events.bytes, "login-failed user="));
		cr_expect_not_null(strstr(fixture.events.bytes, "mechanism=SCRAM-SHA-256 cause=abandoned\n"));
		cr_expect_not_null(strstr(fixture.output.bytes, "535 5.3.5 Unrecognised response (#4.52)\r\n"));
	}
	cr_expect(is_blacklisted());
}

Test(smtp, exchange_that_breaks_off_after_the_salt_is_a_failed_login)
{
	static const char *const ends[] = { "", "no base64\r\n", "AAAA\r\n" };

	fixture.limits.max_failed_logins = 1;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(fixture.address, sizeof fixture.address, "192.0.2.%zu", 100 + i);
		smtp_session_free(fixture.session);
		fixture_enter(&fixture);
		ask_for_salt("alice@example.test", ends[i]);
		smtp_session_free(fixture.session);
		fixture_enter(&fixture);
		cr_expect(is_blacklisted(), "%s", ends[i]);
	}
}

Test(smtp, exchange_that_is_cancelled_before_the_salt_is_no_failed_login)
{
	fixture.limits.max_failed_logins = 1;
	fixture.config.sasl = fixture.sasl;
	feed("HELO c\r\nAUTH SCRAM-SHA-256\r\n*\r\nAUTH CRAM-MD5\r\n*\r\nAUTH SCRAM-SHA-256 AAAA\r\n");
	cr_expect_not(is_blacklisted());
	cr_expect_null(strstr(fixture.events.bytes, "login-failed"));
}

/* A client that a blocklist has may be permitted, but the lists of clients cannot be read. */
Test(smtp, client_with_unread_rights_is_not_rejected_for_good_at_connect)
{
	char error[SECTION_ERROR_SIZE];

	snprintf(fixture.address, sizeof fixture.address, "203.0.113.8");
	cr_assert(fake_resolver_tell(&fixture.dns, "A 8.113.0.203.bl.example 127.0.0.2"));
	cr_assert_eq(blocklists_read(&fixture.blocklists, "bl.example", error), 0);
	smtp_session_free(fixture.session);
	fixture_enter(&fixture);
	fixture_greet(&fixture);
	cr_expect_str_eq(fixture.output.bytes, "450 4.3.5 System error, please try again (#3.22)\r\n");
	cr_expect_not_null(strstr(fixture.events.bytes, "id=ERR_SMTP_HARDERROR check=blocklists cause=directory\n"));
}
