/* What a server shares with servers on other machines. One of its workers exchanges it. */
#ifndef CMD_SERVER_SHARING_H
#define CMD_SERVER_SHARING_H

#include <uv.h>

#include "directory/postgres/shared.h"
#include "port/limit_sharing.h"
#include "port/purging.h"

struct sharing {
	struct shared_store *store; /* NULL: nothing is shared by this process */
	struct limit_sharing limits;
	struct purging purging;
	uv_timer_t limits_timer, purging_timer;
};

/*
 * Begins. The counters of the limiter must be shared (counters_share()). The limiter, service, and what
 * postgres_shared_new() needs must outlive sharing. Returns 0, or an error of libuv.
 */
int sharing_open(struct sharing *sharing, const struct libpq *libpq, const struct postgres_settings *settings,
    uv_loop_t *loop, struct executor *executor, struct limiter *limiter, const char *service);

/* Call it when the loop has ended, and its handles are closed. */
void sharing_close(struct sharing *sharing);

#endif
