/* Listening sockets: binding them, and their addresses as text. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

enum {
	LISTEN_MAX = 64,         /* addresses of a server */
	LISTEN_NAME_SIZE = 112,  /* of an address with its port, or of a path, as text */
	LISTEN_ERROR_SIZE = 256, /* of an English sentence */
};

/*
 * Binds a TCP socket to ADDR:PORT ("127.0.0.1:25", "[::1]:25"; the system chooses for port 0), or a Unix domain socket to a
 * path from the root, and listens. Every user may connect to the latter: the rights of its folder decide. A socket of that path
 * which nobody listens at is replaced. Returns the descriptor, with the bound address as text in name; or -1 with an English
 * sentence in error.
 */
int listen_open(const char *text, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE]);

/*
 * Adopts such a socket that another process has bound, and that listens. Returns the descriptor, with its address as text
 * in name; or -1 with an English sentence in error.
 */
int listen_adopt(int descriptor, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE]);

/* Are these the same address and port, however they are written? */
bool listen_is_same(const char *text, const char *other);

/* Is the text an address that only this machine reaches: 127.0.0.0/8 or ::1 with a port, or a path? */
bool listen_is_loopback(const char *text);

/* Is the text the path of a Unix domain socket, from the root and of 107 octets at most? */
bool listen_is_path(const char *text);

/* Is the text an address and a port? Returns 0, or -1 with an English sentence in error. */
int listen_check(const char *text, char error[LISTEN_ERROR_SIZE]);

#endif
