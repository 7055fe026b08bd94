/* The data folder: where a server keeps its state, and that one server at a time uses it. */
#ifndef BASE_DATA_H
#define BASE_DATA_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#define DATA_DEFAULT "./ftgate-data"

/* Files of a running server there, behind the name of its program: its process's number, and the socket that tells how it fares. */
#define DATA_PID    ".pid"
#define DATA_STATUS ".sock"

enum { DATA_SECRET_MAX = 64 }; /* octets */

/*
 * Makes the folder where it is missing, for its owner alone (the process's user, or the one that is given when root
 * makes it), and finds its absolute path. Returns 0, or -1 with errno.
 */
int data_make(const char *folder, uid_t owner, gid_t group, char path[PATH_MAX]);

/* The path of what is called name in the folder. Returns 0, or -1 with errno ENAMETOOLONG. */
int data_path(char path[PATH_MAX], const char *folder, const char *name);

/*
 * Reads the secret of that name in the folder: len random octets, for the folder's owner alone, made at the first time.
 * Returns 0, or -1 with errno, EBADMSG where the file holds something else.
 */
int data_secret(const char *folder, const char *name, void *octets, size_t len);

/*
 * Writes the process's number to a file of that name in the folder, and locks it until the process ends. Returns a
 * descriptor, which a child process is to close; or -1 with errno, EWOULDBLOCK where another process, *holder, has the
 * lock.
 */
int data_lock(const char *folder, const char *name, pid_t *holder);

#endif
