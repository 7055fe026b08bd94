/* A listening socket that several workers share: one of them wakes up for a connection, and takes one at a time. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <uv.h>

struct listener;

/* Of one worker, for its loop's thread. accepted is set before listener_open(). */
struct listener {
	uv_poll_t poll;
	int descriptor; /* owned; -1: none */
	int spare;      /* a descriptor that is given up to accept, and close, a connection when descriptors are out */
	/* Called with the descriptor of each new connection, which is the callee's; -1 with errno if it was turned away. */
	void (*accepted)(struct listener *listener, int descriptor);
};

/*
 * Watches a socket, which is bound and nonblocking, and listens on it. The socket is the listener's then. send_buffer is
 * the octets that the system buffers for a client that does not read; 0: its default. Returns 0 or an error of
 * libuv.
 */
int listener_open(struct listener *listener, uv_loop_t *loop, int descriptor, int send_buffer);

/*
 * Stops accepting connections; accepts them again. Connections that arrive meanwhile wait, or another worker accepts
 * them.
 */
void listener_pause(struct listener *listener);
void listener_resume(struct listener *listener);

/*
 * Looks again for connections that wait; a worker calls this now and then. The system wakes one worker for a connection.
 * If that one hangs before it accepts it, no other is woken for it. Nothing if the listener pauses or is closed.
 */
void listener_look(struct listener *listener);

/* Closes the socket. Nothing if it is not open. */
void listener_close(struct listener *listener);

#endif
