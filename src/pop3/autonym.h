/* What languages call themselves. */
#ifndef POP3_AUTONYM_H
#define POP3_AUTONYM_H

#include <stddef.h>

enum { AUTONYM_MAX = 96 };

/*
 * Writes the own name of the language of a tag, in UTF-8, with what the tag says beyond a language that is known in
 * parentheses: "Deutsch", "Deutsch (AT)"; the tag itself where the language is not known.
 */
void autonym_write(char name[AUTONYM_MAX], const char *tag);

#endif
