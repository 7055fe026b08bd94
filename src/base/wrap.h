/* Text in lines of a width. */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * Writes UTF-8 text in lines of so many columns, broken where the script of each language allows it (UAX 14), with LF at
 * the end of each. A word that is longer gets a line of its own.
 */
void wrap_write(FILE *to, const char *text, size_t len, int width);

#endif
