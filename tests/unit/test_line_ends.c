/* Messages with every short sequence of CR, LF, NUL, dot and letter, against a plain reading of the rules. */
#include "support/smtp_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEN_MAX = 6, TEXT_ROOM = 64 };

static struct smtp_fixture fixture;
static size_t trace_len;

static void
begin(void)
{
	static const char envelope[] = "RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<alice@example.test>\r\n";
	octets_clear(&fixture.output);
	octets_clear(&fixture.events);
	octets_clear(&fixture.message);
	fixture.delivered = 0;
	fixture_feed(&fixture, envelope, sizeof envelope - 1, sizeof envelope);
}

static void
feed(const char *bytes, size_t len)
{
	fixture_feed(&fixture, bytes, len, len);
}

static void
open_fixture(void)
{
	fixture_open(&fixture, FTG_STRICT);
	fixture_enter(&fixture);
	fixture.config.normalise = true;
	feed("HELO c\r\n", 8);
	begin();
	feed("DATA\r\n.\r\n", 9);
	trace_len = fixture.message.len;
}

static void
close_fixture(void)
{
	fixture_close(&fixture);
}

TestSuite(line_ends, .init = open_fixture, .fini = close_fixture);

/* The sequence of this number in as many digits; false where there is none. */
static bool
spell(char *text, size_t len, unsigned number)
{
	static const char octets[] = { '\r', '\n', '\0', '.', 'x' };
	for (size_t i = 0; i < len; i++, number /= sizeof octets)
		text[i] = octets[number % sizeof octets];
	return number == 0;
}

/* Where the message ends, behind CRLF "." CRLF; the first CRLF is that of DATA. */
static size_t
find_end(const char *text, size_t len)
{
	if (len >= 3 && memcmp(text, ".\r\n", 3) == 0)
		return 3;
	const char *end = memmem(text, len, "\r\n.\r\n", 5);
	return (size_t)(end - text) + 5;
}

/* Takes out the dot that begins a line; lines begin behind CRLF. */
static size_t
unstuff(char *to, const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		if (text[i] != '.' || (i > 0 && (i < 2 || text[i - 1] != '\n' || text[i - 2] != '\r')))
			to[n++] = text[i];
	return n;
}

/* Every line end becomes CRLF; there is no NUL. */
static size_t
make_lines(char *to, const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' || text[i] == '\n') {
			i += text[i] == '\r' && i + 1 < len && text[i + 1] == '\n';
			memcpy(to + n, "\r\n", 2);
			n += 2;
		} else if (text[i] != '\0') {
			to[n++] = text[i];
		}
	}
	return n;
}

static void
expect_message(const char *expected, size_t len, const char *what, unsigned number)
{
	cr_assert_eq(fixture.delivered, 1, "%s: sequence %u", what, number);
	cr_assert_eq(fixture.message.len - trace_len, len, "%s: sequence %u", what, number);
	cr_assert_eq(memcmp(fixture.message.bytes + trace_len, expected, len), 0, "%s: sequence %u", what, number);
}

/* Both halves, split at each octet; the message is over with its last octet and not before. */
static void
try_data(const char *text, size_t len, unsigned number)
{
	char plain[TEXT_ROOM], expected[TEXT_ROOM];
	size_t end = find_end(text, len);
	size_t expected_len = make_lines(expected, plain, unstuff(plain, text, end - 3));
	for (size_t at = 0; at < end; at++) {
		begin();
		feed("DATA\r\n", 6);
		feed(text, at);
		feed(text + at, end - 1 - at);
		cr_assert_eq(fixture.delivered, 0, "sequence %u ends too soon", number);
		feed(text + end - 1, 1);
		expect_message(expected, expected_len, "DATA", number);
	}
}

Test(line_ends, nothing_but_crlf_dot_crlf_ends_a_message)
{
	char text[TEXT_ROOM];
	for (size_t len = 0; len <= LEN_MAX; len++) {
		for (unsigned number = 0; spell(text, len, number); number++) {
			memcpy(text + len, "\r\n.\r\n", 5);
			try_data(text, len + 5, number);
		}
	}
}

/* A message of two chunks, split at each octet, gets the end of its last line if it has none. */
static void
try_chunks(const char *text, size_t len, unsigned number)
{
	char command[TEXT_ROOM], expected[TEXT_ROOM];
	size_t expected_len = make_lines(expected, text, len);
	for (size_t at = 0; at <= len; at++) {
		begin();
		feed(command, (size_t)snprintf(command, sizeof command, "BDAT %zu\r\n", at));
		feed(text, at);
		feed(command, (size_t)snprintf(command, sizeof command, "BDAT %zu LAST\r\n", len - at));
		feed(text + at, len - at);
		expect_message(expected, expected_len, "BDAT", number);
	}
}

Test(line_ends, chunks_are_lines_without_an_end)
{
	char text[TEXT_ROOM];
	for (size_t len = 1; len < LEN_MAX; len++)
		for (unsigned number = 0; spell(text, len, number); number++)
			if (text[len - 1] == '\n' || text[len - 1] == '\r')
				try_chunks(text, len, number);
}

Test(line_ends, last_line_of_chunks_is_ended)
{
	begin();
	feed("BDAT 4 LAST\r\nte\nx", 17);
	expect_message("te\r\nx\r\n", 7, "BDAT", 0);
	begin();
	feed("BDAT 3\r\nab\rBDAT 3 LAST\r\n\ncd", 27);
	expect_message("ab\r\ncd\r\n", 8, "BDAT", 1);
}

/* Refused, the same sequences end where they should, too. */
Test(line_ends, sequences_that_are_refused_end_the_same)
{
	char text[TEXT_ROOM];
	fixture.config.normalise = false;
	for (unsigned number = 0; spell(text, LEN_MAX, number); number++) {
		memcpy(text + LEN_MAX, "\r\n.\r\n", 5);
		size_t end = find_end(text, LEN_MAX + 5);
		begin();
		feed("DATA\r\n", 6);
		octets_clear(&fixture.output);
		feed(text, end - 1);
		cr_assert_eq(fixture.output.len, 0, "sequence %u ends too soon", number);
		feed(text + end - 1, 1);
		cr_assert_eq(
		    strncmp(fixture.output.bytes, fixture.delivered ? "250 " : "554 ", 4), 0, "sequence %u", number);
	}
}
