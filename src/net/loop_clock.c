/* The clock of a libuv loop. */
#include "net/loop_clock.h"

#include <stddef.h>

static int64_t
now(struct clock *clock)
{
	return (int64_t)uv_now(((struct loop_clock *)clock)->timer.loop);
}

static void
run_chores(uv_timer_t *timer)
{
	struct loop_clock *clock = timer->data;
	struct chore *chores = clock->chores;
	clock->chores = NULL;
	while (chores != NULL) {
		struct chore *chore = chores;
		chores = chore->next;
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

static void
forget(struct clock *base, struct chore *chore)
{
	struct chore **at = &((struct loop_clock *)base)->chores;
	while (*at != NULL && *at != chore)
		at = &(*at)->next;
	if (*at != NULL)
		*at = chore->next;
	chore->waiting = false;
}

int
loop_clock_open(struct loop_clock *clock, uv_loop_t *loop)
{
	clock->clock = (struct clock) { .now = now, .soon = soon, .forget = forget };
	clock->chores = NULL;
	clock->timer.data = clock;
	return uv_timer_init(loop, &clock->timer);
}
