/* Finds worker processes whose loop no longer turns: each must change a counter, its beat, now and then. */
#include "process/watchdog.h"

static int64_t
limit_of(const struct watchdog *watchdog, unsigned worker)
{
	return watchdog->watches[worker].beaten ? watchdog->terms.limit : watchdog->terms.start;
}

void
watchdog_start(struct watchdog *watchdog, unsigned worker, uint64_t beat, int64_t now)
{
	watchdog->watches[worker] = (struct watch) { .running = true, .beat = beat, .since = now };
}

void
watchdog_end(struct watchdog *watchdog, unsigned worker)
{
	watchdog->watches[worker].running = false;
}

void
watchdog_look(struct watchdog *watchdog, int64_t now)
{
	int64_t unseen = watchdog->looked == 0 ? 0 : now - watchdog->looked - watchdog->terms.beat;
	watchdog->looked = now;
	if (unseen <= 0)
		return;
	for (unsigned i = 0; i < PROCESSES_MAX; i++) {
		struct watch *watch = &watchdog->watches[i];
		watch->since = now - watch->since > unseen ? watch->since + unseen : now;
	}
}

void
watchdog_note(struct watchdog *watchdog, unsigned worker, uint64_t beat, int64_t now)
{
	struct watch *watch = &watchdog->watches[worker];
	if (watch->beat == beat)
		return;
	watch->beaten = true;
	watch->beat = beat;
	watch->since = now;
}

int64_t
watchdog_silence(const struct watchdog *watchdog, unsigned worker, int64_t now)
{
	return now - watchdog->watches[worker].since;
}

bool
watchdog_is_alive(const struct watchdog *watchdog, unsigned worker, int64_t now)
{
	return watchdog->watches[worker].running &&
	    watchdog_silence(watchdog, worker, now) < limit_of(watchdog, worker);
}

int
watchdog_find_hung(const struct watchdog *watchdog, int64_t now)
{
	int hung = -1;
	int64_t longest = -1;
	for (unsigned i = 0; i < PROCESSES_MAX; i++) {
		int64_t silence = watchdog_silence(watchdog, i, now);
		if (watchdog->watches[i].running && silence >= limit_of(watchdog, i) && silence > longest) {
			longest = silence;
			hung = (int)i;
		}
	}
	return hung;
}
