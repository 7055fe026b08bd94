/* The folders of the running program and of its translations, and times that tests set. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Writes the folder of the running program, without a slash at its end. Returns false if the system cannot report it.
 */
bool program_folder(char folder[PATH_MAX]);

/*
 * Writes the absolute path of the locale folder: the first that exists of "locale" beside the program, where the build
 * puts it, and "../share/locale" from there; else that of the installation.
 */
void program_locale_folder(char folder[PATH_MAX]);

/*
 * Returns the milliseconds that an environment variable for tests sets in seconds, since seconds are the shortest time
 * that tests can wait; usual if it is unset, or not from 1 to 3600.
 */
int64_t program_test_time(const char *variable, int64_t usual);

#endif
