/* What a server shares with servers on other machines. One of its workers exchanges it. */
#include "cmd/server/sharing.h"

#include <errno.h>

#include "base/system/program.h"

static void
exchange(uv_timer_t *timer)
{
	limit_sharing_begin(&((struct sharing *)timer->data)->limits);
}

static void
exchanged(struct limit_sharing *limits)
{
	struct sharing *sharing = (struct sharing *)((char *)limits - offsetof(struct sharing, limits));
	uv_timer_start(&sharing->limits_timer, exchange, (uint64_t)limits->pause, 0);
}

static void
purge(uv_timer_t *timer)
{
	purging_begin(&((struct sharing *)timer->data)->purging);
}

static void
purged(struct purging *purging)
{
	struct sharing *sharing = (struct sharing *)((char *)purging - offsetof(struct sharing, purging));
	uv_timer_start(&sharing->purging_timer, purge, (uint64_t)purging->pause, 0);
}

int
sharing_open(struct sharing *sharing, const struct libpq *libpq, const struct postgres_settings *settings,
    uv_loop_t *loop, struct executor *executor, struct limiter *limiter, const char *service)
{
	int error;
	if ((error = uv_timer_init(loop, &sharing->limits_timer)) < 0 ||
	    (error = uv_timer_init(loop, &sharing->purging_timer)) < 0)
		return error;
	sharing->store = postgres_shared_new(libpq, settings, loop, executor);
	if (sharing->store == NULL)
		return -errno;
	sharing->limits_timer.data = sharing->purging_timer.data = sharing;
	limit_sharing_open(&sharing->limits, limiter, sharing->store, service);
	purging_open(&sharing->purging, sharing->store, limiter->clock, counters_server(limiter->counters),
	    program_test_time("FTGATE_PURGING", PURGE_EVERY));
	sharing->limits.ended = exchanged;
	sharing->purging.ended = purged;
	limit_sharing_begin(&sharing->limits);
	purged(&sharing->purging);
	return 0;
}

void
sharing_close(struct sharing *sharing)
{
	if (sharing->store != NULL)
		sharing->store->ops->close(sharing->store);
}
