/* Patterns with * and ?. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the whole text match the pattern? "*" matches any octets, "?" one octet, any other octet itself; the case of ASCII
 * letters is ignored. The time is at most proportional to the product of both lengths.
 */
bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len);

#endif
