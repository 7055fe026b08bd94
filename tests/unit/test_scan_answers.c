/* Answers of scanners: what is made of clamd's, of rspamd's, and of HTTP. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "base/text/field_edits.h"
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
		{ "{\"action\":\"greylist\"}", false, SCAN_SUSPECT, "" },
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

struct case_of_edits {
	char answer[300];
	char added[200];  /* the fields that are added, one behind the other */
	char removed[60]; /* "NAME WHICH;" of each */
	char left_out[60];
};

ParameterizedTestParameters(scan_answers, rspamd_edits)
{
	static struct case_of_edits cases[] = {
		{ "{\"action\":\"no action\"}", "", "", "" },
		{ "{\"action\":\"no action\",\"milter\":{\"add_headers\":{\"X\":\"y\",\"N\":3}}}", "X: y\nN: 3\n", "",
		    "" },
		{ "{\"action\":\"no action\",\"milter\":{\"add_headers\":{\"A\":{\"value\":\"b\"},\"C\":{\"value\":\"d\",\"order\":1},"
		  "\"E\":[{\"value\":\"f\",\"order\":0},\"g\",{\"value\":\"h\",\"order\":-1}]}}}",
		    "E: f\nC: d\nA: b\nE: g\nE: h\n", "", "" },
		{ "{\"action\":\"no action\",\"milter\":{\"remove_headers\":{\"X\":0,\"Y\":[1,-2]}}}", "",
		    "X 0;Y 1;Y -2;", "" },
		{ "{\"action\":\"no action\",\"dkim-signature\":\"v=1;\\r\\n\\tb=x\"}", "DKIM-Signature: v=1;\n\tb=x\n",
		    "", "" },
		{ "{\"action\":\"no action\",\"dkim-signature\":[\"v=1\",\"v=2\"]}",
		    "DKIM-Signature: v=1\nDKIM-Signature: v=2\n", "", "" },
		{ "{\"action\":\"add header\"}", "X-Spam: Yes\n", "", "" },
		{ "{\"action\":\"add header\",\"milter\":{\"add_headers\":{\"X-Spam\":\"No\"}}}", "X-Spam: No\n", "",
		    "" },
		{ "{\"action\":\"add header\",\"milter\":{\"spam_header\":\"Maybe\"}}", "X-Spam: Maybe\n", "", "" },
		{ "{\"action\":\"add header\",\"milter\":{\"spam_header\":{\"X-Junk\":\"1\"}}}", "X-Junk: 1\n", "",
		    "" },
		{ "{\"action\":\"greylist\",\"milter\":{\"add_headers\":{\"X\":\"y\"}}}", "X: y\n", "", "" },
		{ "{\"action\":\"rewrite subject\",\"subject\":\"*** x\"}", "Subject: *** x\n", "", "" },
		{ "{\"action\":\"no action\",\"subject\":\"*** x\"}", "", "", "" },
		{ "{\"action\":\"reject\",\"dkim-signature\":\"v=1\"}", "", "", "" },
		{ "{\"action\":\"soft reject\",\"milter\":{\"remove_headers\":{\"X\":0}}}", "", "", "" },
		{ "{\"action\":\"no action\",\"milter\":{\"add_headers\":{\"A\":\"b\\nc\",\"D E\":\"f\",\"G\":null,\"H\":{\"order\":1},"
		  "\"I\":[[\"j\"]],\"K\":\"\\u00fc\"},\"remove_headers\":{\"L\":\"m\",\"N\":99999999999}}}",
		    "", "", "L N A D E G H I K" },
		{ "{\"action\":\"rewrite subject\",\"subject\":\"a\\nb: c\",\"milter\":[1],\"dkim-signature\":{}}", "",
		    "", "DKIM-Signature Subject" },
	};
	return cr_make_param_array(struct case_of_edits, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct case_of_edits *is, scan_answers, rspamd_edits)
{
	struct field_edits edits = { 0 };
	char words[SCAN_TEXT_SIZE], added[400] = "", removed[100] = "";
	rspamd_answer_read(is->answer, strlen(is->answer), false, &edits, words);
	field_edits_sort(&edits);
	for (size_t i = 0; i < edits.added_count; i++)
		strcat(added, edits.added[i].text);
	if (edits.subject != NULL)
		strcat(added, edits.subject);
	for (size_t i = 0; i < edits.removed_count; i++)
		snprintf(removed + strlen(removed), sizeof removed - strlen(removed), "%s %d;", edits.removed[i].name,
		    edits.removed[i].which);
	cr_expect_str_eq(added, is->added, "%s", is->answer);
	cr_expect_str_eq(removed, is->removed, "%s", is->answer);
	cr_expect_str_eq(edits.left_out, is->left_out, "%s: %s", is->answer, edits.left_out);
	field_edits_clear(&edits);
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
