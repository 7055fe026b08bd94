/* Whether the time stamp of a folder proves that it is not changed while it is read. */
#include "store/change_time.h"

struct timespec
change_time_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now;
}

bool
change_time_is_settled(const struct timespec *stamp, const struct timespec *since)
{
	if (stamp->tv_sec != since->tv_sec || stamp->tv_nsec == 0)
		return stamp->tv_sec < since->tv_sec;
	return stamp->tv_nsec < since->tv_nsec;
}

void
change_time_wait(void)
{
	struct timespec tick;
	if (clock_getres(CLOCK_REALTIME_COARSE, &tick) == 0)
		nanosleep(&tick, NULL);
}
