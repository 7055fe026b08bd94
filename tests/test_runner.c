/* The runner of the queue: a real queue and real Maildirs, servers and names in memory, and a clock that is set by hand. */
#include "mail/runner.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "folder.h"
#include "mail/maildir_delivery.h"
#include "stand_dialer.h"
#include "stand_resolver.h"

#define HOUR 3600

static struct stand_dialer server;
static struct stand_resolver resolver;
static struct maildir_agent agent;
static struct routes routes;
static struct runner *runner;
static struct runner_config config;
static int64_t time_now, alarm_wait;
static bool stopped;
static char last_id[QUEUE_ID_SIZE];

/* ---- what the runner is given ---- */

static struct job *first_job;
static bool hold_jobs;

static void
run_job(struct job_runner *jobs, struct job *job)
{
	struct job **at = &first_job;
	(void)jobs;
	while (*at != NULL)
		at = &(*at)->next;
	job->next = NULL;
	*at = job;
}

static struct job_runner jobs = { .start = run_job };

/* Runs jobs and answers until nothing is left to do. */
static void
settle_down(void)
{
	for (bool any = true; any;) {
		any = stand_resolver_run(&resolver);
		while (first_job != NULL && !hold_jobs) {
			struct job *job = first_job;
			first_job = job->next;
			job->work(job);
			job->done(job);
			any = true;
		}
	}
}

static int64_t
now(void)
{
	return 1000 * time_now;
}

static void
set_alarm(void *context, int64_t wait)
{
	(void)context;
	alarm_wait = wait;
}

static void
on_stopped(void *context)
{
	(void)context;
	stopped = true;
}

static struct ftg_voice
voice(void *context, const char *language)
{
	(void)context;
	(void)language;
	return (struct ftg_voice) { 0 };
}

static enum directory_verdict
resolve(struct directory *directory, const struct address *address, struct recipient *recipient)
{
	static struct mailbox mailbox;
	(void)directory;
	*recipient = (struct recipient) { 0 };
	if (strcmp(address->domain, "example.test") != 0)
		return strcmp(address->domain, "broken.test") == 0 ? DIRECTORY_FAILED : DIRECTORY_NO_DOMAIN;
	if (strcmp(address->local, "anna") != 0)
		return DIRECTORY_NO_MAILBOX;
	snprintf(mailbox.maildir, sizeof mailbox.maildir, "example.test/anna");
	recipient->mailboxes = &mailbox;
	recipient->count = 1;
	return DIRECTORY_FOUND;
}

static const struct directory_ops directory_ops = { .resolve = resolve };
static struct directory directory = { &directory_ops };

static void
set_up(void)
{
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), NULL);
	stand_dialer_open(&server);
	stand_resolver_open(&resolver);
	cr_assert_eq(maildir_agent_open(&agent, "mail", "queue", "mx.example.test"), 0);
	stand_resolver_tell(&resolver, "MX example.net 10:mx1.example.net");
	stand_resolver_tell(&resolver, "A mx1.example.net 192.0.2.1");
	stand_resolver_tell(&resolver, "MX example.org 10:mx1.example.org");
	stand_resolver_tell(&resolver, "A mx1.example.org 192.0.2.2");
	routes.mx = true;
	time_now = 1000000000;
	config = (struct runner_config) {
		.queue = agent.queue,
		.world = { .resolver = &resolver.resolver, .hostname = "mx.example.test" },
		.routes = &routes,
		.dialer = &server.dialer,
		.jobs = &jobs,
		.directory = &directory,
		.delivery = &agent.agent,
		.contact = "",
		.times = { 1000, 1000, 1000, 60000 },
		.retry = 60,
		.retry_max = HOUR,
		.expire = 120 * HOUR,
		.delay_notice = 4 * HOUR,
		.max_deliveries = 10,
		.max_per_server = 5,
		.now = now,
		.voice = voice,
		.alarm = set_alarm,
		.stopped = on_stopped,
	};
	runner = runner_new(&config);
}

static void
tear_down(void)
{
	hold_jobs = false;
	settle_down();
	runner_free(runner);
	maildir_agent_close(&agent);
	folder_remove();
}

TestSuite(runner, .init = set_up, .fini = tear_down);

/* ---- what is done and seen ---- */

static void
add_from(const char *sender, size_t count, const char *const *addresses)
{
	static const char octets[] = "Subject: a\n\nb\n";
	struct queue_entry entry = { .arrival = time_now };
	token_make(entry.id);
	snprintf(last_id, sizeof last_id, "%s", entry.id);
	entry.sender = strdup(sender);
	for (size_t i = 0; i < count; i++)
		cr_assert_not_null(queue_entry_add(&entry, addresses[i]));
	cr_assert_eq(queue_add(&agent.queue, &entry, octets, sizeof octets - 1), 0);
	queue_entry_clear(&entry);
}

static void
add(const char *address)
{
	add_from("anna@example.test", 1, &address);
}

static void
start(void)
{
	runner_start(runner);
	settle_down();
}

static void
pass(int64_t seconds)
{
	time_now += seconds;
	runner_turn(runner);
	settle_down();
}

static struct queue_entry entry;

/* The last entry that was added, as it is stored. */
static const struct queue_entry *
stored(void)
{
	queue_entry_clear(&entry);
	cr_assert_eq(queue_load(&agent.queue, last_id, &entry), 0, "%s", strerror(errno));
	return &entry;
}

static bool
is_gone(void)
{
	queue_entry_clear(&entry);
	return queue_load(&agent.queue, last_id, &entry) < 0 && errno == ENOENT;
}

static const char *
logged(void)
{
	static char text[1 << 16];
	FILE *file = fopen("log", "r");
	size_t len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

/* What is in a mailbox: the first message, "" for none. */
static const char *
mailbox(const char *maildir)
{
	static char text[1 << 16];
	char path[300];
	snprintf(path, sizeof path, "mail/%s/new", maildir);
	text[0] = '\0';
	DIR *folder = opendir(path);
	if (folder == NULL)
		return text;
	for (struct dirent *at; (at = readdir(folder)) != NULL;) {
		if (at->d_name[0] == '.')
			continue;
		FILE *file = fdopen(openat(dirfd(folder), at->d_name, O_RDONLY | O_CLOEXEC), "r");
		text[fread(text, 1, sizeof text - 1, file)] = '\0';
		fclose(file);
		break;
	}
	closedir(folder);
	return text;
}

static size_t
count_mail(const char *maildir)
{
	char path[300];
	size_t count = 0;
	snprintf(path, sizeof path, "mail/%s/new", maildir);
	DIR *folder = opendir(path);
	for (struct dirent *at; folder != NULL && (at = readdir(folder)) != NULL;)
		count += at->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return count;
}

#define ANSWER(...)                                                                                                    \
	static struct stand_answer answers[] = { __VA_ARGS__ };                                                        \
	server.answers = answers;                                                                                      \
	server.answer_count = sizeof answers / sizeof *answers

static void
expect_in(const char *text, const char *part)
{
	cr_expect_not_null(strstr(text, part), "%s\nis not in\n%s", part, text);
}

/* ---- tests ---- */

Test(runner, sends_what_waits_and_forgets_it)
{
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	expect_in(server.said, "MAIL FROM:<anna@example.test>\nRCPT TO:<bert@example.net>\n");
	cr_expect_str_eq(server.message, "Subject: a\r\n\r\nb\r\n");
	expect_in(logged(), "event=relayed id=");
	expect_in(logged(),
	    " from=anna@example.test to=bert@example.net ref=#8.12 next=\"mx1.example.net [192.0.2.1]\" "
	    "reply=\"250 2.0.0 queued\" attempts=1 delay=0");
	cr_expect_eq(count_mail("example.test/anna"), 0);
}

Test(runner, sends_what_comes_later)
{
	start();
	add("bert@example.net");
	runner_tell_changed(runner, last_id);
	settle_down();
	cr_expect(is_gone());
}

Test(runner, finds_what_it_was_not_told_of)
{
	start();
	add("bert@example.net");
	pass(301);
	cr_expect(is_gone());
}

Test(runner, tries_again_ever_more_seldom)
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

Test(runner, tells_the_sender_what_failed_and_forgets_it)
{
	ANSWER({ "RCPT", "550 5.1.1 no such user\r\n", false });
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	const char *notice = mailbox("example.test/anna");
	cr_expect_eq(strncmp(notice, "Return-Path: <>\nDate: ", 22), 0, "%s", notice);
	expect_in(notice, "Subject: Your message could not be delivered\n");
	expect_in(notice, "550 5.1.1 no such user");
	expect_in(logged(), "event=bounced");
	expect_in(logged(), "event=notice id=");
	cr_expect_eq(count_mail("example.test/anna"), 1);
}

Test(runner, queues_the_notice_for_a_sender_elsewhere)
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

Test(runner, sends_no_notice_about_a_notice)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT", "550 5.1.1 no such user\r\n", false });
	add_from("", 1, to);
	start();
	cr_expect(is_gone());
	cr_expect_null(strstr(logged(), "event=notice"));
	expect_in(logged(), "event=bounced id=");
}

Test(runner, keeps_what_was_delivered_apart_from_what_was_not)
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

Test(runner, tells_of_a_delay_once_and_gives_up_in_the_end)
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

Test(runner, asks_no_server_for_each_message_that_cannot_be_reached)
{
	server.refused = "192.0.2.1";
	for (int i = 0; i < 20; i++)
		add("bert@example.net");
	start();
	cr_expect_leq(server.dialed, 5);
	cr_expect_eq(stored()->recipients[0].attempts, 1);
	cr_expect_str_eq(entry.recipients[0].reply, "#8.15 mx1.example.net [192.0.2.1]: Connection refused");
	server.refused = NULL;
	pass(HOUR);
	pass(HOUR);
	cr_expect(is_gone());
	cr_expect_leq(server.dialed, 5 + 20);
}

Test(runner, sends_so_many_to_a_server_at_a_time)
{
	for (int i = 0; i < 20; i++)
		add("bert@example.net");
	int most = 0;
	runner_start(runner);
	while (first_job != NULL || stand_resolver_run(&resolver)) {
		struct job *together = first_job;
		int before = server.dialed;
		first_job = NULL;
		while (together != NULL) {
			struct job *job = together;
			together = job->next;
			job->work(job);
			job->done(job);
		}
		most = server.dialed - before > most ? server.dialed - before : most;
	}
	cr_expect(is_gone());
	cr_expect_eq(server.dialed, 20);
	cr_expect_eq(most, 5);
}

Test(runner, does_what_is_wished)
{
	struct queue_wish wish = { .reach = QUEUE_RUN_DOMAIN, .name = "example.net" };
	server.refused = "192.0.2.1";
	add("bert@example.net");
	start();
	cr_expect_eq(server.dialed, 1);
	cr_assert_eq(queue_wish(&agent.queue, &wish), 0);
	server.refused = NULL;
	runner_tell_wished(runner);
	settle_down();
	cr_expect(is_gone());
	cr_expect_eq(server.dialed, 2);
	expect_in(logged(), "event=queue-run name=example.net");
}

Test(runner, leaves_alone_what_is_held)
{
	add("bert@example.net");
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.held = true;
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
	start();
	pass(1000 * HOUR);
	cr_expect_eq(stored()->recipients[0].attempts, 0);
	cr_assert_eq(queue_claim(&agent.queue, last_id, &entry), 0);
	entry.held = false;
	cr_assert_eq(queue_record(&agent.queue, &entry), 0);
	queue_entry_clear(&entry);
	runner_tell_changed(runner, last_id);
	settle_down();
	cr_expect(is_gone());
}

Test(runner, waits_for_who_has_claimed_an_entry)
{
	struct queue_entry claimed;
	add("bert@example.net");
	cr_assert_eq(queue_claim(&agent.queue, last_id, &claimed), 0);
	start();
	cr_expect_eq(server.dialed, 0);
	cr_expect_eq(alarm_wait, 25);
	queue_entry_clear(&claimed);
	pass(1);
	cr_expect(is_gone());
}

Test(runner, sends_nowhere_without_a_route)
{
	routes.mx = false;
	add("bert@example.net");
	start();
	cr_expect(is_gone());
	expect_in(mailbox("example.test/anna"), "No server accepts mail for the domain example.net.");
	cr_expect_eq(server.dialed, 0);
}

Test(runner, sends_by_the_smarthost)
{
	static const char *const to[] = { "a@example.net", "b@example.org", "c@nowhere.example" };
	cr_assert(route_read_place(&routes.smarthost, "127.0.0.1:587"));
	add_from("anna@example.test", 3, to);
	start();
	cr_expect(is_gone());
	cr_expect_eq(server.dialed, 1);
	expect_in(server.said, "RCPT TO:<a@example.net>\nRCPT TO:<b@example.org>\nRCPT TO:<c@nowhere.example>\nDATA\n");
	route_clear(&routes.smarthost);
}

Test(runner, gives_up_nothing_when_the_smarthost_is_not_found)
{
	cr_assert(route_read_place(&routes.smarthost, "relay.example.test:587"));
	add("bert@example.net");
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_WAITING);
	expect_in(entry.recipients[0].reply, "#8.15 relay.example.test: its address is not to be had from the DNS");
	route_clear(&routes.smarthost);
}

Test(runner, asks_for_utf8_only_where_it_is_needed)
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

Test(runner, puts_a_notice_off_while_the_directory_fails)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT", "550 no\r\n", false });
	add_from("anna@broken.test", 1, to);
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_FAILED);
	cr_expect_eq(entry.recipients[0].noticed, 0);
	expect_in(logged(), "event=notice-deferred");
	cr_expect_eq(alarm_wait, 60 * 1000);
}

Test(runner, drops_a_notice_that_nobody_is_there_for)
{
	static const char *const to[] = { "bert@example.net" };
	ANSWER({ "RCPT", "550 no\r\n", false });
	add_from("nobody@example.test", 1, to);
	start();
	cr_expect(is_gone());
	expect_in(logged(), "event=notice-lost");
}

Test(runner, stops_when_nothing_is_under_way)
{
	add("bert@example.net");
	hold_jobs = true;
	start();
	runner_stop(runner);
	cr_expect_not(stopped);
	hold_jobs = false;
	settle_down();
	cr_expect(stopped);
	cr_expect_eq(stored()->recipients[0].attempts, 0);
}

Test(runner, leaves_alone_what_is_damaged)
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

Test(runner, tries_nothing_where_the_message_has_gone)
{
	add("bert@example.net");
	char path[100];
	snprintf(path, sizeof path, "queue/%s.message", last_id);
	cr_assert_eq(unlink(path), 0);
	start();
	cr_expect_eq(stored()->recipients[0].state, QUEUE_WAITING);
	expect_in(entry.recipients[0].reply, "No such file or directory");
}
