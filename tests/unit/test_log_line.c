/* Lines of the log are read as they were written, and no others. */
#include "base/log/log_line.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/delivery.h"

enum { PAIRS_MAX = 6, ROUNDS = 20000, TEXT_SIZE = 1 << 14 };

static int ends[2];
static char text[TEXT_SIZE];

static void
open_pipe(void)
{
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	log_open(ends[1], NULL);
}

/* The line that has been written, without its line feed. */
static size_t
written(void)
{
	ssize_t len = read(ends[0], text, sizeof text);
	cr_assert_gt(len, 0);
	cr_assert_eq(text[len - 1], '\n');
	cr_assert_eq(memchr(text, '\n', (size_t)len), text + len - 1);
	return (size_t)len - 1;
}

static bool
is(struct log_span span, const char *expected)
{
	return span.len == strlen(expected) && memcmp(span.text, expected, span.len) == 0;
}

/* Is it a line of the log, to its end? */
static bool
is_line(const char *given)
{
	struct log_line line;
	struct log_pair pair;
	int found = log_line_begin(&line, given, strlen(given)) ? 1 : -1;
	while (found == 1)
		found = log_line_next(&line, &pair);
	return found == 0;
}

TestSuite(log_line, .init = open_pipe);

Test(log_line, event_and_pairs_are_read)
{
	char value[LOG_VALUE_MAX + 1];
	struct log_line line;
	struct log_pair pair;
	log_event("reply", "ref", "#4.28", "to", "a b\"\r\n\\=", "empty", "", NULL);
	cr_assert(log_line_begin(&line, text, written()));
	cr_expect_eq(line.time.len, 24);
	cr_expect(is(line.event, "reply"));
	cr_assert_eq(log_line_next(&line, &pair), 1);
	cr_expect(log_pair_is(&pair, "ref") && !pair.quoted && is(pair.raw, "#4.28"));
	cr_assert_eq(log_line_next(&line, &pair), 1);
	cr_expect_eq(log_pair_value(&pair, value), 8);
	cr_expect_str_eq(value, "a b\"\r\n\\=");
	cr_assert_eq(log_line_next(&line, &pair), 1);
	cr_expect(log_pair_is(&pair, "empty") && log_pair_value(&pair, value) == 0);
	cr_expect_eq(log_line_next(&line, &pair), 0);
}

/* Octets that are often special, and any others. */
static char
any_octet(unsigned *seed)
{
	static const char often[] = " =\"\\\r\nx09AFaf\x7F\x80\xFF";
	int number = rand_r(seed);
	return number % 3 == 0 ? (char)(number >> 8) : often[(size_t)(number >> 8) % (sizeof often - 1)];
}

static void
check_round(unsigned seed)
{
	static const char *const keys[PAIRS_MAX] = { "from", "to", "message-id", "user", "detail", "queue" };
	char values[PAIRS_MAX][LOG_VALUE_MAX + 8], value[LOG_VALUE_MAX + 1];
	size_t lens[PAIRS_MAX], count = (size_t)rand_r(&seed) % PAIRS_MAX;
	struct log_line line;
	struct log_pair pair;
	log_begin("reply");
	for (size_t i = 0; i < count; i++) {
		int limit = rand_r(&seed) % 8 == 0 ? LOG_VALUE_MAX + 8 : 24;
		lens[i] = (size_t)(rand_r(&seed) % limit);
		for (size_t k = 0; k < lens[i]; k++)
			values[i][k] = any_octet(&seed);
		log_put_octets(keys[i], values[i], lens[i]);
	}
	log_end();
	cr_assert(log_line_begin(&line, text, written()));
	for (size_t i = 0; i < count; i++) {
		/* What does not fit into the line is left out as a whole. */
		if (log_line_next(&line, &pair) == 0)
			return;
		while (i < count && !log_pair_is(&pair, keys[i]))
			i++;
		cr_assert_lt(i, count, "%s", text);
		size_t expected = lens[i] < LOG_VALUE_MAX ? lens[i] : LOG_VALUE_MAX;
		cr_assert_eq(log_pair_value(&pair, value), expected, "%s", text);
		cr_assert_eq(memcmp(value, values[i], expected), 0, "%s", text);
	}
	cr_assert_eq(log_line_next(&line, &pair), 0, "%s", text);
}

Test(log_line, what_is_written_is_read)
{
	for (unsigned seed = 1; seed <= ROUNDS; seed++)
		check_round(seed);
}

#define STAMP "2026-01-31T12:00:00.250Z"

Test(log_line, what_the_log_does_not_write_is_no_line)
{
	cr_expect(is_line(STAMP " event=stopped"));
	cr_expect(is_line(STAMP " event=reply to=\"a b\""));
	cr_expect_not(is_line(""));
	cr_expect_not(is_line(STAMP));
	cr_expect_not(is_line(STAMP " event=\"a b\""));
	cr_expect_not(is_line(STAMP " event"));
	cr_expect_not(is_line(STAMP " event="));
	cr_expect_not(is_line(STAMP " session=1 event=reply"));
	cr_expect_not(is_line("2026-01-31 12:00:00.250Z event=reply"));
	cr_expect_not(is_line(STAMP " event=reply "));
	cr_expect_not(is_line(STAMP " event=reply  to=a"));
	cr_expect_not(is_line(STAMP " event=reply to=a=b"));
	cr_expect_not(is_line(STAMP " event=reply TO=a"));
	cr_expect_not(is_line(STAMP " event=reply to=\"a\""), "quotes that are not needed");
	cr_expect_not(is_line(STAMP " event=reply to=\"a b"));
	cr_expect_not(is_line(STAMP " event=reply to=\"a b\"c"));
	cr_expect_not(is_line(STAMP " event=reply to=\"a \\x41\""), "an escape that is not needed");
	cr_expect_not(is_line(STAMP " event=reply to=\"a \\x0a\""), "lower-case digits");
	cr_expect_not(is_line(STAMP " event=reply to=\"a\tb\""));
	cr_expect_not(is_line(STAMP " event=reply to=\xC3\xA4"));
}

Test(log_line, value_of_the_greatest_length_is_read_and_a_longer_one_is_not)
{
	char given[LOG_VALUE_MAX + 64];
	size_t before = strlen(STAMP " event=reply to=");
	memcpy(given, STAMP " event=reply to=", before);
	memset(given + before, 'a', LOG_VALUE_MAX + 1);
	given[before + LOG_VALUE_MAX] = '\0';
	cr_expect(is_line(given));
	given[before + LOG_VALUE_MAX] = 'a';
	given[before + LOG_VALUE_MAX + 1] = '\0';
	cr_expect_not(is_line(given));
}

Test(log_line, line_is_found_behind_what_syslog_puts_before_it)
{
	cr_expect(is_line("Jan 31 12:00:00 mx ftgate-smtpd[123]: " STAMP " event=stopped"));
	cr_expect(is_line("ftgate-pop3d: " STAMP " event=stopped"));
	cr_expect(is_line("Jan 31 12:00:00 mx ftgate-mapd[123]: " STAMP " event=stopped"));
	cr_expect_not(is_line("Jan 31 12:00:00 mx ftgate-smtpd[]: " STAMP " event=stopped"));
	cr_expect_not(is_line("Jan 31 12:00:00 mx [1]: " STAMP " event=stopped"));
	cr_expect_not(is_line("Jan 31 12:00:00 mx postfix/smtpd[1]: " STAMP " event=stopped"));
	cr_expect_not(is_line("Jan 31 12:00:00 mx myftgate-smtpd[1]: " STAMP " event=stopped"));
}

Test(log_line, entry_of_the_journal_has_no_time)
{
	static const char entry[] = "event=reply ref=#4.28";
	struct log_line line;
	struct log_pair pair;
	cr_assert(log_line_begin_entry(&line, entry, strlen(entry)));
	cr_expect(is(line.event, "reply") && line.time.len == 0);
	cr_expect_eq(log_line_next(&line, &pair), 1);
	cr_expect(log_pair_is(&pair, "ref"));
	cr_expect_eq(log_line_next(&line, &pair), 0);
	cr_expect_not(is_line(entry));
	cr_expect_not(log_line_begin_entry(&line, STAMP " event=reply", strlen(STAMP " event=reply")));
}

Test(log_line, stranger_cannot_forge_a_line_in_the_log_of_another_program)
{
	cr_expect_not(
	    is_line("Jan 31 12:00:00 mx postfix/smtpd[1]: helo=<x ftgate-smtpd[1]: " STAMP " event=stopped>"));
	cr_expect_not(is_line("Jan 31 12:00:00 mx postfix/smtpd[1]: x ftgate-smtpd[1]: " STAMP " event=stopped"));
}

Test(log_line, each_recipient_in_the_queue_has_a_line)
{
	struct queue_recipient recipients[] = {
		{ .address = (char[]) { "far@example.org" } },
		{ .address = (char[]) { "done@example.org" }, .state = QUEUE_DELIVERED },
	};
	struct queue_entry entry = {
		.id = "s1u2", .sender = (char[]) { "" }, .size = 3, .recipients = recipients, .count = 2
	};
	static const char expected[] = " event=queued id=s1u2 from=<> to=far@example.org size=3";
	delivery_log_queued(&entry);
	cr_assert_eq(written(), 24 + strlen(expected));
	cr_expect_eq(memcmp(text + 24, expected, strlen(expected)), 0);
}
