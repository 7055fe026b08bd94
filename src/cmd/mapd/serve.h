/* A worker of the map server: connects languages, sessions and listeners. */
#ifndef CMD_MAPD_SERVE_H
#define CMD_MAPD_SERVE_H

#include "cmd/server/worker_env.h"

/* The life of a worker; returns its exit status. */
int serve_map_work(const struct serve *serve, const struct worker_slot *slot);

#endif
