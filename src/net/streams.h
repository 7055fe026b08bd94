/* All connections of a worker: taking them, their number, their timeouts, their end. */
#ifndef NET_STREAMS_H
#define NET_STREAMS_H

#include <stdbool.h>
#include <uv.h>

#include "base/stats.h"
#include "net/certificate.h"
#include "net/protocol.h"
#include "net/voice_source.h"

enum {
	STREAMS_INPUT = 64 * 1024,  /* octets that are read at a time */
	STREAMS_OUTPUT = 64 * 1024, /* octets of replies that leave at a time */
	STREAMS_PLAIN = 16 * 1024,  /* octets that are decrypted at a time */
};

/* How connections begin at a listener. */
struct listen_mode {
	bool proxied;   /* with the header of a proxy */
	bool encrypted; /* with a TLS handshake */
};

/* A listening socket, and what is spoken there. */
struct listener {
	uv_tcp_t tcp;
	struct streams *streams;
	const struct protocol *protocol;
	struct listen_mode mode;
	bool waiting; /* a connection waits until there is memory to take it */
};

struct streams {
	uv_loop_t *loop;
	const struct voice_source *source;
	const struct certificate *certificate;
	struct stats_slot *stats; /* NULL: nothing is counted */
	uv_timer_t sweep;         /* looks for those whose time is up; runs while there are any */
	unsigned count;
	unsigned max;         /* further ones are told that there are too many */
	int descriptors;      /* so are those that get this descriptor or a higher one */
	bool stopping;        /* those that are idle end, the others when they have done */
	bool ending;          /* and a transaction is no reason to go on */
	struct stream *first; /* all of them */
	struct stream *ready; /* those whose sessions want to go on */
	struct stream *spare; /* with which one more can be turned away when memory is out */
	struct listener *listeners;
	size_t listener_count;
	uint64_t quiet; /* until when trouble of accepting is not logged again */
	/* Told when a stop has ended the last one. */
	void (*emptied)(struct streams *streams);
	struct stream *writer; /* whose replies the output holds */
	size_t output_len;
	char output[STREAMS_OUTPUT];
	char input[STREAMS_INPUT];
	char plain[STREAMS_PLAIN];
};

/*
 * Sets up what all connections share. loop, source, certificate, listeners, emptied, max and descriptors are set. Returns
 * 0 or an error of libuv.
 */
int streams_open(struct streams *streams);

void streams_close(struct streams *streams);

/* Listens on inherited sockets that are bound already. Returns 0 or an error of libuv. */
int streams_listen(struct streams *streams, struct listener *listener, int descriptor, const struct protocol *protocol,
    struct listen_mode mode);

/* Lets the sessions go on that jobs have woken. To be called after the end of each job. */
void streams_run_ready(struct streams *streams);

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

/* For stream.c: a connection is gone. */
void streams_forget(struct streams *streams, struct stream *stream);

#endif
