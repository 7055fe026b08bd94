/* Text from outside, made harmless for a terminal, a log and a reply. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The octets of the first character of a text, which is not empty; 1 if it is no UTF-8. *shown is whether a terminal
 * may show it: it is no control (C0, DEL, C1), no bidi control or other format character, no line or paragraph
 * separator, no private, unassigned or invisible one.
 */
size_t printable_next(const char *text, size_t len, bool *shown);

/*
 * Copies text to a buffer of size octets, which is not 0, with its NUL: as much of it as fits, cut at a character. A tab
 * becomes a space; any other character that may not be shown becomes '?'. Spaces at the end are left out.
 */
void printable_copy(char *to, size_t size, const char *text, size_t len);

/* The same with a '?' for each octet of such a character, a tab included; keeps all spaces. Returns the length. */
size_t printable_mask(char *to, size_t size, const char *text, size_t len);

/* Writes text. Each octet of a character that may not be shown is written as \xNN, as in the log. */
void printable_write(FILE *to, const char *text, size_t len);

/* Formats a line, which is then written so; its own line feeds are written as they are only at its end. */
void printable_print(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a string of JSON (RFC 8259), in quotes; NULL is null. What may not be shown is escaped; no UTF-8 is U+FFFD. */
void printable_json(FILE *to, const char *text, size_t len);

#endif
