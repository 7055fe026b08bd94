/* The header of a message, in pieces of any size. */
#include "message/header.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was handed out, a field a line: "name=value", with | between the parts of a value. */
struct seen {
	char text[4096];
	size_t parts, longest;
};

static void
note(void *context, const struct header_field *field)
{
	struct seen *seen = context;
	size_t len = strlen(seen->text);
	seen->parts++;
	if (field->len > seen->longest)
		seen->longest = field->len;
	snprintf(seen->text + len, sizeof seen->text - len, "%s%s%.*s%s", field->first ? field->name : "",
	    field->first ? "=" : "|", field->len > 100 ? 0 : (int)field->len, field->value, field->last ? "\n" : "");
}

static struct header_scanner
scan(const char *text, size_t len, size_t piece, struct seen *seen)
{
	struct header_scanner scanner = { .field = note, .context = seen };
	*seen = (struct seen) { 0 };
	for (size_t at = 0; at < len; at += piece)
		header_scan(&scanner, text + at, piece < len - at ? piece : len - at);
	header_end(&scanner);
	return scanner;
}

/* The same in pieces of every size. */
static void
expect(const char *text, bool malformed, const char *fields)
{
	struct seen seen;
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		struct header_scanner scanner = scan(text, strlen(text), piece, &seen);
		cr_expect_str_eq(seen.text, fields, "pieces of %zu: %s", piece, seen.text);
		cr_expect_eq(scanner.malformed, malformed, "pieces of %zu of %s", piece, text);
	}
}

Test(header, fields_end_at_the_empty_line)
{
	expect("From: a\r\nTo:b\r\n\r\nSubject: text\r\n", false, "From=a\nTo=b\n");
	expect("From: a\r\n\r\n", false, "From=a\n");
	expect("From: a\r\n", false, "From=a\n");
	expect("From: a", false, "From=a\n");
	expect("\r\nFrom: a\r\n", false, "");
	expect("", false, "");
}

Test(header, folded_lines_are_one_value)
{
	expect("Subject: one\r\n two\r\n\tthree  \r\nTo: b\r\n\r\n", false, "Subject=one two\tthree\nTo=b\n");
	expect("Subject:\r\n two\r\n\r\n", false, "Subject=two\n");
	expect("Subject: one\r\n \r\nTo: b\r\n\r\n", false, "Subject=one\nTo=b\n");
	expect("Subject:   \r\n\r\n", false, "Subject=\n");
}

Test(header, white_space_may_stand_before_the_colon)
{
	expect("Subject \t: one\r\n\r\n", false, "Subject=one\n");
}

Test(header, malformed_lines_are_reported_and_skipped)
{
	expect("no field\r\nTo: b\r\n\r\n", true, "To=b\n");
	expect("From: a\r\nno-field\r\n folded: c\r\nTo: b\r\n\r\n", true, "From=a\nTo=b\n");
	expect(" folded: a\r\nTo: b\r\n\r\n", true, "To=b\n");
	expect(": a\r\nTo: b\r\n\r\n", true, "To=b\n");
	expect("Fr\x01om: a\r\nTo: b\r\n\r\n", true, "To=b\n");
	expect("Fr\xF6m: a\r\nTo: b\r\n\r\n", true, "To=b\n");
	expect("To: b\r\nno-field", true, "To=b\n");
}

Test(header, line_ends_that_are_bare_are_malformed)
{
	expect("From: a\nTo: b\n\nSubject: c\n", true, "From=a\nTo=b\n");
	expect("From: a\rb\r\n\r\n", true, "From=a\rb\n");
	expect("From: a\r\n\rTo: b\r\n\r\n", true, "From=a\n");
	expect("From: a\r\r\n\r\n", true, "From=a\r\n");
}

Test(header, names_have_a_limit)
{
	char text[160], fields[160];
	for (int len = HEADER_NAME_MAX; len <= HEADER_NAME_MAX + 1; len++) {
		snprintf(text, sizeof text, "%.*s%s", len,
		    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzab",
		    ": a\r\nTo: b\r\n");
		snprintf(fields, sizeof fields, "%.*s=a\n", len, text);
		expect(text, len > HEADER_NAME_MAX, len > HEADER_NAME_MAX ? "To=b\n" : strcat(fields, "To=b\n"));
	}
}

Test(header, long_values_come_in_parts)
{
	struct seen seen;
	char text[3000] = "To: ";
	memset(text + 4, 'x', 2 * HEADER_VALUE_MAX);
	snprintf(text + 4 + 2 * HEADER_VALUE_MAX, 100, "\r\nCc: b\r\n\r\n");
	scan(text, strlen(text), 7, &seen);
	cr_expect_str_eq(seen.text, "To=|\nCc=b\n");
	cr_expect_eq(seen.parts, 3);
	cr_expect_eq(seen.longest, HEADER_VALUE_MAX);
}

Test(header, only_a_bounded_prefix_is_read)
{
	static const char line[] = "X: 345678901234567890123456789\r\n";
	struct header_scanner scanner = { 0 };
	for (size_t i = 0; i < HEADER_MAX / (sizeof line - 1); i++)
		header_scan(&scanner, line, sizeof line - 1);
	while (scanner.size < HEADER_MAX)
		header_scan(&scanner, "\r", 1);
	cr_expect_not(scanner.ended);
	header_scan(&scanner, "Received: a\r\n", 13);
	cr_expect(scanner.ended);
	cr_expect(scanner.malformed);
	cr_expect_eq(scanner.received, 0);
}

Test(header, received_lines_are_counted)
{
	static const char text[] = "Received: a\r\n\tReceived: b\r\nRECEIVED: c\r\nreceived : d\r\nX-Received: e\r\n"
	                           "Receive: f\r\nReceivedd: g\r\nReceived:\r\n\r\nReceived: h\r\n";
	struct header_scanner scanner = { 0 };
	header_scan(&scanner, text, sizeof text - 1);
	cr_expect_eq(scanner.received, 4);
	cr_expect(scanner.ended);
}

Test(header, octets_behind_the_header_are_not_read)
{
	struct header_scanner scanner = { 0 };
	header_scan(&scanner, "A: b\r\n\r\n", 8);
	header_scan(&scanner, "text\n", 5);
	header_end(&scanner);
	cr_expect_eq(scanner.size, 8);
	cr_expect_not(scanner.malformed);
}
