/* Passwords as people give them: at a terminal or on standard input, never on the command line, where others can read. */
#ifndef CMD_CTL_PROMPT_H
#define CMD_CTL_PROMPT_H

#include <stdbool.h>

enum { PROMPT_SIZE = 512 };

/* Is somebody at a terminal? */
bool prompt_is_possible(void);

/*
 * Asks at the terminal for the password of an account, twice, without showing it. What they return is EX_OK, or the exit
 * status of an error that has been told.
 */
int prompt_password(char password[PROMPT_SIZE], const char *account);

/* Reads the first line of standard input, which may not be empty. */
int prompt_read(char password[PROMPT_SIZE]);

#endif
