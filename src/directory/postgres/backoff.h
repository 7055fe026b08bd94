/* The pauses between attempts to connect. */
#ifndef DIRECTORY_POSTGRES_BACKOFF_H
#define DIRECTORY_POSTGRES_BACKOFF_H

#include <stdint.h>

/* In milliseconds. An attempt comes after half to all of a pause, at random. */
enum {
	BACKOFF_FIRST = 500, /* doubles with each attempt that fails */
	BACKOFF_MAX = 30000,
};

/* The pause behind another one, in milliseconds. 0: there was none. */
int64_t backoff_next(int64_t pause);

/* Half of a pause to all of it, at random, so that the workers of many machines do not come at once. */
int64_t backoff_jitter(int64_t pause);

#endif
