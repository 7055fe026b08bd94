/* Which mail must wait, until when, and which records survive the end of the process. Runs on each backend. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/greylist.h"
#include "support/ask_directory.h"
#include "support/backend.h"

enum { NOON = 1893456000, MINUTE = 60, DAY = 24 * 60 * 60 };

static const struct greylist_rules rules = {
	.delay = 5 * MINUTE, .window = 2 * DAY, .lifetime = 36 * DAY, .passes = 0
};
static unsigned char secret[GREYLIST_SECRET_SIZE] = "a secret of ours";
static struct greylist_store *store;

static void
open_store(void)
{
	store = backend_greylist(secret);
}

static void
close_store(void)
{
	store->ops->close(store);
}

static void
open_all(void)
{
	backend_make();
	open_store();
}

static void
close_all(void)
{
	close_store();
	backend_remove();
}

TestSuite(greylist, .init = open_all, .fini = close_all);

/* Written as local@domain; "" is the null sender. */
static struct address
address(const char *text)
{
	struct address address = { .null = *text == '\0' };
	sscanf(text, "%64[^@]@%255s", address.local, address.domain);
	return address;
}

static struct greylist_keys
keys(const char *client, const char *from, const char *to)
{
	struct address sender = address(from), recipient = address(to);
	return greylist_keys(secret, client, &sender, &recipient);
}

/* Runs a job at once. */
static void
run_now(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static struct executor at_once = { .start = run_now };
static unsigned answers;

static void
count_answer(struct greylist_question *question)
{
	(void)question;
	answers++;
}

static enum greylist_verdict
judge_by(const struct greylist_rules *by, const char *client, const char *from, int64_t now, int64_t *left)
{
	struct greylist greylist = { .store = store, .rules = *by, .executor = &at_once };
	struct greylist_question question = {
		.keys = keys(client, from, "alice@example.test"), .now = now, .answered = count_answer
	};
	answers = 0;
	greylist_ask(&greylist, &question);
	while (answers == 0)
		ask_turn();
	*left = question.left;
	return question.verdict;
}

static enum greylist_verdict
judge(const char *from, int64_t now)
{
	int64_t left;
	return judge_by(&rules, "192.0.2.7", from, now, &left);
}

Test(greylist, mail_waits_until_the_delay_has_passed)
{
	int64_t left;
	cr_expect_eq(judge_by(&rules, "192.0.2.7", "a@example.net", NOON, &left), GREYLIST_WAIT);
	cr_expect_eq(left, 300);
	cr_expect_eq(judge_by(&rules, "192.0.2.7", "a@example.net", NOON + 299, &left), GREYLIST_WAIT);
	cr_expect_eq(left, 1, "coming early starts no delay anew");
	cr_expect_eq(judge("a@example.net", NOON + 300), GREYLIST_PASS);
	cr_expect_eq(judge("a@example.net", NOON + 301), GREYLIST_PASS);
	cr_expect_eq(judge("b@example.net", NOON + 301), GREYLIST_WAIT, "another sender");
}

Test(greylist, late_retry_counts_as_first_attempt)
{
	cr_expect_eq(judge("a@example.net", NOON), GREYLIST_WAIT);
	cr_expect_eq(judge("a@example.net", NOON + 2 * DAY), GREYLIST_WAIT);
	cr_expect_eq(judge("a@example.net", NOON + 2 * DAY + 300), GREYLIST_PASS);
}

Test(greylist, passed_mail_stays_known_while_it_recurs)
{
	judge("a@example.net", NOON);
	cr_expect_eq(judge("a@example.net", NOON + DAY), GREYLIST_PASS);
	cr_expect_eq(judge("a@example.net", NOON + 36 * DAY), GREYLIST_PASS);
	cr_expect_eq(judge("a@example.net", NOON + 71 * DAY), GREYLIST_PASS, "the month begins when it came last");
	cr_expect_eq(judge("a@example.net", NOON + 107 * DAY), GREYLIST_WAIT);
}

Test(greylist, clock_that_was_set_back_adds_no_delay)
{
	cr_expect_eq(judge("a@example.net", NOON), GREYLIST_WAIT);
	cr_expect_eq(judge("a@example.net", NOON - DAY), GREYLIST_PASS);
}

Test(greylist, clock_that_is_a_little_behind_ends_no_delay)
{
	int64_t left;
	cr_expect_eq(judge("a@example.net", NOON), GREYLIST_WAIT);
	cr_expect_eq(judge_by(&rules, "192.0.2.7", "a@example.net", NOON - 1, &left), GREYLIST_WAIT);
	cr_expect_eq(left, rules.delay);
	cr_expect_eq(judge("a@example.net", NOON - rules.delay), GREYLIST_WAIT);
	cr_expect_eq(judge("a@example.net", NOON - rules.delay - 1), GREYLIST_PASS);
	cr_expect_eq(judge("a@example.net", NOON + rules.delay), GREYLIST_PASS);
}

Test(greylist, clients_of_one_network_share_a_key)
{
	struct greylist_keys one = keys("192.0.2.7", "a@example.net", "b@example.test");
	struct greylist_keys six = keys("2001:db8:1:2::7", "a@example.net", "b@example.test");
	static const char *const same[] = { "192.0.2.255", "::ffff:192.0.2.9" };
	static const char *const other[] = { "192.0.3.7", "2001:db8:1:2::7", "nonsense", "" };
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		cr_expect_eq(keys(same[i], "a@example.net", "b@example.test").mail, one.mail, "%s", same[i]);
		cr_expect_eq(keys(same[i], "x@example.net", "y@example.test").network, one.network, "%s", same[i]);
	}
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		cr_expect_neq(keys(other[i], "a@example.net", "b@example.test").mail, one.mail, "%s", other[i]);
		cr_expect_neq(keys(other[i], "a@example.net", "b@example.test").network, one.network, "%s", other[i]);
	}
	cr_expect_eq(keys("2001:db8:1:2:ffff::1", "a@example.net", "b@example.test").mail, six.mail);
	cr_expect_neq(keys("2001:db8:1:3::7", "a@example.net", "b@example.test").mail, six.mail);
}

Test(greylist, numbers_in_a_sender_address_are_ignored)
{
	uint64_t one = keys("192.0.2.7", "bounce-1@example.net", "bob@example.test").mail;
	cr_expect_eq(keys("192.0.2.7", "bounce-22@example.net", "bob@example.test").mail, one);
	cr_expect_eq(keys("192.0.2.7", "BOUNCE-3+bob=example.test@example.net", "Bob@example.test").mail, one);
	cr_expect_neq(keys("192.0.2.7", "bounce-1@example1.net", "bob@example.test").mail, one);
	cr_expect_neq(keys("192.0.2.7", "bounce-1@example.net", "bob1@example.test").mail, one, "another recipient");
	cr_expect_neq(keys("192.0.2.7", "", "bob@example.test").mail, one);
}

Test(greylist, parts_of_a_key_cannot_be_shifted)
{
	struct address short_sender = { .local = "a", .domain = "b" },
	               long_recipient = { .local = "cd", .domain = "e" };
	struct address long_sender = { .local = "a", .domain = "bc" },
	               short_recipient = { .local = "d", .domain = "e" };
	cr_expect_neq(greylist_keys(secret, "192.0.2.7", &short_sender, &long_recipient).mail,
	    greylist_keys(secret, "192.0.2.7", &long_sender, &short_recipient).mail);
}

Test(greylist, longest_addresses_differ_by_their_last_octet)
{
	struct address sender = { .null = false }, recipient = { .null = false };
	memset(sender.local, 'a', ADDRESS_LOCAL_MAX);
	memset(sender.domain, 'b', ADDRESS_DOMAIN_MAX);
	memset(recipient.local, 'c', ADDRESS_LOCAL_MAX);
	memset(recipient.domain, 'd', ADDRESS_DOMAIN_MAX);
	static const char client[] = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";
	uint64_t one = greylist_keys(secret, client, &sender, &recipient).mail;
	recipient.domain[ADDRESS_DOMAIN_MAX - 1] = 'e';
	cr_expect_neq(greylist_keys(secret, client, &sender, &recipient).mail, one);
}

Test(greylist, keys_cannot_be_computed_without_the_secret)
{
	struct greylist_keys one = keys("192.0.2.7", "a@example.net", "b@example.test");
	secret[GREYLIST_SECRET_SIZE - 1] ^= 1;
	struct greylist_keys other = keys("192.0.2.7", "a@example.net", "b@example.test");
	cr_expect_neq(one.mail, other.mail);
	cr_expect_neq(one.network, other.network);
}

Test(greylist, network_is_trusted_after_enough_passed_mail)
{
	struct greylist_rules by = rules;
	int64_t left;
	by.passes = 2;
	judge_by(&by, "192.0.2.7", "a@example.net", NOON, &left);
	for (int i = 0; i < 10; i++)
		cr_expect_eq(judge_by(&by, "192.0.2.8", "a@example.net", NOON + 300 + i * DAY, &left), GREYLIST_PASS);
	cr_expect_eq(judge_by(&by, "192.0.2.9", "b@example.net", NOON + 10 * DAY, &left), GREYLIST_WAIT,
	    "mail that passes again and again is one");
	cr_expect_eq(judge_by(&by, "192.0.2.9", "b@example.net", NOON + 11 * DAY, &left), GREYLIST_PASS);
	cr_expect_eq(judge_by(&by, "192.0.2.77", "c@example.net", NOON + 11 * DAY, &left), GREYLIST_PASS);
	cr_expect_eq(judge_by(&by, "192.0.3.7", "c@example.net", NOON + 11 * DAY, &left), GREYLIST_WAIT);
	cr_expect_eq(
	    judge_by(&by, "192.0.2.77", "d@example.net", NOON + 46 * DAY, &left), GREYLIST_PASS, "as long as it comes");
	cr_expect_eq(judge_by(&by, "192.0.2.77", "e@example.net", NOON + 83 * DAY, &left), GREYLIST_WAIT);
}

static void
restart(void)
{
	close_store();
	open_store();
}

Test(greylist, records_survive_a_restart)
{
	judge("a@example.net", NOON);
	restart();
	cr_expect_eq(judge("a@example.net", NOON + 300), GREYLIST_PASS);
	restart();
	cr_expect_eq(judge("a@example.net", NOON + 301), GREYLIST_PASS);
}

/* Tells of each mail once it has been judged, until it is killed. */
static void
judge_until_killed(int told)
{
	char from[32];
	open_store();
	for (unsigned i = 0;; i++) {
		snprintf(from, sizeof from, "x@e%u.example", i);
		if (judge(from, NOON) != GREYLIST_WAIT || write(told, &i, sizeof i) != sizeof i)
			_exit(1);
	}
}

Test(greylist, records_survive_a_kill)
{
	int told[2], status;
	unsigned last = 0;
	char from[32];
	cr_assert_eq(pipe(told), 0);
	pid_t child = fork();
	if (child == 0)
		judge_until_killed(told[1]);
	while (last < 2000)
		cr_assert_eq(read(told[0], &last, sizeof last), sizeof last);
	kill(child, SIGKILL);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFSIGNALED(status));
	close(told[1]);
	while (read(told[0], &last, sizeof last) == sizeof last)
		;
	for (unsigned i = 0; i <= last; i++) {
		snprintf(from, sizeof from, "x@e%u.example", i);
		cr_assert_eq(judge(from, NOON + 300), GREYLIST_PASS, "%u of %u", i, last);
	}
}

/* One of several workers that begin at once. Every mail waits at first, whoever has seen it before, and then passes. */
static void
work_along(unsigned count)
{
	char from[32];
	open_store();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < count; i++) {
			snprintf(from, sizeof from, "x@e%u.example", i);
			if (judge(from, NOON) != GREYLIST_WAIT)
				_exit(1);
		}
	}
	_exit(0);
}

Test(greylist, workers_that_start_together_share_records)
{
	enum { WORKERS = 4, MAILS = 200 };
	char from[32];
	int status;
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work_along(MAILS);
	for (int i = 0; i < WORKERS; i++) {
		cr_assert_gt(wait(&status), 0);
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "one was in trouble");
	}
	for (unsigned i = 0; i < MAILS; i++) {
		snprintf(from, sizeof from, "x@e%u.example", i);
		cr_expect_eq(judge(from, NOON + 300), GREYLIST_PASS);
	}
}

Test(greylist, question_is_answered_once)
{
	int64_t left;
	cr_expect_eq(judge_by(&rules, "192.0.2.7", "a@example.net", NOON, &left), GREYLIST_WAIT);
	cr_expect_eq(left, 300);
	cr_expect_eq(answers, 1);
	cr_expect_eq(judge_by(&rules, "192.0.2.7", "a@example.net", NOON + 299, &left), GREYLIST_WAIT);
	cr_expect_eq(left, 1);
}
