/* Asks a policy service over a few connections that are kept open. */
#ifndef PEER_POLICY_CLIENT_H
#define PEER_POLICY_CLIENT_H

#include <uv.h>

#include "config/endpoint.h"
#include "port/policy_service.h"

enum {
	POLICY_LINKS = 8,             /* connections at a time; one question after another goes over each */
	POLICY_IDLE_TIME = 60 * 1000, /* milliseconds that one is kept without a question */
	POLICY_CROWDED_TIME = 20,     /* milliseconds until a service is tried again that had no room for one more */
};

enum policy_link_state { LINK_CLOSED, LINK_CONNECTING, LINK_IDLE, LINK_ASKING, LINK_CLOSING };

union policy_socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

struct policy_link {
	union policy_socket socket;
	uv_connect_t connecting;
	uv_write_t writing;
	struct policy_client *client;
	enum policy_link_state state;
	bool proven;                       /* it has brought an answer */
	bool written;                      /* the question has been sent whole */
	struct service_question *question; /* while it connects for it, or asks it */
	int64_t idle_until;
	size_t len;
	char answer[SERVICE_ANSWER_MAX];
};

/* Of one worker, for its loop's thread. */
struct policy_client {
	struct policy_service service; /* its settings are to be set; how it is asked is the client's */
	struct endpoint endpoint;
	int64_t limit;                /* milliseconds from a question to its answer */
	void (*after)(void *context); /* called when a question has been answered that was not as it was asked */
	void *context;

	uv_timer_t timer;                      /* runs while there is a connection or a question */
	struct service_question *first, *last; /* that wait for a connection */
	int64_t crowded_until;
	struct policy_link links[POLICY_LINKS];
};

/*
 * Takes questions from now on; connects when there is one. Returns 0, or an error of libuv. Allocates nothing. It ends
 * with its loop, which closes its handles; no question may be under way then.
 */
int policy_client_open(struct policy_client *client, uv_loop_t *loop);

#endif
