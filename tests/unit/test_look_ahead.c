/* Tests which recipients of pipelined RCPT commands are announced to the directory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/smtp_fixture.h"

static struct smtp_fixture fixture;
static struct directory_ops ops;
static unsigned expected;
static char names[1024];

static void
expect(struct directory *directory, const struct address *address)
{
	(void)directory;
	expected++;
	size_t len = strlen(names);
	snprintf(names + len, sizeof names - len, "%s@%s ", address->local, address->domain);
}

static void
set_up(void)
{
	fixture_open(&fixture, FTG_PUBLISHED);
	fixture.config.max_unknown = 0;
	ops = *fixture.directory.ops;
	ops.expect = expect;
	fixture.directory.ops = &ops;
	fixture_enter(&fixture);
	expected = 0;
	names[0] = '\0';
}

static void
tear_down(void)
{
	while (smtp_session_busy(fixture.session))
		fixture_run_job(&fixture);
	fixture_close(&fixture);
}

TestSuite(look_ahead, .init = set_up, .fini = tear_down);

static void
feed_all(const char *text)
{
	cr_assert_eq(smtp_session_feed(fixture.session, text, strlen(text)), strlen(text));
}

static void
show(const char *text)
{
	smtp_session_look_ahead(fixture.session, text, strlen(text));
}

/* A transaction has begun, and its first RCPT waits for the directory. */
static void
wait_for(const char *rcpt)
{
	feed_all("EHLO c\r\nMAIL FROM:<a@b>\r\n");
	fixture.late = true;
	feed_all(rcpt);
	cr_assert(smtp_session_busy(fixture.session));
}

static const char first[] = "RCPT TO:<alice@example.test>\r\n";

Test(look_ahead, rcpt_commands_are_expected_up_to_another_command)
{
	wait_for(first);
	show("RCPT TO:<bob@EXAMPLE.test>\r\nrcpt to:<Carol@example.org> \r\nDATA\r\nRCPT TO:<text@example.test>\r\n");
	cr_expect_str_eq(names, "bob@example.test Carol@example.org ");
}

Test(look_ahead, what_does_not_parse_ends_it)
{
	static const char *const lines[] = { "RCPT TO:<x@example.test\r\n", "RCPT FROM:<x@example.test>\r\n",
		"RCPT\r\n", "RCPT TO:\r\n", "RCPT TO:<x@example.test> SIZE=1\r\n", "RCPT\tTO:<x@example.test>\r\n",
		" RCPT TO:<x@y>\r\n", "RCPT TO:<x@example.test>\n\r\n", "RCPT TO:<j\xC3\xB6rg@example.test>\r\n",
		"\r\n", "RSET\r\n" };
	wait_for(first);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char text[128];
		snprintf(text, sizeof text, "%sRCPT TO:<y@example.test>\r\n", lines[i]);
		show(text);
		cr_expect_str_eq(names, "", "%zu", i);
	}
}

Test(look_ahead, unfinished_line_is_not_expected)
{
	wait_for(first);
	show("RCPT TO:<bob@example.test>\r");
	show("RCPT TO:<bob@example.test>");
	cr_expect_str_eq(names, "");
	show("RCPT TO:<bob@example.test>\r\nRCPT TO:<car");
	cr_expect_str_eq(names, "bob@example.test ");
}

Test(look_ahead, each_command_is_expected_once)
{
	wait_for(first);
	show("RCPT TO:<bob@example.test>\r\nRCPT TO:<carol@example.test>\r\nRC");
	show("RCPT TO:<bob@example.test>\r\nRCPT TO:<carol@example.test>\r\nRC");
	cr_expect_str_eq(names, "bob@example.test carol@example.test ");
	fixture_run_job(&fixture);
	feed_all("RCPT TO:<bob@example.test>\r\n");
	show("RCPT TO:<carol@example.test>\r\nRCPT TO:<dora@example.org>\r\n");
	cr_expect_str_eq(names, "bob@example.test carol@example.test dora@example.org ");
}

static const char *
many(unsigned lines)
{
	static char text[8192];
	text[0] = '\0';
	for (size_t len = 0; lines > 0; lines--)
		len += (size_t)snprintf(text + len, sizeof text - len, "RCPT TO:<x%u@example.test>\r\n", lines);
	return text;
}

Test(look_ahead, hundred_commands_are_looked_at)
{
	fixture.config.max_recipients = 1000;
	wait_for(first);
	show(many(150));
	cr_expect_eq(expected, 100);
	show(many(150));
	cr_expect_eq(expected, 100);
}

Test(look_ahead, commands_that_a_limit_stops_are_not_expected)
{
	fixture.config.max_recipients = 5;
	wait_for(first);
	show(many(10));
	cr_expect_eq(expected, 4);
}

Test(look_ahead, commands_behind_the_last_unknown_recipient_are_not_expected)
{
	fixture.config.max_unknown = 3;
	wait_for(first);
	show(many(10));
	cr_expect_eq(expected, 2);
}

Test(look_ahead, line_that_is_too_long_is_not_expected)
{
	static char text[4096];
	wait_for(first);
	int len = snprintf(text, sizeof text, "RCPT TO:<x@example.test>%*s\r\n", 2100, "");
	cr_assert_lt(len, (int)sizeof text);
	show(text);
	cr_expect_str_eq(names, "");
}

Test(look_ahead, postmaster_does_not_show_that_the_policy_takes_the_others)
{
	wait_for("RCPT TO:<Postmaster@example.test>\r\n");
	show("RCPT TO:<bob@example.test>\r\n");
	cr_expect_str_eq(names, "");
}

Test(look_ahead, only_a_recipient_that_waits_expects_others)
{
	show("RCPT TO:<bob@example.test>\r\n");
	feed_all("EHLO c\r\n");
	fixture.late = true;
	feed_all("MAIL FROM:<a@b>\r\n");
	show("RCPT TO:<bob@example.test>\r\n");
	while (smtp_session_busy(fixture.session))
		fixture_run_job(&fixture);
	show("RCPT TO:<bob@example.test>\r\n");
	feed_all("VRFY alice@example.test\r\n");
	show("RCPT TO:<bob@example.test>\r\n");
	cr_expect_str_eq(names, "");
}

Test(look_ahead, directory_whose_answers_never_wait_is_told_nothing)
{
	ops.expect = NULL;
	wait_for(first);
	show("RCPT TO:<bob@example.test>\r\n");
	cr_expect_str_eq(names, "");
}

Test(look_ahead, replies_stay_as_they_are)
{
	const char bad[] = "RCPT TO:<bob@example.test\r\n";
	wait_for(first);
	show(bad);
	fixture_run_job(&fixture);
	octets_clear(&fixture.events);
	feed_all(bad);
	cr_expect_not_null(strstr(fixture.events.bytes, "to=bob@example.test"));
}
