/* Breaks text into lines. */
#include "base/text/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <unilbrk.h>

/* Leaves out the spaces at which the line is broken. */
static void
put_line(FILE *to, const char *text, size_t len, const char *before, const char *behind)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	fputs(before, to);
	fwrite(text, 1, len, to);
	fprintf(to, "%s\n", behind);
}

void
wrap_write(FILE *to, const char *text, size_t len, int width)
{
	wrap_write_between(to, text, len, width, "", "");
}

void
wrap_write_between(FILE *to, const char *text, size_t len, int width, const char *before, const char *behind)
{
	char *breaks = calloc(len + 1, 1);
	size_t start = 0;
	if (breaks != NULL)
		u8_width_linebreaks((const uint8_t *)text, len, width, 0, 0, NULL, "UTF-8", breaks);
	for (size_t i = 1; i < len && breaks != NULL; i++) {
		if (breaks[i] != UC_BREAK_POSSIBLE && breaks[i] != UC_BREAK_MANDATORY)
			continue;
		put_line(to, text + start, i - start, before, behind);
		start = i;
	}
	put_line(to, text + start, len - start, before, behind);
	free(breaks);
}

/* The octets from the start to the next place for a break, with the spaces before it. */
static size_t
piece_len(const char *breaks, size_t start, size_t len)
{
	size_t end = start + 1;
	while (end < len && (breaks == NULL || breaks[end] != UC_BREAK_POSSIBLE))
		end++;
	return end - start;
}

void
wrap_write_hanging(FILE *to, const char *text, size_t len, size_t octets, int indent)
{
	char *breaks = calloc(len + 1, 1);
	size_t column = 0, spaces = 0, piece;
	if (breaks != NULL)
		u8_possible_linebreaks((const uint8_t *)text, len, "UTF-8", breaks);
	for (size_t at = 0; at < len; at += piece) {
		piece = piece_len(breaks, at, len);
		size_t shown = piece;
		while (shown > 0 && text[at + shown - 1] == ' ')
			shown--;
		if (column > 0 && column + spaces + shown > octets) {
			fprintf(to, "\n%*s", indent, "");
			column = (size_t)indent;
		} else {
			fprintf(to, "%*s", (int)spaces, "");
			column += spaces;
		}
		fwrite(text + at, 1, shown, to);
		column += shown;
		spaces = piece - shown;
	}
	putc('\n', to);
	free(breaks);
}
