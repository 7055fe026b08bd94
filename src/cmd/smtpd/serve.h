/* A worker of the SMTP server: connects delivery, policy, sessions and listeners. */
#ifndef CMD_SMTPD_SERVE_H
#define CMD_SMTPD_SERVE_H

#include "cmd/server/worker_env.h"

/* The life of a worker; returns its exit status. */
int serve_work(const struct serve *serve, const struct worker_slot *slot);

#endif
