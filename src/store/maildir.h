/* Maildirs on disk: their names, making them, and removing the files of interrupted deliveries. */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include <time.h>

#include "port/mailbox.h"

enum {
	MAILDIR_STALE = 36 * 60 * 60, /* seconds after which a file in tmp/ is abandoned */
	/* A folder of a domain and one of a local part, each octet of the latter escaped as three at worst, and a NUL. */
	MAILDIR_PATH_SIZE = ADDRESS_DOMAIN_MAX + 1 + 3 * ADDRESS_LOCAL_MAX + 1,
};

/*
 * Writes the path of a mailbox's Maildir below the folder of all mail: DOMAIN/LOCAL in lower case. Every octet but
 * letters, digits and . _ - + = is written as %XX, and so is a dot at the start: no name leads out of the folder.
 * Returns 0, or -1 with errno: EINVAL if the address of the mailbox cannot be parsed, ENAMETOOLONG if its domain makes
 * a name that is too long for a file system. The path is then "", which no system call accepts.
 */
int maildir_path(char path[MAILDIR_PATH_SIZE], const struct mailbox *mailbox);

/*
 * Makes a Maildir with its tmp, new and cur, and the folder of its domain, durably; existing ones are not changed.
 * folder is a descriptor of the folder of all mail. Returns 0, or -1 with errno.
 */
int maildir_make(int folder, const char *path);

/* The same without making it durable. */
int maildir_prepare(int folder, const char *path);

/* Removes the stale files of tmp/ in every Maildir below the folder of all mail. Returns how many. */
unsigned maildir_sweep(int folder, time_t now);

/* Waits until the entries of a folder are on stable storage. Returns 0, or -1 with errno. */
int maildir_sync(int folder, const char *path);

#endif
