/* The queue manager and mailboxes: each recipient gets its mail at the store that its account names now. */
#include <criterion/criterion.h>

#include "support/queue_manager_fixture.h"

TestSuite(queue_mailboxes, .init = set_up, .fini = tear_down);

static const char *const annas[] = { "anna@example.test", "team-bounces@example.test" };

Test(queue_mailboxes, sends_mail_of_an_account_to_the_store_that_it_names_now)
{
	store_of_anna = "lmtp:192.0.2.9:2424";
	server.end = "250 2.0.0 anna\r\n250 2.0.0 team\r\n";
	add_to_mailboxes(2, annas);
	start();
	cr_expect(is_gone());
	cr_expect_str_eq(server.hosts, "192.0.2.9 ");
	cr_expect_not_null(strstr(server.said, "RCPT TO:<anna@example.test>\nRCPT TO:<team-bounces@example.test>\n"));
	cr_expect_eq(count_mail("example.test/anna"), 0);
}

Test(queue_mailboxes, store_that_is_down_delays_its_recipients_alone)
{
	static const char *const addresses[] = { "anna@example.test", "bert@example.net" };
	store_of_anna = "lmtp:192.0.2.9:2424";
	server.refused = "192.0.2.9";
	add_to_mailboxes(2, addresses);
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_WAITING);
	cr_expect_eq(stored()->recipients[1].state, QUEUE_DELIVERED);
	store_of_anna = "lmtp:192.0.2.10:2424";
	pass(HOUR);
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 3);
	expect_in(server.hosts, "192.0.2.9 ");
	expect_in(server.hosts, "192.0.2.1 ");
	expect_in(server.hosts, "192.0.2.10 ");
}

Test(queue_mailboxes, stores_mail_here_whose_account_has_come_back)
{
	use_store("lmtp:/run/lmtp");
	store_of_anna = "maildir";
	add_to_mailboxes(2, annas);
	start();
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 0);
	cr_expect_str_eq(mailbox("example.test/anna"), "Subject: a\n\nb\n");
	cr_expect_eq(count_mail("example.test/team-bounces"), 1);
	cr_expect_eq(count_logged("event=delivered"), 2);
	cr_expect_eq(count_logged("event=relayed"), 0);
}

Test(queue_mailboxes, bounces_mail_of_an_account_that_was_removed)
{
	static const char *const nobody[] = { "gone@example.test" };
	add_to_mailboxes(1, nobody);
	start();
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 0);
	cr_expect_eq(count_logged("event=bounced"), 1);
	cr_expect_eq(count_logged("event=dsn "), 1);
	cr_expect_eq(count_mail("example.test/gone"), 0);
}

Test(queue_mailboxes, defers_mail_of_an_account_whose_store_cannot_be_one)
{
	store_of_anna = "lmtp:mail.example.net";
	add_to_mailboxes(1, annas);
	start();
	cr_expect_eq(server.dialled, 0);
	cr_expect_eq(stored()->recipients[0].state, QUEUE_WAITING);
	cr_expect_eq(stored()->recipients[0].attempts, 1);
	expect_in(logged(), "the directory names no store of the mailbox");
}
