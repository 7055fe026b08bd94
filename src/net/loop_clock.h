/* The clock of a libuv loop. */
#ifndef NET_LOOP_CLOCK_H
#define NET_LOOP_CLOCK_H

#include <uv.h>

#include "base/clock.h"

struct loop_clock {
	struct clock clock;
	uv_timer_t timer;     /* runs while a chore waits */
	struct chore *chores; /* that wait */
	struct chore *due;    /* whose time has come, and that have not run yet */
};

/* Opens the clock of a loop, which must outlive it. Returns 0 or an error of libuv. */
int loop_clock_open(struct loop_clock *clock, uv_loop_t *loop);

#endif
