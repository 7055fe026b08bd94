/* Sends what waits in the relay queue: reads it, and sees to each entry when its time has come. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/queue_manager_internal.h"

/* A wish as it was taken out of the folder: by a job, which must not touch what the loop may. */
struct queue_manager_wish {
	enum queue_reach reach;
	char name[256];
};

enum { WISHES_MAX = 1000 };

struct queue_manager *
queue_manager_new(const struct queue_manager_config *config)
{
	struct queue_manager *manager = calloc(1, sizeof *manager);
	if (manager != NULL)
		manager->config = config;
	return manager;
}

void
queue_manager_free(struct queue_manager *manager)
{
	if (manager == NULL)
		return;
	schedule_clear(&manager->schedule);
	destinations_clear(&manager->destinations);
	free(manager->ids);
	free(manager->wishes);
	free(manager);
}

int64_t
queue_manager_now(const struct queue_manager *manager)
{
	return manager->config->now() / 1000;
}

int64_t
queue_manager_soon(const struct queue_manager *manager, int64_t seconds)
{
	return manager->config->now() + 1000 * seconds;
}

int64_t
queue_manager_back_off(const struct queue_manager *manager, unsigned attempts)
{
	int64_t wait = manager->config->retry, most = manager->config->retry_max;
	for (unsigned i = 1; i < attempts && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}

static bool
is_idle(const struct queue_manager *manager)
{
	return manager->active_count == 0 && !manager->scanning && !manager->wishing;
}

static int64_t
wait_until(int64_t due, int64_t now)
{
	const int64_t most = 1000 * RESCAN;
	return due <= now ? 0 : due - now < most ? due - now : most;
}

void
queue_manager_alarm(struct queue_manager *manager)
{
	const struct queue_manager_config *config = manager->config;
	const struct schedule_item *first = schedule_first(&manager->schedule);
	int64_t now = config->now(), due = manager->rescan;
	if (manager->stopping && is_idle(manager)) {
		if (!manager->stopped)
			config->stopped(config->context);
		manager->stopped = true;
		return;
	}
	if (first != NULL && first->due < due && manager->active_count < config->max_deliveries && !manager->stopping)
		due = first->due;
	if (manager->stuck != NULL && manager->stuck_due < due)
		due = manager->stuck_due;
	config->alarm(config->context, wait_until(due, now));
}

/* An entry that is not known yet is due. */
static struct schedule_item *
know(struct queue_manager *manager, const char *id)
{
	struct schedule_item *item = schedule_find(&manager->schedule, id);
	if (item != NULL)
		return item;
	item = schedule_add(&manager->schedule, id);
	if (item == NULL)
		log_event("queue-failed", "id", id, "detail", strerror(ENOMEM), NULL);
	else
		schedule_set(&manager->schedule, item, 0);
	return item;
}

static bool
keep_id(void *context, const char *id)
{
	struct queue_manager *manager = context;
	if (manager->id_count == manager->id_room) {
		size_t room = manager->id_room == 0 ? 1024 : 2 * manager->id_room;
		char(*ids)[QUEUE_ID_SIZE] = reallocarray(manager->ids, room, sizeof *ids);
		if (ids == NULL)
			return false;
		manager->ids = ids;
		manager->id_room = room;
	}
	snprintf(manager->ids[manager->id_count++], QUEUE_ID_SIZE, "%s", id);
	return true;
}

static struct queue_manager *
of_scan(struct job *job)
{
	return (struct queue_manager *)(void *)((char *)job - offsetof(struct queue_manager, scan_job));
}

static void
scan_work(struct job *job)
{
	struct queue_manager *manager = of_scan(job);
	manager->id_count = 0;
	(void)queue_scan(&manager->config->queue, keep_id, manager);
}

static void
scan_done(struct job *job)
{
	struct queue_manager *manager = of_scan(job);
	manager->scanning = false;
	for (size_t i = 0; i < manager->id_count; i++)
		know(manager, manager->ids[i]);
	free(manager->ids);
	manager->ids = NULL;
	manager->id_count = manager->id_room = 0;
	queue_manager_turn(manager);
}

/* Events of the folder may be lost where there are very many. */
static void
scan(struct queue_manager *manager)
{
	manager->rescan = queue_manager_soon(manager, RESCAN);
	if (manager->scanning)
		return;
	manager->scanning = true;
	manager->scan_job = (struct job) { .work = scan_work, .done = scan_done };
	manager->config->jobs->start(manager->config->jobs, &manager->scan_job);
}

void
queue_manager_start(struct queue_manager *manager)
{
	scan(manager);
	queue_manager_tell_wished(manager);
}

/* What is being seen to is seen to again: the change may be of somebody else. */
void
queue_manager_tell_changed(struct queue_manager *manager, const char *id)
{
	struct schedule_item *item = know(manager, id);
	if (item != NULL && item->busy)
		item->again = true;
	else if (item != NULL)
		schedule_set(&manager->schedule, item, 0);
	queue_manager_turn(manager);
}

static void
fulfil(struct queue_manager *manager, const struct queue_manager_wish *wish)
{
	struct schedule *schedule = &manager->schedule;
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

static bool
keep_wish(void *context, const struct queue_run *wish)
{
	struct queue_manager *manager = context;
	struct queue_manager_wish *kept = manager->wish_count == WISHES_MAX ? NULL
	                                                                    : &manager->wishes[manager->wish_count];
	if (kept == NULL)
		return false;
	kept->reach = wish->reach;
	snprintf(kept->name, sizeof kept->name, "%s", wish->name != NULL ? wish->name : "");
	manager->wish_count++;
	return true;
}

static struct queue_manager *
of_wish(struct job *job)
{
	return (struct queue_manager *)(void *)((char *)job - offsetof(struct queue_manager, wish_job));
}

static void
wish_work(struct job *job)
{
	struct queue_manager *manager = of_wish(job);
	manager->wishes_left = false;
	manager->wishes = calloc(WISHES_MAX, sizeof *manager->wishes);
	if (manager->wishes != NULL)
		manager->wishes_left = queue_take_runs(&manager->config->queue, keep_wish, manager) > 0;
}

static void
wish_done(struct job *job)
{
	struct queue_manager *manager = of_wish(job);
	manager->wishing = false;
	for (size_t i = 0; i < manager->wish_count; i++)
		fulfil(manager, &manager->wishes[i]);
	free(manager->wishes);
	manager->wishes = NULL;
	manager->wish_count = 0;
	if (manager->wished_again || manager->wishes_left)
		queue_manager_tell_wished(manager);
	queue_manager_turn(manager);
}

void
queue_manager_tell_wished(struct queue_manager *manager)
{
	manager->wished_again = manager->wishing;
	if (manager->wishing || manager->stopping)
		return;
	manager->wishing = true;
	manager->wish_job = (struct job) { .work = wish_work, .done = wish_done };
	manager->config->jobs->start(manager->config->jobs, &manager->wish_job);
}

/* Those that could not be recorded, the disk being full, are tried again: nothing of them may be sent before. */
static void
free_stuck(struct queue_manager *manager)
{
	struct active_entry *stuck = manager->stuck;
	manager->stuck = NULL;
	while (stuck != NULL) {
		struct active_entry *next = stuck->next_stuck;
		active_entry_proceed(stuck);
		stuck = next;
	}
}

void
queue_manager_turn(struct queue_manager *manager)
{
	const struct queue_manager_config *config = manager->config;
	int64_t now = config->now();
	struct schedule_item *item;
	if (manager->stuck != NULL && manager->stuck_due <= now)
		free_stuck(manager);
	if (manager->rescan <= now && !manager->stopping) {
		destinations_sweep(&manager->destinations, queue_manager_now(manager));
		scan(manager);
	}
	while (!manager->stopping && manager->active_count < config->max_deliveries &&
	    (item = schedule_first(&manager->schedule)) != NULL && item->due <= now)
		active_entry_begin(manager, item);
	queue_manager_alarm(manager);
}

void
queue_manager_stop(struct queue_manager *manager)
{
	manager->stopping = true;
	attempts_drop_waiting(manager);
	queue_manager_alarm(manager);
}
