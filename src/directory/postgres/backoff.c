/* The pauses between attempts to connect. */
#include "directory/postgres/backoff.h"

#include <sys/random.h>

int64_t
backoff_next(int64_t pause)
{
	int64_t next = pause == 0 ? BACKOFF_FIRST : 2 * pause;
	return next < BACKOFF_MAX ? next : BACKOFF_MAX;
}

int64_t
backoff_jitter(int64_t pause)
{
	uint32_t number = 0;
	if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
		number = 0;
	return pause / 2 + (int64_t)(number % (uint64_t)(pause / 2 + 1));
}
