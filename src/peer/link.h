/* A connection to a peer on the loop: connects until a deadline, then reports when it can be read and written. */
#ifndef PEER_LINK_H
#define PEER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "config/endpoint.h"

enum link_event {
	LINK_CONNECTED, /* it wants LINK_READABLE from now on */
	LINK_READABLE,  /* link_receive() has octets, the end, or an error */
	LINK_WRITABLE,
	LINK_FAILED, /* with an errno: it could not connect, or its deadline has passed (ETIMEDOUT); open, it can be used on */
	LINK_CLOSED, /* after link_close(): it can be opened again */
};

enum link_phase { LINK_FREE, LINK_CROWDED, LINK_CONNECTING, LINK_OPEN, LINK_BROKEN, LINK_CLOSING };

/* Of one loop, for its thread. Allocates nothing. It ends with its loop, which closes its handles. */
struct link {
	/* To be set before link_init(). Called from the loop alone, never from a function below. */
	void (*notify)(struct link *link, enum link_event event, int error);
	void *owner;

	enum link_phase phase;
	uv_poll_t poll;
	uv_timer_t timer;
	int socket; /* -1: none */
	const struct endpoint *endpoint;
	const struct endpoint *source; /* the address that it connects from; NULL: the system chooses it */
	int64_t deadline;              /* of the loop's time, in milliseconds; INT64_MAX: none */
	int wanted;                    /* events of uv_poll_start(); 0: none */
	unsigned handles;              /* that link_end() is closing */
	void (*ended)(struct link *link);
	int error; /* errno of a connect() that failed at once */
};

/* Returns 0, or an error of libuv. */
int link_init(struct link *link, uv_loop_t *loop);

/*
 * Starts to connect. LINK_CONNECTED or LINK_FAILED follows, by the deadline at the latest; while the backlog of a Unix
 * socket is full it tries again and again. endpoint must last until LINK_CLOSED. The link must be free.
 */
void link_open(struct link *link, const struct endpoint *endpoint, int64_t deadline);

/* Closes it: nothing but LINK_CLOSED follows. Must be called after LINK_FAILED, too; no effect if it is free or closing. */
void link_close(struct link *link);

/* Closes it, whatever its phase, and its timer. Nothing but ended() follows, which may free the link. */
void link_end(struct link *link, void (*ended)(struct link *link));

/* Closes its socket, once its loop has closed all handles. */
void link_dispose(struct link *link);

/* For an open link: replaces the deadline; says which events to report, UV_READABLE and UV_WRITABLE, 0 for none. */
void link_set_deadline(struct link *link, int64_t deadline);
void link_want(struct link *link, int events);

static inline void
link_want_write(struct link *link, bool wanted)
{
	link_want(link, wanted ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

/* As recv(2) and send(2) of a socket that does not block. */
ssize_t link_receive(struct link *link, void *octets, size_t size);
ssize_t link_send(struct link *link, const void *octets, size_t len);

#endif
