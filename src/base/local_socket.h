/* Sockets of the local machine that stand in a folder, however long its path is. */
#ifndef BASE_LOCAL_SOCKET_H
#define BASE_LOCAL_SOCKET_H

/*
 * Makes a listening socket of that name in the folder, for the process's user alone, in place of one that was left
 * there. Returns a descriptor, which does not block; or -1 with errno.
 */
int local_listen(const char *folder, const char *name);

/* Connects to such a socket; reading and writing then take so many seconds at most. Returns a descriptor, or -1 with errno. */
int local_connect(const char *folder, const char *name, unsigned seconds);

#endif
