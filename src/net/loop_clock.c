/* The clock of a libuv loop. */
#include "net/loop_clock.h"

#include <stddef.h>

static int64_t
now(struct clock *clock)
{
	return (int64_t)uv_now(((struct loop_clock *)clock)->timer.loop);
}

/* A chore that asks to be run again waits for the next time. */
static void
run_chores(uv_timer_t *timer)
{
	struct loop_clock *clock = timer->data;
	clock->due = clock->chores;
	clock->chores = NULL;
	while (clock->due != NULL) {
		struct chore *chore = clock->due;
		clock->due = chore->next;
		chore->waiting = false;
		chore->run(chore);
	}
}

static void
soon(struct clock *base, struct chore *chore)
{
	struct loop_clock *clock = (struct loop_clock *)base;
	if (chore->waiting)
		return;
	chore->waiting = true;
	chore->next = clock->chores;
	clock->chores = chore;
	if (!uv_is_active((uv_handle_t *)&clock->timer))
		uv_timer_start(&clock->timer, run_chores, CLOCK_SOON, 0);
}

static bool
take_out(struct chore **at, const struct chore *chore)
{
	while (*at != NULL && *at != chore)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = chore->next;
	return true;
}

static void
forget(struct clock *base, struct chore *chore)
{
	struct loop_clock *clock = (struct loop_clock *)base;
	if (!take_out(&clock->chores, chore))
		take_out(&clock->due, chore);
	chore->waiting = false;
}

int
loop_clock_open(struct loop_clock *clock, uv_loop_t *loop)
{
	clock->clock = (struct clock) { .now = now, .soon = soon, .forget = forget };
	clock->chores = clock->due = NULL;
	clock->timer.data = clock;
	return uv_timer_init(loop, &clock->timer);
}
