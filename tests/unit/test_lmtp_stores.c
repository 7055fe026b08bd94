/* Delivery to mailboxes with stores of their own: LMTP servers and Maildirs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/lmtp_fixture.h"

TestSuite(lmtp_stores, .init = set_up, .fini = tear_down);

Test(lmtp_stores, sends_to_the_server_of_each_mailbox_at_the_same_time)
{
	stores[1] = "lmtp:192.0.2.2:24";
	stores[2] = "lmtp:/run/lmtp"; /* that of the configuration */
	server.end = "250 2.0.0 one\r\n250 2.0.0 other\r\n";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_expect_eq(server.dialled, 2);
	cr_expect_eq(server.most_open, 2);
	cr_expect_not_null(strstr(server.said, "RCPT TO:<anna@example.test>\nRCPT TO:<carla@example.test>\n"));
	cr_expect_eq(count_queued(), 0);
	expect_nothing_left();
}

Test(lmtp_stores, server_that_is_down_delays_its_own_mailboxes_alone)
{
	struct queue_entry stored;
	stores[0] = stores[2] = "lmtp:192.0.2.2:24";
	server.refused = "192.0.2.2";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_eq(stored.count, 2);
	cr_expect_str_eq(stored.recipients[0].address, "anna@example.test");
	cr_expect_str_eq(stored.recipients[1].address, "carla@example.test");
	cr_expect(stored.recipients[0].mailbox && stored.recipients[1].mailbox);
	cr_expect_not_null(strstr(server.said, "RCPT TO:<bob@example.test>\nDATA\n"));
	queue_entry_clear(&stored);
	expect_nothing_left();
}

Test(lmtp_stores, no_server_that_accepts_is_a_failure_and_leaves_nothing)
{
	stores[0] = "lmtp:192.0.2.2:24";
	stores[1] = "lmtp:192.0.2.3:24";
	server.refused = "192.0.2.2";
	server.end = "451 4.3.0 later\r\n";
	cr_expect_eq(deliver(2), DELIVERY_FAILED);
	expect_in_detail("Connection refused");
	cr_expect_eq(count_queued(), 0);
	expect_nothing_left();
}

Test(lmtp_stores, mailbox_here_has_the_message_and_the_queue_has_the_others)
{
	struct queue_entry stored;
	stores[0] = "maildir";
	stores[1] = "lmtp:192.0.2.2:24";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_expect_eq(server.dialled, 0, "the queue sends it");
	cr_expect_eq(folder_count("mail/example.test/anna/new/*"), 1);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_eq(stored.count, 2);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	cr_expect_str_eq(stored.recipients[1].address, "carla@example.test");
	cr_expect(stored.recipients[0].mailbox && stored.recipients[0].next == 0 && stored.recipients[0].attempts == 0);
	queue_entry_clear(&stored);
}

Test(lmtp_stores, mailboxes_here_cost_no_connection_and_no_entry)
{
	stores[0] = stores[1] = stores[2] = "maildir";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_expect_eq(server.dialled, 0);
	cr_expect_eq(folder_count("mail/example.test/*/new/*"), 3);
	cr_expect_eq(count_queued(), 0);
}

Test(lmtp_stores, copies_go_to_mailboxes_here_and_by_the_queue_to_others)
{
	struct queue_entry stored;
	stores[0] = "lmtp:192.0.2.2:24";
	stores_of_copy = "maildir";
	listed = (struct queue_entry) { .id = "entry2", .arrival = 1000000000, .sender = strdup("l@example.org") };
	cr_expect_eq(deliver(1), DELIVERY_OK);
	cr_expect_eq(server.dialled, 0);
	cr_expect_eq(folder_count("mail/example.test/bob/new/*"), 1);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_expect_str_eq(stored.recipients[0].address, "anna@example.test");
	queue_entry_clear(&stored);
	cr_assert_eq(queue_load(&spool.queue, "entry2", &stored), 0);
	cr_expect_eq(stored.count, 1);
	queue_entry_clear(&stored);
}

Test(lmtp_stores, store_that_cannot_be_one_delays_its_own_mailbox_alone)
{
	struct queue_entry stored;
	stores[1] = "lmtp:mail.example.net";
	server.end = "250 2.0.0 one\r\n250 2.0.0 other\r\n";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_expect_not_null(strstr(server.said, "RCPT TO:<anna@example.test>\nRCPT TO:<carla@example.test>\nDATA\n"));
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_assert_eq(stored.count, 1);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	cr_expect(stored.recipients[0].mailbox);
	cr_expect_eq(stored.recipients[0].state, QUEUE_WAITING);
	queue_entry_clear(&stored);
	expect_nothing_left();
}

Test(lmtp_stores, store_that_cannot_be_one_delays_no_mailbox_here)
{
	struct queue_entry stored;
	stores[0] = "maildir";
	stores[1] = "lmtp:mail.example.net";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_expect_eq(folder_count("mail/example.test/anna/new/*"), 1);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_assert_eq(stored.count, 1);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	queue_entry_clear(&stored);
}

Test(lmtp_stores, store_that_cannot_be_one_fails_the_message_for_now_if_nobody_else_gets_it)
{
	stores[0] = "lmtp:mail.example.net";
	cr_expect_eq(deliver(1), DELIVERY_FAILED);
	expect_in_detail("delivery of anna@example.test: lmtp:mail.example.net");
	cr_expect_eq(server.dialled, 0);
	expect_nothing_left();
}

static void
ask_for_success(const char *address, const char *orcpt)
{
	struct queue_recipient *recipient = queue_entry_add(&entry, address);
	cr_assert_not_null(recipient);
	recipient->state = QUEUE_DELIVERED;
	recipient->notify = DSN_SUCCESS;
	cr_assert(queue_set_text(&recipient->orcpt, orcpt, strlen(orcpt), 100));
}

Test(lmtp_stores, store_that_cannot_be_one_fails_the_message_for_now_whatever_reports_are_asked_for)
{
	stores[0] = "lmtp:mail.example.net";
	ask_for_success("anna@example.test", "rfc822;anna@example.org");
	cr_expect_eq(deliver(1), DELIVERY_FAILED);
	expect_in_detail("delivery of anna@example.test: lmtp:mail.example.net");
	cr_expect_eq(count_queued(), 0);
	expect_nothing_left();
}

static void
expect_waiting(const struct queue_recipient *recipient, const char *address, const char *orcpt)
{
	cr_expect_str_eq(recipient->address, address);
	cr_expect_eq(recipient->state, QUEUE_WAITING);
	cr_expect_eq(recipient->notify, DSN_SUCCESS);
	cr_assert_not_null(recipient->orcpt, "%s", address);
	cr_expect_str_eq(recipient->orcpt, orcpt);
}

Test(lmtp_stores, dsn_parameters_are_kept_beside_a_store_that_cannot_be_one)
{
	struct queue_entry stored;
	stores[1] = "lmtp:mail.example.net";
	ask_for_success("anna@example.test", "rfc822;anna@example.org");
	ask_for_success("bob@example.test", "rfc822;bob@example.org");
	ask_for_success("carla@example.test", "rfc822;carla@example.org");
	server.end = "250 2.0.0 anna\r\n451 4.2.0 locked\r\n";
	cr_expect_eq(deliver(3), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_assert_eq(stored.count, 2);
	expect_waiting(&stored.recipients[0], "bob@example.test", "rfc822;bob@example.org");
	expect_waiting(&stored.recipients[1], "carla@example.test", "rfc822;carla@example.org");
	cr_expect_eq(stored.recipients[1].attempts, 1);
	queue_entry_clear(&stored);
	expect_nothing_left();
}

Test(lmtp_stores, no_success_is_reported_beside_a_store_that_cannot_be_one)
{
	struct queue_entry stored;
	stores[1] = "lmtp:mail.example.net";
	ask_for_success("team@example.test", "rfc822;team@example.org");
	server.end = "250 2.0.0 anna\r\n";
	cr_expect_eq(deliver(2), DELIVERY_OK);
	cr_assert_eq(queue_load(&spool.queue, "entry1", &stored), 0);
	cr_assert_eq(stored.count, 1);
	cr_expect_str_eq(stored.recipients[0].address, "bob@example.test");
	queue_entry_clear(&stored);
	expect_nothing_left();
}
