/* What the POP3 session promises beyond what conversations show. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/text/base64.h"
#include "pop3/autonym.h"
#include "session/apop.h"
#include "support/pop3_fixture.h"

static void
say(struct pop3_fixture *fixture, const char *text)
{
	pop3_fixture_feed(fixture, text, strlen(text), strlen(text));
}

/* The last line said. */
static const char *
last_line(const struct pop3_fixture *fixture)
{
	const char *bytes = fixture->fixture.output.bytes;
	const char *end = memrchr(bytes, '\n', fixture->fixture.output.len - 1);
	return end == NULL ? bytes : end + 1;
}

static void
log_in(struct pop3_fixture *fixture, enum ftg_profile profile)
{
	pop3_fixture_open(fixture, profile);
	fixture->config.plain_in_clear = true;
	say(fixture, "USER alice@example.test\r\nPASS secret\r\n");
	octets_clear(&fixture->fixture.output);
}

Test(pop3, pauses_a_message_while_the_client_does_not_read)
{
	struct pop3_fixture fixture;

	log_in(&fixture, FTG_PUBLISHED);
	fixture.deaf = true;
	say(&fixture, "RETR 1\r\nNOOP\r\n");
	cr_expect_str_eq(last_line(&fixture), "Subject: o", "a block, and nothing behind it");
	cr_expect(pop3_session_sending(fixture.session));
	cr_expect_eq(pop3_session_feed(fixture.session, "NOOP\r\n", 6), 0);
	fixture.deaf = false;
	pop3_fixture_go_on(&fixture);
	cr_expect_str_eq(last_line(&fixture), ".\r\n");
	cr_expect_eq(pop3_session_feed(fixture.session, "NOOP\r\n", 6), 6);
	cr_expect_str_eq(last_line(&fixture), "+OK Done (#7.02)\r\n");
	pop3_fixture_close(&fixture);
}

Test(pop3, pauses_a_listing_while_the_client_does_not_read)
{
	struct pop3_fixture fixture;

	log_in(&fixture, FTG_PUBLISHED);
	fake_maildrop.messages = 1200;
	fixture.deaf = true;
	say(&fixture, "LIST\r\n");
	cr_expect_str_eq(last_line(&fixture), "512 26\r\n");
	cr_expect(pop3_session_sending(fixture.session));
	fixture.deaf = false;
	pop3_fixture_go_on(&fixture);
	cr_expect_str_eq(last_line(&fixture), ".\r\n");
	cr_expect_not_null(strstr(fixture.fixture.output.bytes, "\r\n513 26\r\n"));
	cr_expect_not_null(strstr(fixture.fixture.output.bytes, "\r\n1200 26\r\n."));
	cr_expect_not(pop3_session_sending(fixture.session));
	pop3_fixture_close(&fixture);
}

/* Whatever came next would be taken for a part of the message. */
Test(pop3, sends_no_final_reply_within_an_answer)
{
	struct pop3_fixture fixture;

	log_in(&fixture, FTG_PUBLISHED);
	fixture.deaf = true;
	say(&fixture, "RETR 1\r\n");
	pop3_session_end(fixture.session, FTG_POP_SHUTDOWN);
	cr_expect_str_eq(last_line(&fixture), "Subject: o");
	cr_expect(pop3_session_closed(fixture.session));
	cr_expect_not(pop3_session_sending(fixture.session));
	pop3_fixture_close(&fixture);
}

Test(pop3, releases_the_maildrop_when_the_connection_is_lost)
{
	struct pop3_fixture fixture;

	log_in(&fixture, FTG_PUBLISHED);
	say(&fixture, "DELE 1\r\nDELE 2\r\n");
	cr_assert_eq(fake_maildrop.opened, 1);
	pop3_fixture_close(&fixture);
	cr_expect_eq(fake_maildrop.opened, 0);
	cr_expect_eq(fake_maildrop.removed, 0);
}

static void
stamp(char digits[POP3_STAMP_SIZE])
{
	snprintf(digits, POP3_STAMP_SIZE, "%s", "1234567890.12345678901234567890");
}

/* A timestamp that is cut would make APOP impossible; so would one that does not end the line, for curl. */
Test(pop3, greeting_ends_in_a_whole_timestamp_whatever_the_host_is_called)
{
	struct pop3_fixture fixture;
	char name[254], banner[400];

	for (size_t len = 1; len < sizeof name; len++) {
		memset(name, 'h', len);
		name[len] = '\0';
		pop3_fixture_open(&fixture, FTG_PUBLISHED);
		fixture.config.stamp = stamp;
		fixture.config.hostname = name;
		pop3_session_greet(fixture.session);
		const char *line = fixture.fixture.output.bytes;
		snprintf(banner, sizeof banner, " (#7.01) <1234567890.12345678901234567890@%s>\r\n",
		    len <= 94 ? name : "localhost");
		cr_expect_str_eq(line + strlen(line) - strlen(banner), banner, "%s", line);
		cr_expect_leq(strlen(line), FTG_LINE_MAX);
		pop3_fixture_close(&fixture);
	}
}

/* SCRAM-SHA-256, to the point where the client has the salt, and what it sends next. */
static void
ask_for_salt(struct pop3_fixture *fixture, const char *user, const char *next)
{
	char first[128], line[256] = "AUTH SCRAM-SHA-256 ";
	int len = snprintf(first, sizeof first, "n,,n=%s,r=abc", user);
	base64_encode(line + strlen(line), first, (size_t)len);
	fixture->config.sasl = fixture->fixture.sasl;
	say(fixture, line);
	say(fixture, "\r\n");
	say(fixture, next);
}

Test(pop3, exchange_that_is_abandoned_after_the_salt_is_a_failed_login)
{
	static const char *const ends[] = { "*\r\n", "no base64\r\n", "AAAA\r\n", "" };
	struct pop3_fixture fixture;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		pop3_fixture_open(&fixture, FTG_PUBLISHED);
		fixture.fixture.limits.max_failed_logins = 1;
		ask_for_salt(&fixture, i % 2 == 0 ? "alice@example.test" : "nobody@example.test", ends[i]);
		pop3_session_free(fixture.session);
		fixture.session = NULL;
		cr_expect(limiter_is_blacklisted(&fixture.fixture.limiter, fixture.fixture.address), "%s", ends[i]);
		cr_expect_not_null(strstr(fixture.fixture.events.bytes, "login-failed user="));
		pop3_fixture_close(&fixture);
	}
}

Test(pop3, exchange_that_is_cancelled_before_the_salt_is_no_failed_login)
{
	struct pop3_fixture fixture;

	pop3_fixture_open(&fixture, FTG_PUBLISHED);
	fixture.fixture.limits.max_failed_logins = 1;
	fixture.config.sasl = fixture.fixture.sasl;
	say(&fixture, "AUTH SCRAM-SHA-256\r\n*\r\nAUTH CRAM-MD5\r\n*\r\nAUTH SCRAM-SHA-256 AAAA\r\n");
	cr_expect_not(limiter_is_blacklisted(&fixture.fixture.limiter, fixture.fixture.address));
	pop3_fixture_close(&fixture);
}

Test(apop, agrees_with_the_digest_of_rfc_1939_in_either_case_and_no_other)
{
	static const char stamp_[] = "<1896.697170952@dbc.mtview.ca.us>";
	cr_expect(apop_matches(stamp_, "tanstaaf", "c4c9334bac560ecc979e58001b3e22fb"));
	cr_expect(apop_matches(stamp_, "tanstaaf", "C4C9334BAC560ECC979E58001B3E22FB"));
	cr_expect_not(apop_matches(stamp_, "tanstaaf", "c4c9334bac560ecc979e58001b3e22fa"));
	cr_expect_not(apop_matches(stamp_, "tanstaag", "c4c9334bac560ecc979e58001b3e22fb"));
	cr_expect_not(apop_matches(stamp_ + 1, "tanstaaf", "c4c9334bac560ecc979e58001b3e22fb"));
}

static const char *
autonym(const char *tag)
{
	static char name[AUTONYM_MAX];
	autonym_write(name, tag);
	return name;
}

Test(autonym, comes_from_the_longest_known_tag)
{
	cr_expect_str_eq(autonym("de"), "Deutsch");
	cr_expect_str_eq(autonym("de-AT"), "Deutsch (AT)");
	cr_expect_str_eq(autonym("zh-Hant"), "繁體中文");
	cr_expect_str_eq(autonym("zh-Hant-TW"), "繁體中文 (TW)");
	cr_expect_str_eq(autonym("i-default"), "English");
	cr_expect_str_eq(autonym("tlh"), "tlh");
	cr_expect_str_eq(autonym("d"), "d");
	cr_expect_str_eq(autonym("dex"), "dex");
}
