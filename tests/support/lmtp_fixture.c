/* A fixture for deliveries by LMTP. */
#include "lmtp_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_clock.h"
#include "folder.h"

struct fake_dialer server;
struct maildir_agent spool;
struct lmtp_agent agent;
static struct route route;
struct queue_entry entry;
enum delivery_result result;
static struct client_pool pool;
unsigned ended; /* deliveries */
char detail[DELIVERY_DETAIL_SIZE];
unsigned notify;       /* of bob */
const char *stores[3]; /* of the mailboxes */
const char *stores_of_copy = "";
struct queue_entry listed; /* has a sender if deliver() adds the message of a list */
static const struct field_edits no_edits;

static void
run_job(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

struct executor jobs = { .start = run_job };

static int64_t
now(void)
{
	return 1000000000;
}

void
set_up(void)
{
	folder_make();
	fake_dialer_open(&server);
	cr_assert_eq(maildir_agent_open(&spool, "mail", "queue", "mx.example.test"), 0);
	cr_assert(route_parse(&route, "lmtp:/run/lmtp"));
	agent = (struct lmtp_agent) { .spool = &spool.agent,
		.route = &route,
		.hostname = "mx.example.test",
		.timeout = 1000,
		.retry = 300,
		.now = now };
	client_pool_open(&pool, &server.dialer, &jobs);
	lmtp_agent_open(&agent, &pool, &fake_clock);
	stores[0] = stores[1] = stores[2] = "";
	entry = (struct queue_entry) { .id = "entry1", .arrival = 1000000000, .sender = strdup("otto@example.org") };
}

void
tear_down(void)
{
	server.answer_count = 0;
	client_pool_close(&pool);
	while (fake_dialer_run(&server))
		;
	fake_dialer_close(&server);
	lmtp_agent_close(&agent);
	queue_entry_clear(&entry);
	queue_entry_clear(&listed);
	route_clear(&route);
	maildir_agent_close(&spool);
	folder_remove();
}

void
take_result(void *context, const struct delivery_outcome *outcome)
{
	(void)context;
	result = outcome->result;
	snprintf(detail, sizeof detail, "%s", outcome->detail);
	ended++;
}

struct delivery *
begin(size_t count)
{
	static const char *const names[] = { "anna", "bob", "carla" };
	struct mailbox mailboxes[3] = { 0 };
	for (size_t i = 0; i < count; i++)
		cr_assert(mailbox_set_address(&mailboxes[i], names[i], "example.test"));
	mailboxes[1].notify = notify;
	for (size_t i = 0; i < count; i++)
		snprintf(mailboxes[i].store, sizeof mailboxes[i].store, "%s", stores[i]);
	struct delivery *delivery = agent.agent.begin(&agent.agent, mailboxes, count, &entry);
	cr_assert_not_null(delivery);
	cr_assert(delivery->ops->append(delivery, "Return-Path: <x>\r\n", 18));
	delivery->ops->begin_relayed(delivery);
	cr_assert(delivery->ops->append(delivery, "Subject: a\r\n\r\n.b\r\n", 18));
	return delivery;
}

/* The message of a list, to bob and a member elsewhere. */
static void
add_copy(struct delivery *delivery)
{
	struct mailbox bob = { 0 };
	cr_assert(mailbox_set_address(&bob, "bob", "example.test"));
	snprintf(bob.store, sizeof bob.store, "%s", stores_of_copy);
	cr_assert_not_null(queue_entry_add(&listed, "far@example.net"));
	const struct delivery_copy copies = { &bob, 1, &listed, "", &no_edits };
	cr_assert(delivery->ops->copy(delivery, &copies, 1));
}

enum delivery_result
deliver(size_t count)
{
	struct delivery *delivery = begin(count);
	unsigned before = ended;
	if (listed.sender != NULL)
		add_copy(delivery);
	delivery->ops->commit(delivery, &jobs, DELIVERY_TIMEOUT, take_result, NULL);
	while (ended == before && (fake_dialer_run(&server) || fake_dialer_time_out(&server)))
		;
	cr_assert_eq(ended, before + 1);
	return result;
}

void
expect_in_detail(const char *part)
{
	cr_expect_not_null(strstr(detail, part), "%s", detail);
}

size_t
count_queued(void)
{
	return folder_count("queue/*.envelope");
}

void
expect_nothing_left(void)
{
	cr_expect_eq(folder_count("queue/tmp/*"), 0);
	cr_expect_eq(folder_count("queue/*.message"), count_queued());
	cr_expect_eq(folder_count("mail/*/*/*/*"), 0);
}
