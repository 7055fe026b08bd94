/* Reads passwords from a terminal or from standard input, never from the command line, which others can read. */
#ifndef CMD_CTL_PROMPT_H
#define CMD_CTL_PROMPT_H

#include <stdbool.h>

enum { PROMPT_SIZE = 512 }; /* octets of a password with its NUL */

/* Are standard input and standard error a terminal? */
bool prompt_is_possible(void);

/*
 * Asks at the terminal for the password of an account, twice, without echo. Returns EX_OK, or an exit status after it has
 * printed the error. The caller wipes the password.
 */
int prompt_password(char password[PROMPT_SIZE], const char *account);

/* Reads a password from the first line of standard input, which must not be empty. Returns the same. */
int prompt_read(char password[PROMPT_SIZE]);

#endif
