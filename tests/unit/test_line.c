/* The line reader: only CRLF ends a line, however the octets arrive. */
#include "session/line.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 32, SHOWN = 4096 };

/* Reads everything in pieces and writes what came out: "<text>" a line, "!" a bad one, "+" one that is too long. */
static void
read_in_pieces(char shown[SHOWN], const char *bytes, size_t len, size_t piece)
{
	struct line_reader reader = { .limit = LIMIT };
	size_t n = 0;
	for (size_t at = 0; at < len; at += piece) {
		size_t end = at + piece < len ? at + piece : len;
		for (size_t i = at; i < end;) {
			struct line line;
			i += line_read(&reader, bytes + i, end - i, &line);
			if (line.status == LINE_READY) {
				shown[n++] = '<';
				memcpy(shown + n, line.text, line.len);
				n += line.len;
				shown[n++] = '>';
			} else if (line.status != LINE_UNFINISHED) {
				shown[n++] = line.status == LINE_BAD ? '!' : '+';
			}
			if (line.status != LINE_UNFINISHED)
				line_release(&reader);
		}
	}
	line_release(&reader);
	shown[n] = '\0';
}

#define OCTETS(text) (text), sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t len;
	const char *lines;
} cases[] = {
	{ OCTETS("NOOP\r\n"), "<NOOP>" },
	{ OCTETS("\r\n"), "<>" },
	{ OCTETS("a\r\nb\r\n\r\nc"), "<a><b><>" },
	{ OCTETS("a\tb \r\n"), "<a\tb >" },
	{ OCTETS("\xC3\xB6\xFF\r\n"), "<\xC3\xB6\xFF>" },
	{ OCTETS("a\nb\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\rb\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\r\r\nc\r\n"), "!<c>" },
	{ OCTETS("\n\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\n\nb\n\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\0b\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\x1b[1m\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\x7f\r\nc\r\n"), "!<c>" },
	{ OCTETS("a\r"), "" },
	{ OCTETS("a\n"), "" },
	{ OCTETS("123456789012345678901234567890\r\nc\r\n"), "<123456789012345678901234567890><c>" },
	{ OCTETS("1234567890123456789012345678901\r\nc\r\n"), "+<c>" },
	{ OCTETS("12345678901234567890123456789012345678901234567890123456789012345678901234567890\r\nc\r\n"), "+<c>" },
	{ OCTETS("1234567890123456789012345678901234567890\n1234567890\r1234567890\r\r\nc\r\n"), "+<c>" },
};

Test(line, ends_at_crlf_and_nowhere_else_in_any_pieces)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t piece = 1; piece <= cases[i].len; piece++) {
			char shown[SHOWN];
			read_in_pieces(shown, cases[i].bytes, cases[i].len, piece);
			cr_expect_str_eq(shown, cases[i].lines, "case %zu in pieces of %zu: %s", i, piece, shown);
		}
}

Test(line, whole_line_is_not_copied)
{
	struct line_reader reader = { .limit = LIMIT };
	const char bytes[] = "NOOP\r\nQUIT\r\n";
	struct line line;
	cr_expect_eq(line_read(&reader, bytes, strlen(bytes), &line), 6);
	cr_expect_eq(line.text, bytes);
	cr_expect_null(reader.partial);
}

Test(line, reader_holds_memory_only_within_a_line)
{
	struct line_reader reader = { .limit = LIMIT };
	struct line line;
	line_read(&reader, "NO", 2, &line);
	cr_expect_not_null(reader.partial);
	line_read(&reader, "OP\r\n", 4, &line);
	cr_expect_eq(line.len, 4);
	line_release(&reader);
	cr_expect_null(reader.partial);
	for (int i = 0; i < 100; i++)
		line_read(&reader, "too long", 8, &line);
	cr_expect_null(reader.partial);
}
