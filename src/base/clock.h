/* The part of an event loop that lower layers need: its time, and timers. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_SOON = 100 }; /* milliseconds */

/* A call to be made once, on the loop. Its owner embeds it. */
struct chore {
	void (*run)(struct chore *chore);
	struct chore *next;
	bool waiting;
};

struct clock {
	/* Milliseconds of a monotonic clock, as of the loop's last turn. Makes no system call. */
	int64_t (*now)(struct clock *clock);
	/* Runs the chore after CLOCK_SOON. Does nothing if it waits already. Makes no system call. */
	void (*soon)(struct clock *clock, struct chore *chore);
	/* Cancels a chore, if it waits. Call it before the chore is freed. */
	void (*forget)(struct clock *clock, struct chore *chore);
};

#endif
