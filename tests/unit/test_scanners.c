/* Scanners of messages: what is sent to them, and what is made of their answers. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "peer/clamd.h"
#include "peer/rspamd.h"
#include "peer/scan_client.h"
#include "support/fake_server.h"
#include "support/folder.h"

enum { LIMIT = 20000, SHORT = 200, SIZE = 300000 };

static struct fake_service fake;
static char text[SCAN_TEXT_SIZE];
static char message[SIZE];
static const char *const recipients[] = { "alice@example.test", "bob@example.test" };
static struct scan_subject subject;
static uv_loop_t loop;
static struct scan_client client;
static unsigned ended, wanted, after_count;
static bool in_memory = true;   /* may the message be read without a job? */
static unsigned jobs_run;       /* that have read of it */
static struct job *job_waiting; /* one that has been started while jobs are late */
static bool jobs_late;

ssize_t __real_preadv2(int file, const struct iovec *parts, int count, off_t at, int flags);
ssize_t __wrap_preadv2(int file, const struct iovec *parts, int count, off_t at, int flags);

ssize_t
__wrap_preadv2(int file, const struct iovec *parts, int count, off_t at, int flags)
{
	if (in_memory)
		return __real_preadv2(file, parts, count, at, flags);
	errno = EAGAIN;
	return -1;
}

static void
start_job(struct executor *executor, struct job *job)
{
	(void)executor;
	jobs_run++;
	if (jobs_late) {
		job_waiting = job;
		return;
	}
	job->work(job);
	job->done(job);
}

static struct executor executor = { .start = start_job };

static void
set_up(void)
{
	folder_make();
	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(uv_loop_init(&loop), 0);
	for (size_t i = 0; i < SIZE; i++)
		message[i] = (char)(i % 72 == 71 ? '\n' : 'a' + i % 23);
	int file = open("message", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_eq(write(file, message, SIZE), SIZE);
	subject = (struct scan_subject) {
		.file = file,
		.size = SIZE,
		.sender = "a@b.example",
		.recipients = recipients,
		.recipient_count = 2,
		.address = "192.0.2.7",
		.client_name = "host.client.example",
		.helo = "client.example",
		.session = "s1",
		.hostname = "mx.example.test",
	};
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
	scan_client_close(&client);
	if (fake.speak != NULL)
		fake_service_close(&fake);
	close(subject.file);
	folder_remove();
}

TestSuite(scanners, .init = set_up, .fini = tear_down, .timeout = 60);

static void
serve_by(void (*speak)(struct fake_service *fake, int connection, unsigned number), bool local, const void *context)
{
	fake = (struct fake_service) { .speak = speak, .context = (void *)(uintptr_t)context };
	fake_service_open(&fake, local);
}

static bool
read_whole(int connection, void *octets, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(connection, (char *)octets + at, len - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static void
say(int connection, const void *octets, size_t len)
{
	ssize_t written = write(connection, octets, len);
	(void)written;
}

/* A clamd that answers, as its context says, when it has read the whole stream; and tells what it has not read right. */
static void
act_as_clamd(struct fake_service *at, int connection, unsigned number)
{
	static char octets[SIZE + 1];
	char command[sizeof "zINSTREAM"];
	size_t len = 0;
	uint32_t piece;

	(void)number;
	if (!read_whole(connection, command, sizeof command) || memcmp(command, "zINSTREAM", sizeof command) != 0)
		return;
	while (read_whole(connection, &piece, sizeof piece) && piece != 0 && len + ntohl(piece) <= SIZE) {
		if (!read_whole(connection, octets + len, ntohl(piece)))
			return;
		len += ntohl(piece);
	}
	const char *answer = at->context;
	if (len != SIZE || memcmp(octets, message, SIZE) != 0)
		answer = "stream: Misread FOUND";
	say(connection, answer, strlen(answer) + 1);
}

struct asked {
	struct scan_question question;
	bool done;
};

static void
on_done(struct scan_question *question)
{
	((struct asked *)question)->done = true;
	if (++ended == wanted)
		uv_stop(&loop);
}

static void
on_after(void *context)
{
	(void)context;
	after_count++;
}

static void
open_client(const struct scan_dialect *dialect, const char *endpoint, int64_t limit)
{
	client = (struct scan_client) {
		.dialect = dialect,
		.limit = limit,
		.executor = &executor,
		.after = on_after,
		.breaker = { .kind = "filter", .name = "fake" },
	};
	cr_assert(endpoint_parse(&client.endpoint, endpoint), "%s", endpoint);
	cr_assert_eq(scan_client_open(&client, &loop), 0);
	ended = wanted = 0;
}

static void
ask(struct asked *asked)
{
	*asked = (struct asked) { .question = { .subject = &subject, .done = on_done } };
	client.scanner.ask(&client.scanner, &asked->question);
}

/* Runs the loop until so many questions, of all of the client, have ended. */
static void
await(unsigned count)
{
	wanted = count;
	if (ended < wanted)
		uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(ended, count);
}

static enum scan_verdict
ask_once(const struct scan_dialect *dialect, const char *endpoint, int64_t limit)
{
	struct asked asked;
	open_client(dialect, endpoint, limit);
	ask(&asked);
	await(1);
	snprintf(text, sizeof text, "%s", asked.question.text);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	return asked.question.verdict;
}

static enum scan_verdict
ask_clamd(const char *endpoint, int64_t limit)
{
	return ask_once(&clamd_dialect, endpoint, limit);
}

Test(scanners, clamd_gets_the_message_unchanged)
{
	serve_by(act_as_clamd, true, "stream: OK");
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	cr_expect_str_eq(text, "");
}

Test(scanners, clamd_is_reached_by_tcp)
{
	serve_by(act_as_clamd, false, "stream: Eicar-Signature FOUND");
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_REFUSED);
	cr_expect_str_eq(text, "virus Eicar-Signature");
}

Test(scanners, clamd_that_is_crowded_is_asked_when_there_is_room)
{
	fake = (struct fake_service) { .speak = act_as_clamd, .context = (char *)"stream: OK" };
	fake_service_open_crowded(&fake);
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	cr_expect_str_eq(text, "");
}

Test(scanners, larger_messages_are_not_sent)
{
	struct asked asked;
	open_client(&clamd_dialect, "/nonexistent", LIMIT);
	client.max_size = SIZE - 1;
	ask(&asked);
	cr_expect(asked.done);
	cr_expect_eq(asked.question.verdict, SCAN_CLEAN);
	cr_expect_str_eq(asked.question.text, "larger than max-size, not scanned");
}

/* Has enough before the message is over, as clamd has at its StreamMaxLength. */
static void
have_enough(struct fake_service *at, int connection, unsigned number)
{
	static const char answer[] = "INSTREAM size limit exceeded. ERROR";
	char octets[1000];

	(void)at, (void)number;
	read_whole(connection, octets, sizeof octets);
	say(connection, answer, sizeof answer);
	shutdown(connection, SHUT_WR);
	while (read(connection, octets, sizeof octets) > 0)
		;
}

Test(scanners, clamd_may_stop_reading_early)
{
	serve_by(have_enough, true, NULL);
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "INSTREAM size limit exceeded. ERROR");
}

static void
answer_without_end(struct fake_service *at, int connection, unsigned number)
{
	char command[sizeof "zINSTREAM"];

	(void)number;
	read_whole(connection, command, sizeof command);
	say(connection, at->context, strlen(at->context));
	shutdown(connection, SHUT_WR);
	while (read(connection, command, sizeof command) > 0)
		;
}

Test(scanners, truncated_answer_is_a_failure)
{
	serve_by(answer_without_end, true, "stream: OK");
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "the answer is cut off");
}

Test(scanners, answer_of_clamd_is_bounded)
{
	static char answer[2000];
	memset(answer, 'x', sizeof answer - 1);
	serve_by(answer_without_end, true, answer);
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "the answer is too long");
}

/* Neither reads nor answers. */
static void
keep_silent(struct fake_service *at, int connection, unsigned number)
{
	(void)at, (void)connection, (void)number;
	usleep(3 * SHORT * 1000);
}

Test(scanners, clamd_has_a_time_limit)
{
	serve_by(keep_silent, true, NULL);
	cr_expect_eq(ask_clamd(fake.endpoint, SHORT), SCAN_FAILED);
	cr_expect_str_eq(text, "no answer: Connection timed out");
}

Test(scanners, scan_fails_if_nobody_listens)
{
	cr_expect_eq(ask_clamd("/nonexistent/clamd", LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "cannot connect: No such file or directory");
}

Test(scanners, what_is_not_in_memory_is_read_by_jobs)
{
	in_memory = false;
	jobs_run = 0;
	serve_by(act_as_clamd, true, "stream: OK");
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	cr_expect_eq(jobs_run, (SIZE + SCAN_BLOCK - 1) / SCAN_BLOCK);
}

/* The file may be closed, and its number be given to another, as soon as the question has ended. */
Test(scanners, a_job_that_is_late_holds_no_question)
{
	struct asked asked;
	in_memory = false;
	jobs_late = true;
	serve_by(keep_silent, true, NULL);
	open_client(&clamd_dialect, fake.endpoint, SHORT);
	ask(&asked);
	await(1);
	cr_expect_eq(asked.question.verdict, SCAN_FAILED);
	cr_assert_not_null(job_waiting);
	close(subject.file);
	job_waiting->work(job_waiting);
	job_waiting->done(job_waiting);
	subject.file = -1;
}

Test(scanners, a_file_that_has_shrunk_is_a_failure_of_its_own)
{
	subject.size = SIZE + 1;
	serve_by(act_as_clamd, true, "stream: OK");
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "the message cannot be read: Input/output error");
	cr_expect_not(peer_breaker_is_open(&client.breaker));
}

/* Hangs until the test ends. */
static void
hang(struct fake_service *at, int connection, unsigned number)
{
	char octet;
	(void)at, (void)number;
	while (recv(connection, &octet, 1, 0) == 1)
		;
}

Test(scanners, a_scanner_that_hangs_delays_each_message_by_one_limit_and_is_tried_again)
{
	enum { MANY = 3 * SCAN_LINKS };
	static struct asked asked[MANY];
	struct asked last;
	serve_by(hang, true, NULL);
	open_client(&clamd_dialect, fake.endpoint, SHORT);
	for (unsigned i = 0; i < MANY; i++)
		ask(&asked[i]);
	await(MANY);
	for (unsigned i = 0; i < MANY; i++)
		cr_expect_eq(asked[i].question.verdict, SCAN_FAILED);
	cr_expect_eq(fake_service_connections(&fake, SCAN_LINKS), SCAN_LINKS);
	ask(&last);
	cr_expect_not(last.done, "it is a trial: the scanner may be well");
	await(MANY + 1);
	cr_expect_str_eq(last.question.text, "no answer: Connection timed out");
	cr_expect_eq(fake_service_connections(&fake, SCAN_LINKS + 1), SCAN_LINKS + 1);
	cr_expect_gt(after_count, 0);
}

/* Reads and answers an octet now and then. */
static void
trickle(struct fake_service *at, int connection, unsigned number)
{
	static const char answer[] = "stream: OK";
	char octets[20000];
	size_t len = 0;
	(void)at, (void)number;
	while (len < sizeof "zINSTREAM" + SIZE + 4 * (SIZE / SCAN_BLOCK + 2)) {
		ssize_t n = recv(connection, octets, sizeof octets, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		usleep(1000);
	}
	for (size_t i = 0; i < sizeof answer; i++) {
		usleep(1000);
		say(connection, answer + i, 1);
	}
}

Test(scanners, many_messages_reach_a_scanner_that_trickles)
{
	enum { MANY = 2 * SCAN_LINKS };
	static struct asked asked[MANY];
	serve_by(trickle, true, NULL);
	open_client(&clamd_dialect, fake.endpoint, LIMIT);
	for (unsigned i = 0; i < MANY; i++)
		ask(&asked[i]);
	await(MANY);
	for (unsigned i = 0; i < MANY; i++)
		cr_expect_eq(asked[i].question.verdict, SCAN_CLEAN, "%s", asked[i].question.text);
	cr_expect_eq(fake_service_connections(&fake, MANY), MANY);
}

static void
close_at_once(struct fake_service *at, int connection, unsigned number)
{
	(void)at, (void)connection, (void)number;
}

Test(scanners, a_scanner_that_closes_is_no_scanner_that_is_down)
{
	serve_by(close_at_once, true, NULL);
	cr_expect_eq(ask_clamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect(strcmp(text, "the answer is cut off") == 0 || strncmp(text, "no answer: ", 11) == 0, "%s", text);
	cr_expect_not(peer_breaker_is_open(&client.breaker));
}

static char asked[SIZE + 4096];
static size_t asked_len;

/* A server of HTTP that answers, as its context says, when it has read a request. */
static void
act_as_rspamd(struct fake_service *at, int connection, unsigned number)
{
	const char *end, *answer = at->context;

	(void)number;
	asked_len = 0;
	for (ssize_t n; (n = read(connection, asked + asked_len, sizeof asked - 1 - asked_len)) > 0;) {
		asked_len += (size_t)n;
		asked[asked_len] = '\0';
		end = strstr(asked, "\r\n\r\n");
		if (end != NULL && asked_len == (size_t)(end + 4 - asked) + SIZE)
			break;
	}
	say(connection, answer, strlen(answer));
}

static enum scan_verdict
ask_rspamd(const char *endpoint, int64_t limit)
{
	return ask_once(&rspamd_dialect, endpoint, limit);
}

static const char clean[] = "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"action\":\"no action\"}";

static void
expect_header(const char *line)
{
	const char *end = strstr(asked, "\r\n\r\n");
	const char *at = strstr(asked, line);
	cr_expect(at != NULL && at < end, "%s in\n%.*s", line, (int)(end - asked), asked);
}

Test(scanners, rspamd_gets_sender_recipients_and_client)
{
	serve_by(act_as_rspamd, false, clean);
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	cr_expect_eq(strncmp(asked, "POST /checkv2 HTTP/1.0\r\n", 24), 0);
	expect_header("\r\nIP: 192.0.2.7\r\n");
	expect_header("\r\nHostname: host.client.example\r\n");
	expect_header("\r\nHelo: client.example\r\n");
	expect_header("\r\nQueue-Id: s1\r\n");
	expect_header("\r\nMTA-Name: mx.example.test\r\n");
	expect_header("\r\nFrom: <a@b.example>\r\n");
	expect_header("\r\nRcpt: <alice@example.test>\r\nRcpt: <bob@example.test>\r\n");
	expect_header("\r\nContent-Length: 300000\r\n");
	cr_expect_null(strstr(asked, "\r\nUser:"));
	cr_expect_eq(memcmp(strstr(asked, "\r\n\r\n") + 4, message, SIZE), 0);
}

/* rspamd compares the domain with that of From in the message, which it does not if an octet is above 0x7F; and looks up SPF by it. */
Test(scanners, domain_of_the_sender_is_spelled_as_users_write_it)
{
	subject.sender = "x@xn--bcher-kva.example";
	serve_by(act_as_rspamd, false, clean);
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nFrom: <x@xn--bcher-kva.example>\r\n");
	cr_expect_null(strstr(asked, "\r\nSMTPUTF8:"));
	subject.utf8 = true;
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nSMTPUTF8: yes\r\n");
	expect_header("\r\nFrom: <x@xn--bcher-kva.example>\r\n");
	subject.sender = "\303\244x@xn--bcher-kva.example";
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nFrom: <\303\244x@xn--bcher-kva.example>\r\n");
	subject.user = "anna";
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nFrom: <?\?x@xn--bcher-kva.example>\r\n");
	subject.own_author = true;
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nFrom: <\303\244x@b\303\274cher.example>\r\n");
	subject.sender = "";
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nFrom: <>\r\n");
}

Test(scanners, value_cannot_add_a_header)
{
	subject.helo = "x\r\nUser: admin\r\n\r\n{}";
	subject.sender = "";
	subject.user = "anna";
	serve_by(act_as_rspamd, true, clean);
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_CLEAN, "%s", text);
	expect_header("\r\nHelo: x??User: admin????{}\r\nUser: anna\r\n");
	expect_header("\r\nFrom: <>\r\n");
}

Test(scanners, error_of_rspamd_is_a_failure)
{
	serve_by(act_as_rspamd, true, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "the answer is of HTTP status 503");
}

Test(scanners, rspamd_has_a_time_limit)
{
	serve_by(keep_silent, true, NULL);
	cr_expect_eq(ask_rspamd(fake.endpoint, SHORT), SCAN_FAILED);
	cr_expect_str_eq(text, "no answer: Connection timed out");
	cr_expect_eq(ask_rspamd("/nonexistent/rspamd", LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "cannot connect: No such file or directory");
}

static void
flood(struct fake_service *at, int connection, unsigned number)
{
	static const char start[] = "HTTP/1.1 200 OK\r\n\r\n{\"action\":\"no action\",\"x\":\"";

	act_as_rspamd(at, connection, number);
	say(connection, start, sizeof start - 1);
	while (send(connection, message, SIZE, MSG_NOSIGNAL) > 0)
		;
}

Test(scanners, answer_of_rspamd_is_bounded)
{
	serve_by(flood, true, "");
	cr_expect_eq(ask_rspamd(fake.endpoint, LIMIT), SCAN_FAILED);
	cr_expect_str_eq(text, "the answer is too long");
}
