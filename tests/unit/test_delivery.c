/* Delivery into Maildirs: whole, once a mailbox, in the order that makes it durable; or without a trace. */
#include "store/maildir_delivery.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log/log.h"
#include "support/fake_clock.h"
#include "support/fault.h"
#include "support/folder.h"

static struct maildir_agent agent;
static enum delivery_result told;
static int times_told;
static char detail[DELIVERY_DETAIL_SIZE];
static struct queue_entry nobody; /* has no recipients in the queue */

static void
start_inline(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static struct executor executor = { .start = start_inline };

static const struct mailbox mailboxes[] = {
	{ .account = 1, .address = "anna@example.test" },
	{ .account = 2, .address = "bob@example.test" },
	{ .account = 3, .address = "carol@example.org" },
};

static void
open_agent(void)
{
	folder_make();
	cr_assert_eq(maildir_agent_open(&agent, "mail", "queue", "mx.example/test"), 0);
	cr_assert_eq(chdir("mail"), 0);
	log_open(open("../log", O_RDWR | O_CREAT | O_APPEND, 0600), &fake_clock);
	nobody = (struct queue_entry) { .id = "s1u1", .sender = strdup("otto@example.org") };
	fault_trace();
}

TestSuite(delivery, .init = open_agent, .fini = folder_remove);

static void
note(void *context, const struct delivery_outcome *outcome)
{
	(void)context;
	told = outcome->result;
	snprintf(detail, sizeof detail, "%s", outcome->detail);
	times_told++;
}

/* Delivers text, as often as is told, flushing as a session does. */
static enum delivery_result
deliver(size_t count, const char *text, size_t times)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, count, &nobody);
	times_told = 0;
	cr_assert_not_null(delivery);
	for (size_t i = 0; i < times; i++) {
		cr_assert(delivery->ops->append(delivery, text, strlen(text)));
		if (!delivery->ops->wants_flush(delivery))
			continue;
		delivery->ops->flush(delivery, &executor, note, NULL);
		if (told != DELIVERY_OK) {
			delivery->ops->abandon(delivery, &executor);
			return told;
		}
	}
	times_told = 0;
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_expect_eq(times_told, 1);
	return told;
}

static size_t
traces(void)
{
	return folder_count("*/*/tmp/*") + folder_count("*/*/new/*");
}

Test(delivery, message_is_in_new_with_its_size_in_the_name)
{
	size_t len;
	cr_assert_eq(deliver(1, "Subject: x\n\nHello\n", 1), DELIVERY_OK);
	cr_expect_str_eq(folder_read("example.test/anna/new/*,S=18,W=18,U=0", &len), "Subject: x\n\nHello\n");
	cr_expect_eq(traces(), 1);
	cr_expect_not_null(strstr(folder_name("example.test/anna/new/*"), ".mx.example_test,S=18,W=18,U=0"));
}

Test(delivery, several_recipients_share_one_file)
{
	struct stat status;
	cr_assert_eq(deliver(3, "x\n", 1), DELIVERY_OK);
	cr_assert_eq(stat(folder_name("example.org/carol/new/*"), &status), 0);
	cr_expect_eq(status.st_nlink, 3);
	cr_expect_eq(status.st_mode & 0777, 0600);
	cr_expect_eq(traces(), 3);
}

Test(delivery, spooled_message_can_be_read_before_anyone_sees_it)
{
	char content[32];
	size_t len;
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 2, &nobody);
	cr_assert(delivery->ops->append(delivery, "a\r\nb\r", 5));
	delivery->ops->spool(delivery, &executor, note, NULL);
	cr_assert_eq(told, DELIVERY_OK);
	cr_expect_eq(folder_count("*/*/new/*"), 0);
	cr_assert_eq(pread(delivery->ops->file(delivery), content, sizeof content, 0), 4);
	cr_expect_eq(memcmp(content, "a\nb\r", 4), 0);
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_assert_eq(told, DELIVERY_OK);
	cr_expect_str_eq(folder_read("example.test/bob/new/*,S=4,W=5,U=0", &len), "a\nb\r");
	cr_expect_eq(traces(), 2);
}

Test(delivery, aborted_spooled_message_leaves_nothing)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 2, &nobody);
	delivery->ops->spool(delivery, &executor, note, NULL);
	cr_assert_eq(told, DELIVERY_OK);
	cr_expect_eq(traces(), 1);
	delivery->ops->abandon(delivery, &executor);
	cr_expect_eq(traces(), 0);
}

Test(delivery, message_that_cannot_be_spooled_leaves_nothing)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 2, &nobody);
	cr_assert(delivery->ops->append(delivery, "x\r\n", 3));
	fault_set(FAULT_WRITE, 0, ENOSPC);
	delivery->ops->spool(delivery, &executor, note, NULL);
	cr_expect_eq(told, DELIVERY_FULL);
	delivery->ops->abandon(delivery, &executor);
	cr_expect_eq(traces(), 0);
}

Test(delivery, mailbox_named_twice_gets_one_copy)
{
	static const struct mailbox twice[] = {
		{ .address = "a@d" },
		{ .address = "b@d" },
		{ .address = "a@d" },
		{ .address = "b@d" },
	};
	struct delivery *delivery = agent.agent.begin(&agent.agent, twice, 4, &nobody);
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_expect_eq(told, DELIVERY_OK);
	cr_expect_eq(traces(), 2);
}

Test(delivery, file_is_synced_before_its_rename_and_folders_before_success)
{
	deliver(3, "x\n", 1);
	fault_trace();
	deliver(3, "x\n", 1);
	cr_expect_str_eq(fault_trace(), "owscllroscoscosc");
}

Test(delivery, small_message_touches_the_disk_only_when_it_is_committed)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 1, &nobody);
	char text[DELIVERY_BLOCK];
	memset(text, 'x', sizeof text);
	cr_assert(delivery->ops->append(delivery, text, sizeof text));
	cr_expect_not(delivery->ops->wants_flush(delivery));
	delivery->ops->abandon(delivery, &executor);
	cr_expect_str_eq(fault_trace(), "");
}

Test(delivery, large_message_arrives_whole)
{
	enum { TIMES = 40000 };
	size_t len;
	cr_assert_eq(deliver(2, "Twenty-five octets each.\n", TIMES), DELIVERY_OK);
	const char *content = folder_read("example.test/bob/new/*,S=1000000,*", &len);
	cr_expect_eq(len, 25 * TIMES);
	for (size_t i = 0; i < len; i += 25)
		cr_assert_eq(memcmp(content + i, "Twenty-five octets each.\n", 25), 0);
	cr_expect_eq(traces(), 2);
}

Test(delivery, aborted_message_leaves_nothing)
{
	char text[2 * DELIVERY_BLOCK];
	memset(text, 'x', sizeof text);
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 1, &nobody);
	cr_assert(delivery->ops->append(delivery, text, sizeof text));
	delivery->ops->flush(delivery, &executor, note, NULL);
	cr_expect_eq(folder_count("*/*/tmp/*"), 1);
	delivery->ops->abandon(delivery, &executor);
	cr_expect_eq(traces(), 0);
}

/* Delivers octets in pieces of so many. */
static const char *
deliver_in_pieces(const char *octets, size_t len, size_t piece, size_t *stored)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 1, &nobody);
	for (size_t at = 0; at < len; at += piece)
		cr_assert(delivery->ops->append(delivery, octets + at, len - at < piece ? len - at : piece));
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_assert_eq(told, DELIVERY_OK);
	const char *content = folder_read("example.test/anna/new/*", stored);
	cr_assert_eq(unlink(folder_name("example.test/anna/new/*")), 0);
	return content;
}

Test(delivery, lines_end_with_lf_however_they_are_cut)
{
	static const char octets[] = "a\r\n\r\n\0\xFF\r\rb\r\nc\n\r", lines[] = "a\n\n\0\xFF\r\rb\nc\n\r";
	for (size_t piece = 1; piece < sizeof octets; piece++) {
		size_t len;
		const char *content = deliver_in_pieces(octets, sizeof octets - 1, piece, &len);
		cr_expect_eq(len, sizeof lines - 1);
		cr_expect_eq(memcmp(content, lines, len), 0);
	}
}

Test(delivery, name_has_the_sizes_on_the_wire_too)
{
	cr_assert_eq(deliver(1, "From: \xC3\xBC@x\r\n\r\nb\r\n", 1), DELIVERY_OK);
	cr_expect_eq(folder_count("example.test/anna/new/*,S=14,W=17,U=79"), 1);
}

Test(delivery, short_writes_are_continued)
{
	size_t len;
	fault_shorten_writes(3);
	cr_assert_eq(deliver(1, "Subject: x\n\nHello\n", 1), DELIVERY_OK);
	cr_expect_str_eq(folder_read("example.test/anna/new/*", &len), "Subject: x\n\nHello\n");
}

Test(delivery, interrupted_calls_are_repeated)
{
	static const enum fault_call calls[] = { FAULT_OPENAT, FAULT_WRITE, FAULT_FSYNC, FAULT_LINKAT, FAULT_RENAMEAT };
	deliver(2, "x\n", 1);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		fault_set(calls[i], 0, EINTR);
		cr_expect_eq(deliver(2, "x\n", 1), DELIVERY_OK);
		cr_expect_eq(fault_struck(), 1);
		cr_expect_eq(traces(), 2 * i + 4);
	}
	fault_set(FAULT_OPENAT, 1, EINTR);
	cr_expect_eq(deliver(1, "x\n", 1), DELIVERY_OK);
	cr_expect_eq(fault_struck(), 1);
}

/* Whatever fails, and whenever: nothing is left, in no mailbox, and the caller is told what it was. */
Test(delivery, any_fault_leaves_no_trace)
{
	static const struct {
		int error;
		enum delivery_result result;
	} faults[] = {
		{ ENOSPC, DELIVERY_FULL },
		{ EDQUOT, DELIVERY_FULL },
		{ EACCES, DELIVERY_ACCESS },
		{ EIO, DELIVERY_FAILED },
		{ EMFILE, DELIVERY_FAILED },
	};
	int struck = 0;
	deliver(3, "x\n", 1);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		for (enum fault_call call = 0; call < FAULT_CALLS; call++) {
			for (int nth = 0; nth < 4; nth++) {
				fault_set(call, nth, faults[i].error);
				enum delivery_result result = deliver(3, "x\n", 1);
				struck += fault_struck();
				if (!fault_struck())
					cr_assert_eq(result, DELIVERY_OK);
				else if (call != FAULT_CLOSE || nth == 0)
					cr_assert_eq(result, faults[i].result, "call %d, nth %d, error %d", call, nth,
					    faults[i].error);
				fault_set(FAULT_CALLS, 0, 0);
				cr_assert_eq(folder_count("*/*/tmp/*"), 0);
				cr_assert_eq(folder_count("*/*/new/*") % 3, 0, "call %d, nth %d", call, nth);
				if (result != DELIVERY_OK)
					cr_assert_eq(
					    folder_count("*/*/new/*"), folder_count("example.test/anna/new/*") * 3);
			}
		}
	}
	cr_expect_gt(struck, 50);
}

Test(delivery, fault_in_the_midst_of_a_large_message_leaves_no_trace)
{
	deliver(1, "x\n", 1);
	for (int nth = 0; nth < 10; nth++) {
		fault_set(FAULT_WRITE, nth, ENOSPC);
		cr_expect_eq(deliver(2, "Twenty-five octets each.\n", 40000), DELIVERY_FULL);
		cr_expect_eq(traces(), 1);
	}
}

Test(delivery, maildir_that_is_a_file_is_an_access_error)
{
	cr_assert_eq(mkdir("example.test", 0700), 0);
	FILE *file = fopen("example.test/bob", "w");
	cr_assert_not_null(file);
	fclose(file);
	cr_expect_eq(deliver(2, "x\n", 1), DELIVERY_ACCESS);
	cr_expect_eq(traces(), 0);
}

Test(delivery, missing_new_folder_is_recreated)
{
	deliver(2, "x\n", 1);
	cr_assert_eq(unlink(folder_name("example.test/anna/new/*")), 0);
	cr_assert_eq(rmdir("example.test/anna/new"), 0);
	cr_expect_eq(deliver(2, "x\n", 1), DELIVERY_OK);
	cr_expect_eq(folder_count("example.test/anna/new/*"), 1);
}

Test(delivery, names_are_unique)
{
	for (int i = 0; i < 200; i++)
		cr_assert_eq(deliver(1, "x\n", 1), DELIVERY_OK);
	cr_expect_eq(folder_count("example.test/anna/new/*"), 200);
}

static void
put_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static enum delivery_result
deliver_to(const struct mailbox *to, size_t count)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, to, count, &nobody);
	cr_assert(delivery->ops->append(delivery, "Subject: x\n\nx\n", 14));
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	return told;
}

Test(delivery, keeps_the_quota_and_records_what_it_delivers)
{
	struct mailbox to = { .account = 1, .quota = { 28, 0 }, .address = "anna@example.test" };
	size_t len;
	cr_assert_eq(deliver_to(&to, 1), DELIVERY_OK);
	cr_expect_str_eq(folder_read("example.test/anna/maildirsize", &len), "28S\n0 0\n14 1\n");
	cr_assert_eq(deliver_to(&to, 1), DELIVERY_OK);
	cr_assert_eq(deliver_to(&to, 1), DELIVERY_OVER_QUOTA);
	cr_expect_eq(folder_count("example.test/anna/new/*"), 2);
	cr_expect_eq(folder_count("example.test/anna/tmp/*"), 0);
}

Test(delivery, to_several_needs_room_in_one)
{
	const struct mailbox to[] = {
		{ .account = 1, .quota = { 10, 0 }, .address = "anna@example.test" },
		{ .account = 2, .quota = { 20, 0 }, .address = "bob@example.test" },
	};
	cr_expect_eq(deliver_to(to, 2), DELIVERY_OK);
	cr_expect_eq(folder_count("*/*/new/*"), 2);
	cr_expect_eq(deliver_to(to, 2), DELIVERY_OVER_QUOTA);
	cr_expect_eq(folder_count("*/*/new/*"), 2);
	cr_expect_eq(folder_count("*/*/tmp/*"), 0);
}

Test(delivery, keeps_the_configured_space_free)
{
	agent.min_free = 1LL << 62;
	cr_expect_eq(deliver_to(mailboxes, 3), DELIVERY_FULL);
	cr_expect_eq(folder_count("*/*/new/*"), 0);
	agent.min_free = 1;
	cr_expect_eq(deliver_to(mailboxes, 3), DELIVERY_OK);
}

/* The log without the time that begins each line. */
static const char *
read_log(void)
{
	static char text[4096];
	char line[1024], *at = text;
	log_flush();
	FILE *file = fopen("../log", "r");
	cr_assert_not_null(file);
	text[0] = '\0';
	while (fgets(line, sizeof line, file) != NULL)
		at += snprintf(at, sizeof text - (size_t)(at - text), "%s", strchr(line, ' ') + 1);
	fclose(file);
	return text;
}

Test(delivery, each_mailbox_has_a_line_in_the_log)
{
	nobody.arrival = time(NULL) + 1000;
	nobody.session = strdup("s1");
	nobody.message_id = strdup("<a b@example.org>");
	cr_assert_eq(deliver(2, "a\r\n", 1), DELIVERY_OK);
	nobody.arrival = time(NULL);
	cr_expect_str_eq(detail, "");
	const char *log = read_log();
	cr_expect_not_null(strstr(log,
	                       "event=delivered session=s1 id=s1u1 from=otto@example.org mailbox=anna@example.test "
	                       "message-id=\"<a b@example.org>\" size=3 delay=-"),
	    "%s", log);
	cr_expect_not_null(strstr(log, "mailbox=bob@example.test"), "%s", log);
}

Test(delivery, failure_names_path_and_cause)
{
	cr_assert_eq(system("mkdir -p example.test/anna && touch example.test/anna/tmp"), 0);
	cr_expect_eq(deliver(1, "x\n", 1), DELIVERY_ACCESS);
	cr_expect(strncmp(detail, "example.test/anna/tmp/", 22) == 0, "%s", detail);
	cr_expect_not_null(strstr(detail, ": Not a directory"), "%s", detail);
	cr_expect_null(strstr(read_log(), "event=delivered"));
}

Test(delivery, failure_of_a_later_mailbox_names_that)
{
	cr_assert_eq(system("mkdir -p example.test/bob/tmp && touch example.test/bob/new"), 0);
	cr_expect_eq(deliver(2, "x\n", 1), DELIVERY_ACCESS);
	cr_expect(strncmp(detail, "example.test/bob/new/", 21) == 0, "%s", detail);
	cr_expect_eq(folder_count("*/*/new/*"), 0);
}

Test(delivery, commit_that_has_waited_too_long_for_a_thread_fails)
{
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, 1, &nobody);
	cr_assert(delivery->ops->append(delivery, "x\r\n", 3));
	delivery->ops->commit(delivery, &executor, -1, note, NULL);
	cr_expect_eq(told, DELIVERY_FAILED);
	cr_expect_str_eq(detail, "no thread was free in time");
	cr_expect_eq(traces(), 0);
}

Test(delivery, full_disk_is_reported_from_a_recent_figure)
{
	struct delivery_agent *base = &agent.agent;
	agent.gauge.free = 1000;
	cr_expect_not(base->is_full(base, &executor), "nothing is to be kept free");
	agent.min_free = 1000;
	cr_expect_not(base->is_full(base, &executor));
	agent.min_free = 1001;
	agent.gauge.since += 1000;
	cr_expect(base->is_full(base, &executor));
	cr_expect_eq(agent.gauge.free, 1000, "it has not been looked for again");
	agent.gauge.since -= 2000;
	cr_expect_not(base->is_full(base, &executor));
	cr_expect_neq(agent.gauge.free, 1000);
	cr_expect_not(agent.gauge.looking);
	agent.min_free = 1LL << 62;
	cr_expect(base->is_full(base, &executor));
}

Test(delivery, room_is_known_before_delivery)
{
	struct mailbox to = { .account = 1, .quota = { 100, 0 }, .address = "anna@example.test" };
	agent.agent.check_space(&agent.agent, &executor, &to, 1, 100, note, NULL);
	cr_expect_eq(told, DELIVERY_OK);
	agent.agent.check_space(&agent.agent, &executor, &to, 1, 101, note, NULL);
	cr_expect_eq(told, DELIVERY_OVER_QUOTA);
	agent.agent.check_space(&agent.agent, &executor, &to, 1, UINT64_MAX, note, NULL);
	cr_expect_eq(told, DELIVERY_OVER_QUOTA);
	cr_assert_eq(deliver_to(&to, 1), DELIVERY_OK);
	put_text("example.test/anna/maildirsize", "100S\n100 1\n");
	agent.agent.check_space(&agent.agent, &executor, &to, 1, 0, note, NULL);
	cr_expect_eq(told, DELIVERY_OK);
	agent.min_free = 1LL << 62;
	agent.agent.check_space(&agent.agent, &executor, &to, 1, 0, note, NULL);
	cr_expect_eq(told, DELIVERY_FULL);
}

static struct queue_entry relay;

/* Delivers a message to some of the mailboxes and to the queue, with a line in front that is not for the queue. */
static enum delivery_result
relay_to(size_t count)
{
	queue_entry_clear(&relay);
	relay = (struct queue_entry) { .id = "q1", .sender = strdup("anna@example.test") };
	queue_entry_add(&relay, "bob@example.org");
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, count, &relay);
	cr_assert_not_null(delivery);
	if (count > 0)
		cr_assert(delivery->ops->append(delivery, "Return-Path: <x>\r\n", 18));
	delivery->ops->begin_relayed(delivery);
	cr_assert(delivery->ops->append(delivery, "Subject: x\r\n\r\nHello\r\n", 21));
	times_told = 0;
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_expect_eq(times_told, 1);
	return told;
}

static size_t
queue_traces(void)
{
	return folder_count("../queue/*.*") + folder_count("../queue/tmp/*");
}

Test(delivery, remote_message_is_only_in_the_queue)
{
	size_t len;
	cr_assert_eq(relay_to(0), DELIVERY_OK);
	cr_expect_str_eq(folder_read("../queue/q1.message", &len), "Subject: x\n\nHello\n");
	cr_expect_str_eq(folder_read("../queue/q1.envelope", &len),
	    "ftgate-queue 1\nfrom anna@example.test\nsize 21\nto bob@example.org\nend\n");
	cr_expect_eq(queue_traces(), 2);
	cr_expect_eq(traces(), 0);
}

Test(delivery, mailboxes_and_queue_share_one_file)
{
	struct stat status;
	size_t len;
	cr_assert_eq(relay_to(2), DELIVERY_OK);
	cr_assert_eq(stat("../queue/q1.message", &status), 0);
	cr_expect_eq(status.st_nlink, 3);
	cr_expect_str_eq(folder_read("../queue/q1.envelope", &len),
	    "ftgate-queue 1\nfrom anna@example.test\nskip 17\nsize 21\nto bob@example.org\nend\n");
	cr_expect_str_eq(
	    folder_read("example.test/bob/new/*,S=35,W=39,U=0", &len), "Return-Path: <x>\nSubject: x\n\nHello\n");
	cr_expect_eq(queue_traces(), 2);
	cr_expect_eq(traces(), 2);
}

Test(delivery, queue_is_synced_as_mailboxes_are_and_comes_last)
{
	relay_to(2);
	unlink("../queue/q1.envelope");
	unlink("../queue/q1.message");
	fault_trace();
	relay_to(2);
	cr_expect_str_eq(fault_trace(), "owscowsllroscoscrsc");
	unlink("../queue/q1.envelope");
	unlink("../queue/q1.message");
	relay_to(0);
	cr_expect_str_eq(fault_trace(), "owscowsrrsc");
}

Test(delivery, any_fault_leaves_no_trace_in_the_queue_either)
{
	int struck = 0;
	deliver(3, "x\n", 1);
	for (size_t count = 0; count <= 3; count += 3) {
		for (enum fault_call call = 0; call < FAULT_CALLS; call++) {
			for (int nth = 0; nth < 5; nth++) {
				fault_set(call, nth, EACCES);
				enum delivery_result result = relay_to(count);
				bool happened = fault_struck() > 0;
				struck += happened;
				fault_set(FAULT_CALLS, 0, 0);
				if (result != DELIVERY_OK)
					cr_assert_eq(result, count == 0 ? DELIVERY_FAILED : DELIVERY_ACCESS);
				else
					cr_assert(!happened || call == FAULT_CLOSE);
				cr_assert_not(relay.claimed);
				cr_assert_eq(folder_count("*/*/tmp/*") + folder_count("../queue/tmp/*"), 0);
				cr_assert_eq(folder_count("../queue/q1.*"), result == DELIVERY_OK ? 2 : 0,
				    "count %zu, call %d, nth %d", count, call, nth);
				cr_assert_eq(folder_count("*/*/new/*"), folder_count("example.test/anna/new/*") * 3);
				unlink("../queue/q1.envelope");
				unlink("../queue/q1.message");
			}
		}
	}
	cr_expect_gt(struck, 20);
}

Test(delivery, full_mailbox_does_not_stop_remote_recipients)
{
	struct mailbox full = { .account = 1, .quota = { 10, 0 }, .address = "anna@example.test" };
	relay = (struct queue_entry) { .id = "q1", .sender = strdup("") };
	queue_entry_add(&relay, "bob@example.org");
	struct delivery *delivery = agent.agent.begin(&agent.agent, &full, 1, &relay);
	cr_assert(delivery->ops->append(delivery, "Subject: x\r\n\r\nx\r\n", 17));
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_expect_eq(told, DELIVERY_OK);
	cr_expect_eq(folder_count("../queue/q1.*"), 2);
}

Test(delivery, aborted_remote_message_leaves_nothing)
{
	char text[2 * DELIVERY_BLOCK];
	memset(text, 'x', sizeof text);
	relay = (struct queue_entry) { .id = "q1", .sender = strdup("") };
	struct delivery *delivery = agent.agent.begin(&agent.agent, NULL, 0, &relay);
	cr_assert(delivery->ops->append(delivery, text, sizeof text));
	delivery->ops->flush(delivery, &executor, note, NULL);
	cr_expect_eq(folder_count("../queue/tmp/*"), 1);
	delivery->ops->abandon(delivery, &executor);
	cr_expect_eq(queue_traces(), 0);
}
