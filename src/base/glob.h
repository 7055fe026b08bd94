/* Patterns with * and ?. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the whole text look like the pattern? * is any octets, ? is one, everything else is itself, ASCII letters in
 * either case. The time it takes is at most the product of both lengths.
 */
bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len);

#endif
