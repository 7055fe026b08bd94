/* The process that sends on what waits in the relay queue. */
#ifndef CMD_RELAY_H
#define CMD_RELAY_H

#include "cmd/site.h"

/* Its life; returns its exit status. */
int relay_work(const struct serve *serve, const struct master_place *place);

#endif
