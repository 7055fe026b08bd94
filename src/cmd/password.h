/* A password from standard input: never from the command line, where others can read it. */
#ifndef CMD_PASSWORD_H
#define CMD_PASSWORD_H

#include <stdbool.h>

#include "base/credentials.h"

enum { PASSWORD_ERROR_SIZE = 128 };

/*
 * Reads one line and makes what is stored of it. False with an English sentence in error where there is no line, or what
 * is on it can be no password. The caller wipes the credentials.
 */
bool password_from_input(struct credentials *credentials, char error[PASSWORD_ERROR_SIZE]);

#endif
