/* The process that sends the messages of the relay queue. */
#ifndef CMD_SMTPD_QUEUE_PROCESS_H
#define CMD_SMTPD_QUEUE_PROCESS_H

#include "cmd/server/worker_env.h"

/* Its life; returns its exit status. */
int relay_work(const struct serve *serve, const struct worker_slot *slot);

#endif
