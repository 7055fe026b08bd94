/* Delivers into the mailboxes of another server, by LMTP (RFC 2033): Dovecot, for one. */
#ifndef RELAY_LMTP_DELIVERY_H
#define RELAY_LMTP_DELIVERY_H

#include "port/delivery.h"
#include "port/job_queue.h"
#include "relay/route.h"

enum { LMTP_DELIVERIES = 4 }; /* at a time; further ones wait, so that they do not take all threads */

/*
 * The message is spooled by another agent, and handed over when it is committed. Where the server has taken it for nobody,
 * that is the result. What it has taken for some cannot be called back: the others go into the relay queue with those who are
 * elsewhere, to be tried by the same way again, or, once refused for good, to be told to the sender.
 */
struct lmtp_agent {
	struct delivery_agent agent;
	struct delivery_agent *spool; /* the other one: its queue takes what is left */
	const struct route *route;    /* to an address, or the path of a socket */
	const char *hostname;
	struct dialer *dialer;
	int64_t timeout;      /* milliseconds for a reply */
	int64_t retry;        /* seconds until a recipient that was deferred is tried from the queue */
	int64_t (*now)(void); /* seconds since 1970 */
	struct job_queue jobs;
};

/* All but the first and the last is set. executor runs the jobs of the process. */
void lmtp_agent_open(struct lmtp_agent *agent, struct executor *executor);

#endif
