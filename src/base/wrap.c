/* Breaks text into lines. */
#include "base/wrap.h"

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
