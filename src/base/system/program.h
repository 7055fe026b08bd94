/* The folders of the running program and of its translations. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/*
 * Writes the folder of the running program, without a slash at its end. Returns false if the system cannot report it.
 */
bool program_folder(char folder[PATH_MAX]);

/*
 * Writes the absolute path of the locale folder: the first that exists of "locale" beside the program, where the build
 * puts it, and "../share/locale" from there; else that of the installation.
 */
void program_locale_folder(char folder[PATH_MAX]);

#endif
