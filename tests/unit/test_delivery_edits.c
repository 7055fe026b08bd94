/* Delivery of messages whose header is changed: whole and with the right sizes, or without a trace. */
#include "store/maildir_delivery.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log/log.h"
#include "support/fake_clock.h"
#include "support/fault.h"
#include "support/folder.h"

static struct maildir_agent agent;
static enum delivery_result told;
static struct queue_entry entry;
static struct field_edits first, second;

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
};

static void
set_up(void)
{
	folder_make();
	cr_assert_eq(maildir_agent_open(&agent, "mail", "queue", "mx"), 0);
	cr_assert_eq(chdir("mail"), 0);
	log_open(open("../log", O_RDWR | O_CREAT | O_APPEND, 0600), &fake_clock);
	cr_assert_eq(field_edits_remove(&first, "X-Old", 0), 0);
	first.own_name = "mx.example.test";
	cr_assert_eq(field_edits_add(&second, "DKIM-Signature", "v=1;\r\n\tb=x", 1), 0);
	cr_assert_eq(field_edits_subject(&second, "a new subject"), 0);
}

static void
tear_down(void)
{
	field_edits_clear(&first);
	field_edits_clear(&second);
	queue_entry_clear(&entry);
	folder_remove();
}

TestSuite(delivery_edits, .init = set_up, .fini = tear_down);

static void
note(void *context, const struct delivery_outcome *outcome)
{
	(void)context;
	told = outcome->result;
}

static const char local[] = "Return-Path: <x>\r\n";
static const char header[] = "Received: y\r\nX-Old: 1\r\nReceived-SPF: pass\r\nSubject: x\r\nX-Old: 2\r\n\r\n";

static struct delivery *
begin(size_t count)
{
	queue_entry_clear(&entry);
	entry = (struct queue_entry) { .id = "q1", .sender = strdup("anna@example.test") };
	cr_assert_not_null(queue_entry_add(&entry, "bob@example.org"));
	return agent.agent.begin(&agent.agent, mailboxes, count, &entry);
}

/* Delivers the header and lines of a body, with the first changes, inspected, then with the second ones. */
static enum delivery_result
deliver(size_t count, size_t lines, bool inspected)
{
	struct delivery *d = begin(count);
	cr_assert_not_null(d);
	told = DELIVERY_OK;
	cr_assert(count == 0 || d->ops->append(d, local, strlen(local)));
	d->ops->begin_relayed(d);
	cr_assert(d->ops->append(d, header, strlen(header)));
	for (size_t i = 0; i < lines && told == DELIVERY_OK; i++) {
		cr_assert(d->ops->append(d, "X-Old: body \xff\r\n", 15));
		if (d->ops->wants_flush(d))
			d->ops->flush(d, &executor, note, NULL);
	}
	if (told == DELIVERY_OK)
		d->ops->edit(d, &first);
	if (told == DELIVERY_OK && inspected) {
		d->ops->spool(d, &executor, note, NULL);
		if (told == DELIVERY_OK)
			d->ops->edit(d, &second);
	}
	if (told == DELIVERY_OK)
		d->ops->commit(d, &executor, DELIVERY_TIMEOUT, note, NULL);
	else
		d->ops->abandon(d, &executor);
	return told;
}

static void
forget(void)
{
	unlink("../queue/q1.envelope");
	unlink("../queue/q1.message");
	if (folder_count("example.test/*/new/*") > 0)
		cr_assert_eq(system("rm example.test/*/new/*"), 0);
}

/* Compares the message in the mailbox, its name and its envelope with what they must be. */
static void
expect_stored(size_t count, const char *head, size_t lines)
{
	char name[100], envelope[200];
	size_t len, octets = strlen(head) + 14 * lines, line_ends = lines, prefix = count > 0 ? strlen(local) - 1 : 0;
	for (const char *at = head; *at != '\0'; at++)
		line_ends += *at == '\n';
	snprintf(name, sizeof name, "example.test/anna/new/*,S=%zu,W=%zu,U=0", octets, octets + line_ends);
	if (count > 0)
		cr_expect_eq(folder_count(name), 1, "%s: %s", name, folder_name("example.test/anna/new/*"));
	const char *text = folder_read("../queue/q1.message", &len);
	cr_assert_eq(len, octets);
	cr_expect_eq(memcmp(text, head, strlen(head)), 0, "%s", text);
	for (size_t i = 0; i < lines; i++)
		cr_assert_eq(memcmp(text + strlen(head) + 14 * i, "X-Old: body \xff\n", 14), 0);
	int used = snprintf(envelope, sizeof envelope, "ftgate-queue 1\nfrom anna@example.test\n");
	if (prefix > 0)
		used += snprintf(envelope + used, sizeof envelope - (size_t)used, "skip %zu\n", prefix);
	snprintf(envelope + used, sizeof envelope - (size_t)used, "size %zu\nto bob@example.org\nend\n",
	    octets + line_ends - prefix - (prefix > 0));
	cr_expect_str_eq(folder_read("../queue/q1.envelope", &len), envelope);
	forget();
}

Test(delivery_edits, changes_of_the_header_keep_the_body_and_set_the_sizes)
{
	static const size_t sizes[] = { 0, 1, 100, 20000, 60000 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		cr_assert_eq(deliver(2, sizes[i], false), DELIVERY_OK);
		expect_stored(2, "Return-Path: <x>\nReceived: y\nSubject: x\n\n", sizes[i]);
		cr_assert_eq(deliver(0, sizes[i], true), DELIVERY_OK);
		expect_stored(0, "DKIM-Signature: v=1;\n\tb=x\nReceived: y\nSubject: a new subject\n\n", sizes[i]);
		cr_assert_eq(deliver(2, sizes[i], true), DELIVERY_OK);
		expect_stored(2,
		    "Return-Path: <x>\nDKIM-Signature: v=1;\n\tb=x\nReceived: y\nSubject: a new subject\n\n", sizes[i]);
	}
}

Test(delivery_edits, message_in_the_buffer_is_written_once)
{
	deliver(1, 1, false);
	forget();
	fault_trace();
	cr_assert_eq(deliver(1, 1, false), DELIVERY_OK);
	cr_expect_str_eq(fault_trace(), "owwscowslroscrsc");
}

Test(delivery_edits, any_fault_leaves_no_trace)
{
	int struck = 0;
	deliver(2, 1, true);
	forget();
	for (size_t lines = 1; lines <= 20000; lines += 19999) {
		for (enum fault_call call = 0; call < FAULT_CALLS; call++) {
			for (int nth = 0; nth < 8; nth++) {
				fault_set(call, nth, EACCES);
				enum delivery_result result = deliver(2, lines, true);
				bool happened = fault_struck() > 0;
				struck += happened;
				fault_set(FAULT_CALLS, 0, 0);
				if (result == DELIVERY_OK)
					cr_assert(!happened || call == FAULT_CLOSE);
				else
					cr_assert_eq(result, DELIVERY_ACCESS);
				cr_assert_eq(folder_count("*/*/tmp/*") + folder_count("../queue/tmp/*"), 0);
				cr_assert_eq(folder_count("../queue/q1.*"), result == DELIVERY_OK ? 2 : 0);
				cr_assert_eq(folder_count("*/*/new/*"), result == DELIVERY_OK ? 2 : 0);
				forget();
			}
		}
	}
	cr_expect_gt(struck, 25);
}

Test(delivery_edits, abandoned_message_leaves_nothing)
{
	struct delivery *d = begin(1);
	cr_assert(d->ops->append(d, header, strlen(header)));
	d->ops->edit(d, &first);
	d->ops->spool(d, &executor, note, NULL);
	cr_assert_eq(told, DELIVERY_OK);
	cr_expect_eq(folder_count("*/*/tmp/*"), 1);
	d->ops->edit(d, &second);
	d->ops->abandon(d, &executor);
	cr_expect_eq(folder_count("*/*/tmp/*") + folder_count("*/*/new/*"), 0);
}

Test(delivery_edits, utf8_that_is_added_counts_for_the_surrogate)
{
	size_t len;
	struct delivery *d = begin(1);
	second.utf8 = true;
	cr_assert_eq(field_edits_add(&second, "X-U", "<j\xc3\xb6rg@example.test>", 0), 0);
	cr_assert(d->ops->append(d, header, strlen(header)));
	d->ops->edit(d, &second);
	d->ops->commit(d, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_assert_eq(told, DELIVERY_OK);
	cr_expect_not_null(strstr(folder_name("*/*/new/*"), ",U="), "%s", folder_name("*/*/new/*"));
	cr_expect_not_null(strstr(folder_read("*/*/new/*", &len), "X-U: <j\xc3\xb6rg@example.test>\n"));
}
