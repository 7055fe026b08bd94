/* Unix domain sockets in a folder whose path may be longer than a socket address allows. */
#ifndef BASE_LOCAL_SOCKET_H
#define BASE_LOCAL_SOCKET_H

/*
 * Makes a listening socket of that name in the folder, which only the process's user may connect to. A socket that is
 * there already is replaced. Returns a non-blocking descriptor, or -1 with errno.
 */
int local_listen(const char *folder, const char *name);

/*
 * Connects to such a socket. Connecting, and each read and write, blocks for so many seconds at most. Returns a
 * descriptor, or -1 with errno.
 */
int local_connect(const char *folder, const char *name, unsigned seconds);

#endif
