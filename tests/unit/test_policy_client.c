/* The client of policy services, against services that behave, and others. */
#include "peer/policy_client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fake_server.h"
#include "support/folder.h"

enum { LIMIT = 20000, SHORT = 200 }; /* milliseconds */

static uv_loop_t loop;
static struct policy_client client;
static struct fake_service fake;
static unsigned after_count, unseen; /* calls; questions that have ended since the last */

/* A question of a test, and how it ended. */
struct asked {
	struct service_question question;
	struct service_request request;
	bool done;
};

static unsigned ended, wanted;

static void
on_done(struct service_question *question)
{
	((struct asked *)(void *)question)->done = true;
	unseen++;
	if (++ended == wanted)
		uv_stop(&loop);
}

static void
on_after(void *context)
{
	(void)context;
	after_count++;
	unseen = 0;
}

static void
set_up(void)
{
	folder_make();
	cr_assert_eq(uv_loop_init(&loop), 0);
	ended = wanted = after_count = unseen = 0;
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Ends as a worker does. */
static void
tear_down(void)
{
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0, "a handle is left");
	policy_client_close(&client);
	if (fake.speak != NULL)
		fake_service_close(&fake);
	fake.speak = NULL;
	folder_remove();
}

TestSuite(policy_client, .init = set_up, .fini = tear_down, .timeout = 60);

static void
connect_to(const char *endpoint, int64_t limit)
{
	client = (struct policy_client) { .service.name = "fake",
		.limit = limit,
		.after = on_after,
		.breaker = { .kind = "service", .name = "fake" } };
	cr_assert(endpoint_parse(&client.endpoint, endpoint), "%s", endpoint);
	cr_assert_eq(policy_client_open(&client, &loop), 0);
}

static void
serve_by(void (*speak)(struct fake_service *fake, int connection, unsigned number), bool local, int64_t limit)
{
	fake = (struct fake_service) { .speak = speak };
	fake_service_open(&fake, local);
	connect_to(fake.endpoint, limit);
}

static void
ask(struct asked *asked, const char *sender)
{
	*asked = (struct asked) { .question = { .request = &asked->request, .done = on_done } };
	service_put(&asked->request, "request", "smtpd_access_policy");
	service_put(&asked->request, "sender", sender);
	cr_assert(service_end(&asked->request));
	client.service.ask(&client.service, &asked->question);
}

/* Runs the loop until so many questions, of all, have ended. */
static void
await(unsigned count)
{
	wanted = count;
	if (ended < wanted)
		uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(ended, count);
}

static void
expect_failure(const struct asked *asked, const char *why)
{
	cr_expect(asked->done);
	cr_expect_eq(asked->question.answer.action, SERVICE_FAILED);
	cr_expect_str_eq(asked->question.answer.text, why);
}

/* Reads a question up to its empty line. False at the end. */
static bool
read_question(int connection, char question[SERVICE_REQUEST_MAX + 1])
{
	size_t len = 0;

	while (len < SERVICE_REQUEST_MAX && read(connection, question + len, 1) == 1) {
		len++;
		if (len >= 2 && memcmp(question + len - 2, "\n\n", 2) == 0) {
			question[len] = '\0';
			return true;
		}
	}
	return false;
}

static void
say(int connection, const char *text)
{
	ssize_t sent = send(connection, text, strlen(text), MSG_NOSIGNAL);
	(void)sent;
}

/* Rejects with the words of the question's sender. */
static void
echo(int connection, const char *question)
{
	char answer[SERVICE_REQUEST_MAX];
	const char *sender = strstr(question, "\nsender=") + 8;

	snprintf(answer, sizeof answer, "action=REJECT %.*s\n\n", (int)strcspn(sender, "\n"), sender);
	say(connection, answer);
}

static void
behave(struct fake_service *at, int connection, unsigned number)
{
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at, (void)number;
	while (read_question(connection, question))
		echo(connection, question);
}

static void
ask_in_turn(bool local)
{
	struct asked asked;

	serve_by(behave, local, LIMIT);
	for (unsigned i = 1; i <= 100; i++) {
		char sender[16];
		snprintf(sender, sizeof sender, "s%u", i);
		ask(&asked, sender);
		cr_expect_not(asked.done);
		await(i);
		cr_expect_eq(asked.question.answer.action, SERVICE_REJECT);
		cr_expect_str_eq(asked.question.answer.text, sender);
	}
	cr_expect_eq(fake_service_connections(&fake, 1), 1);
	cr_expect_eq(after_count, 100);
}

Test(policy_client, questions_in_turn_share_a_connection)
{
	ask_in_turn(true);
}

Test(policy_client, questions_in_turn_share_a_connection_of_tcp)
{
	ask_in_turn(false);
}

Test(policy_client, each_of_many_questions_gets_its_own_answer)
{
	enum { MANY = 300 };
	static struct asked asked[MANY];
	char sender[16];

	serve_by(behave, true, LIMIT);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(sender, sizeof sender, "s%u", i);
		ask(&asked[i], sender);
	}
	await(MANY);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(sender, sizeof sender, "s%u", i);
		cr_expect_str_eq(asked[i].question.answer.text, sender);
	}
	cr_expect_leq(atomic_load(&fake.connections), POLICY_LINKS);
}

static void
speak_slowly(struct fake_service *at, int connection, unsigned number)
{
	static const char answer[] = "flags=\r\naction=DEFER_IF_PERMIT later\r\n\r\n";
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at, (void)number;
	while (read_question(connection, question))
		for (size_t i = 0; i < sizeof answer - 1; i++) {
			ssize_t sent = send(connection, answer + i, 1, MSG_NOSIGNAL);
			(void)sent;
			usleep(500);
		}
}

Test(policy_client, an_answer_may_come_in_pieces)
{
	struct asked asked[2];

	serve_by(speak_slowly, false, LIMIT);
	for (unsigned i = 0; i < 2; i++) {
		ask(&asked[i], "a");
		await(i + 1);
		cr_expect_eq(asked[i].question.answer.action, SERVICE_DEFER);
		cr_expect_str_eq(asked[i].question.answer.text, "later");
	}
}

/* As a service does that ends after so long without a question, just when one comes. */
static void
answer_once(struct fake_service *at, int connection, unsigned number)
{
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at, (void)number;
	if (read_question(connection, question))
		echo(connection, question);
	read_question(connection, question);
}

Test(policy_client, a_connection_that_has_grown_old_is_replaced)
{
	struct asked asked;

	serve_by(answer_once, true, LIMIT);
	for (unsigned i = 1; i <= 5; i++) {
		ask(&asked, "again");
		await(i);
		cr_expect_eq(asked.question.answer.action, SERVICE_REJECT);
	}
	cr_expect_eq(fake_service_connections(&fake, 5), 5);
}

static void
hang_up(struct fake_service *at, int connection, unsigned number)
{
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at, (void)number;
	read_question(connection, question);
}

static const char closed[] = "the service has closed the connection without an answer";

Test(policy_client, a_service_that_hangs_up_is_asked_once)
{
	struct asked asked;

	serve_by(hang_up, true, LIMIT);
	ask(&asked, "a");
	await(1);
	expect_failure(&asked, closed);
	cr_expect_eq(fake_service_connections(&fake, 1), 1);
}

static void
answer_then_die(struct fake_service *at, int connection, unsigned number)
{
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at;
	if (!read_question(connection, question) || number > 1)
		return;
	echo(connection, question);
	read_question(connection, question);
}

Test(policy_client, a_service_that_dies_is_asked_twice_at_most)
{
	struct asked asked;

	serve_by(answer_then_die, true, LIMIT);
	ask(&asked, "a");
	await(1);
	ask(&asked, "b");
	await(2);
	cr_expect(asked.done);
	cr_expect_eq(asked.question.answer.action, SERVICE_FAILED);
	cr_expect_eq(fake_service_connections(&fake, 2), 2);
}

static void
keep_silent(struct fake_service *at, int connection, unsigned number)
{
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at, (void)number;
	while (read_question(connection, question))
		;
}

Test(policy_client, no_question_waits_longer_than_the_limit)
{
	enum { MANY = 3 * POLICY_LINKS };
	static struct asked asked[MANY];

	serve_by(keep_silent, true, SHORT);
	for (unsigned i = 0; i < MANY; i++)
		ask(&asked[i], "a");
	await(MANY);
	for (unsigned i = 0; i < MANY; i++)
		expect_failure(&asked[i], "no answer within the time limit");
	cr_expect_gt(after_count, 0);
}

/* The endpoint is none that can be connected to, which is told at once. */
Test(policy_client, questions_waiting_for_a_failed_connection_are_completed)
{
	static struct asked asked[POLICY_LINKS], last;

	serve_by(keep_silent, true, SHORT);
	for (unsigned i = 0; i < POLICY_LINKS; i++)
		ask(&asked[i], "a");
	client.limit = LIMIT;
	ask(&last, "a");
	cr_assert(endpoint_parse(&client.endpoint, "255.255.255.255:25"));
	await(POLICY_LINKS + 1);
	cr_expect_eq(last.question.answer.action, SERVICE_FAILED);
	cr_expect_eq(unseen, 0);
}

static void
say_too_much(struct fake_service *at, int connection, unsigned number)
{
	char question[SERVICE_REQUEST_MAX + 1];

	(void)at;
	if (!read_question(connection, question))
		return;
	for (unsigned i = 0; i < SERVICE_ANSWER_MAX / 4 && number == 1; i++)
		say(connection, "x=y\n");
	say(connection, number == 2 ? "action=OK\n\naction=REJECT\n\n" : "junk\n\n");
	read_question(connection, question);
}

Test(policy_client, malformed_answer_affects_only_its_question)
{
	struct asked asked[3];

	serve_by(say_too_much, true, LIMIT);
	for (unsigned i = 0; i < 3; i++) {
		ask(&asked[i], "a");
		await(i + 1);
	}
	expect_failure(&asked[0], "the answer is too long");
	cr_expect_eq(asked[1].question.answer.action, SERVICE_PASS);
	expect_failure(&asked[2], "no action in the answer");
	cr_expect_eq(fake_service_connections(&fake, 3), 3);
}

/* Does not read, and answers what it has not seen. */
static void
answer_blindly(struct fake_service *at, int connection, unsigned number)
{
	char c;

	(void)at, (void)number;
	say(connection, "action=REJECT blindly\n\n");
	while (read(connection, &c, 1) == 1)
		;
}

Test(policy_client, an_answer_is_for_one_question)
{
	struct asked asked[2];

	serve_by(answer_blindly, true, SHORT);
	ask(&asked[0], "a");
	ask(&asked[1], "b");
	await(2);
	cr_expect_eq(asked[0].question.answer.action, SERVICE_REJECT);
	cr_expect_eq(asked[1].question.answer.action, SERVICE_REJECT);
	ask(&asked[0], "a");
	await(3);
	expect_failure(&asked[0], "no answer within the time limit");
}

Test(policy_client, question_fails_at_once_if_nobody_listens)
{
	struct asked asked;

	serve_by(behave, true, LIMIT);
	fake_service_close(&fake);
	fake.speak = NULL;
	ask(&asked, "a");
	await(1);
	expect_failure(&asked, strerror(ECONNREFUSED));
}

Test(policy_client, a_service_that_is_crowded_is_asked_when_there_is_room)
{
	struct asked asked;

	fake = (struct fake_service) { .speak = behave };
	fake_service_open_crowded(&fake);
	connect_to(fake.endpoint, LIMIT);
	ask(&asked, "a");
	await(1);
	cr_expect_eq(asked.question.answer.action, SERVICE_REJECT, "%s", asked.question.answer.text);
}

Test(policy_client, service_without_a_socket_is_refused)
{
	struct asked asked;

	connect_to("/nonexistent/service", LIMIT);
	ask(&asked, "a");
	await(1);
	expect_failure(&asked, strerror(ENOENT));
}

static struct asked chain[50];
static unsigned chained;

/* Asks the next question where the answer of the one before is told. */
static void
go_on(struct service_question *question)
{
	on_done(question);
	if (++chained < 50) {
		ask(&chain[chained], "next");
		chain[chained].question.done = go_on;
	}
}

Test(policy_client, callback_may_ask_another_question)
{
	serve_by(behave, true, LIMIT);
	wanted = 50;
	ask(&chain[0], "first");
	chain[0].question.done = go_on;
	await(50);
	cr_expect_str_eq(chain[49].question.answer.text, "next");
	cr_expect_eq(fake_service_connections(&fake, 1), 1);
}
