/* A folder with the own texts of the database, for code that reads a folder. */
#ifndef CMD_CTL_TEXT_COPY_H
#define CMD_CTL_TEXT_COPY_H

#include "cmd/ctl/text.h"

/*
 * Makes a folder that only this user can read, with the texts of the last generation that the work is about: those
 * of the server, and of its domain. Call text_copy_remove() in any case. Returns an exit status, after it has printed
 * its error.
 */
int text_copy_make(const struct text_work *work, char folder[TEXT_PATH]);

/* Removes the folder; "" is no folder. */
void text_copy_remove(const char *folder);

/* The folder for temporary files: the one that the environment names, if this user can write there. */
const char *text_temporary_folder(void);

#endif
