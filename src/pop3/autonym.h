/* The names of languages in themselves (autonyms). */
#ifndef POP3_AUTONYM_H
#define POP3_AUTONYM_H

#include <stddef.h>

enum { AUTONYM_MAX = 96 }; /* octets of a name with its NUL */

/*
 * Writes the autonym of the language of a tag, in UTF-8, with the rest of the tag in parentheses: "Deutsch",
 * "Deutsch (AT)"; the tag itself if the language is unknown.
 */
void autonym_write(char name[AUTONYM_MAX], const char *tag);

#endif
