/* Sends what waits in the relay queue: reads it, and sees to each entry when its time has come. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/queue_manager_internal.h"

/* A wish as it was taken out of the folder: by a job, which must not touch what the loop may. */
struct runner_wish {
	enum queue_reach reach;
	char name[256];
};

enum { WISHES_MAX = 1000 };

struct runner *
runner_new(const struct runner_config *config)
{
	struct runner *runner = calloc(1, sizeof *runner);
	if (runner != NULL)
		runner->config = config;
	return runner;
}

void
runner_free(struct runner *runner)
{
	if (runner == NULL)
		return;
	schedule_clear(&runner->schedule);
	destinations_clear(&runner->destinations);
	free(runner->ids);
	free(runner->wishes);
	free(runner);
}

int64_t
runner_now(const struct runner *runner)
{
	return runner->config->now() / 1000;
}

int64_t
runner_soon(const struct runner *runner, int64_t seconds)
{
	return runner->config->now() + 1000 * seconds;
}

int64_t
runner_back_off(const struct runner *runner, unsigned attempts)
{
	int64_t wait = runner->config->retry, most = runner->config->retry_max;
	for (unsigned i = 1; i < attempts && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}

static bool
is_idle(const struct runner *runner)
{
	return runner->visits == 0 && !runner->scanning && !runner->wishing;
}

static int64_t
wait_until(int64_t due, int64_t now)
{
	const int64_t most = 1000 * RESCAN;
	return due <= now ? 0 : due - now < most ? due - now : most;
}

void
runner_alarm(struct runner *runner)
{
	const struct runner_config *config = runner->config;
	const struct schedule_item *first = schedule_first(&runner->schedule);
	int64_t now = config->now(), due = runner->rescan;
	if (runner->stopping && is_idle(runner)) {
		if (!runner->stopped)
			config->stopped(config->context);
		runner->stopped = true;
		return;
	}
	if (first != NULL && first->due < due && runner->visits < config->max_deliveries && !runner->stopping)
		due = first->due;
	if (runner->stuck != NULL && runner->stuck_due < due)
		due = runner->stuck_due;
	config->alarm(config->context, wait_until(due, now));
}

/* An entry that is not known yet is due. */
static struct schedule_item *
know(struct runner *runner, const char *id)
{
	struct schedule_item *item = schedule_find(&runner->schedule, id);
	if (item != NULL)
		return item;
	item = schedule_add(&runner->schedule, id);
	if (item == NULL)
		log_event("queue-failed", "id", id, "detail", strerror(ENOMEM), NULL);
	else
		schedule_set(&runner->schedule, item, 0);
	return item;
}

static bool
keep_id(void *context, const char *id)
{
	struct runner *runner = context;
	if (runner->id_count == runner->id_room) {
		size_t room = runner->id_room == 0 ? 1024 : 2 * runner->id_room;
		char(*ids)[QUEUE_ID_SIZE] = reallocarray(runner->ids, room, sizeof *ids);
		if (ids == NULL)
			return false;
		runner->ids = ids;
		runner->id_room = room;
	}
	snprintf(runner->ids[runner->id_count++], QUEUE_ID_SIZE, "%s", id);
	return true;
}

static struct runner *
of_scan(struct job *job)
{
	return (struct runner *)(void *)((char *)job - offsetof(struct runner, scan_job));
}

static void
scan_work(struct job *job)
{
	struct runner *runner = of_scan(job);
	runner->id_count = 0;
	(void)queue_scan(&runner->config->queue, keep_id, runner);
}

static void
scan_done(struct job *job)
{
	struct runner *runner = of_scan(job);
	runner->scanning = false;
	for (size_t i = 0; i < runner->id_count; i++)
		know(runner, runner->ids[i]);
	free(runner->ids);
	runner->ids = NULL;
	runner->id_count = runner->id_room = 0;
	runner_turn(runner);
}

/* Events of the folder may be lost where there are very many. */
static void
scan(struct runner *runner)
{
	runner->rescan = runner_soon(runner, RESCAN);
	if (runner->scanning)
		return;
	runner->scanning = true;
	runner->scan_job = (struct job) { .work = scan_work, .done = scan_done };
	runner->config->jobs->start(runner->config->jobs, &runner->scan_job);
}

void
runner_start(struct runner *runner)
{
	scan(runner);
	runner_tell_wished(runner);
}

/* What is being seen to is seen to again: the change may be of somebody else. */
void
runner_tell_changed(struct runner *runner, const char *id)
{
	struct schedule_item *item = know(runner, id);
	if (item != NULL && item->busy)
		item->again = true;
	else if (item != NULL)
		schedule_set(&runner->schedule, item, 0);
	runner_turn(runner);
}

static void
fulfil(struct runner *runner, const struct runner_wish *wish)
{
	struct schedule *schedule = &runner->schedule;
	uint64_t bit = schedule_bit(wish->name);
	for (size_t i = 0; i < schedule->count; i++) {
		struct schedule_item *item = schedule->heap[i];
		bool meant = wish->reach == QUEUE_RUN_ALL ||
		    (wish->reach == QUEUE_RUN_ENTRY ? strcmp(item->id, wish->name) == 0 : (item->domains & bit) != 0);
		if (!meant)
			continue;
		item->wished = true;
		item->again = item->again || item->busy;
		item->due = item->busy ? item->due : 0;
	}
	schedule_reorder(schedule);
	log_event("queue-run", "name", wish->name[0] != '\0' ? wish->name : NULL, NULL);
}

static void
keep_wish(void *context, const struct queue_wish *wish)
{
	struct runner *runner = context;
	struct runner_wish *kept = runner->wish_count == WISHES_MAX ? NULL : &runner->wishes[runner->wish_count];
	if (kept == NULL)
		return;
	kept->reach = wish->reach;
	snprintf(kept->name, sizeof kept->name, "%s", wish->name != NULL ? wish->name : "");
	runner->wish_count++;
}

static struct runner *
of_wish(struct job *job)
{
	return (struct runner *)(void *)((char *)job - offsetof(struct runner, wish_job));
}

static void
wish_work(struct job *job)
{
	struct runner *runner = of_wish(job);
	runner->wishes = calloc(WISHES_MAX, sizeof *runner->wishes);
	if (runner->wishes != NULL)
		(void)queue_take_wishes(&runner->config->queue, keep_wish, runner);
}

static void
wish_done(struct job *job)
{
	struct runner *runner = of_wish(job);
	runner->wishing = false;
	for (size_t i = 0; i < runner->wish_count; i++)
		fulfil(runner, &runner->wishes[i]);
	free(runner->wishes);
	runner->wishes = NULL;
	runner->wish_count = 0;
	if (runner->wished_again)
		runner_tell_wished(runner);
	runner_turn(runner);
}

void
runner_tell_wished(struct runner *runner)
{
	runner->wished_again = runner->wishing;
	if (runner->wishing || runner->stopping)
		return;
	runner->wishing = true;
	runner->wish_job = (struct job) { .work = wish_work, .done = wish_done };
	runner->config->jobs->start(runner->config->jobs, &runner->wish_job);
}

/* Those that could not be recorded, the disk being full, are tried again: nothing of them may be sent before. */
static void
free_stuck(struct runner *runner)
{
	struct visit *stuck = runner->stuck;
	runner->stuck = NULL;
	while (stuck != NULL) {
		struct visit *next = stuck->next_stuck;
		visit_proceed(stuck);
		stuck = next;
	}
}

void
runner_turn(struct runner *runner)
{
	const struct runner_config *config = runner->config;
	int64_t now = config->now();
	struct schedule_item *item;
	if (runner->stuck != NULL && runner->stuck_due <= now)
		free_stuck(runner);
	if (runner->rescan <= now && !runner->stopping) {
		destinations_sweep(&runner->destinations, runner_now(runner));
		scan(runner);
	}
	while (!runner->stopping && runner->visits < config->max_deliveries &&
	    (item = schedule_first(&runner->schedule)) != NULL && item->due <= now)
		visit_begin(runner, item);
	runner_alarm(runner);
}

void
runner_stop(struct runner *runner)
{
	runner->stopping = true;
	legs_drop_waiting(runner);
	runner_alarm(runner);
}
