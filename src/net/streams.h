/* All connections of a worker: their number, their turns, their time limits, their end. */
#ifndef NET_STREAMS_H
#define NET_STREAMS_H

#include <stdbool.h>
#include <uv.h>

#include "net/listener.h"
#include "net/stream.h"

struct streams;

/* A listening socket, and its protocol. */
struct stream_listener {
	struct listener listener;
	struct streams *streams;
	const struct protocol *protocol;
	struct listen_mode mode;
	bool waiting; /* takes no connection until there is memory for one */
};

/* For the loop's thread. Those members that streams_open() names are set by the owner. */
struct streams {
	struct stream_host host;
	uv_timer_t sweep; /* looks for streams whose time is up; runs while there are any */
	uv_check_t turn;  /* runs those that wait for a turn */
	uv_idle_t awake;  /* runs while any wait, so that the loop does not sleep */
	unsigned count;
	unsigned max;    /* further ones get the reply that there are too many */
	int descriptors; /* so are those that get this descriptor or a higher one */
	struct stream *first;
	struct stream *spare; /* with which one more can be turned away when memory is out */
	struct stream_listener *listeners;
	size_t listener_count;
	int64_t quiet; /* until when a failure to accept is not logged again */
	/* Called when a stop has ended the last one. */
	void (*emptied)(struct streams *streams);
};

/*
 * Sets up the state that all connections share. loop, clock, source, certificate and stats of the host, and max,
 * descriptors, listeners and emptied are set. Returns 0 or an error of libuv.
 */
int streams_open(struct streams *streams);

/* Frees the rest. All streams and handles must have been closed. */
void streams_close(struct streams *streams);

/* Listens on an inherited socket that is bound already. Returns 0 or an error of libuv. */
int streams_listen(struct streams *streams, struct stream_listener *listener, int descriptor,
    const struct protocol *protocol, struct listen_mode mode);

/* Takes a connection over, as those that a listener accepts. Returns 0, or -1 if memory is out: it is closed then. */
int streams_adopt(struct streams *streams, struct stream_listener *listener, int descriptor);

/* Runs the streams that have something to do in this turn: a job of theirs is done. Nothing is lost without it. */
void streams_run_ready(struct streams *streams);

/* Begins the next turn, and runs those that wait for it. The loop does it. */
void streams_run_turn(struct streams *streams);

/* Ends the streams whose time is up. The loop does it once a second. */
void streams_sweep(struct streams *streams);

/* Takes no more connections and ends those that are idle; the others end when they have answered. */
void streams_stop(struct streams *streams);

/* Ends those that wait for their clients, in the midst of a message too; the others end once their job is done. */
void streams_end(struct streams *streams);

/* Sessions that could not be ended. */
struct streams_cut {
	unsigned working; /* wait for a job or a peer */
	unsigned unsent;  /* the client has not taken the last replies */
};

/* Counts those that are left, and logs the end of each; the process must end then. */
struct streams_cut streams_cut(const struct streams *streams);

#endif
