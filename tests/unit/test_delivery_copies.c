/* Delivery of a message with copies for lists: each recipient has the one that is for him, or nobody has any. */
#include "store/maildir_delivery.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/log/log.h"
#include "support/fake_clock.h"
#include "support/fault.h"
#include "support/folder.h"

static struct maildir_agent agent;
static enum delivery_result told;
static struct queue_entry entry, listed[2];
static struct field_edits edits[2];

int __real_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);
int __real_fstatvfs(int file, struct statvfs *status);
int __wrap_fstatvfs(int file, struct statvfs *status);

static int64_t fake_seconds; /* by which each look at the monotonic clock advances it; 0: it is the system's */
static uint64_t free_octets; /* of the disk; 0: as the system says */

int
__wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	static int64_t looks;
	int result = __real_clock_gettime(id, now);
	if (fake_seconds > 0 && id == CLOCK_MONOTONIC)
		*now = (struct timespec) { .tv_sec = ++looks * fake_seconds };
	return result;
}

int
__wrap_fstatvfs(int file, struct statvfs *status)
{
	int result = __real_fstatvfs(file, status);
	if (free_octets > 0) {
		status->f_frsize = 1;
		status->f_bavail = free_octets;
	}
	return result;
}

static void
start_inline(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static struct executor executor = { .start = start_inline };

static const char *local = "Return-Path: <b>\n"; /* of members here */

static struct mailbox mailboxes[] = {
	{ .account = 1, .address = "anna@example.test" },
	{ .account = 2, .address = "bob@example.test" },
	{ .account = 3, .address = "carol@example.test" },
};

static void
set_up(void)
{
	folder_make();
	cr_assert_eq(maildir_agent_open(&agent, "mail", "queue", "mx"), 0);
	cr_assert_eq(chdir("mail"), 0);
	log_open(open("../log", O_RDWR | O_CREAT | O_APPEND, 0600), &fake_clock);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(field_edits_remove(&edits[i], "List-Id", 0), 0);
		cr_assert_eq(field_edits_add(&edits[i], "List-Id", i == 0 ? "<one>" : "<two>", 0), 0);
	}
}

static void
clear_entries(void)
{
	queue_entry_clear(&entry);
	queue_entry_clear(&listed[0]);
	queue_entry_clear(&listed[1]);
}

static void
tear_down(void)
{
	clear_entries();
	field_edits_clear(&edits[0]);
	field_edits_clear(&edits[1]);
	folder_remove();
}

TestSuite(delivery_copies, .init = set_up, .fini = tear_down);

static void
note(void *context, const struct delivery_outcome *outcome)
{
	(void)context;
	told = outcome->result;
}

/* The letters say who gets the message: a mailbox (m), another server (r). */
static void
open_entry(struct queue_entry *opened, const char *id, const char *who)
{
	*opened = (struct queue_entry) { .sender = strdup("x@example.test") };
	snprintf(opened->id, sizeof opened->id, "%s", id);
	if (strchr(who, 'r') != NULL)
		cr_assert_not_null(queue_entry_add(opened, "far@example.org"));
}

static const char header[] = "Received: y\r\nlist-id: <old>\r\nSubject: x\r\n\r\n";

/* Delivers to anna; to bob as a member of the first list, and carol of the second. */
static enum delivery_result
deliver(const char *direct, const char *first, const char *second, size_t lines)
{
	const char *const who[2] = { first, second };
	struct delivery_copy copies[2];
	size_t count = 0;

	clear_entries();
	open_entry(&entry, "q0", direct);
	struct delivery *d = agent.agent.begin(&agent.agent, mailboxes, strchr(direct, 'm') != NULL, &entry);
	cr_assert(strchr(direct, 'm') == NULL || d->ops->append(d, "Return-Path: <x>\r\n", 18));
	d->ops->begin_relayed(d);
	cr_assert(d->ops->append(d, header, strlen(header)));
	told = DELIVERY_OK;
	for (size_t i = 0; i < lines && told == DELIVERY_OK; i++) {
		cr_assert(d->ops->append(d, "a line\r\n", 8));
		if (d->ops->wants_flush(d))
			d->ops->flush(d, &executor, note, NULL);
	}
	for (size_t i = 0; i < 2; i++) {
		bool here = strchr(who[i], 'm') != NULL;
		open_entry(&listed[i], i == 0 ? "q1" : "q2", who[i]);
		if (*who[i] != '\0')
			copies[count++] = (struct delivery_copy) { &mailboxes[1 + i], here, &listed[i],
				here ? local : "", &edits[i] };
	}
	cr_assert(d->ops->copy(d, copies, count));
	if (told == DELIVERY_OK)
		d->ops->commit(d, &executor, DELIVERY_TIMEOUT, note, NULL);
	else
		d->ops->abandon(d, &executor);
	return told;
}

static void
forget(void)
{
	static const char *const patterns[] = { "../queue/q?.*", "example.test/*/new/*" };
	for (size_t i = 0; i < 2; i++)
		while (folder_count(patterns[i]) > 0)
			cr_assert_eq(unlink(folder_name(patterns[i])), 0);
}

/* A text behind which are so many lines. */
static void
expect_file(const char *pattern, const char *head, size_t lines)
{
	size_t len;
	const char *text = folder_read(pattern, &len);
	cr_assert_eq(folder_count(pattern), 1, "%s", pattern);
	cr_assert_eq(len, strlen(head) + 7 * lines, "%s: %s", pattern, text);
	cr_assert_eq(memcmp(text, head, strlen(head)), 0, "%s: %s", pattern, text);
	for (size_t i = 0; i < lines; i++)
		cr_assert_eq(memcmp(text + strlen(head) + 7 * i, "a line\n", 7), 0);
}

Test(delivery_copies, each_recipient_gets_the_header_that_is_for_him)
{
	for (size_t lines = 1; lines <= 30000; lines += 29999) {
		cr_assert_eq(deliver("mr", "mr", "r", lines), DELIVERY_OK);
		expect_file(
		    "example.test/anna/new/*", "Return-Path: <x>\nReceived: y\nlist-id: <old>\nSubject: x\n\n", lines);
		expect_file(
		    "example.test/bob/new/*", "Return-Path: <b>\nList-Id: <one>\nReceived: y\nSubject: x\n\n", lines);
		expect_file("../queue/q2.message", "List-Id: <two>\nReceived: y\nSubject: x\n\n", lines);
		expect_file(
		    "../queue/q1.message", "Return-Path: <b>\nList-Id: <one>\nReceived: y\nSubject: x\n\n", lines);
		cr_expect_eq(folder_count("../queue/q?.envelope"), 3);
		forget();
	}
}

Test(delivery_copies, sizes_are_those_of_each_message)
{
	size_t len;
	cr_assert_eq(deliver("m", "mr", "r", 1), DELIVERY_OK);
	cr_expect_eq(
	    folder_count("example.test/anna/new/*,S=63,W=69,U=0"), 1, "%s", folder_name("example.test/anna/new/*"));
	cr_expect_eq(
	    folder_count("example.test/bob/new/*,S=63,W=69,U=0"), 1, "%s", folder_name("example.test/bob/new/*"));
	cr_expect_str_eq(folder_read("../queue/q1.envelope", &len),
	    "ftgate-queue 1\nfrom x@example.test\nskip 17\nsize 51\nto far@example.org\nend\n");
	cr_expect_str_eq(folder_read("../queue/q2.envelope", &len),
	    "ftgate-queue 1\nfrom x@example.test\nsize 51\nto far@example.org\nend\n");
}

Test(delivery_copies, message_without_recipients_of_its_own_is_stored_nowhere)
{
	cr_assert_eq(deliver("", "m", "r", 1), DELIVERY_OK);
	cr_expect_eq(folder_count("example.test/*/new/*"), 1);
	cr_expect_eq(folder_count("../queue/q?.*"), 2);
	cr_expect_eq(folder_count("../queue/tmp/*") + folder_count("example.test/*/tmp/*"), 0);
}

/* All is synced before anything is shown, and the envelopes are placed last, behind the mailboxes. */
Test(delivery_copies, nothing_is_shown_before_all_is_on_the_disk)
{
	deliver("m", "m", "r", 1);
	forget();
	fault_trace();
	cr_assert_eq(deliver("m", "m", "r", 1), DELIVERY_OK);
	cr_expect_str_eq(fault_trace(), "owowscowscscowsrrroscoscrsc");
}

Test(delivery_copies, any_fault_leaves_no_trace)
{
	int struck = 0;
	deliver("mr", "mr", "r", 1);
	forget();
	for (enum fault_call call = 0; call < FAULT_CALLS; call++) {
		for (int nth = 0; nth < 12; nth++) {
			fault_set(call, nth, EACCES);
			enum delivery_result result = deliver("mr", "mr", "r", call == FAULT_WRITE ? 30000 : 1);
			bool happened = fault_struck() > 0;
			struck += happened;
			fault_set(FAULT_CALLS, 0, 0);
			cr_assert(result != DELIVERY_OK || !happened || call == FAULT_CLOSE);
			cr_assert_eq(folder_count("*/*/tmp/*") + folder_count("../queue/tmp/*"), 0);
			cr_assert_eq(folder_count("../queue/q?.*"), result == DELIVERY_OK ? 6 : 0);
			cr_assert_eq(folder_count("*/*/new/*"), result == DELIVERY_OK ? 2 : 0);
			forget();
		}
	}
	cr_expect_gt(struck, 30);
}

Test(delivery_copies, quota_refuses_only_if_nobody_has_room)
{
	for (int i = 0; i < 3; i++)
		mailboxes[i].quota = (struct quota) { .bytes = 10 };
	cr_expect_eq(deliver("m", "m", "", 1), DELIVERY_OVER_QUOTA);
	cr_expect_eq(folder_count("*/*/new/*") + folder_count("*/*/tmp/*"), 0);
	cr_expect_eq(deliver("m", "m", "r", 1), DELIVERY_OK);
	forget();
	mailboxes[2].quota.bytes = 0;
	cr_expect_eq(deliver("m", "m", "m", 1), DELIVERY_OK);
}

/* The message has 63 octets with its lines for mailboxes. */
Test(delivery_copies, space_for_all_copies_is_demanded_before_the_first)
{
	agent.min_free = 1000;
	free_octets = 1000 + 2 * 63 - 1;
	fault_trace();
	cr_expect_eq(deliver("m", "m", "r", 1), DELIVERY_FULL);
	cr_expect_eq(folder_count("*/*/*/*") + folder_count("../queue/q*") + folder_count("../queue/tmp/*"), 0);
	const char *calls = fault_trace();
	cr_expect(strchr(calls, 'w') != NULL && strchr(calls, 'w') == strrchr(calls, 'w'), "%s", calls);
	free_octets++;
	cr_expect_eq(deliver("m", "m", "r", 1), DELIVERY_OK);
	forget();
	free_octets = 1000;
	cr_expect_eq(deliver("m", "", "", 1), DELIVERY_OK);
}

/* The first look is of the commit, whose time is 480 s; the second is of its job, and one more is for each copy. */
Test(delivery_copies, no_copy_is_made_after_the_deadline)
{
	static const int64_t cases[] = { 481, 241, 161, 159 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake_seconds = cases[i];
		fault_trace();
		enum delivery_result result = deliver("m", "m", "r", 1);
		fake_seconds = 0;
		size_t made = 0;
		for (const char *call = fault_trace(); *call != '\0'; call++)
			made += *call == 'w';
		cr_expect_eq(result, i == 3 ? DELIVERY_OK : DELIVERY_FAILED, "%zu", i);
		if (i < 3)
			cr_expect_eq(made, i, "%zu", i);
		cr_expect_eq(folder_count("*/*/new/*"), i < 3 ? 0 : 2);
		cr_expect_eq(folder_count("*/*/tmp/*") + folder_count("../queue/tmp/*"), 0);
		cr_expect_eq(folder_count("../queue/q?.*"), i < 3 ? 0 : 2);
	}
}

static void
expect_counted(const char *who)
{
	cr_assert_eq(deliver("m", who, "", 1), DELIVERY_OK);
	cr_expect_eq(folder_count("example.test/anna/new/*,U=0"), 1, "%s", folder_name("example.test/anna/new/*"));
	cr_expect_eq(folder_count("example.test/bob/new/*,U=[1-9]*"), 1, "%s", folder_name("example.test/bob/new/*"));
	forget();
}

/* Each message is as long for a client without UTF8 as its own header makes it, not as that of the source. */
Test(delivery_copies, surrogate_is_counted_for_a_copy_whose_header_alone_has_utf8)
{
	local = "Return-Path: <gr\xC3\xBC\xC3\x9F\x65@example.test>\n";
	expect_counted("m");
	local = "Return-Path: <b>\n";
	edits[0].utf8 = true;
	cr_assert_eq(field_edits_add(&edits[0], "Reply-To", "gr\xC3\xBC@example.test", 0), 0);
	expect_counted("m");
}

Test(delivery_copies, abandoned_message_leaves_nothing)
{
	const struct delivery_copy copies = { mailboxes, 1, &listed[0], "", &edits[0] };
	open_entry(&entry, "q0", "r");
	open_entry(&listed[0], "q1", "");
	struct delivery *d = agent.agent.begin(&agent.agent, NULL, 0, &entry);
	cr_assert(d->ops->append(d, header, strlen(header)));
	d->ops->spool(d, &executor, note, NULL);
	cr_assert(d->ops->copy(d, &copies, 1));
	d->ops->abandon(d, &executor);
	cr_expect_eq(folder_count("../queue/tmp/*") + folder_count("../queue/q*") + folder_count("*/*/*/*"), 0);
}
