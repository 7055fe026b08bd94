/* The journal's native protocol: entries that nothing in a value can end or forge, and that never wait. */
#include "base/log/journal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log/log.h"
#include "base/log/stats.h"
#include "support/folder.h"

enum { FLOOD = 20000 };

static const char path[] = "socket";
static char text[1 << 16];
static int journal = -1;

static void
open_journal(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	folder_make();
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cr_assert_eq(bind(journal, (const struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(log_use_journal(path), 0);
}

static void
close_journal(void)
{
	close(journal);
	folder_remove();
}

/* The next entry; "": there is none. */
static const char *
received(void)
{
	ssize_t len = recv(journal, text, sizeof text - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	return text;
}

static const char *
field(const char *name)
{
	static char value[8192];
	size_t len = strlen(name);
	const char *at = text;
	while (at != NULL && (strncmp(at, name, len) != 0 || at[len] != '=')) {
		at = strchr(at, '\n');
		at = at == NULL || at[1] == '\0' ? NULL : at + 1;
	}
	if (at == NULL)
		return "(missing)";
	snprintf(value, sizeof value, "%.*s", (int)strcspn(at + len + 1, "\n"), at + len + 1);
	return value;
}

TestSuite(journal, .init = open_journal, .fini = close_journal);

Test(journal, entry_has_the_line_and_a_field_for_each_pair)
{
	char whole[1024], id[JOURNAL_ID_SIZE];
	log_event("reply", "session", "1hqk3c9", "ref", "#4.28", "id", "ERR_SMTP_NO_MAILBOX", "bare-octets", "1", NULL);
	journal_reply_id(id, "ERR_SMTP_NO_MAILBOX", strlen("ERR_SMTP_NO_MAILBOX"));
	snprintf(whole, sizeof whole,
	    "PRIORITY=5\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=%s\nMESSAGE_ID=%s\n"
	    "MESSAGE=event=reply session=1hqk3c9 ref=#4.28 id=ERR_SMTP_NO_MAILBOX bare-octets=1\n"
	    "FTGATE_EVENT=reply\nFTGATE_SESSION=1hqk3c9\nFTGATE_REF=#4.28\nFTGATE_ID=ERR_SMTP_NO_MAILBOX\n"
	    "FTGATE_BARE_OCTETS=1\n",
	    program_invocation_short_name, id);
	cr_expect_str_eq(received(), whole);
}

/* What a client says is in one line of its own field, and a terminal shows it as it is. */
Test(journal, value_cannot_begin_another_field)
{
	log_event("reply", "helo", "a\nFTGATE_CLIENT=192.0.2.1\r\x1B[0m\\ \"j\xC3\xB6rg\" \xFF\xE2\x80\xAE", NULL);
	received();
	cr_expect_str_eq(field("FTGATE_CLIENT"), "(missing)");
	cr_expect_str_eq(field("FTGATE_HELO"),
	    "a\\x0AFTGATE_CLIENT=192.0.2.1\\x0D\\x1B[0m\\x5C \"j\xC3\xB6rg\" \\xFF\\xE2\\x80\\xAE");
}

Test(journal, nul_is_escaped)
{
	log_begin("reply");
	log_put_octets("line", "a\0b", 3);
	log_end();
	received();
	cr_expect_str_eq(field("FTGATE_LINE"), "a\\x00b");
}

Test(journal, long_values_are_cut_and_what_does_not_fit_is_omitted_in_line_and_fields)
{
	char value[LOG_VALUE_MAX + 2];
	memset(value, '\n', LOG_VALUE_MAX + 1);
	value[LOG_VALUE_MAX + 1] = '\0';
	log_event("e", "a", value, "b", value, "c", "1", NULL);
	received();
	cr_expect_eq(strlen(field("FTGATE_A")), 4 * LOG_VALUE_MAX);
	cr_expect_str_eq(field("FTGATE_B"), "(missing)");
	cr_expect_str_eq(field("FTGATE_C"), "1");
}

Test(journal, most_pairs_that_fit_in_a_line_fit_in_the_fields)
{
	log_begin("e");
	for (int i = 0; i < LOG_WRITE_MAX; i++)
		log_put("k", "1");
	log_end();
	size_t pairs = 0, fields = 0;
	for (const char *at = received(); (at = strstr(at, " k=1")) != NULL; at++)
		pairs++;
	for (const char *at = text; (at = strstr(at, "\nFTGATE_K=1")) != NULL; at++)
		fields++;
	cr_expect_gt(pairs, 1000);
	cr_expect_eq(fields, pairs);
}

Test(journal, message_ids_are_uuids_that_never_change)
{
	char id[JOURNAL_ID_SIZE];
	journal_reply_id(id, "ERR_SMTP_NO_MAILBOX", strlen("ERR_SMTP_NO_MAILBOX"));
	cr_expect_str_eq(id, "288aadf406448ce688f9b3d53f6d663e");
	journal_event_id(id, "blacklisted");
	cr_expect_str_eq(id, "bf482f5a1ce484f9a48b2f3ac4d325a1");
	cr_expect_eq(id[12], '8', "version 8 of RFC 9562");
	cr_expect_not_null(strchr("89ab", id[16]), "its variant");
}

Test(journal, other_events_than_replies_have_the_id_of_the_event)
{
	char id[JOURNAL_ID_SIZE];
	log_event("bounced", "id", "ERR_SMTP_NO_MAILBOX", NULL);
	received();
	journal_event_id(id, "bounced");
	cr_expect_str_eq(field("MESSAGE_ID"), id);
	cr_expect_str_eq(field("PRIORITY"), "4");
}

/* Nobody reads: if one of the lines waited, the test would not end. */
Test(journal, full_socket_costs_lines_and_nothing_else, .timeout = 60)
{
	struct stats *stats = stats_new();
	size_t read = 0;
	log_count_lost(&stats->slot[0]);
	for (int i = 0; i < FLOOD; i++)
		log_event("connect", NULL);
	while (*received() != '\0')
		read++;
	cr_expect_gt(read, 0);
	cr_expect_lt(read, FLOOD);
	cr_expect_eq(stats_sum(stats, STAT_LOG_LOST), FLOOD - read);
	log_event("last", NULL);
	received();
	cr_expect_str_eq(field("FTGATE_EVENT"), "log-lost");
	cr_expect_eq(strtoull(field("FTGATE_LINES"), NULL, 10), FLOOD - read);
	received();
	cr_expect_str_eq(field("FTGATE_EVENT"), "last");
	log_event("next", NULL);
	received();
	cr_expect_str_eq(field("FTGATE_EVENT"), "next", "lost lines are reported once");
}

Test(journal, flush_reports_what_was_lost_before_the_process_ends)
{
	for (int i = 0; i < FLOOD; i++)
		log_event("connect", NULL);
	while (*received() != '\0')
		;
	log_flush();
	received();
	cr_expect_str_eq(field("FTGATE_EVENT"), "log-lost");
}

/* A journal that is started anew may make its socket anew. */
Test(journal, journal_that_comes_back_is_used_again)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	close(journal);
	unlink(path);
	log_event("one", NULL);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cr_assert_eq(bind(journal, (const struct sockaddr *)&address, sizeof address), 0);
	log_event("two", NULL);
	received();
	cr_expect_str_eq(field("FTGATE_LINES"), "1");
	received();
	cr_expect_str_eq(field("FTGATE_EVENT"), "two");
}

Test(journal, socket_that_nobody_reads_is_an_error_and_the_log_stays)
{
	cr_expect_eq(log_use_journal("/nonexistent/socket"), -1);
	char longer[200];
	memset(longer, '/', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	cr_expect_eq(log_use_journal(longer), -1);
}

Test(journal, lines_for_people_go_to_the_descriptor)
{
	int ends[2];
	cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	log_open(ends[1], NULL);
	cr_assert_eq(log_use_journal(path), 0);
	log_print("listening on %s", "[::1]:25");
	ssize_t len = read(ends[0], text, sizeof text - 1);
	text[len < 0 ? 0 : len] = '\0';
	cr_expect_str_eq(text, "listening on [::1]:25\n");
	cr_expect_str_eq(received(), "");
}

Test(journal, standard_error_is_known_by_device_and_inode)
{
	char stream[64];
	struct stat status;
	cr_assert_eq(fstat(STDERR_FILENO, &status), 0);
	unsigned long long device = status.st_dev, inode = status.st_ino;
	unsetenv("JOURNAL_STREAM");
	cr_expect_not(journal_is_stderr());
	snprintf(stream, sizeof stream, "%llu:%llu", device, inode);
	setenv("JOURNAL_STREAM", stream, 1);
	cr_expect(journal_is_stderr());
	snprintf(stream, sizeof stream, "%llu:%llu", device, inode + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	cr_expect_not(journal_is_stderr());
	snprintf(stream, sizeof stream, "%llu:%llux", device, inode);
	setenv("JOURNAL_STREAM", stream, 1);
	cr_expect_not(journal_is_stderr());
	setenv("JOURNAL_STREAM", "", 1);
	cr_expect_not(journal_is_stderr());
}
