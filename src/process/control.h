/* A socket for questions about the server: one request, one answer, and the connection is closed. */
#ifndef PROCESS_CONTROL_H
#define PROCESS_CONTROL_H

#include <stdbool.h>
#include <uv.h>

#include "base/text_buffer.h"

enum {
	CONTROL_CLIENTS = 4, /* at a time; further ones wait */
	CONTROL_REQUEST = 4096,
	CONTROL_ANSWER = 64 * 1024,
	CONTROL_TIME = 5000, /* milliseconds for request and answer */
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
	uint64_t deadline;
	size_t len;
	char request[CONTROL_REQUEST];
	char answer[CONTROL_ANSWER];
};

struct control {
	/* To be set: what a request ends with, and who answers it. The request has its NUL; too long a one lacks its end. */
	const char *end;
	void (*answer)(void *context, const char *request, struct text_buffer *buffer);
	void *context;

	union control_socket socket;
	uv_timer_t sweep;
	bool open;
	bool waiting; /* there is one more than are answered at a time */
	struct control_client clients[CONTROL_CLIENTS];
};

/* Takes questions at a socket that listens, local or of TCP. Returns 0, or an error of libuv. Allocates nothing. */
int control_open(struct control *control, uv_loop_t *loop, int descriptor, bool local);

/* Ends it, with the answers that are under way. Nothing where it was never opened. */
void control_close(struct control *control);

#endif
