/* What a server counts of itself, in memory that all its processes share: each worker counts in a slot of its own. */
#include "base/stats.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

struct figures *
figures_new(void)
{
	struct figures *figures = mmap(
	    NULL, sizeof *figures, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (figures == MAP_FAILED)
		return NULL;
	figures->pid = getpid();
	figures->started = now();
	figures->generation = 1;
	return figures;
}

void
figures_disown(struct figures *figures, unsigned worker)
{
	figures->slot[worker].value[FIGURE_CONNECTIONS] = 0;
}

uint64_t
figures_sum(const struct figures *figures, enum figure figure)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < FIGURES_WORKERS; i++)
		sum += figures->slot[i].value[figure];
	return sum;
}

uint64_t
figures_replies(const struct figures *figures, unsigned reply)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < FIGURES_WORKERS; i++)
		sum += figures->slot[i].reply[reply];
	return sum;
}

uint64_t
figures_refused(const struct figures *figures)
{
	uint64_t most = 0;
	for (size_t i = 0; i < FIGURES_WORKERS; i++) {
		uint64_t refused = figures->slot[i].refused;
		most = refused > most ? refused : most;
	}
	return most;
}

int64_t
figures_uptime(const struct figures *figures)
{
	return now() - figures->started;
}
