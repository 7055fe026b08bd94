/* Asks a scanner about messages, over a bounded number of connections on the loop; one message a connection. */
#ifndef PEER_SCAN_CLIENT_H
#define PEER_SCAN_CLIENT_H

#include "peer/link.h"
#include "peer/peer_breaker.h"
#include "port/job.h"
#include "port/scanner.h"

enum {
	SCAN_LINKS = 8,         /* connections to a scanner at a time, of each worker; further messages wait */
	SCAN_BLOCK = 64 * 1024, /* octets of a message that are read, and sent, at a time */
};

struct scan_client;

/* The protocol of a scanner. Its data is constant; the functions keep no state. */
struct scan_dialect {
	/*
	 * Writes the part of the request before the message to octets, size of them at most (SCAN_BLOCK or more);
	 * returns how many.
	 */
	size_t (*put_head)(
	    const struct scan_client *client, const struct scan_subject *subject, char *octets, size_t size);
	/* Each piece of the message goes behind its length, of four octets in network order, and one of none is the end. */
	bool framed;
	size_t answer_max; /* octets */
	/*
	 * Parses the octets of the answer received so far; ended: no more will arrive. Returns false if more is needed,
	 * else sets verdict and text of the question.
	 */
	bool (*read_answer)(const struct scan_client *client, const char *octets, size_t len, bool ended,
	    struct scan_question *question);
};

struct scan_work;

struct scan_link {
	struct link link;
	struct scan_client *client;
	struct scan_question *question; /* NULL: it is closing, or free */
	struct scan_work *work;         /* its buffers, from the connection to its end */
	int64_t started;
	enum peer_pass pass;
};

/* Of one worker, for its loop's thread. */
struct scan_client {
	/* To be set; scan_client_open() sets scanner.ask. */
	struct scanner scanner;
	const struct scan_dialect *dialect;
	struct endpoint endpoint;
	int64_t limit;                /* milliseconds from a question to its answer, waiting included */
	uint64_t max_size;            /* octets; larger messages are not scanned. 0: all are */
	bool spf;                     /* for rspamd: its symbol of a failed SPF check refuses the message */
	struct executor *executor;    /* reads what of a message is not in memory */
	void (*after)(void *context); /* called when a question has been answered later than it was asked */
	void *context;
	struct peer_breaker breaker;

	bool ended;                         /* a question has been answered since after() was called */
	uv_timer_t timer;                   /* runs while a question waits for a connection */
	struct scan_question *first, *last; /* that wait, the one with the earliest deadline first */
	struct scan_link links[SCAN_LINKS];
};

/* Accepts questions from now on; connects when there is one. Returns 0, or an error of libuv. It ends with its loop. */
int scan_client_open(struct scan_client *client, uv_loop_t *loop);

/* Frees its resources, once its loop has closed all handles. */
void scan_client_close(struct scan_client *client);

#endif
