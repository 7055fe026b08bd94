/* Words of commands that messages advise to run. */
#ifndef BASE_SHELL_WORD_H
#define BASE_SHELL_WORD_H

#include <stddef.h>

/*
 * Writes a word as a shell (POSIX.1 XCU 2.2) reads it: in single quotes if it has characters that mean something to a shell.
 * A word that does not fit is cut. size is 3 at least.
 */
void shell_word(char *to, size_t size, const char *word);

#endif
