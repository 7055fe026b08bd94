/* The log lines about recipients of the relay queue. */
#ifndef RELAY_QUEUE_LOG_H
#define RELAY_QUEUE_LOG_H

#include "port/queue_entry.h"

/*
 * Logs the result of a delivery attempt: the event is "relayed", "deferred" or "bounced"; the keys are session, id,
 * from, to, ref, next, reply or detail, cause, attempts, delay, again. now is in seconds since 1970.
 */
void queue_log_outcome(
    const struct queue_entry *entry, const struct queue_recipient *recipient, const char *event, int64_t now);

#endif
