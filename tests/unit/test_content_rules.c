/* Content rules: how they are read, and what they find in a message. */
#include "message/content_rules.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message/mime_walk.h"

static char faults[4096];

static void
note_fault(void *context, const char *file, unsigned line, const char *fault)
{
	size_t len = strlen(faults);
	(void)context, (void)file;
	snprintf(faults + len, sizeof faults - len, "%u %s\n", line, fault);
}

static struct content_rules *
read_rules(const char *text)
{
	char path[] = "/tmp/ftgate-rules-XXXXXX";
	int file = mkstemp(path);
	cr_assert_geq(file, 0);
	cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	faults[0] = '\0';
	struct content_rules *rules = content_rules_read(path, note_fault, NULL);
	unlink(path);
	return rules;
}

static void
expect_faults(const char *text, const char *expected)
{
	cr_expect_null(read_rules(text));
	cr_expect_str_eq(faults, expected);
}

static struct content_finding
look(const char *text, const char *message, size_t len)
{
	struct content_rules *rules = read_rules(text);
	struct content_finding finding;
	static char cause[64];
	int file = memfd_create("message", 0);
	cr_assert_not_null(rules, "%s", faults);
	cr_assert_geq(file, 0);
	for (size_t at = 0; at < len; at += 1 << 20)
		cr_assert_gt(write(file, message + at, len - at < 1 << 20 ? len - at : 1 << 20), 0);
	content_rules_look(rules, file, &finding);
	close(file);
	if (finding.cause != NULL) {
		snprintf(cause, sizeof cause, "%s", finding.cause);
		finding.cause = cause;
	}
	content_rules_free(rules);
	return finding;
}

/* cause NULL: there is nothing against the message. */
static void
expect(const char *rules, const char *message, const char *cause)
{
	struct content_finding finding = look(rules, message, strlen(message));
	cr_expect_str_eq(
	    finding.cause != NULL ? finding.cause : "", cause != NULL ? cause : "", "%s: %s", rules, message);
	cr_expect_eq(finding.verdict == CONTENT_CLEAN, cause == NULL);
	cr_expect_str_eq(finding.detail, "");
}

/* A message with an attachment whose fields these are. */
static void
expect_attachment(const char *rules, const char *fields, const char *cause)
{
	char message[4096];
	snprintf(message, sizeof message,
	    "Subject: x\nContent-Type: multipart/mixed; boundary=\"b b\"\n\npreamble\n--b b\n\ntext\n--b b\n%s\n\ndata\n--b b--\n",
	    fields);
	expect(rules, message, cause);
}

Test(content_rules, empty_file_forbids_nothing)
{
	expect("", "Subject: x\n\ntext\n", NULL);
	expect("# comment\n\n   \n", "Subject: x\n\ntext\n", NULL);
}

Test(content_rules, each_fault_is_reported_with_its_line)
{
	expect_faults("name *.exe\nnmae *.scr\n", "2 there is no rule 'nmae'; write name, type or header\n");
	expect_faults("name\n\ntype\n",
	    "1 there is no pattern after 'name'; write one such as *.exe or application/zip\n"
	    "3 there is no pattern after 'type'; write one such as *.exe or application/zip\n");
	expect_faults(
	    "header Subject pills\n", "1 'pills' is not a pattern; write header Subject /PATTERN/, or /PATTERN/i\n");
	expect_faults("header Subject /\n", "1 '/' is not a pattern; write header Subject /PATTERN/, or /PATTERN/i\n");
	expect_faults("header Subject /a/x\n", "1 'x' behind the pattern should be i, or nothing\n");
	expect_faults("header Subject /a(b/\n", "1 octet 4 of the pattern /a(b/: missing closing parenthesis\n");
	expect_faults(
	    "header Subject /\\C/\n", "1 octet 3 of the pattern /\\C/: using \\C is disabled by the application\n");
}

Test(content_rules, overlong_line_is_reported)
{
	char text[CONTENT_LINE_MAX + 16];
	memset(text, 'x', sizeof text);
	memcpy(text, "name ", 5);
	text[CONTENT_LINE_MAX] = '\0';
	content_rules_free(read_rules(text));
	cr_expect_str_eq(faults, "");
	text[CONTENT_LINE_MAX] = 'x';
	text[CONTENT_LINE_MAX + 1] = '\0';
	expect_faults(text, "1 the line is longer than 4096 octets; make two of it\n");
}

Test(content_rules, missing_file_is_reported)
{
	faults[0] = '\0';
	cr_expect_null(content_rules_read("/nonexistent/rules", note_fault, NULL));
	cr_expect_str_eq(faults, "0 No such file or directory\n");
}

Test(content_rules, fifo_is_refused, .timeout = 20)
{
	char path[] = "/tmp/ftgate-rules-XXXXXX";
	close(mkstemp(path));
	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	faults[0] = '\0';
	cr_expect_null(content_rules_read(path, note_fault, NULL));
	cr_expect_str_eq(faults, "0 it is not a regular file\n");
	unlink(path);
}

Test(content_rules, name_is_found_wherever_it_stands)
{
	static const char rules[] = "# none\nname *.scr *.EXE\n";
	static const char *const fields[] = {
		"Content-Type: application/octet-stream; name=evil.exe",
		"Content-Type: application/octet-stream; name=\"evil.exe\"",
		"Content-Type: application/octet-stream;\n\tname=\"evil.exe\"",
		"Content-Disposition: attachment; filename=evil.exe",
		"content-disposition: inline; size=3; FILENAME=\"a b.Exe\"; x=y",
		"Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=evil.exe",
		"Content-Disposition: attachment; filename=a.txt; filename=evil.exe",
		"Content-Disposition: attachment; filename=evil.exe; filename=a.txt",
		"Content-Type: text/plain\nContent-Type: text/plain; name=evil.exe",
		"Content-Type: ; name=evil.exe",
		"Content-Type: octets; name=evil.exe",
		"Content-Disposition: attachment; ; filename=evil.exe;",
		"Content-Disposition: attachment; filename=(comment) evil.exe",
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		expect_attachment(rules, fields[i], "line 2");
}

Test(content_rules, name_is_found_however_it_is_encoded)
{
	static const char *const names[] = {
		"filename*=utf-8''ev%69l.exe",
		"filename*=utf-8'de'%65vil%2Eexe",
		"filename*0=ev; filename*1=il.e; filename*2=xe",
		"filename*1=il.exe; filename*0=ev",
		"filename*0*=utf-8''ev%69; filename*1=l.e; filename*2*=x%65",
		"filename*=utf-8''evil.exe%00",
		"filename*=utf-8''evil.txt%00.exe",
		"filename*=nonsense''%ff.exe",
		"filename*=evil.exe",
		"filename=\"=?utf-8?B?ZXZpbC5leGU=?=\"",
		"filename=\"=?utf-8?b?ZXZpbC5leGU?=\"",
		"filename==?utf-8?B?ZXZpbC5leGU=?=",
		"filename=\"=?utf-8?Q?evil=2Eexe?=\"",
		"filename=\"=?utf-8?Q?ev?= =?iso-8859-1?Q?il.exe?=\"",
		"filename=\"=?utf-8?Q?ev?=\n\t=?utf-8?Q?il.exe?=\"",
		"filename=\"=?utf-8?Q?evil.txt=00.exe?=\"",
		"filename=\"=?nonsense?B?ZXZpbC5leGU=?=\"",
		"filename*0=\"=?utf-8?B?ZXZp\"; filename*1=\"bC5leGU=?=\"",
		"filename=\"evil.exe. . \"",
		"filename='evil.exe'",
		"filename=\"evil.exe",
		"filename=evil file.exe",
		"filename=\"\xE4.exe\"",
		"filename=\"dir/../evil.exe\"",
		"filename=\"dir\\\\evil.exe\"",
	};
	char fields[512];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(fields, sizeof fields, "Content-Disposition: attachment; %s", names[i]);
		expect_attachment("name *.exe", fields, "line 1");
	}
}

Test(content_rules, innocent_names_pass)
{
	static const char rules[] = "name *.exe *.scr\ntype application/x-msdownload\nheader Subject /pills/";
	static const char *const fields[] = {
		"Content-Type: text/plain; name=exe",
		"Content-Type: text/plain; name=evil.exe.txt",
		"Content-Type: text/plain; charset=evil.exe",
		"Content-Disposition: attachment; filename=\"a;filename=b.exe;.txt\"",
		"X-Content-Type: application/octet-stream; name=evil.exe",
		"Content-Type: application/octet-stream (name=evil.exe)",
		"Content-Type:",
		"Content-Type: ;;;=;=\"",
		"Content-Disposition: attachment; filename==?",
		"Content-Disposition: attachment; filename=\"=?utf-8?B?",
		"Content-Disposition: attachment; filename=\"=?utf-8?B?\x3F=\"",
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		expect_attachment(rules, fields[i], NULL);
	expect_attachment(
	    rules, "Content-Type: text/plain\n\nContent-Disposition: attachment; filename=evil.exe", NULL);
}

Test(content_rules, media_type_is_found)
{
	static const char rules[] = "type message/partial\ntype application/x-ms* image/svg+xml\n";
	expect_attachment(rules, "Content-Type: Application/X-MSDownload", "line 2");
	expect_attachment(rules, "Content-Type: image/svg+xml; charset=utf-8", "line 2");
	expect_attachment(rules, "Content-Type: message/partial; id=a; number=1", "line 1");
	expect_attachment(rules, "Content-Type: text/plain\nContent-Type: image/svg+xml", "line 2");
	expect_attachment(rules, "Content-Type: image/svg", NULL);
	expect("type text/plain", "Subject: x\n\ntext\n", "line 1");
	expect("type text/html", "Content-Type: text/html\n", "line 1");
	expect("type multipart/*", "Content-Type: multipart/mixed\n\n", "line 1");
}

Test(content_rules, header_is_matched_against_patterns)
{
	static const char message[] =
	    "Received: from a\nSubject: =?utf-8?Q?B=C3=BCcher?= and\n\tpills\nX-A: 1\nX-A: 2\n\nSubject: text\n";
	expect("header Subject /pills$/", message, "line 1");
	expect("header subject /^b\u00DCCHER and\\b/i", message, "line 1");
	expect("header Subject /b\u00DCCHER/", message, NULL);
	expect("header X-* /2/", message, "line 1");
	expect("header * /from/", message, "line 1");
	expect("header Subject /text/", message, NULL);
	expect("header Subject /and +pills/", message, NULL);
	expect("header Subject /a\\/b/", "Subject: a/b\n", "line 1");
	expect("header Subject /a/b/", "Subject: a/b\n", "line 1");
	expect("header Subject /^$/", "Subject:\n\n", "line 1");
	expect("header Subject /\xC3\xBC/", "Subject: \xC3\xBC \xFF\n\n", "line 1");
	expect("header Subject /x/", "Subject: \xFF\xFE x\n\n", "line 1");
}

Test(content_rules, header_of_a_part_is_not_that_of_the_message)
{
	expect_attachment("header Subject /pills/", "Subject: pills", NULL);
}

Test(content_rules, first_matching_rule_is_reported)
{
	expect("name *.exe\nheader Subject /x/\nheader Subject /x/", "Subject: x\n\n", "line 2");
}

/* Each step back doubles the way. */
Test(content_rules, pattern_that_takes_too_long_is_skipped_and_reported)
{
	static const char message[] = "Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n\n";
	struct content_finding finding = look("header Subject /^(a+)+$/\nheader Subject /!/", message, strlen(message));
	cr_expect_eq(finding.verdict, CONTENT_PROHIBITED);
	cr_expect_str_eq(finding.cause, "line 2");
	cr_expect_str_eq(finding.detail, "content rule, line 1: match limit exceeded");
	finding = look("header Subject /^(a+)+$/", message, strlen(message));
	cr_expect_eq(finding.verdict, CONTENT_CLEAN);
	cr_expect_str_eq(finding.detail, "content rule, line 1: match limit exceeded");
}

/* A text that grows. */
static char *big;
static size_t big_len;

static void
add(const char *text)
{
	size_t len = strlen(text);
	if ((big_len & (big_len + len)) < len || big == NULL)
		big = realloc(big, 2 * (big_len + len) + 1);
	cr_assert_not_null(big);
	memcpy(big + big_len, text, len + 1);
	big_len += len;
}

static void
clear(void)
{
	free(big);
	big = NULL;
	big_len = 0;
}

static void
expect_big(const char *rules, const char *cause)
{
	struct content_finding finding = look(rules, big, big_len);
	cr_expect_str_eq(finding.cause != NULL ? finding.cause : "", cause != NULL ? cause : "");
	clear();
}

Test(content_rules, many_patterns_against_many_fields_are_bounded)
{
	for (int i = 0; i < 1000; i++)
		add("Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n");
	char *message = strdup(big), rules[65536] = "";
	clear();
	for (size_t at = 0; at < 1000 * 25; at += 25)
		memcpy(rules + at, "header Subject /^(a+)+$/\n", 26);
	add(message);
	free(message);
	expect_big(rules, "header-time");
}

static void
add_parts(int count, const char *fields)
{
	add("Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < count; i++)
		add("--b\n\nx\n");
	add("--b\n");
	add(fields);
	add("\n\n--b--\n");
}

Test(content_rules, last_of_very_many_parts_is_checked)
{
	add_parts(MIME_PARTS_MAX - 1, "Content-Type: text/plain");
	expect_big("name *.exe", NULL);
	add_parts(MIME_PARTS_MAX - 1, "Content-Type: a/b; name=a.exe");
	expect_big("name *.exe", "line 1");
	add_parts(MIME_PARTS_MAX, "Content-Type: text/plain");
	expect_big("name *.exe", "mime-parts");
	add_parts(1000000, "");
	expect_big("name *.exe", "mime-parts");
	add_parts(MIME_PARTS_MAX, "Content-Type: text/plain");
	expect_big("header Subject /x/", NULL);
}

static void
add_levels(int count, const char *fields)
{
	char text[128];
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof text, "Content-Type: multipart/mixed; boundary=b%d;\n\n--b%d\n", i, i);
		add(text);
	}
	add(fields);
	add("\n\n");
}

Test(content_rules, innermost_of_many_multiparts_is_checked)
{
	add_levels(MIME_DEPTH_MAX, "");
	expect_big("name *.exe", NULL);
	add_levels(MIME_DEPTH_MAX, "Content-Type: a/b; name=a.exe");
	expect_big("name *.exe", "line 1");
	add_levels(MIME_DEPTH_MAX + 1, "");
	expect_big("name *.exe", "mime-depth");
	add_levels(1000, "");
	expect_big("name *.exe", "mime-depth");
}

Test(content_rules, multiparts_one_behind_the_other_are_not_deep)
{
	char text[128];
	add("Content-Type: multipart/mixed; boundary=outer\n\n");
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text,
		    "--outer\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n\n--b%d--\n", i, i, i);
		add(text);
	}
	add("--outer\nContent-Type: a/b; name=a.exe\n\n");
	expect_big("name *.exe", "line 1");
}

Test(content_rules, attached_messages_are_checked)
{
	for (int i = 0; i < 1000; i++)
		add("Content-Type: message/rfc822\n\n");
	add("Content-Type: a/b; name=a.exe\n\n");
	expect_big("name *.exe", "line 1");
	expect_attachment("name *.exe", "Content-Type: message/rfc822\n\nContent-Type: a/b; name=a.exe", "line 1");
	expect("name *.exe",
	    "Content-Type: multipart/digest; boundary=d\n\n--d\n\nContent-Type: a/b; name=a.exe\n\n--d--\n", "line 1");
	for (int i = 0; i <= MIME_PARTS_MAX; i++)
		add("Content-Type: message/global\n\n");
	expect_big("name *.exe", "mime-parts");
}

Test(content_rules, header_beyond_its_limit_is_refused)
{
	for (int i = 0; i < 1 << 14; i++)
		add("X-Padding: 012345678901234567890123456789012345678901234567890\n");
	add("Content-Type: a/b; name=a.exe\n\n");
	expect_big("name *.exe", "line 1");
	for (int i = 0; i < 1 << 15; i++)
		add("X-Padding: 012345678901234567890123456789012345678901234567890\n");
	add("Content-Type: a/b; name=a.exe\n\n");
	expect_big("name *.exe", "mime-header");
}

Test(content_rules, very_long_field_is_checked)
{
	add("Content-Type: a/b;");
	for (int i = 0; i < 20000; i++)
		add("\n x=\"01234567890123456789\";");
	add("\n name=a.exe\n\n");
	expect_big("name *.exe", "line 1");
}

Test(content_rules, boundary_is_unquoted)
{
	static const char *const boundaries[] = { "b", "\"b\"", "\"=?utf-8?Q?b?=\"", "\"a b'()+_,-./:=?c\"",
		"b; boundary=c", "c; boundary=b", "\"b", "b (comment)" };
	static const char *const lines[] = { "b", "b", "=?utf-8?Q?b?=", "a b'()+_,-./:=?c", "b", "b", "b", "b" };
	char message[512];
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(message, sizeof message,
		    "Content-Type: multipart/mixed; boundary=%s\n\n--%s  \nContent-Type: a/b; name=a.exe\n\n",
		    boundaries[i], lines[i]);
		expect("name *.exe", message, "line 1");
	}
}

Test(content_rules, boundary_that_is_too_long_is_refused)
{
	char message[2048], boundary[512];
	memset(boundary, 'b', sizeof boundary);
	boundary[255] = '\0';
	snprintf(message, sizeof message,
	    "Content-Type: multipart/mixed; boundary=%s\n\n--%s\nContent-Type: a/b; name=a.exe\n\n", boundary,
	    boundary);
	expect("name *.exe", message, "line 1");
	boundary[255] = 'b';
	boundary[256] = '\0';
	snprintf(message, sizeof message, "Content-Type: multipart/mixed; boundary=%s\n\n", boundary);
	expect("name *.exe", message, "mime-boundary");
}

Test(content_rules, broken_mime_structure_hides_no_part)
{
	static const char *const messages[] = {
		/* no end */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b; name=a.exe",
		/* a part behind the end */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b--\n--b\nContent-Type: a/b; name=a.exe\n\n",
		/* one boundary begins with another */
		"Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		"--bb\nContent-Type: a/b; name=a.exe\n\n",
		/* the same boundary within itself */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
		"Content-Type: a/b; name=a.exe\n\n",
		/* a boundary in the midst of a header */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nX: y\n--b\nContent-Type: a/b; name=a.exe\n\n",
		/* the boundary of the multipart around ends the header that opens another */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n--b\n"
		"Content-Type: a/b; name=a.exe\n\n",
		/* a line that is no field */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nno field\nContent-Type: a/b; name=a.exe\n\n",
		/* base64 that is none, and is cut off */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nAAA=A*\n--b\n"
		"Content-Type: a/b; name=a.exe\nContent-Transfer-Encoding: base64\n\nA",
		/* CRLF */
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b;\r\n\tname=a.exe\r\n\r\n--b--\r\n",
		/* a type that is none */
		"Content-Type: multipart; boundary=b\n\n--b\nContent-Type: a/b; name=a.exe\n\n",
	};
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		expect("name *.exe", messages[i], "line 1");
	expect("name *.exe", "Content-Type: multipart/mixed\n\n--\nContent-Type: a/b; name=a.exe\n\n", NULL);
	expect("name *.exe", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\nContent-Type: a/b; name=a.exe\n\n",
	    NULL);
	expect("name *.exe", "", NULL);
	expect("name *.exe", "\n", NULL);
	expect("name *.exe", "--", NULL);
}

/* The file is read in blocks of 64 KiB: a boundary is found wherever it stands to them. */
Test(content_rules, boundary_is_found_across_the_blocks_of_the_file)
{
	char *filling = malloc(70000);
	cr_assert_not_null(filling);
	for (size_t len = 65300; len < 65560; len++) {
		memset(filling, 'x', len);
		filling[len] = '\0';
		add("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
		add(filling);
		add("\n--b\nContent-Type: a/b; name=a.exe\n\n");
		expect_big("name *.exe", "line 1");
	}
	free(filling);
}

Test(content_rules, unreadable_message_is_reported)
{
	struct content_rules *rules = read_rules("name *.exe");
	struct content_finding finding;
	content_rules_look(rules, -1, &finding);
	cr_expect_eq(finding.verdict, CONTENT_FAILED);
	cr_expect_str_eq(finding.detail, "cannot read the message: Bad file descriptor");
	content_rules_free(rules);
}
