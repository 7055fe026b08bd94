/* The log: whole lines that nothing in a value can end or forge. */
#include "base/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char text[1 << 16];

static void
open_pipe(void)
{
	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	log_open(ends[1], NULL);
}

/* What has been written, with the time cut off the first line. */
static const char *
written(void)
{
	ssize_t len = read(ends[0], text, sizeof text - 1);
	text[len < 0 ? 0 : len] = '\0';
	return len < 25 ? text : text + 25;
}

static bool
matches(const char *pattern, const char *subject)
{
	regex_t regex;
	cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
	bool found = regexec(&regex, subject, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static void
soon_never(struct clock *clock, struct chore *chore)
{
	(void)clock;
	chore->waiting = true;
}

static struct clock still_clock = { .soon = soon_never };

TestSuite(log, .init = open_pipe);

Test(log, line_begins_with_a_time_in_utc)
{
	log_event("started", NULL);
	written();
	cr_expect(
	    matches("^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}Z event=started$", text),
	    "%s", text);
}

Test(log, plain_values_stand_as_they_are)
{
	log_event("reply", "ref", "#4.28", "rcpt", "anna+x@example.test", NULL);
	cr_expect_str_eq(written(), "event=reply ref=#4.28 rcpt=anna+x@example.test\n");
}

Test(log, value_cannot_end_the_line_or_forge_a_key)
{
	log_event("reply", "rcpt", "a\r\n2026 event=login user=\"root\"\\x41", NULL);
	cr_expect_str_eq(written(), "event=reply rcpt=\"a\\x0D\\x0A2026 event=login user=\\x22root\\x22\\x5Cx41\"\n");
}

Test(log, octets_that_are_no_ascii_are_escaped)
{
	log_event("reply", "rcpt", "j\xC3\xB6rg\x1B[0m\x7F", NULL);
	cr_expect_str_eq(written(), "event=reply rcpt=\"j\\xC3\\xB6rg\\x1B[0m\\x7F\"\n");
}

Test(log, octets_may_hold_a_nul)
{
	log_begin("reply");
	log_put_octets("line", "a\0b", 3);
	log_end();
	cr_expect_str_eq(written(), "event=reply line=\"a\\x00b\"\n");
}

Test(log, empty_value_is_quoted_and_missing_one_left_out)
{
	log_event("mail", "from", "", "size", NULL, "utf8", "1", NULL);
	cr_expect_str_eq(written(), "event=mail from=\"\" utf8=1\n");
}

Test(log, long_value_is_cut)
{
	char value[5000];
	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	log_event("e", "v", value, NULL);
	cr_expect_eq(strlen(written()), strlen("event=e v=\n") + LOG_VALUE_MAX);
}

Test(log, pair_that_does_not_fit_is_left_out_whole)
{
	char value[LOG_VALUE_MAX + 1];
	memset(value, '\n', LOG_VALUE_MAX);
	value[LOG_VALUE_MAX] = '\0';
	log_event("e", "a", value, "b", value, "c", "1", NULL);
	const char *line = written();
	cr_expect_null(strstr(line, " b="));
	cr_expect(matches("\" c=1$", line));
	cr_expect_leq(strlen(text), LOG_WRITE_MAX);
}

Test(log, lines_wait_for_the_clock)
{
	log_open(ends[1], &still_clock);
	log_event("one", NULL);
	log_event("two", NULL);
	cr_expect_str_eq(written(), "");
	log_flush();
	cr_expect(matches("event=one\n.*event=two\n", written()) || strstr(text, "event=two") != NULL);
}

Test(log, full_buffer_is_written_in_whole_lines)
{
	log_open(ends[1], &still_clock);
	for (int i = 0; i < 1000; i++)
		log_event("reply", "ref", "#4.28", "session", "1hqk3c9", NULL);
	size_t lines = 0;
	ssize_t len;
	while ((len = read(ends[0], text, LOG_WRITE_MAX)) > 0)
		for (ssize_t i = 0; i < len; i++)
			lines += text[i] == '\n';
	cr_expect_gt(lines, 900);
	log_flush();
	cr_expect_str_neq(written(), "");
}

Test(log, lines_that_could_not_be_written_are_counted)
{
	log_open(-1, NULL);
	log_event("one", NULL);
	log_event("two", NULL);
	log_open(ends[1], NULL);
	log_event("three", NULL);
	cr_expect(matches("event=log-lost lines=[12]$", written()), "%s", text);
	cr_expect_not_null(strstr(text, "event=three"));
}
