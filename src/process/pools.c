/* The thread pools of a worker, and the kinds of jobs that share them: no kind can starve another. */
#include "process/pools.h"

#define POOL(pool, threads)           _Static_assert((threads) <= POOL_THREADS_MAX, "the threads of " #pool " have room");
#define KIND(kind, pool, limit, wait) _Static_assert((limit) <= JOB_QUEUE_MAX, "the jobs of " #kind " have room");
#include "process/pools.def"

/* The threads that the kinds of each pool may take together. */
#define SHARE(pool, of, limit) +((int)(pool) == (int)(of) ? (limit) : 0)
enum {
	TAKEN_DISK =
#define KIND(kind, pool, limit, wait) SHARE(POOL_##pool, POOL_DISK, limit)
#include "process/pools.def"
	    , TAKEN_HASHING =
#define KIND(kind, pool, limit, wait) SHARE(POOL_##pool, POOL_HASHING, limit)
#include "process/pools.def"
};

enum {
#define POOL(pool, threads) THREADS_##pool = (threads),
#include "process/pools.def"
};

_Static_assert(2 * (int)TAKEN_DISK <= (int)THREADS_DISK, "half of the disk's threads are for jobs of no kind");
_Static_assert((int)TAKEN_HASHING <= (int)THREADS_HASHING, "each kind has the threads that it may take");

static const struct {
	enum pool_id pool;
	unsigned limit;
	int64_t wait; /* milliseconds */
} kinds[JOB_KINDS] = {
#define KIND(kind, pool, limit, wait) [JOB_##kind] = { POOL_##pool, limit, 1000 * (wait) },
#include "process/pools.def"
};

static const unsigned threads_of[POOLS] = {
#define POOL(pool, threads) [POOL_##pool] = (threads),
#include "process/pools.def"
};

int
pools_open(struct pools *pools, uv_loop_t *loop, struct clock *clock)
{
	int error = 0;
	for (int i = 0; i < POOLS && error == 0; i++)
		error = pool_open(&pools->pool[i], loop, threads_of[i]);
	for (int i = 0; i < JOB_KINDS && error == 0; i++) {
		job_queue_open(&pools->kind[i], &pools->pool[kinds[i].pool].executor, kinds[i].limit);
		if (kinds[i].wait > 0)
			job_queue_limit_wait(&pools->kind[i], clock, kinds[i].wait);
	}
	return error;
}

void
pools_close(struct pools *pools)
{
	for (int i = 0; i < POOLS; i++)
		pool_close(&pools->pool[i]);
}

struct executor *
pools_executor(struct pools *pools, enum job_kind kind)
{
	return &pools->kind[kind].executor;
}

struct executor *
pools_disk(struct pools *pools)
{
	return &pools->pool[POOL_DISK].executor;
}

unsigned
pools_under_way(const struct pools *pools, enum pool_id pool)
{
	return pools->pool[pool].under_way;
}
