/* Quantities of a configuration: "100"; "10M" (K, M and G are powers of 1024); "90s" (ms, s, m, h, d). */
#ifndef CONFIG_QUANTITY_H
#define CONFIG_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* The unit of a quantity: things; octets; milliseconds. */
enum unit { UNIT_COUNT, UNIT_SIZE, UNIT_TIME };

enum { QUANTITY_SIZE = 32 }; /* octets of a quantity as text, with its NUL */

/* Parses a number with a suffix of the unit; 0 needs none. Returns false for other text and if the value overflows. */
bool quantity_read(enum unit unit, const char *text, int64_t *value);

/* Writes a value, which must not be negative, with the largest suffix that divides it. */
void quantity_write(char text[QUANTITY_SIZE], enum unit unit, int64_t value);

#endif
