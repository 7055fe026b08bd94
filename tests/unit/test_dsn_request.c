/* What is kept of the wishes for delivery status notifications. */
#include "smtp/internal.h"
#include "support/smtp_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct smtp_fixture fixture;

static void
open_fixture(void)
{
	fixture_open(&fixture, FTG_PUBLISHED);
	fixture.config.dsn_anyone = true;
	fixture_enter(&fixture);
}

static void
close_fixture(void)
{
	fixture_close(&fixture);
}

TestSuite(dsn, .init = open_fixture, .fini = close_fixture);

static void
feed(const char *text)
{
	fixture_feed(&fixture, text, strlen(text), strlen(text));
}

static const struct dsn *
kept(void)
{
	return &fixture.session->envelope.dsn;
}

Test(dsn, parameters_are_kept_as_written)
{
	feed("EHLO c\r\nMAIL FROM:<a@b> RET=HDRS ENVID=a+2Bb\r\n");
	feed("RCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test> NOTIFY=DELAY,SUCCESS ORCPT=rfc822;b+40c\r\n");
	cr_expect_eq(kept()->ret, DSN_RETURN_HEADERS);
	cr_expect_str_eq(kept()->envid, "a+2Bb");
	cr_expect_null(dsn_find(kept(), 0));
	const struct dsn_recipient *bob = dsn_find(kept(), 1);
	cr_assert_not_null(bob);
	cr_expect_eq(bob->notify, DSN_DELAY | DSN_SUCCESS);
	cr_expect_str_eq(bob->orcpt, "rfc822;b+40c");
	cr_expect_null(dsn_find(kept(), 2));
}

Test(dsn, parameters_of_a_refused_recipient_do_not_reach_the_next)
{
	feed("EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@example.test> NOTIFY=NEVER ORCPT=rfc822;n\r\n");
	feed("RCPT TO:<alice@example.test>\r\nRCPT TO:<nobody@example.test> NOTIFY=NEVER\r\n");
	cr_expect_null(dsn_find(kept(), 0));
	feed("RCPT TO:<bob@example.test> NOTIFY=DELAY\r\n");
	cr_assert_not_null(dsn_find(kept(), 1));
	cr_expect_eq(dsn_find(kept(), 1)->notify, DSN_DELAY);
	cr_expect_eq(kept()->octets, 0);
}

Test(dsn, parameters_end_with_their_transaction)
{
	feed("EHLO c\r\nMAIL FROM:<a@b> ENVID=1 RET=FULL\r\nRCPT TO:<alice@example.test> ORCPT=rfc822;a\r\nRSET\r\n");
	feed("MAIL FROM:<a@b>\r\nRCPT TO:<alice@example.test>\r\n");
	cr_expect_null(kept()->envid);
	cr_expect_eq(kept()->ret, DSN_RETURN_UNSAID);
	cr_expect_eq(kept()->count, 0);
}

Test(dsn, original_recipients_are_kept_up_to_a_limit)
{
	char line[600];
	fixture.config.max_recipients = 1000;
	feed("EHLO c\r\nMAIL FROM:<a@b>\r\n");
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof line, "RCPT TO:<box%d@example.test> NOTIFY=DELAY ORCPT=rfc822;%0400d\r\n", i, i);
		feed(line);
	}
	cr_expect_eq(kept()->count, 1000);
	cr_expect_leq(kept()->octets, DSN_KEPT_MAX);
	cr_expect_not_null(dsn_find(kept(), 0)->orcpt);
	cr_assert_not_null(dsn_find(kept(), 999));
	cr_expect_null(dsn_find(kept(), 999)->orcpt);
	cr_expect_eq(dsn_find(kept(), 999)->notify, DSN_DELAY);
}
