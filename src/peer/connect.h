/* One step of a connect(2) that does not block: the meaning of its result, and the event to wait for. */
#ifndef PEER_CONNECT_H
#define PEER_CONNECT_H

#include <sys/socket.h>

enum {
	CONNECT_CROWDED_TIME = 20, /* milliseconds to wait after CONNECT_CROWDED */
};

/*
 * A Unix socket and a TCP socket differ here. connect() of a TCP socket fails with EINPROGRESS, and the socket becomes
 * writable when it is decided. connect() of a Unix socket fails with EAGAIN if the backlog of the listener is full;
 * then nothing is under way, poll() reports the socket as writable at once, and SO_ERROR is 0 (unix(7), connect(2)).
 */
enum connect_state {
	CONNECT_DONE,
	CONNECT_PENDING, /* wait until the socket is writable, then call connect_finish() */
	CONNECT_CROWDED, /* wait CONNECT_CROWDED_TIME, then call connect_start() again with the same socket */
	CONNECT_FAILED,  /* errno is set; the caller closes the socket */
};

/* Makes a stream socket that does not block and is closed on exec. Returns its descriptor, or -1 with errno. */
int connect_socket(const struct sockaddr *address);

/* Starts to connect a socket of connect_socket(). Never blocks. */
enum connect_state connect_start(int socket, const struct sockaddr *address, socklen_t len);

/* Reads the result of a connect() that was pending. Returns CONNECT_DONE, or CONNECT_FAILED with errno. */
enum connect_state connect_finish(int socket);

#endif
