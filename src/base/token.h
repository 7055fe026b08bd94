/* Tokens that name a session in replies and in the log. */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

enum { TOKEN_SIZE = 24 }; /* with its NUL */

/*
 * Makes a token: ten or more lower-case letters and digits, different from each other of this machine. It is no secret.
 * For one thread of a process; a process makes its first after its last fork.
 */
void token_make(char token[TOKEN_SIZE]);

#endif
