/* Where the running program lies, and where its translations are. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/* The folder that holds the running program, without a slash at its end. False where the system does not tell. */
bool program_folder(char folder[PATH_MAX]);

/*
 * The locale folder: "locale" beside the program, as the build leaves it; else "../share/locale" from there; else the
 * one of the installation. The first that is a folder, always an absolute path.
 */
void program_locale_folder(char folder[PATH_MAX]);

#endif
