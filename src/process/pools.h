/* The thread pools of a worker, and the kinds of jobs that share them: no kind can starve another. */
#ifndef PROCESS_POOLS_H
#define PROCESS_POOLS_H

#include "net/pool.h"
#include "port/job_queue.h"

enum pool_id {
#define POOL(pool, threads) POOL_##pool,
#include "process/pools.def"
	POOLS
};

enum job_kind {
#define KIND(kind, pool, limit, wait) JOB_##kind,
#include "process/pools.def"
	JOB_KINDS
};

struct pools {
	struct pool pool[POOLS];
	struct job_queue kind[JOB_KINDS];
};

/* Opens the pools of a loop. clock must outlive them. Returns 0, or an error of libuv. */
int pools_open(struct pools *pools, uv_loop_t *loop, struct clock *clock);

/* Ends the threads. No job is under way. The caller must still close the handles of the loop. */
void pools_close(struct pools *pools);

/* Runs jobs of a kind, within its limit. */
struct executor *pools_executor(struct pools *pools, enum job_kind kind);

/* Runs jobs that work on the disk and are of no other kind. */
struct executor *pools_disk(struct pools *pools);

/* How many jobs of a pool are under way? */
unsigned pools_under_way(const struct pools *pools, enum pool_id pool);

#endif
