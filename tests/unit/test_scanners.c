/* Scanners of messages: what is sent to them, and what is made of their answers. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer/clamd.h"
#include "peer/http_answer.h"
#include "peer/rspamd.h"
#include "support/fake_server.h"
#include "support/folder.h"

enum { LIMIT = 20000, SHORT = 200, SIZE = 300000 };

static struct fake_service fake;
static char text[SCAN_TEXT_SIZE];
static char message[SIZE];
static const char *const recipients[] = { "alice@example.test", "bob@example.test" };
static struct scan_subject subject;

static void
set_up(void)
{
	folder_make();
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
tear_down(void)
{
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

static enum scan_verdict
ask_clamd(const char *endpoint, int64_t limit)
{
	struct clamd clamd = { .limit = limit };
	clamd_open(&clamd);
	cr_assert(endpoint_parse(&clamd.endpoint, endpoint));
	return clamd.scanner.scan(&clamd.scanner, &subject, text);
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
	struct clamd clamd = { .limit = LIMIT, .max_size = SIZE - 1 };
	clamd_open(&clamd);
	cr_expect_eq(clamd.scanner.scan(&clamd.scanner, &subject, text), SCAN_CLEAN);
	cr_expect_str_eq(text, "larger than max-size, not scanned");
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

struct case_of_clamd {
	char answer[100];
	enum scan_verdict verdict;
	char text[60];
};

ParameterizedTestParameters(scanners, clamd_answers)
{
	static struct case_of_clamd cases[] = {
		{ "stream: OK", SCAN_CLEAN, "" },
		{ "stream: Win.Test.EICAR_HDB-1 FOUND", SCAN_REFUSED, "virus Win.Test.EICAR_HDB-1" },
		{ "stream: a FOUND b FOUND", SCAN_REFUSED, "virus a FOUND b" },
		{ "stream: a\r\n250 ok\x1b FOUND", SCAN_REFUSED, "virus a??250 ok?" },
		{ "stream:  FOUND", SCAN_FAILED, "stream:  FOUND" },
		{ "stream: OK FOUNDLING", SCAN_FAILED, "stream: OK FOUNDLING" },
		{ "stream: not scanned ERROR", SCAN_FAILED, "stream: not scanned ERROR" },
		{ "OK", SCAN_FAILED, "OK" },
		{ "", SCAN_FAILED, "" },
		{ "UNKNOWN COMMAND", SCAN_FAILED, "UNKNOWN COMMAND" },
	};
	return cr_make_param_array(struct case_of_clamd, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct case_of_clamd *is, scanners, clamd_answers)
{
	char words[SCAN_TEXT_SIZE];
	cr_expect_eq(clamd_answer_read(is->answer, strlen(is->answer), words), is->verdict, "%s", is->answer);
	cr_expect_str_eq(words, is->text);
}

struct case_of_rspamd {
	char answer[160];
	bool spf;
	enum scan_verdict verdict;
	char text[120];
};

ParameterizedTestParameters(scanners, rspamd_answers)
{
	static struct case_of_rspamd cases[] = {
		{ "{\"action\":\"no action\",\"score\":0.1,\"symbols\":{}}", true, SCAN_CLEAN, "" },
		{ "{\"action\":\"greylist\"}", false, SCAN_CLEAN, "" },
		{ "{\"action\":\"add header\",\"milter\":{\"add_headers\":{\"X\":\"y\"}}}", false, SCAN_CLEAN, "" },
		{ "{\"action\":\"reject\"}", false, SCAN_REFUSED, "Spam message rejected" },
		{ "{\"action\":\"reject\",\"messages\":{\"smtp_message\":\"Gtube pattern\"}}", false, SCAN_REFUSED,
		    "Gtube pattern" },
		{ "{\"action\":\"reject\",\"messages\":{\"smtp_message\":\"a\\r\\n250 \\u0000ok\"}}", false,
		    SCAN_FAILED,
		    "the answer is no JSON: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"a\\r\\n250 \\u0000ok\"'" },
		{ "{\"action\":\"reject\",\"messages\":{\"smtp_message\":\"a\\r\\n250 ok\"}}", false, SCAN_REFUSED,
		    "a??250 ok" },
		{ "{\"action\":\"reject\",\"messages\":[\"x\"]}", false, SCAN_REFUSED, "Spam message rejected" },
		{ "{\"action\":\"reject\",\"messages\":{\"smtp_message\":3}}", false, SCAN_REFUSED,
		    "Spam message rejected" },
		{ "{\"action\":\"soft reject\",\"messages\":{\"smtp_message\":\"Try again later\"}}", false,
		    SCAN_DEFERRED, "Try again later" },
		{ "{\"action\":\"soft reject\"}", false, SCAN_DEFERRED, "" },
		{ "{\"action\":\"no action\",\"symbols\":{\"R_SPF_FAIL\":{\"score\":1}}}", true, SCAN_SPF, "" },
		{ "{\"action\":\"no action\",\"symbols\":{\"R_SPF_FAIL\":{\"score\":1}}}", false, SCAN_CLEAN, "" },
		{ "{\"action\":\"no action\",\"symbols\":{\"R_SPF_SOFTFAIL\":{}}}", true, SCAN_CLEAN, "" },
		{ "{\"action\":\"quarantine\"}", false, SCAN_CLEAN, "an action that is not done here: quarantine" },
		{ "{\"error\":\"Cannot parse\"}", false, SCAN_FAILED, "Cannot parse" },
		{ "{\"action\":1}", false, SCAN_FAILED, "no action in the answer" },
		{ "[]", false, SCAN_FAILED, "no action in the answer" },
		{ "{}", false, SCAN_FAILED, "no action in the answer" },
		{ "{\"action\":\"no action\"", false, SCAN_FAILED,
		    "the answer is no JSON: '}' expected near end of file" },
		{ "{\"action\":\"reject\"}{", false, SCAN_FAILED,
		    "the answer is no JSON: end of file expected near '{'" },
	};
	return cr_make_param_array(struct case_of_rspamd, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct case_of_rspamd *is, scanners, rspamd_answers)
{
	char words[SCAN_TEXT_SIZE];
	cr_expect_eq(rspamd_answer_read(is->answer, strlen(is->answer), is->spf, words), is->verdict, "%s", is->answer);
	cr_expect_str_eq(words, is->text);
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
	struct rspamd rspamd = { .limit = limit };
	rspamd_open(&rspamd);
	cr_assert(endpoint_parse(&rspamd.endpoint, endpoint));
	return rspamd.scanner.scan(&rspamd.scanner, &subject, text);
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

struct case_of_http {
	char octets[120];
	bool ended;
	enum http_progress progress;
	unsigned status;
	char body[20];
};

ParameterizedTestParameters(scanners, http_answers)
{
	static struct case_of_http cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false, HTTP_WHOLE, 200, "{}" },
		{ "HTTP/1.0 200\r\ncontent-length:\t2 \r\n\r\n{}more", false, HTTP_WHOLE, 200, "{}" },
		{ "HTTP/1.1 500 Error\r\n\r\n{}", true, HTTP_WHOLE, 500, "{}" },
		{ "HTTP/1.1 204 Nothing\r\n\r\n", true, HTTP_WHOLE, 204, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, HTTP_WHOLE, 200, "" },
		{ "HTTP/1.1 200 OK\r\n\r\n{}", false, HTTP_MORE, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", false, HTTP_MORE, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", true, HTTP_CUT_OFF, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Len", false, HTTP_MORE, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Len", true, HTTP_CUT_OFF, 0, "" },
		{ "", true, HTTP_CUT_OFF, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", true, HTTP_BAD, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", true, HTTP_BAD, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", true, HTTP_BAD, 0, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", true, HTTP_BAD, 0, "" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", true, HTTP_BAD, 0, "" },
		{ "HTTP/1.1 2000 OK\r\n\r\n", true, HTTP_BAD, 0, "" },
		{ "HTTP/1.1 099 OK\r\n\r\n", true, HTTP_BAD, 0, "" },
		{ "HTTP/2 200 OK\r\n\r\n", true, HTTP_BAD, 0, "" },
		{ "SSH-2.0-x\r\n\r\n", true, HTTP_BAD, 0, "" },
	};
	return cr_make_param_array(struct case_of_http, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct case_of_http *is, scanners, http_answers)
{
	struct http_answer answer;
	enum http_progress progress = http_answer_read(&answer, is->octets, strlen(is->octets), is->ended);
	cr_assert_eq(progress, is->progress, "%s", is->octets);
	if (progress != HTTP_WHOLE)
		return;
	cr_expect_eq(answer.status, is->status);
	cr_expect_eq(answer.len, strlen(is->body));
	cr_expect_eq(memcmp(answer.body, is->body, answer.len), 0, "%s", is->octets);
}
