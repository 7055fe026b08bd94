/* Words of programs and strangers, made fit to be kept as text. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stddef.h>

/*
 * Copies text to a buffer of size octets, which is not 0, with its NUL: as much of it as fits, cut at a character. A tab
 * becomes a space; other controls and what is no UTF-8 become '?'. Spaces at the end go.
 */
void printable_copy(char *to, size_t size, const char *text, size_t len);

#endif
