/* Printing: errors, and paragraphs that fit the terminal. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unilbrk.h>
#include <unistr.h>

#include "base/text/nearest.h"
#include "cmd/output/terminal.h"
#include "msg.h"

void
complain(const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	fflush(stdout);
	terminal_begin(stderr, STYLE_ERROR);
	fprintf(stderr, "%s:", program_invocation_short_name);
	terminal_end(stderr);
	putc(' ', stderr);
	if (n >= 0)
		printable_write(stderr, text, (size_t)n);
	putc('\n', stderr);
	if (n >= 0)
		free(text);
}

void
complain_of_word(const char *nearest, const char *format, ...)
{
	char hint[NEAREST_HINT_SIZE], *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	nearest_hint(hint, nearest);
	complain("%s%s", text ? text : "", hint);
	free(text);
}

void
complain_errno(const char *what)
{
	complain("%s: %s", what, strerror(errno));
}

void
print_json(const char *text)
{
	printable_json(stdout, text, text != NULL ? strlen(text) : 0);
}

/* Prints text[0..n) with line breaks where breaks has them, and without spaces before them. */
static void
print_broken(const char *text, size_t n, const char *breaks)
{
	size_t start = 0;

	for (size_t i = 1; i <= n; i++) {
		size_t end = i;

		if (i < n && breaks[i] != UC_BREAK_POSSIBLE && breaks[i] != UC_BREAK_MANDATORY)
			continue;
		while (end > start && text[end - 1] == ' ')
			end--;
		printf("%*s%.*s\n", start == 0 ? 4 : 8, "", (int)(end - start), text + start);
		start = i;
	}
}

void
print_field(const char *label, const char *text)
{
	char *line = NULL, *breaks;
	int n = asprintf(&line, "%s: %s", label, text);

	if (n < 0)
		return;
	breaks = calloc(1, (size_t)n + 1);
	if (breaks)
		u8_width_linebreaks(
		    (const uint8_t *)line, (size_t)n, terminal_paragraph_width() - 8, 0, 0, NULL, "UTF-8", breaks);
	if (breaks)
		print_broken(line, (size_t)n, breaks);
	free(breaks);
	free(line);
}
