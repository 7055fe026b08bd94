/* Time as an event loop sees it, and calls at a later time: what lower layers need of the loop. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_SOON = 100 }; /* milliseconds */

/* Something to be done once, on the loop; embedded in whatever it is about. */
struct chore {
	void (*run)(struct chore *chore);
	struct chore *next;
	bool waiting;
};

struct clock {
	/* Milliseconds of a steady clock, as of the loop's last turn. No system call. */
	int64_t (*now)(struct clock *clock);
	/* Runs the chore CLOCK_SOON from now; nothing if it waits already. No system call. */
	void (*soon)(struct clock *clock, struct chore *chore);
	/* Takes back a chore that waits; to be called before it is freed. */
	void (*forget)(struct clock *clock, struct chore *chore);
};

#endif
