/* Which attempts the queue manager lets start: slots, shares, servers that are silent or down. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/queue_manager_fixture.h"

TestSuite(admission, .init = set_up, .fini = tear_down);

/* Adds an entry of a user who had logged in. */
static void
add_of_user(const char *address)
{
	add(address);
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.user = strdup("anna@example.test");
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
}

static unsigned long comparisons;

int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);

int
__wrap_strcmp(const char *a, const char *b)
{
	comparisons++;
	return __real_strcmp(a, b);
}

/* Adds an entry with so many recipients, by turns to two domains, each with a sender of its own. */
static void
add_with_senders(unsigned count)
{
	char *addresses[2000], text[40];
	for (unsigned i = 0; i < count; i++)
		cr_assert_geq(asprintf(&addresses[i], "u%u@s%u.example", i, i % 2), 0);
	add_from("anna@example.test", count, (const char *const *)addresses);
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	for (unsigned i = 0; i < count; i++) {
		snprintf(text, sizeof text, "x%u@example.test", i);
		entry.recipients[i].sender = strdup(text);
		free(addresses[i]);
	}
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
}

/* Domains s0.example, s1.example, ... with servers at 198.51.100.0 and up, which accept connections and say nothing. */
static void
make_silent(unsigned count)
{
	char text[100];
	server.silent = "198.51.100.";
	for (unsigned i = 0; i < count; i++) {
		snprintf(text, sizeof text, "MX s%u.example 10:mx.s%u.example", i, i);
		cr_assert(fake_resolver_tell(&resolver, text));
		snprintf(text, sizeof text, "A mx.s%u.example 198.51.100.%u", i, i + 1);
		cr_assert(fake_resolver_tell(&resolver, text));
	}
}

Test(admission, plans_an_entry_in_time_that_grows_with_its_recipients)
{
	unsigned long before, few;
	make_silent(2);
	add_with_senders(500);
	before = comparisons;
	start();
	few = comparisons - before;
	add_with_senders(2000);
	before = comparisons;
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_gt(few, 0);
	cr_expect_lt(comparisons - before, 8 * few, "%lu for 500, %lu for 2000", few, comparisons - before);
}

Test(admission, delays_no_message_for_those_to_silent_servers)
{
	make_silent(4);
	for (unsigned i = 0; i < 20; i++) {
		char address[40];
		snprintf(address, sizeof address, "a@s%u.example", i % 4);
		add(address);
	}
	start();
	cr_expect_eq(server.open, 4, "each of them gets one attempt at a time, but there are %d", server.open);
	add("bert@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect(is_gone());
	cr_expect_eq(server.open, 4 + 1, "and the idle connection");
}

Test(admission, keeps_slots_for_users_which_dsns_and_strangers_cannot_take)
{
	char address[40];
	const char *const to[] = { address };
	config.max_deliveries = 8;
	make_silent(20);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(address, sizeof address, "a@s%u.example", i);
		add_from("", 1, to);
	}
	start();
	cr_expect_eq(server.open, 4, "DSNs to servers that never answered get half, but have %d", server.open);
	add_from("", 1, (const char *const[]) { "bert@example.net" });
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 0);
	add_of_user("bert@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect(is_gone(), "a user's mail waits for none of them");
	cr_expect_eq(count_logged("event=relayed"), 1);
}

Test(admission, keeps_slots_for_servers_that_answer)
{
	char address[40];
	config.max_deliveries = 8;
	add_of_user("bert@example.net");
	start();
	cr_expect(is_gone());
	make_silent(20);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(address, sizeof address, "a@s%u.example", i);
		add_of_user(address);
		queue_manager_entry_changed(manager, last_id);
	}
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 1);
	add_of_user("bert@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 2);
	add("carl@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 3);
}

Test(admission, counts_a_share_by_address)
{
	char text[100], address[40];
	for (unsigned i = 0; i < 10; i++) {
		snprintf(text, sizeof text, "MX d%u.example 10:mx1.example.net", i);
		cr_assert(fake_resolver_tell(&resolver, text));
		snprintf(address, sizeof address, "a@d%u.example", i);
		add(address);
	}
	server.silent = "192.0.2.1";
	start();
	cr_expect_eq(server.open, 1, "ten domains have one server, but it has %d connections", server.open);
	server.silent = NULL;
	while (server.open > 0 && fake_dialer_time_out(&server))
		settle_down();
	pass(HOUR);
	cr_expect_leq(server.most_open, 5);
	cr_expect_eq(count_logged("event=relayed"), 10, "%s", logged());
}

Test(admission, parks_all_that_wait_for_the_smarthost_and_sends_it_in_their_order)
{
	enum { MANY = 300 };
	cr_assert(route_parse(&routes.smarthost, "192.0.2.1:25"));
	server.refused = "192.0.2.1";
	for (int i = 0; i < MANY; i++)
		add("bert@example.net");
	start();
	cr_expect_eq(server.dialled, 1);
	cr_expect_eq(count_logged("event=deferred"), 1);
	cr_expect_eq(count_logged("event=next-hop-down"), 1);
	cr_expect_leq(jobs_started, 3 * (config.max_deliveries + 40), "only some were claimed, but there were %u jobs",
	    jobs_started);
	jobs_started = 0;
	pass(60);
	cr_expect_eq(server.dialled, 2, "one tries whether it is back");
	cr_expect_leq(jobs_started, 8);
	server.refused = NULL;
	pass(120);
	cr_expect_leq(folder_count("queue/*.envelope"), 2, "those that were tried have their own time");
	cr_expect_eq(count_logged("event=next-hop-up"), 1);
	cr_expect_leq(server.most_open, 5);
	pass(HOUR);
	cr_expect_eq(count_logged("event=relayed"), MANY);
	cr_expect_eq(count_logged("event=deferred"), 2);
	cr_expect_eq(folder_count("queue/*.envelope"), 0);
	route_clear(&routes.smarthost);
}

Test(admission, tells_the_sender_of_a_delay_though_the_server_was_tried_by_others)
{
	server.refused = "192.0.2.1";
	add_from("", 1, (const char *const[]) { "x@example.net" });
	start();
	add("bert@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(stored()->recipients[0].attempts, 0);
	for (int i = 0; i < 9; i++)
		pass(HOUR / 2);
	cr_expect_eq(count_mail("example.test/anna"), 1);
	expect_in(mailbox("example.test/anna"), "Connection refused");
}

/* The server accepts each connection, and is silent: one message has it, and the other one waits for its turn. */
Test(admission, reports_a_message_that_only_waits_for_a_share)
{
	make_silent(1);
	add("first@s0.example");
	start();
	add("second@s0.example");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(server.open, 1);
	for (int i = 0; i < 10; i++)
		pass(HOUR / 2);
	cr_expect_eq(count_mail("example.test/anna"), 1, "its sender hears of the delay");
	cr_expect_not(is_gone());
	for (int i = 0; i < 118 * 2; i++)
		pass(HOUR / 2);
	cr_expect_eq(count_mail("example.test/anna"), 2);
	cr_expect(is_gone(), "it has expired");
	cr_expect_eq(server.dialled, 1);
}

/*
 * A message for two domains is the first one that waits for a server that is down, and then waits for a share of another
 * server: the next one tries whether the first server is back.
 */
Test(admission, tries_a_server_that_is_down_though_the_first_message_waits_for_another_one)
{
	static const char *const both[] = { "a@example.net", "b@t.example" };
	make_silent(1);
	cr_assert(fake_resolver_tell(&resolver, "MX t.example 10:mx.s0.example"));
	server.refused = "192.0.2.1";
	add("c@s0.example");
	start();
	add("first@example.net");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	cr_assert_eq(queue_remove(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(count_logged("event=next-hop-down"), 1);
	add_from("anna@example.test", 2, both);
	queue_manager_entry_changed(manager, last_id);
	add("bert@example.net");
	queue_manager_entry_changed(manager, last_id);
	resolver.late = true;
	run_jobs(2); /* which claim both */
	resolver.late = false;
	settle_down();
	server.refused = NULL;
	pass(120);
	cr_expect_eq(count_logged("event=next-hop-up"), 1);
	cr_expect(is_gone());
}

Test(admission, tries_a_message_that_is_old_before_it_expires)
{
	make_silent(1);
	add("first@s0.example");
	add("second@s0.example");
	time_now += 121 * HOUR;
	start();
	cr_expect_not(is_gone(), "the server may have been off for days");
	cr_expect_eq(server.open, 1);
	cr_expect_eq(count_mail("example.test/anna"), 0);
}

Test(admission, tries_the_next_server_if_the_first_is_down_and_remembers_it)
{
	cr_assert(fake_resolver_tell(&resolver, "MX two.example 10:mx1.example.net 20:mx1.example.org"));
	server.refused = "192.0.2.1";
	add("bert@two.example");
	start();
	cr_expect(is_gone());
	cr_expect_str_eq(server.hosts, "192.0.2.1 192.0.2.2 ");
	add("bert@two.example");
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect(is_gone());
	cr_expect_str_eq(server.hosts, "192.0.2.1 192.0.2.2 ", "it goes over the same connection");
	cr_expect_eq(count_logged("event=next-hop-down"), 0, "the domain has a server that answers");
}

Test(admission, delays_one_message_by_an_address_that_is_silent_while_the_other_family_works)
{
	cr_assert(fake_resolver_tell(&resolver, "MX six.example 10:mx.six.example"));
	cr_assert(fake_resolver_tell(&resolver, "AAAA mx.six.example 2001:db8::1"));
	cr_assert(fake_resolver_tell(&resolver, "A mx.six.example 192.0.2.3"));
	server.silent = "2001:db8::1";
	add("a@six.example");
	start();
	cr_expect_eq(count_logged("event=relayed"), 0);
	cr_assert(fake_dialer_time_out(&server));
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 1, "%s", logged());
	pass(120);
	for (int i = 0; i < 5; i++) {
		add("a@six.example");
		queue_manager_entry_changed(manager, last_id);
	}
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 5, "one tries whether the address is back: %s", logged());
	cr_assert(fake_dialer_time_out(&server));
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 6);
	cr_expect_eq(count_logged("event=deferred"), 0);
}

Test(admission, waits_for_the_address_that_is_tried_unless_the_other_one_answers)
{
	cr_assert(fake_resolver_tell(&resolver, "MX six.example 10:mx.six.example"));
	cr_assert(fake_resolver_tell(&resolver, "MX seven.example 10:mx.six.example"));
	cr_assert(fake_resolver_tell(&resolver, "AAAA mx.six.example 2001:db8::1"));
	cr_assert(fake_resolver_tell(&resolver, "A mx.six.example 192.0.2.3"));
	server.silent = "2001:db8::1";
	server.refused = "192.0.2.3";
	add("a@six.example");
	add("a@seven.example");
	start();
	cr_expect_str_eq(server.hosts, "2001:db8::1 ");
	cr_expect_eq(count_logged("event=deferred"), 0, "%s", logged());
	cr_assert(fake_dialer_time_out(&server));
	settle_down();
	cr_expect_str_eq(server.hosts, "2001:db8::1 192.0.2.3 ", "both are known to be down");
}

/* One recipient waits for a silent server; the other one waits for a share, which it gets meanwhile. */
Test(admission, sends_to_one_recipient_while_another_waits_for_a_silent_server)
{
	static const char *const to[] = { "a@s0.example", "bert@example.net" };
	make_silent(1);
	config.max_per_server = 1;
	ANSWER({ "DATA", "", true });
	add("first@example.net");
	start();
	add_from("anna@example.test", 2, to);
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(server.open, 2, "one hangs in DATA, one is silent");
	cr_expect_eq(count_logged("event=relayed"), 0);
	server.time += 2000;
	cr_assert(fake_dialer_time_out(&server));
	settle_down();
	cr_expect_eq(count_logged("event=relayed"), 1, "%s", logged());
}

Test(admission, sends_all_that_a_run_was_requested_for_though_only_some_may_start)
{
	struct queue_run run = { .reach = QUEUE_RUN_ALL };
	server.refused = "192.0.2.1";
	add("bert@example.net");
	start();
	for (int i = 0; i < 5; i++) {
		add("bert@example.net");
		queue_manager_entry_changed(manager, last_id);
	}
	settle_down();
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(queue_request_run(&agent.queue, &run), 0);
		queue_manager_run_requested(manager);
		settle_down();
		server.refused = NULL;
	}
	cr_expect_eq(folder_count("queue/*.envelope"), 0, "%s", logged());
	cr_expect_eq(count_logged("event=deferred"), 2);
}

/* The entry waits for a share for one recipient; the other one was tried for the request, and waits for its time. */
Test(admission, tries_no_recipient_twice_for_one_request)
{
	static const char *const to[] = { "bert@example.net", "carl@s0.example" };
	struct queue_run run = { .reach = QUEUE_RUN_ENTRY };
	ANSWER({ "RCPT TO:<bert@example.net>", "450 later\r\n", false });
	make_silent(1);
	add("dora@s0.example");
	start();
	add_from("anna@example.test", 2, to);
	queue_manager_entry_changed(manager, last_id);
	settle_down();
	cr_expect_eq(count_logged("to=bert@example.net"), 1);
	run.name = last_id;
	cr_assert_eq(queue_request_run(&agent.queue, &run), 0);
	queue_manager_run_requested(manager);
	settle_down();
	cr_expect_eq(count_logged("to=bert@example.net"), 2);
	while (count_logged("to=dora@s0.example") == 0 && fake_dialer_time_out(&server))
		settle_down();
	cr_expect_eq(count_logged("to=bert@example.net"), 2, "%s", logged());
	server.silent = NULL;
	pass(config.retry + 1);
	cr_expect_eq(count_logged("event=relayed"), 2, "%s", logged());
	cr_expect_eq(count_logged("to=bert@example.net"), 2, "%s", logged());
	pass(2 * config.retry);
	cr_expect_eq(count_logged("to=bert@example.net"), 3, "%s", logged());
}

/* What the servers of a run do changes: they are silent, refuse connections or replies, or do well. */
static void
change_servers(void)
{
	static struct fake_answer answers[1];
	static const char *const hosts[] = { "198.51.100.", "198.51.100.1", "198.51.100.2", "198.51.100.3" };
	answers[0] = (struct fake_answer) { "RCPT", random() % 3 == 0 ? "450 later\r\n" : "250 ok\r\n", false };
	server.answers = answers;
	server.answer_count = 1;
	server.silent = random() % 2 == 0 ? hosts[random() % 4] : NULL;
	server.refused = random() % 2 == 0 ? hosts[random() % 4] : NULL;
}

/* Ten domains with servers at four addresses. */
static void
make_domains(void)
{
	char text[100];
	for (unsigned i = 0; i < 10; i++) {
		snprintf(text, sizeof text, "MX r%u.example 10:mx%u.example 20:mx%u.example", i, i % 4, (i + 1) % 4);
		cr_assert(fake_resolver_tell(&resolver, text));
	}
	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof text, "A mx%u.example 198.51.100.%u", i, i + 1);
		cr_assert(fake_resolver_tell(&resolver, text));
	}
}

static void
add_random(void)
{
	char addresses[3][40];
	const char *to[3];
	size_t count = 1 + (size_t)random() % 3;
	for (size_t i = 0; i < count; i++) {
		snprintf(addresses[i], sizeof addresses[i], "a%zu@r%ld.example", i, random() % 10);
		to[i] = addresses[i];
	}
	if (random() % 2 == 0)
		add_from("", count, to);
	else
		add_of_user(addresses[0]);
	queue_manager_entry_changed(manager, last_id);
}

/* Whatever the servers do, in the end no entry is forgotten, and nobody gets more than a share. */
Test(admission, forgets_no_entry_whatever_the_servers_do)
{
	config.max_deliveries = 6;
	config.max_per_server = 2;
	make_domains();
	start();
	for (unsigned seed = 1; seed <= 4; seed++) {
		srandom(seed);
		for (int i = 0; i < 60; i++) {
			server.said_len = server.message_len = 0;
			server.hosts[0] = '\0';
			add_random();
			change_servers();
			settle_down();
			if (random() % 2 == 0)
				(void)fake_dialer_time_out(&server);
			pass(random() % 100);
			cr_assert_leq(server.open, 6 + 20);
		}
		server.silent = server.refused = NULL;
		server.said_len = server.message_len = 0;
		server.answer_count = 0;
		for (int i = 0; i < 6 && folder_count("queue/*.envelope") > 0; i++) {
			while (fake_dialer_time_out(&server))
				settle_down();
			pass(HOUR);
		}
		cr_assert_eq(folder_count("queue/*.envelope"), 0, "with the seed %u", seed);
	}
}
