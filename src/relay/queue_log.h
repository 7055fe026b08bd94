/* The log lines about recipients of the relay queue. */
#ifndef RELAY_QUEUE_LOG_H
#define RELAY_QUEUE_LOG_H

#include "port/queue_entry.h"
#include "relay/client/transport.h"

/*
 * Logs the result of a delivery attempt: the event is "relayed", "deferred" or "bounced"; the keys are session, id,
 * from, to, ref, next, reply or detail, tls, verified, cause, attempts, delay, again. now is in seconds since 1970; the
 * transport is that of the attempt, NULL if no server was tried.
 */
void queue_log_outcome(const struct queue_entry *entry, const struct queue_recipient *recipient, const char *event,
    const struct transport *transport, int64_t now);

#endif
