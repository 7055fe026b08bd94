/* Breaks text into lines. */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * Writes UTF-8 text in lines of at most width columns, each with an LF, broken where the script allows it (UAX 14). A
 * longer word gets a line of its own. If memory is out, the text is written as one line.
 */
void wrap_write(FILE *to, const char *text, size_t len, int width);

/* The same with before and behind around the text of each line, which are not counted. */
void wrap_write_between(FILE *to, const char *text, size_t len, int width, const char *before, const char *behind);

/*
 * Writes UTF-8 text in lines of at most so many octets, where the script allows it, for streams that count octets as columns:
 * argp(3). Each line but the first one begins with the indent, in spaces. If memory is out, the text is written as one line.
 */
void wrap_write_hanging(FILE *to, const char *text, size_t len, size_t octets, int indent);

#endif
