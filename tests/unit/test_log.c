/* The log: whole lines that nothing in a value can end or forge. */
#include "base/log/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/folder.h"

static int ends[2];
static char text[1 << 16];

/* The writer's end blocks, as that of a real reader of logs does; only the test's own does not. */
static void
open_pipe(void)
{
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	log_open(ends[1], NULL);
}

/* What has been written. */
static const char *
whole(void)
{
	ssize_t len = read(ends[0], text, sizeof text - 1);
	text[len < 0 ? 0 : len] = '\0';
	return text;
}

/* The same with the time cut off the first line. */
static const char *
written(void)
{
	return strlen(whole()) < 25 ? text : text + 25;
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

Test(log, plain_values_are_not_quoted)
{
	log_event("reply", "ref", "#4.28", "rcpt", "anna+x@example.test", NULL);
	cr_expect_str_eq(written(), "event=reply ref=#4.28 rcpt=anna+x@example.test\n");
}

Test(log, value_cannot_end_the_line_or_forge_a_key)
{
	log_event("reply", "rcpt", "a\r\n2026 event=login user=\"root\"\\x41", NULL);
	cr_expect_str_eq(written(), "event=reply rcpt=\"a\\x0D\\x0A2026 event=login user=\\x22root\\x22\\x5Cx41\"\n");
}

Test(log, non_ascii_octets_are_escaped)
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

Test(log, pair_that_does_not_fit_is_omitted_whole)
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
	cr_expect(matches("event=log-lost lines=2$", written()), "%s", text);
	cr_expect_not_null(strstr(text, "event=three"));
}

Test(log, printed_line_keeps_line_feeds_and_escapes_controls)
{
	log_print("listening on %s,\nhere", "[::1]:25\x1B[0m\xE2\x80\xAE J\xC3\xB6rg");
	cr_expect_str_eq(whole(), "listening on [::1]:25\\x1B[0m\\xE2\\x80\\xAE J\xC3\xB6rg,\nhere\n");
}

Test(log, print_is_cut_at_what_a_pipe_takes_whole)
{
	char *words = malloc(2 * LOG_WRITE_MAX);
	memset(words, 'x', 2 * LOG_WRITE_MAX - 1);
	words[2 * LOG_WRITE_MAX - 1] = '\0';
	log_print("%s", words);
	cr_expect_eq(strlen(whole()), LOG_WRITE_MAX);
	free(words);
}

/* A descriptor that is written to until it takes no more, and its reader. */
struct reader {
	const char *name;
	int writes, reads;
};

static struct reader
new_pipe(void)
{
	int both[2];
	cr_assert_eq(pipe2(both, O_CLOEXEC), 0);
	return (struct reader) { "pipe", both[1], both[0] };
}

static struct reader
new_socket(void)
{
	int both[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), 0);
	return (struct reader) { "socket", both[0], both[1] };
}

/* One that takes input as it comes, so that the writer's end has room only while it is read. */
static struct reader
new_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(slave, 0);
	return (struct reader) { "terminal", slave, master };
}

/* Reads until the event "last" has come. */
static void
read_to_last(int file)
{
	size_t len = 0;
	do {
		ssize_t got = read(file, text + len, sizeof text - 1 - len);
		cr_assert_gt(got, 0);
		len += (size_t)got;
		text[len] = '\0';
	} while (strstr(text, "event=last") == NULL);
}

enum { FLOOD = 20000, FLOOD_LEN = 399 };

static void
flood(void)
{
	char value[FLOOD_LEN + 1] = "";
	memset(value, 'x', FLOOD_LEN);
	for (int i = 0; i < FLOOD; i++)
		log_event("flood", "value", value, NULL);
}

/* What has been read of a flood. A line that was cut counts as lost, even if only its line end is missing. */
struct tally {
	char line[1024];
	size_t len, whole, reports;
	unsigned long lost;
	bool last;
};

static void
tally_line(struct tally *tally)
{
	const char *lost = strstr(tally->line, "event=log-lost lines=");
	if (lost != NULL) {
		tally->reports++;
		tally->lost += strtoul(strchr(lost, '=') + strlen("=log-lost lines="), NULL, 10);
	} else if (strstr(tally->line, "event=last") != NULL) {
		tally->last = true;
	} else {
		const char *value = strstr(tally->line, " event=flood value=x");
		tally->whole += value != NULL && strspn(strchr(value, 'x'), "x") == FLOOD_LEN;
	}
}

/* Reads once. Returns false if there is nothing. */
static bool
tally_read(struct tally *tally, int file)
{
	ssize_t got = read(file, text, sizeof text);
	for (ssize_t i = 0; i < got; i++) {
		cr_assert_lt(tally->len, sizeof tally->line);
		tally->line[tally->len++] = text[i];
		if (text[i] != '\n')
			continue;
		tally->line[tally->len - 1] = '\0';
		tally_line(tally);
		tally->len = 0;
	}
	return got > 0;
}

/* It ends: if each line waited for the reader, this would take hours. A terminal makes room later than it is read. */
Test(log, reader_that_stops_costs_lines_and_nothing_else, .timeout = 120)
{
	struct reader readers[] = { new_pipe(), new_socket(), new_terminal() };
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		struct tally tally = { 0 };
		int flags = fcntl(readers[i].writes, F_GETFL);
		log_open(readers[i].writes, NULL);
		flood();
		cr_expect_eq(fcntl(readers[i].writes, F_GETFL), flags, "%s: the parent's flags", readers[i].name);
		fcntl(readers[i].reads, F_SETFL, O_NONBLOCK);
		while (tally_read(&tally, readers[i].reads))
			;
		fcntl(readers[i].reads, F_SETFL, 0);
		log_event("last", NULL);
		while (!tally.last)
			cr_assert(tally_read(&tally, readers[i].reads));
		cr_expect(tally.lost > 0 && tally.whole + tally.lost >= FLOOD &&
		        tally.whole + tally.lost <= FLOOD + tally.reports,
		    "%s: %zu were read, %lu lost", readers[i].name, tally.whole, tally.lost);
	}
}

static void
fill(int writes)
{
	static char page[LOG_WRITE_MAX];
	memset(page, '.', sizeof page);
	int flags = fcntl(writes, F_GETFL);
	fcntl(writes, F_SETFL, flags | O_NONBLOCK);
	while (write(writes, page, sizeof page) > 0)
		;
	fcntl(writes, F_SETFL, flags);
}

/* Another process fills the pipe as soon as poll(2) has found room: so often. */
static int outrun;

int __real_poll(struct pollfd *polled, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout);

int
__wrap_poll(struct pollfd *polled, nfds_t count, int timeout)
{
	if (outrun == 0)
		return __real_poll(polled, count, timeout);
	outrun--;
	polled->revents = POLLOUT;
	return 1;
}

static void
outrun_on(const struct reader *reader)
{
	fill(reader->writes);
	log_open(reader->writes, NULL);
	outrun = 3;
	log_event("one", NULL);
	log_event("two", NULL);
	for (int pages = 0; pages < 2; pages++) /* a line takes one of the pipe's pages */
		cr_assert_gt(read(reader->reads, text, LOG_WRITE_MAX), 0);
	log_event("last", NULL);
}

Test(log, another_writer_that_is_faster_does_not_block_us, .timeout = 60)
{
	struct reader reader = new_pipe();
	outrun_on(&reader);
	read_to_last(reader.reads);
	cr_expect_not_null(strstr(text, "event=log-lost lines=2\n"));
}

/* Their pipe cannot be opened once more. */
Test(log, pipe_of_another_user_does_not_block_us, .timeout = 60)
{
	enum { NOBODY = 65534 };
	struct reader reader = new_pipe();
	const struct iovec part = { text, 1 };
	if (getuid() != 0 || pwritev2(reader.writes, &part, 1, -1, RWF_NOWAIT) < 0)
		cr_skip_test("only root can become another user, and pipes have RWF_NOWAIT since Linux 6.5");
	cr_assert_eq(setuid(NOBODY), 0);
	outrun_on(&reader);
	read_to_last(reader.reads);
	cr_expect_not_null(strstr(text, "event=log-lost lines=2\n"));
}

/* Events in a file, and what people are told on the terminal. */
static void
open_log_file(void)
{
	folder_make();
	open_pipe();
	cr_assert_eq(log_use_file("ftgate.log"), 0);
}

static void
remove_log_file(void)
{
	folder_remove();
}

TestSuite(log_file, .init = open_log_file, .fini = remove_log_file);

static size_t
count_events(const char *name, const char *event)
{
	size_t len, count = 0;
	char wanted[64];
	snprintf(wanted, sizeof wanted, " event=%s", event);
	for (const char *at = folder_read(name, &len); at != NULL && (at = strstr(at, wanted)) != NULL; at++)
		count++;
	return count;
}

Test(log_file, events_go_to_the_end_of_the_file_and_words_for_people_do_not)
{
	log_event("one", NULL);
	log_print("hello");
	cr_assert_eq(log_use_file("ftgate.log"), 0);
	log_event("two", NULL);
	cr_expect_eq(count_events("ftgate.log", "one"), 1);
	cr_expect_eq(count_events("ftgate.log", "two"), 1);
	cr_expect_str_eq(whole(), "hello\n");
}

Test(log_file, reopening_follows_the_name_and_loses_no_line)
{
	log_open(ends[1], &still_clock);
	cr_assert_eq(log_use_file("ftgate.log"), 0);
	log_event("one", NULL);
	cr_assert_eq(rename("ftgate.log", "ftgate.log.1"), 0);
	log_event("two", NULL);
	log_reopen();
	log_event("three", NULL);
	log_flush();
	cr_expect_eq(count_events("ftgate.log.1", "one"), 1);
	cr_expect_eq(count_events("ftgate.log.1", "two"), 1);
	cr_expect_eq(count_events("ftgate.log", "three"), 1);
	cr_expect_eq(count_events("ftgate.log", "one"), 0);
}

Test(log_file, file_that_cannot_be_opened_again_leaves_the_old_one_in_use)
{
	cr_assert_eq(rename("ftgate.log", "ftgate.log.1"), 0);
	cr_assert_eq(symlink("nowhere/file", "ftgate.log"), 0);
	log_reopen();
	log_event("after", NULL);
	cr_expect_eq(count_events("ftgate.log.1", "log-kept file=ftgate.log detail="), 1);
	cr_expect_eq(count_events("ftgate.log.1", "after"), 1);
}

Test(log_file, file_that_cannot_be_opened_leaves_the_log_where_it_was)
{
	cr_expect_eq(log_use_file("nowhere/file"), -1);
	cr_expect_eq(log_use_file("."), -1);
	log_event("one", NULL);
	cr_expect_eq(count_events("ftgate.log", "one"), 1);
}

Test(log_file, log_on_a_descriptor_is_not_reopened)
{
	log_open(ends[1], NULL);
	log_reopen();
	log_event("one", NULL);
	cr_expect_not_null(strstr(whole(), "event=one"));
}

/* /dev/full is a disk without space. */
Test(log_file, full_disk_costs_lines_that_are_counted)
{
	cr_assert_eq(log_use_file("/dev/full"), 0);
	log_event("one", NULL);
	log_event("two", NULL);
	cr_assert_eq(log_use_file("ftgate.log"), 0);
	log_event("three", NULL);
	cr_expect_eq(count_events("ftgate.log", "log-lost lines=2"), 1);
	cr_expect_eq(count_events("ftgate.log", "three"), 1);
}
