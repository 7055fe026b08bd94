/* Answers of scanners: what is made of clamd's, of rspamd's, and of HTTP. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "peer/clamd.h"
#include "peer/http_answer.h"
#include "peer/rspamd.h"

struct case_of_clamd {
	char answer[100];
	enum scan_verdict verdict;
	char text[60];
};

ParameterizedTestParameters(scan_answers, clamd_answers)
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

ParameterizedTest(struct case_of_clamd *is, scan_answers, clamd_answers)
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

ParameterizedTestParameters(scan_answers, rspamd_answers)
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
		    "the answer is not JSON: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"a\\r\\n250 \\u0000ok\"'" },
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
		    "the answer is not JSON: '}' expected near end of file" },
		{ "{\"action\":\"reject\"}{", false, SCAN_FAILED,
		    "the answer is not JSON: end of file expected near '{'" },
	};
	return cr_make_param_array(struct case_of_rspamd, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct case_of_rspamd *is, scan_answers, rspamd_answers)
{
	char words[SCAN_TEXT_SIZE];
	cr_expect_eq(
	    rspamd_answer_read(is->answer, strlen(is->answer), is->spf, NULL, words), is->verdict, "%s", is->answer);
	cr_expect_str_eq(words, is->text);
}

struct case_of_http {
	char octets[120];
	bool ended;
	enum http_progress progress;
	unsigned status;
	char body[20];
};

ParameterizedTestParameters(scan_answers, http_answers)
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

ParameterizedTest(struct case_of_http *is, scan_answers, http_answers)
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
