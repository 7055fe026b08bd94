/* The manager of the queue. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/queue_manager_fixture.h"

TestSuite(manager, .init = set_up, .fini = tear_down);

Test(manager, sends_waiting_entries_and_removes_them)
{
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	expect_in(server.said, "MAIL FROM:<anna@example.test>\nRCPT TO:<bert@example.net>\n");
	cr_expect_str_eq(server.message, "Subject: a\r\n\r\nb\r\n");
	expect_in(logged(), "event=relayed id=");
	expect_in(logged(),
	    " from=anna@example.test to=bert@example.net ref=#8.12 next=\"mx1.example.net [192.0.2.1]\" "
	    "reply=\"250 2.0.0 queued\" tls=none attempts=1 delay=0");
	cr_expect_eq(count_mail("example.test/anna"), 0);
}

/* Adds an entry for recipients of example.net, two of them with other senders. */
static void
add_forwarded(void)
{
	add_from("anna@example.test", 4,
	    (const char *const[]) { "a@example.net", "b@example.net", "c@example.net", "d@example.net" });
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.recipients[1].sender = strdup("SRS0=A@one.example");
	entry.recipients[3].sender = strdup("SRS0=B@two.example");
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
}

Test(manager, sends_to_each_recipient_with_its_sender)
{
	add_forwarded();
	start();
	pass(HOUR);
	cr_expect(is_gone());
	expect_in(
	    server.said, "MAIL FROM:<anna@example.test>\nRCPT TO:<a@example.net>\nRCPT TO:<c@example.net>\nDATA\n");
	expect_in(server.said, "MAIL FROM:<SRS0=A@one.example>\nRCPT TO:<b@example.net>\nDATA\n");
	expect_in(server.said, "MAIL FROM:<SRS0=B@two.example>\nRCPT TO:<d@example.net>\nDATA\n");
	cr_expect_eq(count_logged("event=relayed"), 4, "%s", logged());
	expect_in(logged(), " to=b@example.net as=\"SRS0=A@one.example\" ");
}

Test(manager, reports_to_the_original_sender)
{
	ANSWER({ "RCPT", "550 5.1.1 no such user\r\n", false });
	add_forwarded();
	start();
	pass(HOUR);
	cr_expect(is_gone());
	cr_expect_eq(count_logged("event=bounced"), 4, "%s", logged());
	expect_in(mailbox("example.test/anna"), "b@example.net");
}

Test(manager, sends_entries_added_later)
{
	start();
	add("bert@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect(is_gone());
}

Test(manager, finds_entries_by_scanning)
{
	start();
	add("bert@example.net");
	pass(301);
	cr_expect(is_gone());
}

Test(manager, retries_with_growing_delays)
{
	static const int64_t waits[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	ANSWER({ "RCPT", "450 4.2.1 later\r\n", false });
	add("bert@example.net");
	start();
	for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
		const struct queue_recipient *recipient = &stored()->recipients[0];
		cr_expect_eq(recipient->attempts, i + 1);
		cr_expect_eq(recipient->next, time_now + waits[i], "%u", i);
		cr_expect_str_eq(recipient->reply, "#8.12 mx1.example.net [192.0.2.1]: 450 4.2.1 later");
		pass(waits[i] - 1);
		cr_expect_eq(stored()->recipients[0].attempts, i + 1);
		pass(1);
	}
	expect_in(logged(), "event=deferred");
	expect_in(logged(), "again=3600");
}

Test(manager, reports_the_failure_to_the_sender_and_removes_the_entry)
{
	ANSWER({ "RCPT", "550 5.1.1 no such user\r\n", false });
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	const char *dsn = mailbox("example.test/anna");
	cr_expect_eq(strncmp(dsn, "Return-Path: <>\nDate: ", 22), 0, "%s", dsn);
	expect_in(dsn, "Subject: Your message could not be delivered\n");
	expect_in(dsn, "550 5.1.1 no such user");
	expect_in(logged(), "event=bounced");
	expect_in(logged(), "event=dsn id=");
	cr_expect_eq(count_mail("example.test/anna"), 1);
}

Test(manager, queues_the_dsn_for_a_remote_sender)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT TO:<bert@", "550 5.1.1 no such user\r\n", false });
	add_from("otto@example.org", 1, to);
	start();
	pass(301);
	cr_expect(is_gone());
	expect_in(server.said, "MAIL FROM:<>\nRCPT TO:<otto@example.org>\n");
	expect_in(server.message, "To: <otto@example.org>\r\n");
	cr_expect_null(strstr(server.message, "Return-Path: <>"));
}

Test(manager, sends_no_dsn_about_a_dsn)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT", "550 5.1.1 no such user\r\n", false });
	add_from("", 1, to);
	start();
	cr_expect(is_gone());
	cr_expect_null(strstr(logged(), "event=dsn"));
	expect_in(logged(), "event=bounced id=");
}

Test(manager, records_delivered_and_deferred_recipients_apart)
{
	static const char *const to[] = { "a@example.net", "b@example.net", "c@example.org", "d@nowhere.example" };
	ANSWER({ "RCPT TO:<b@", "450 later\r\n", false });
	add_from("anna@example.test", 4, to);
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_DELIVERED);
	cr_expect_eq(entry.recipients[1].state, QUEUE_WAITING);
	cr_expect_eq(entry.recipients[2].state, QUEUE_DELIVERED);
	cr_expect_eq(entry.recipients[3].state, QUEUE_FAILED);
	cr_expect_eq(entry.recipients[3].noticed, DSN_FAILURE);
	expect_in(mailbox("example.test/anna"), "Status: 5.1.2");
	server.said_len = 0;
	server.answer_count = 0;
	pass(60);
	cr_expect(is_gone());
	cr_expect_null(strstr(server.said, "a@example.net"));
	expect_in(server.said, "RCPT TO:<b@example.net>");
	cr_expect_eq(count_mail("example.test/anna"), 1);
}

Test(manager, reports_a_delay_once_and_the_final_failure)
{
	ANSWER({ "RCPT", "450 later\r\n", false });
	add("bert@example.net");
	start();
	for (int64_t waited = 0; waited < 121 * HOUR; waited += HOUR / 2) {
		cr_expect_eq(count_mail("example.test/anna"),
		    waited < 4 * HOUR         ? 0
		        : waited < 120 * HOUR ? 1
		                              : 2,
		    "after %lld", (long long)waited);
		pass(HOUR / 2);
	}
	cr_expect(is_gone());
	expect_in(logged(), "cause=expired");
}

Test(manager, connects_once_for_all_messages_to_an_unreachable_server)
{
	server.refused = "192.0.2.1";
	for (int i = 0; i < 20; i++)
		add("bert@example.net");
	start();
	cr_expect_leq(server.dialled, 5);
	cr_expect_eq(folder_count("queue/*.envelope"), 20);
	cr_expect_eq(count_logged("event=deferred "), 1, "%s", logged());
	cr_expect_eq(count_logged("event=next-hop-down next=example.net detail=\"Connection refused\""), 1);
	server.refused = NULL;
	pass(HOUR);
	pass(HOUR);
	cr_expect(is_gone());
	cr_expect_leq(server.dialled, 5 + 20);
}

Test(manager, limits_concurrent_deliveries_to_a_server)
{
	for (int i = 0; i < 20; i++)
		add("bert@example.net");
	start();
	cr_expect(is_gone());
	cr_expect_eq(folder_count("queue/*.envelope"), 0);
	cr_expect_eq(server.most_open, 5);
	cr_expect_eq(server.dialled, 5, "the others go over the same connections");
}

/* However many wait for a delivery to end, and end as soon as they begin, the stack does not grow with them. */
Test(manager, handles_thousands_of_waiting_entries_without_recursion)
{
	enum { MANY = 900 };
	static char texts[MANY][32];
	const char *addresses[MANY];
	for (size_t i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof texts[i], "a@[127.0.%zu.%zu]", i / 250, i % 250 + 1);
		addresses[i] = texts[i];
	}
	addresses[MANY - 1] = "bert@example.net";
	config.max_deliveries = 1;
	add_from("", MANY, addresses);
	start();
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 1);
	cr_expect_lt((uintptr_t)__builtin_frame_address(0) - lowest, 32 * 1024);
}

Test(manager, carries_out_requests)
{
	struct queue_run wish = { .reach = QUEUE_RUN_DOMAIN, .name = "example.net" };
	server.refused = "192.0.2.1";
	add("bert@example.net");
	start();
	cr_expect_eq(server.dialled, 1);
	cr_assert_eq(queue_request_run(&agent.queue, &wish), 0);
	server.refused = NULL;
	queue_manager_run_requested(manager);
	settle_down();
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 2);
	expect_in(logged(), "event=queue-run name=example.net");
}

/* More requests than the manager takes at a time, one of which is for what waits. */
Test(manager, answers_each_of_many_simultaneous_requests)
{
	char name[64];
	server.refused = "192.0.2.1";
	add("bert@example.net");
	start();
	server.refused = NULL;
	cr_assert_eq(queue_request_run(&agent.queue, &(struct queue_run) { QUEUE_RUN_DOMAIN, "example.net" }), 0);
	for (int i = 0; i < 1500; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		cr_assert_eq(queue_request_run(&agent.queue, &(struct queue_run) { QUEUE_RUN_DOMAIN, name }), 0);
	}
	queue_manager_run_requested(manager);
	settle_down();
	cr_expect(is_gone());
	cr_expect_eq(folder_count("queue/run/*"), 0);
	size_t runs = 0;
	for (const char *at = logged(); (at = strstr(at, "event=queue-run ")) != NULL; at++)
		runs++;
	cr_expect_eq(runs, 1501);
}

/* As with a directory on another machine. */
Test(manager, waits_for_a_directory_that_answers_later)
{
	struct fake_answer answer = { "RCPT", "550 5.1.1 no\r\n", false };
	directory_is_late = true;
	use_store("lmtp:/run/lmtp");
	server.answers = &answer;
	server.answer_count = 1;
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 1);
	cr_expect_eq(count_mail("example.test/anna"), 1, "the DSN");
}

static void
bounce_to(const char *sender)
{
	static const char *const addresses[] = { "bert@example.net" };
	static struct fake_answer answer = { "RCPT", "550 5.1.1 no\r\n", false };
	directory_is_late = true;
	server.answers = &answer;
	server.answer_count = 1;
	add_from(sender, 1, addresses);
	start();
	cr_expect(is_gone());
}

Test(manager, sends_no_dsn_to_the_members_of_a_list)
{
	bounce_to("team@example.test");
	cr_expect_eq(count_mail("example.test/anna"), 0, "the member");
	cr_expect_eq(count_mail("example.test/team-bounces"), 1);
}

Test(manager, sends_a_dsn_to_the_members_of_a_list_for_reports)
{
	bounce_to("crew-bounces@example.test");
	cr_expect_eq(count_mail("example.test/anna"), 1);
}

Test(manager, skips_held_entries)
{
	add("bert@example.net");
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.held = true;
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
	start();
	pass(1000 * HOUR);
	cr_expect_eq(stored()->recipients[0].attempts, 0);
	queue_entry_clear(&entry);
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.held = false;
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect(is_gone());
}

Test(manager, waits_for_the_process_that_claimed_an_entry)
{
	struct queue_entry claimed;
	add("bert@example.net");
	cr_assert_eq(queue_claim(&agent.queue, last_id, &claimed), 0);
	start();
	cr_expect_eq(server.dialled, 0);
	cr_expect_eq(alarm_wait, 25);
	queue_entry_clear(&claimed);
	pass(1);
	cr_expect(is_gone());
}

Test(manager, sends_nowhere_without_a_route)
{
	routes.mx = false;
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	expect_in(mailbox("example.test/anna"), "No server accepts mail for the domain example.net.");
	cr_expect_eq(server.dialled, 0);
}

/* Nobody else may change an entry while a job records it. */
Test(manager, records_simultaneous_results_in_one_write)
{
	static const char *const both[] = { "anna@example.com", "bert@routed.example" };
	static struct route route = { .domain = (char *)"routed.example", .host = (char *)"gone.example", .port = 25 };
	routes = (struct routes) { .list = &route, .count = 1 };
	start();
	add_from("", 2, both);
	jobs_started = 0;
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_FAILED);
	cr_expect_eq(stored()->recipients[1].state, QUEUE_WAITING);
	cr_expect_eq(stored()->recipients[1].attempts, 1);
	cr_expect_eq(jobs_started, 2, "one claims, one records, but there were %u", jobs_started);
}

Test(manager, sends_by_the_smarthost)
{
	static const char *const to[] = { "a@example.net", "b@example.org", "c@nowhere.example" };
	cr_assert(route_parse(&routes.smarthost, "127.0.0.1:587"));
	add_from("anna@example.test", 3, to);
	start();
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 1);
	expect_in(server.said, "RCPT TO:<a@example.net>\nRCPT TO:<b@example.org>\nRCPT TO:<c@nowhere.example>\nDATA\n");
	route_clear(&routes.smarthost);
}

Test(manager, retries_if_the_smarthost_is_not_found)
{
	cr_assert(route_parse(&routes.smarthost, "relay.example.test:587"));
	add("bert@example.net");
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_WAITING);
	expect_in(entry.recipients[0].reply, "#8.15 relay.example.test: its address is not to be had from the DNS");
	route_clear(&routes.smarthost);
}

Test(manager, requires_smtputf8_only_if_needed)
{
	ANSWER({ "EHLO", "250-x\r\n250 8BITMIME\r\n", false });
	add("bert@example.net");
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.utf8 = true;
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
	start();
	cr_expect(is_gone());
	cr_expect_eq(count_mail("example.test/anna"), 0);
	add("j\xC3\xBCrgen@example.net");
	pass(301);
	cr_expect(is_gone());
	expect_in(mailbox("example.test/anna"), "cannot handle addresses with\nletters beyond ASCII.");
}

Test(manager, defers_a_dsn_while_the_directory_fails)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT", "550 no\r\n", false });
	add_from("anna@broken.test", 1, to);
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_FAILED);
	cr_expect_eq(entry.recipients[0].noticed, 0);
	expect_in(logged(), "event=dsn-deferred");
	cr_expect_eq(alarm_wait, 60 * 1000);
}

Test(manager, drops_a_dsn_without_a_recipient)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT", "550 no\r\n", false });
	add_from("nobody@example.test", 1, to);
	start();
	cr_expect(is_gone());
	expect_in(logged(), "event=dsn-lost");
}

Test(manager, stops_once_no_delivery_is_running)
{
	add("bert@example.net");
	hold_jobs = true;
	start();
	queue_manager_stop(manager);
	cr_expect_not(stopped);
	hold_jobs = false;
	settle_down();
	cr_expect(stopped);
	cr_expect_eq(stored()->recipients[0].attempts, 0);
}

/* The directory may be gone when the last job ends. */
Test(manager, schedules_nothing_once_it_stops)
{
	use_store("lmtp:127.0.0.1:24");
	add("anna@example.test");
	queue_manager_start(manager);
	run_jobs(2); /* which reads the queue, looks for wishes */
	queue_manager_stop(manager);
	config.directory = NULL;
	settle_down();
	cr_expect(stopped);
	cr_expect_eq(stored()->recipients[0].attempts, 0);
}

Test(manager, leaves_dsns_to_the_next_start_when_it_stops)
{
	add("bert@nowhere.example");
	queue_manager_start(manager);
	run_jobs(3); /* which reads the queue, looks for wishes, claims the entry */
	queue_manager_stop(manager);
	struct directory *directory = config.directory;
	config.directory = NULL;
	settle_down();
	cr_assert(stopped);
	cr_expect_eq(stored()->recipients[0].state, QUEUE_FAILED);
	queue_manager_free(manager);
	config.directory = directory;
	manager = queue_manager_new(&config);
	start();
	cr_expect(is_gone());
	expect_in(mailbox("example.test/anna"), "bert@nowhere.example");
}

Test(manager, skips_damaged_entries)
{
	add("bert@example.net");
	char path[100];
	snprintf(path, sizeof path, "queue/%s.envelope", last_id);
	cr_assert_eq(truncate(path, 20), 0);
	start();
	pass(HOUR);
	expect_in(logged(), "event=queue-damaged");
	cr_expect_eq(access(path, F_OK), 0);
}

Test(manager, makes_no_attempt_if_the_message_is_gone)
{
	add("bert@example.net");
	char path[100];
	snprintf(path, sizeof path, "queue/%s.message", last_id);
	cr_assert_eq(unlink(path), 0);
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_WAITING);
	expect_in(entry.recipients[0].reply, "No such file or directory");
}

Test(manager, sends_nothing_again_while_a_result_cannot_be_recorded)
{
	add("bert@example.net");
	hold_jobs = true;
	start();
	run_jobs(4); /* which read the queue and requests, claim the entry, open the message */
	hold_jobs = false;
	cr_assert_eq(rename("queue/tmp", "queue/away"), 0);
	settle_down();
	expect_in(logged(), "event=queue-failed");
	expect_in(logged(), "what=record");
	cr_expect_eq(count_logged("event=relayed"), 1);
	for (int i = 0; i < 5; i++)
		pass(1);
	cr_expect_eq(server.dialled, 1);
	cr_assert_eq(rename("queue/away", "queue/tmp"), 0);
	pass(1);
	cr_expect(is_gone());
	cr_expect_eq(server.dialled, 1);
	cr_expect_eq(count_logged("event=relayed"), 1);
}

static struct stats_queue figures;

static void
set_up_with_figures(void)
{
	set_up();
	figures = (struct stats_queue) { 0 };
	config.figures = &figures;
}

TestSuite(measure, .init = set_up_with_figures, .fini = tear_down);

Test(measure, tells_entries_that_wait_from_those_that_are_held)
{
	ANSWER({ "RCPT", "451 4.7.1 later\r\n", false });
	add("bert@example.net");
	start();
	queue_manager_measure(manager);
	cr_expect_eq(figures.deferred, 1);
	cr_expect_eq(figures.active + figures.held, 0);
	cr_expect_eq(figures.oldest, stored()->arrival);
	struct queue_entry held;
	cr_assert_eq(queue_claim(&agent.queue, last_id, &held), 0);
	held.held = true;
	cr_assert_eq(queue_record(&agent.queue, &held), 0);
	queue_entry_clear(&held);
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	queue_manager_measure(manager);
	cr_expect_eq(figures.held, 1);
	cr_expect_eq(figures.deferred, 0);
	cr_expect_eq(figures.oldest, 0);
}

Test(measure, looks_at_a_part_of_a_long_queue_at_a_time)
{
	char id[QUEUE_ID_SIZE];
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(id, sizeof id, "entry%u", i);
		queue_manager_entry_changed(manager, id);
	}
	queue_manager_measure(manager);
	cr_expect_eq(figures.deferred, 0);
	queue_manager_measure(manager);
	cr_expect_eq(figures.deferred, 0);
	queue_manager_measure(manager);
	cr_expect_eq(figures.deferred, 20000);
}
