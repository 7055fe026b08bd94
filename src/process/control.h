/* A socket for requests to the server, local or of TCP: one request, one answer, and the connection is closed. */
#ifndef PROCESS_CONTROL_H
#define PROCESS_CONTROL_H

#include <stdbool.h>
#include <uv.h>

#include "base/text/text_buffer.h"

enum {
	CONTROL_CLIENTS = 16,       /* at a time; one more takes the slot of another */
	CONTROL_REQUEST = 4096,     /* octets, with a NUL */
	CONTROL_ANSWER = 64 * 1024, /* octets */
	CONTROL_TIME = 5000,        /* milliseconds for request and answer */
};

union control_socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

struct control_client {
	union control_socket socket;
	uv_write_t writing;
	struct control *control;
	bool open;
	bool answered;   /* the request was whole */
	uint64_t number; /* of the client, in the order of their coming */
	uint64_t deadline;
	size_t len;
	char request[CONTROL_REQUEST];
	char answer[CONTROL_ANSWER];
};

/* Of one worker, for its loop's thread. */
struct control {
	/* To be set: what a request ends with, and what answers it. The request has its NUL; too long a one lacks its end. */
	const char *end;
	void (*answer)(void *context, const char *request, struct text_buffer *buffer);
	void *context;

	union control_socket socket;
	uv_timer_t sweep;
	bool open;
	bool waiting;    /* a client waits for a slot */
	uint64_t number; /* clients accepted */
	struct control_client clients[CONTROL_CLIENTS];
};

/*
 * Accepts clients at a socket that listens, local or of TCP. If all slots are taken, the oldest client that has made no
 * request is closed, else the oldest. Allocates nothing. Returns 0, or an error of libuv.
 */
int control_open(struct control *control, uv_loop_t *loop, int descriptor, bool local);

/* Closes it, with the answers that are under way. Nothing if it was never opened. */
void control_close(struct control *control);

#endif
