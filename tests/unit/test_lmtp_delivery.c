/* Delivery by LMTP: what the other server takes, what it leaves over, and what comes of that. */
#include "relay/lmtp_delivery.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log/log.h"
#include "support/fake_clock.h"
#include "support/fault.h"
#include "support/folder.h"
#include "support/lmtp_fixture.h"

TestSuite(lmtp, .init = set_up, .fini = tear_down);

Test(lmtp, hands_the_message_to_each_mailbox)
{
	server.end = "250 2.0.0 anna\r\n250 2.0.0 bob\r\n";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_expect_str_eq(server.said,
	    "LHLO mx.example.test\nMAIL FROM:<otto@example.org>\nRCPT TO:<anna@example.test>\n"
	    "RCPT TO:<bob@example.test>\nDATA\n");
	cr_expect_str_eq(server.message, "Subject: a\r\n\r\n..b\r\n");
	cr_expect_eq(count_queued(), 0);
	expect_nothing_left();
}

Test(lmtp, hands_the_message_to_the_mailboxes_that_are_left_alone)
{
	struct mailbox bob = { 0 };
	cr_assert(mailbox_set_address(&bob, "bob", "example.test"));
	for (int left = 0; left < 2; left++) {
		struct delivery *delivery = begin(3);
		delivery->ops->narrow(delivery, &bob, (size_t)left);
		delivery->ops->commit(delivery, &jobs, DELIVERY_TIMEOUT, take_result, NULL);
		while (fake_dialer_run(&server))
			;
		cr_expect(
		    ended == (unsigned)left + 1 && result == DELIVERY_OK && server.dialled == left, "%d left", left);
	}
	cr_expect_not_null(strstr(server.said, ">\nRCPT TO:<bob@example.test>\nDATA\n"));
}

Test(lmtp, queues_recipients_that_the_server_deferred)
{
	struct queue_entry stored;
	server.end = "250 2.0.0 anna\r\n451 4.2.0 locked\r\n550 5.2.1 gone\r\n";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_eq(stored.count, 2);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	cr_expect_eq(stored.recipients[0].state, QUEUE_WAITING);
	cr_expect_eq(stored.recipients[0].next, 1000000300);
	cr_expect_str_eq(stored.recipients[1].address, "carla@example.test");
	cr_expect_eq(stored.recipients[1].state, QUEUE_FAILED);
	cr_expect_str_eq(stored.recipients[1].reply, "#8.12 /run/lmtp: 550 5.2.1 gone");
	cr_expect_str_eq(stored.sender, "otto@example.org");
	queue_entry_clear(&stored);
	expect_nothing_left();
}

Test(lmtp, queues_deferred_and_remote_recipients_in_one_entry)
{
	struct queue_entry stored;
	cr_assert_not_null(queue_entry_add(&entry, "far@example.net"));
	server.end = "250 2.0.0 anna\r\n";
	cr_expect_eq(deliver(1), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_eq(stored.count, 1);
	cr_expect_str_eq(stored.recipients[0].address, "far@example.net");
	queue_entry_clear(&stored);
}

Test(lmtp, connects_to_no_server_if_all_recipients_are_remote)
{
	cr_assert_not_null(queue_entry_add(&entry, "far@example.net"));
	cr_expect_eq(deliver(0), DELIVERY_OK);
	cr_expect_eq(server.dialled, 0);
	cr_expect_eq(count_queued(), 1);
}

Test(lmtp, returns_the_servers_reply_when_no_recipient_was_accepted)
{
	static const struct {
		struct fake_answer answer;
		const char *end;
		enum delivery_result result;
	} cases[] = {
		{ { "LHLO", NULL, false }, "", DELIVERY_FAILED },
		{ { "RCPT", "550 5.1.1 unknown\r\n", false }, "", DELIVERY_ACCESS },
		{ { "RCPT", "451 4.3.0 later\r\n", false }, "", DELIVERY_FAILED },
		{ { "RCPT", "552 5.2.2 full\r\n", false }, "", DELIVERY_OVER_QUOTA },
		{ { "NOOP", "", false }, "452 4.2.2 full\r\n452 4.2.2 full\r\n", DELIVERY_OVER_QUOTA },
		{ { "NOOP", "", false }, "451 4.3.0 disk\r\n550 5.0.0 no\r\n", DELIVERY_FAILED },
		{ { "NOOP", "", false }, "", DELIVERY_FAILED },
	};
	cr_assert_not_null(queue_entry_add(&entry, "far@example.net"));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_answer answer = cases[i].answer;
		server.answers = &answer;
		server.answer_count = 1;
		server.end = cases[i].end;
		cr_expect_eq(deliver(2), cases[i].result, "%zu", i);
		server.time += LMTP_DOWN_MAX; /* it is tried again */
		cr_expect_eq(count_queued(), 0);
		expect_nothing_left();
	}
}

Test(lmtp, failure_says_what_the_server_said)
{
	struct fake_answer answer = { "RCPT", "451 4.3.0 userdb lookup failed: disk on fire\r\n", false };
	server.answers = &answer;
	server.answer_count = 1;
	cr_expect_eq(deliver(1), DELIVERY_FAILED);
	cr_expect_not_null(strstr(detail, "/run/lmtp: 451 4.3.0 userdb lookup failed: disk on fire"), "%s", detail);
}

static void
add_delivered(const char *address)
{
	struct queue_recipient *recipient = queue_entry_add(&entry, address);
	cr_assert_not_null(recipient);
	recipient->state = QUEUE_DELIVERED;
	recipient->notify = DSN_SUCCESS;
}

Test(lmtp, success_is_reported_to_the_sender_if_all_mailboxes_have_the_message)
{
	struct queue_entry stored;
	add_delivered("anna@example.test");
	server.end = "250 2.0.0 anna\r\n";
	cr_expect_eq(deliver(1), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_eq(stored.count, 1);
	cr_expect_eq(stored.recipients[0].state, QUEUE_DELIVERED);
	queue_entry_clear(&stored);
}

Test(lmtp, no_success_is_reported_if_one_mailbox_does_not_have_the_message)
{
	struct queue_entry stored;
	add_delivered("team@example.test");
	server.end = "250 2.0.0 anna\r\n451 4.2.0 locked\r\n";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_eq(stored.count, 1);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	cr_expect_eq(stored.recipients[0].state, QUEUE_WAITING);
	queue_entry_clear(&stored);
}

/* What the client asked for stays with a recipient whose mailbox it named. */
Test(lmtp, dsn_parameters_of_a_deferred_recipient_are_kept)
{
	struct queue_entry stored;
	add_delivered("anna@example.test");
	add_delivered("team@example.test");
	add_delivered("bob@example.test");
	cr_assert(queue_set_text(&entry.recipients[2].orcpt, "rfc822;robert@example.org", 25, 100));
	server.end = "250 2.0.0 anna\r\n451 4.2.0 locked\r\n";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_assert_eq(stored.count, 1);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	cr_expect_eq(stored.recipients[0].state, QUEUE_WAITING);
	cr_expect_eq(stored.recipients[0].notify, DSN_SUCCESS);
	cr_expect_str_eq(stored.recipients[0].orcpt, "rfc822;robert@example.org");
	queue_entry_clear(&stored);
}

Test(lmtp, notify_of_a_recipient_without_a_report_of_success_is_kept)
{
	struct queue_entry stored;
	notify = DSN_NEVER;
	server.end = "250 2.0.0 anna\r\n550 5.2.1 gone\r\n";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_assert_eq(stored.count, 1);
	cr_expect_eq(stored.recipients[0].state, QUEUE_FAILED);
	cr_expect_eq(stored.recipients[0].notify, DSN_NEVER);
	queue_entry_clear(&stored);
}

static struct delivery_ops timed_ops;
static const struct delivery_ops *real_ops;
static int64_t stage_timeout;

static void
note_stage(struct delivery *delivery, struct executor *executor, int64_t timeout, delivery_done *done, void *context)
{
	stage_timeout = timeout;
	real_ops->stage(delivery, executor, timeout, done, context);
}

static struct delivery *
begin_timed(struct delivery_agent *base, const struct mailbox *mailboxes, size_t count, struct queue_entry *queued)
{
	struct delivery *delivery = spool.agent.begin(base, mailboxes, count, queued);
	cr_assert_not_null(delivery);
	real_ops = delivery->ops;
	timed_ops = *real_ops;
	timed_ops.stage = note_stage;
	delivery->ops = &timed_ops;
	return delivery;
}

/* The client waits for ten minutes. The other server may have used them all: what it left is queued nevertheless. */
Test(lmtp, queue_has_the_time_of_the_client_and_is_never_too_late)
{
	struct maildir_agent timed = spool;
	timed.agent.begin = begin_timed;
	agent.spool = &timed.agent;
	server.end = "250 2.0.0 anna\r\n";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_expect_eq(stage_timeout, DELIVERY_TIMEOUT);
	cr_expect_eq(count_queued(), 1, "bob, of whom the server said nothing until its deadline");
}

Test(lmtp, message_can_be_read_before_it_is_aborted)
{
	struct delivery *delivery = begin(1);
	delivery->ops->spool(delivery, &jobs, take_result, NULL);
	cr_expect_eq(result, DELIVERY_OK);
	cr_expect_geq(delivery->ops->file(delivery), 0);
	delivery->ops->abandon(delivery, &jobs);
	cr_expect_eq(server.dialled, 0);
	expect_nothing_left();
	delivery = begin(1);
	delivery->ops->spool(delivery, &jobs, take_result, NULL);
	delivery->ops->commit(delivery, &jobs, DELIVERY_TIMEOUT, take_result, NULL);
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(ended, 3);
	cr_expect_eq(result, DELIVERY_OK);
	cr_expect_str_eq(server.message, "Subject: a\r\n\r\n..b\r\n");
	expect_nothing_left();
}

Test(lmtp, declares_the_size_and_the_need_of_utf8)
{
	struct fake_answer answer = { "LHLO", "250-x\r\n250-SIZE\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n", false };
	server.answers = &answer;
	server.answer_count = 1;
	server.end = "250 2.0.0 anna\r\n";
	free(entry.sender);
	entry.sender = strdup("j\xC3\xB6rg@example.org");
	entry.utf8 = true;
	cr_expect_eq(deliver(1), DELIVERY_OK);
	cr_expect_not_null(strstr(server.said, "MAIL FROM:<j\xC3\xB6rg@example.org> SIZE=18 BODY=8BITMIME SMTPUTF8\n"),
	    "%s", server.said);
}

Test(lmtp, logs_each_recipient_that_is_left_to_the_queue)
{
	static char text[1 << 14];
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), NULL);
	server.end = "250 2.0.0 anna\r\n451 4.2.0 locked\r\n550 5.2.1 gone\r\n";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	log_flush();
	FILE *file = fopen("log", "r");
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	cr_expect_not_null(strstr(text,
	                       "event=deferred id=entry1 from=otto@example.org to=bob@example.test ref=#8.12 "
	                       "next=/run/lmtp reply=\"451 4.2.0 locked\" attempts=1 delay=0 again=300"),
	    "%s", text);
	cr_expect_not_null(
	    strstr(text, "event=bounced id=entry1 from=otto@example.org to=carla@example.test"), "%s", text);
	cr_expect_null(strstr(text, "to=anna"));
}

/* Begins count deliveries at a time. */
static void
commit_many(struct queue_entry entries[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct mailbox mailbox = { 0 };
		cr_assert(mailbox_set_address(&mailbox, "anna", "example.test"));
		entries[i] = (struct queue_entry) { .arrival = 1000000000, .sender = strdup("otto@example.org") };
		snprintf(entries[i].id, sizeof entries[i].id, "entry%zu", i);
		struct delivery *delivery = agent.agent.begin(&agent.agent, &mailbox, 1, &entries[i]);
		cr_assert(delivery->ops->append(delivery, "Subject: a\r\n\r\nb\r\n", 17));
		delivery->ops->commit(delivery, &jobs, DELIVERY_TIMEOUT, take_result, NULL);
	}
}

enum { MANY = 3 * LMTP_DELIVERIES };
static struct queue_entry many[MANY];

static void
clear_many(void)
{
	for (size_t i = 0; i < MANY; i++)
		queue_entry_clear(&many[i]);
}

Test(lmtp, answers_every_client_of_a_hung_server_within_the_deadline)
{
	int64_t begun = server.time;
	server.silent = "/run/lmtp";
	commit_many(many, MANY);
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(ended, 0);
	cr_expect_eq(server.dialled, LMTP_DELIVERIES);
	while (ended < MANY && fake_dialer_time_out(&server))
		;
	cr_expect_eq(ended, MANY);
	cr_expect_eq(server.time, begun + agent.timeout);
	cr_expect_eq(server.dialled, LMTP_DELIVERIES);
	cr_expect_eq(result, DELIVERY_FAILED);
	expect_nothing_left();
	clear_many();
}

Test(lmtp, skips_a_server_that_is_down_until_one_attempt_succeeds)
{
	static char text[1 << 14];
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), NULL);
	server.refused = "/run/lmtp";
	cr_expect_eq(deliver(1), DELIVERY_FAILED);
	commit_many(many, MANY);
	cr_expect_eq(ended, 1 + MANY);
	cr_expect_eq(server.dialled, 1);
	clear_many();
	server.refused = NULL;
	server.time += LMTP_DOWN_MIN;
	commit_many(many, MANY);
	cr_expect_eq(ended, 2 * MANY, "one probes");
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(ended, 1 + 2 * MANY);
	cr_expect_eq(server.dialled, 2);
	clear_many();
	commit_many(many, MANY);
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(ended, 1 + 3 * MANY);
	cr_expect_eq(result, DELIVERY_OK);
	cr_expect_leq(server.most_open, LMTP_DELIVERIES);
	clear_many();
	log_flush();
	FILE *file = fopen("log", "r");
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	const char *down = strstr(text, "event=next-hop-down next=/run/lmtp detail=\"Connection refused\"");
	cr_assert_not_null(down, "%s", text);
	cr_expect_null(strstr(down + 1, "event=next-hop-down"));
	cr_expect_not_null(strstr(down, "event=next-hop-up next=/run/lmtp"));
}

Test(lmtp, lets_a_delivery_wait_no_longer_than_its_deadline)
{
	int64_t begun = server.time;
	struct fake_answer answer = { "DATA", "", false };
	server.answers = &answer;
	server.answer_count = 1;
	commit_many(many, LMTP_DELIVERIES);
	while (fake_dialer_run(&server))
		;
	server.time += agent.timeout / 2;
	commit_many(many + LMTP_DELIVERIES, 1);
	server.time = begun + agent.timeout / 2 + agent.timeout;
	fake_clock_pass(1);
	cr_expect_eq(ended, 1, "the one that waited");
	while (fake_dialer_time_out(&server))
		;
	cr_expect_eq(ended, LMTP_DELIVERIES + 1);
	clear_many();
}

Test(lmtp, one_delivery_that_hangs_beside_others_does_not_stop_them)
{
	struct fake_answer answer = { "DATA", "", false };
	server.answers = &answer;
	server.answer_count = 1;
	commit_many(many, 1);
	while (fake_dialer_run(&server))
		;
	server.answer_count = 0;
	commit_many(many + 1, 1);
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(ended, 1);
	server.time += agent.timeout;
	while (fake_dialer_time_out(&server))
		;
	cr_expect_eq(ended, 2);
	commit_many(many + 2, 1);
	cr_expect_eq(ended, 2, "it is not deferred");
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(ended, 3);
	clear_many();
}

static void
begin_entries(bool relayed)
{
	queue_entry_clear(&entry);
	queue_entry_clear(&listed);
	stores[0] = stores[1] = stores[2] = "";
	entry = (struct queue_entry) { .id = "entry1", .sender = strdup("otto@example.org") };
	listed = (struct queue_entry) { .id = "entry1v1", .sender = strdup("list-bounces@example.test") };
	if (relayed)
		cr_assert_not_null(queue_entry_add(&entry, "far@example.org"));
}

/* Lets calls of one kind fail, one after the other; counts those that the server got a message in spite of. */
static int
count_sent_in_vain(enum fault_call call, bool relayed, const char *end)
{
	int struck = 1, sent = 0, failed = 0;
	for (int nth = 0; struck > 0; nth++) {
		begin_entries(relayed);
		server.end = end;
		server.message_len = 0;
		fault_set(call, nth, EACCES);
		enum delivery_result got = deliver(3);
		struck = fault_struck();
		fault_set(FAULT_CALLS, 0, 0);
		cr_assert(got == DELIVERY_OK || struck > 0, "%s", detail);
		expect_nothing_left();
		cr_assert_eq(count_queued(), got == DELIVERY_OK ? 1 + (entry.count > 0) : 0);
		failed += got != DELIVERY_OK;
		sent += got != DELIVERY_OK && server.message_len > 0;
		while (folder_count("queue/*.*") > 0)
			cr_assert_eq(unlink(folder_name("queue/*.*")), 0);
	}
	cr_expect_gt(failed, 1); /* the log writes, too */
	return sent;
}

/*
 * What the server has taken cannot be recalled, and the client sends it again: all but the names of the envelopes,
 * which is the last step, is on the disk before.
 */
Test(lmtp, server_gets_no_message_that_the_queue_cannot_take)
{
	static const char all[] = "250 2.0.0 anna\r\n250 2.0.0 bob\r\n250 2.0.0 carla\r\n";
	for (int relayed = 0; relayed < 2; relayed++) {
		cr_expect_eq(count_sent_in_vain(FAULT_OPENAT, relayed, all), 0);
		cr_expect_eq(count_sent_in_vain(FAULT_WRITE, relayed, all), 0);
		cr_expect_eq(count_sent_in_vain(FAULT_FSYNC, relayed, all), 1, "the folder");
		cr_expect_eq(count_sent_in_vain(FAULT_RENAMEAT, relayed, all), 1 + relayed, "the envelopes");
	}
}

/* The envelope says who is left, which is known at the end alone. */
Test(lmtp, entry_of_the_recipients_that_are_left_is_written_when_they_are_known)
{
	static const char some[] = "250 2.0.0 anna\r\n451 4.2.0 locked\r\n250 2.0.0 carla\r\n";
	for (int relayed = 0; relayed < 2; relayed++) {
		cr_expect_eq(count_sent_in_vain(FAULT_OPENAT, relayed, some), 1);
		cr_expect_eq(count_sent_in_vain(FAULT_RENAMEAT, relayed, some), relayed ? 2 : 3);
	}
}

Test(lmtp, message_that_the_server_refuses_leaves_nothing_in_the_queue)
{
	begin_entries(true);
	server.end = "451 4.2.0 locked\r\n451 4.2.0 locked\r\n451 4.2.0 locked\r\n";
	cr_expect_eq(deliver(3), DELIVERY_FAILED);
	cr_expect_eq(count_queued(), 0);
	expect_nothing_left();
	cr_expect(!entry.claimed && !listed.claimed);
}
