/* The data folder, in which a server keeps its state. One server of a kind uses it at a time. */
#ifndef BASE_DATA_H
#define BASE_DATA_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#define DATA_DEFAULT "./ftgate-data"

/* Files of a running server there are named after its program: its process ID, and its control socket. */
#define DATA_PID    ".pid"
#define DATA_STATUS ".sock"

enum { DATA_SECRET_MAX = 64 }; /* octets */

/*
 * Makes the folder if it does not exist, accessible to its owner only, and finds its absolute path. The owner is the
 * process's user or, if root makes the folder, the given user and group. Returns 0, or -1 with errno.
 */
int data_make(const char *folder, uid_t owner, gid_t group, char path[PATH_MAX]);

/* Writes the path of a file in the folder. Returns 0, or -1 with errno ENAMETOOLONG. */
int data_path(char path[PATH_MAX], const char *folder, const char *name);

/*
 * Reads the secret of that name in the folder: a file of len random octets, at most DATA_SECRET_MAX, which only the
 * folder's owner may read. Makes it the first time. Returns 0, or -1 with errno: EBADMSG if the file has another length.
 */
int data_secret(const char *folder, const char *name, void *octets, size_t len);

/*
 * Writes the process ID to a file of that name in the folder, and locks it until the process ends. Returns a descriptor,
 * which each child process must close; or -1 with errno: EWOULDBLOCK if another process, *holder, has the lock.
 */
int data_lock(const char *folder, const char *name, pid_t *holder);

#endif
