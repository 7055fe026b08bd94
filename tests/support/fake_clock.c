/* A clock that stands still until a test moves it. */
#include "fake_clock.h"

#include <stddef.h>

static int64_t time_now;
static struct chore *chores;

static int64_t
now(struct clock *clock)
{
	(void)clock;
	return time_now;
}

static void
soon(struct clock *clock, struct chore *chore)
{
	(void)clock;
	if (chore->waiting)
		return;
	chore->waiting = true;
	chore->next = chores;
	chores = chore;
}

static void
forget(struct clock *clock, struct chore *chore)
{
	(void)clock;
	chore->waiting = false;
	for (struct chore **at = &chores; *at != NULL; at = &(*at)->next) {
		if (*at == chore) {
			*at = chore->next;
			return;
		}
	}
}

struct clock fake_clock = { .now = now, .soon = soon, .forget = forget };

void
fake_clock_pass(int milliseconds)
{
	time_now += milliseconds;
	while (chores != NULL) {
		struct chore *chore = chores;
		chores = chore->next;
		chore->waiting = false;
		chore->run(chore);
	}
}
