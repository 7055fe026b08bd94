/* What a terminal can show: its width, and whether it has colours. */
#ifndef CMD_OUTPUT_TERMINAL_H
#define CMD_OUTPUT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* When colours are used: on a terminal, unless NO_COLOR is set and not empty or TERM is "dumb"; always; never. */
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_WHENS };

/* "auto", "always", "never": the values of --color. */
extern const char *const color_names[COLOR_WHENS];

/* Finds the value by its name and keeps it for the program. Returns false if there is none. */
bool terminal_set_color(const char *name);

/* A style: of headings, and of the name of a program before an error. */
enum style { STYLE_HEADING, STYLE_ERROR };

/* Begins and ends a style on standard output or standard error; nothing is written if it has no colours. */
void terminal_begin(FILE *to, enum style style);
void terminal_end(FILE *to);

/* Whether standard output is a terminal. */
bool terminal_is_out(void);

/* The columns of the terminal on standard output: COLUMNS, else what the terminal says, else 80. 0: it is no terminal. */
unsigned terminal_width(void);

/* The columns in which paragraphs for standard output are wrapped: those of the terminal, 40 to 120, or 80. */
int terminal_paragraph_width(void);

#endif
