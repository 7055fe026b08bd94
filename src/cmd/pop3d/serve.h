/* A worker of the POP3 server: connects maildrops, sessions and listeners. */
#ifndef CMD_POP3D_SERVE_H
#define CMD_POP3D_SERVE_H

#include "cmd/server/worker_env.h"

/* The life of a worker; returns its exit status. */
int serve_pop3_work(const struct serve *serve, const struct worker_slot *slot);

#endif
