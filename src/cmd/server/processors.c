/* The processors of this machine. */
#include "cmd/server/processors.h"

#include <sched.h>

#include "base/system/workers.h"

unsigned
processors_count(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}
