/* Tokens, which name a session in replies and in the log. */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

enum { TOKEN_SIZE = 24 }; /* with its NUL */

/*
 * Makes a token: ten or more lower-case letters and digits, unique on this machine. It is not secret. Only one thread of a
 * process may call this, and not before the process's last fork.
 */
void token_make(char token[TOKEN_SIZE]);

#endif
