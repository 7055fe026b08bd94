/* Base64 as RFC 4648 section 4 has it, strictly. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of the text for so many octets, with its NUL; and the most that a text of so many holds. */
#define BASE64_TEXT_SIZE(len)  (((len) + 2) / 3 * 4 + 1)
#define BASE64_OCTETS_MAX(len) ((len) / 4 * 3)

/* Writes the text of len octets, BASE64_TEXT_SIZE(len) with its NUL. */
void base64_encode(char *text, const void *octets, size_t len);

/*
 * Reads a text of len octets into at most BASE64_OCTETS_MAX(len). False where it is not the one text that those octets
 * have: a foreign character, white space, missing or early padding, bits set behind the end. May read over itself.
 */
bool base64_decode(void *octets, size_t *count, const char *text, size_t len);

#endif
