/* Maildirs on disk: their names, making them, and clearing what interrupted deliveries left. */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include "port/directory.h"

#include <time.h>

enum { MAILDIR_STALE = 36 * 60 * 60 }; /* seconds after which a file in tmp/ belongs to nobody */

/*
 * The Maildir of an account below the folder of all mail: DOMAIN/LOCAL in lower case. Every octet but letters, digits
 * and . _ - + = is written as %XX, and so is a dot at the start, so that no name leads out of the folder. False where
 * the names are empty or longer than an address may be.
 */
bool maildir_path(char path[MAILBOX_PATH_SIZE], const char *domain, const char *local);

/* The address that a Maildir is of, in lower case. False where that is no path of a Maildir. */
bool maildir_address(char text[ADDRESS_TEXT_SIZE], const char *path);

/*
 * Makes a Maildir with its tmp, new and cur, and the folder of its domain, durably; what is there is left as it is.
 * folder is a descriptor of the folder of all mail. Returns 0, or -1 with errno.
 */
int maildir_make(int folder, const char *path);

/* Removes the stale files of tmp/ in every Maildir below the folder of all mail. Returns how many. */
unsigned maildir_sweep(int folder, time_t now);

/* Waits until the entries of a folder are on stable storage. Returns 0, or -1 with errno. */
int maildir_sync(int folder, const char *path);

#endif
