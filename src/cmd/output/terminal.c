/* What a terminal can show: its width, and whether it has colours. */
#include "cmd/output/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MAX = 10000, PARAGRAPH_LEAST = 40, PARAGRAPH_MOST = 120 };

const char *const color_names[COLOR_WHENS] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
};

static enum color_when when;

bool
terminal_set_color(const char *name)
{
	for (enum color_when i = 0; i < COLOR_WHENS; i++) {
		if (strcmp(name, color_names[i]) == 0) {
			when = i;
			return true;
		}
	}
	return false;
}

/* https://no-color.org: the variable counts if it is not empty. */
static bool
has_color(FILE *to)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return isatty(to == stderr ? STDERR_FILENO : STDOUT_FILENO) && (no_color == NULL || *no_color == '\0') &&
	    term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

/* ECMA-48, SGR: bold; bold red. */
void
terminal_begin(FILE *to, enum style style)
{
	static const char *const starts[] = { [STYLE_HEADING] = "\033[1m", [STYLE_ERROR] = "\033[1;31m" };
	if (has_color(to))
		fputs(starts[style], to);
}

void
terminal_end(FILE *to)
{
	if (has_color(to))
		fputs("\033[0m", to);
}

bool
terminal_is_out(void)
{
	return isatty(STDOUT_FILENO);
}

unsigned
terminal_width(void)
{
	struct winsize size = { 0 };
	const char *columns = getenv("COLUMNS");
	unsigned long number = columns != NULL ? strtoul(columns, NULL, 10) : 0;
	if (!terminal_is_out())
		return 0;
	if (number > 0 && number <= WIDTH_MAX)
		return (unsigned)number;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

int
terminal_paragraph_width(void)
{
	unsigned width = terminal_width();
	if (width == 0)
		return WIDTH_DEFAULT;
	if (width < PARAGRAPH_LEAST)
		return PARAGRAPH_LEAST;
	return width > PARAGRAPH_MOST ? PARAGRAPH_MOST : (int)width;
}
