/* Asks a policy service over a few connections that are kept open. */
#ifndef PEER_POLICY_CLIENT_H
#define PEER_POLICY_CLIENT_H

#include "config/endpoint.h"
#include "peer/link.h"
#include "peer/peer_breaker.h"
#include "port/policy_service.h"

enum {
	POLICY_LINKS = 8,             /* connections at a time; one question after another goes over each */
	POLICY_IDLE_TIME = 60 * 1000, /* milliseconds that one is kept without a question */
};

enum policy_link_state { POLICY_CLOSED, POLICY_CONNECTING, POLICY_IDLE, POLICY_ASKING };

struct policy_client;

struct policy_link {
	struct link link;
	struct policy_client *client;
	enum policy_link_state state;
	bool proven;                       /* it has brought an answer */
	struct service_question *question; /* while it connects for it, or asks it */
	enum peer_pass pass;               /* of the question */
	int64_t started;
	size_t sent; /* octets of the question */
	size_t len;
	char answer[SERVICE_ANSWER_MAX];
};

/* Of one worker, for its loop's thread. */
struct policy_client {
	/* To be set; policy_client_open() sets service.ask. */
	struct policy_service service;
	struct endpoint endpoint;
	int64_t limit;                /* milliseconds from a question to its answer, waiting included */
	void (*after)(void *context); /* called when a question has been answered later than it was asked */
	void *context;
	struct peer_breaker breaker;

	bool ended;                            /* a question has been answered since after() was called */
	uv_timer_t timer;                      /* runs while a question waits for a connection */
	struct service_question *first, *last; /* that wait, the one with the earliest deadline first */
	struct policy_link links[POLICY_LINKS];
};

/*
 * Accepts questions from now on; connects when there is one. Returns 0, or an error of libuv. Allocates nothing. It ends
 * with its loop, which closes its handles; no question may be under way then.
 */
int policy_client_open(struct policy_client *client, uv_loop_t *loop);

/* Frees its resources, once its loop has closed all handles. */
void policy_client_close(struct policy_client *client);

#endif
