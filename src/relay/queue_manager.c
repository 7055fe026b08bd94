/* Sends the messages of the relay queue: all work is done in turns, which handle events and start due attempts. */
#include "relay/queue_manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "relay/admission.h"
#include "relay/plan.h"
#include "relay/queue_intake.h"

enum {
	RESCAN = 300,     /* seconds after which the folder is read again: events of it may have been lost */
	MEMORY_WAIT = 60, /* and an entry is tried again for which there was no memory */
	STUCK_WAIT = 1,   /* and what could not be recorded is tried again */
	CLAIMS = 32,      /* entries that are claimed, recorded or reported, beside those that are sent */
	MEASURED = 8192,  /* entries that one call of queue_manager_measure() looks at */
};

/* A count of the entries that is under way: at is the next one's place in the heap. */
struct measure {
	size_t at;
	uint64_t active, held;
	int64_t oldest;
};

struct queue_manager {
	const struct queue_manager_config *config;
	struct manager_events events;
	struct schedule schedule;
	struct admission admission;
	struct queue_intake intake;
	struct active_entry *first_active;
	unsigned active_count;
	struct active_entry *stuck;
	int64_t stuck_due, rescan; /* milliseconds since 1970 */
	struct measure measure;
	bool stopping, stopped;
};

/* An event arrived: the next turn is due now. */
static void
ask_for_turn(void *context)
{
	const struct queue_manager *manager = context;
	manager->config->alarm(manager->config->context, 0);
}

struct queue_manager *
queue_manager_new(const struct queue_manager_config *config)
{
	struct queue_manager *manager = calloc(1, sizeof *manager);
	if (manager == NULL)
		return NULL;
	manager->config = config;
	manager->events = (struct manager_events) { .ask = ask_for_turn, .context = manager };
	manager->admission = (struct admission) {
		.config = config, .events = &manager->events, .schedule = &manager->schedule
	};
	queue_intake_open(&manager->intake, config, &manager->events);
	return manager;
}

void
queue_manager_free(struct queue_manager *manager)
{
	if (manager == NULL)
		return;
	schedule_clear(&manager->schedule);
	destinations_clear(&manager->admission.destinations);
	free(manager->intake.ids);
	free(manager->intake.runs);
	free(manager);
}

static int64_t
milliseconds_from_now(const struct queue_manager *manager, int64_t seconds)
{
	return manager->config->now() + 1000 * seconds;
}

/* An entry that is not known yet is due. */
static struct schedule_item *
find_or_add(struct queue_manager *manager, const char *id)
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

static void
handle_scan(struct queue_manager *manager)
{
	for (size_t i = 0; i < manager->intake.id_count; i++)
		find_or_add(manager, manager->intake.ids[i]);
	queue_intake_scanned(&manager->intake);
}

static bool
is_meant(const struct intake_run *run, uint64_t bit, const struct schedule_item *item)
{
	switch (run->reach) {
	case QUEUE_RUN_ALL: return true;
	case QUEUE_RUN_ENTRY: return strcmp(item->id, run->name) == 0;
	default: return (item->domains & bit) != 0;
	}
}

/*
 * Entries that wait for their server are not claimed: one of them probes the server, and the others follow if it is
 * back.
 */
static void
request(struct queue_manager *manager, struct schedule_item *item, bool all)
{
	item->requested = true;
	item->changed = item->active != NULL;
	if (item->parked != NULL)
		admission_retry(&manager->admission, item->parked);
	if (item->active == NULL && (item->parked == NULL || !all))
		item->due = 0;
}

static void
run_queue(struct queue_manager *manager, const struct intake_run *run)
{
	struct schedule *schedule = &manager->schedule;
	bool all = run->reach == QUEUE_RUN_ALL;
	manager->admission.requests++;
	uint64_t bit = schedule_bit(run->name);
	for (size_t i = 0; i < schedule->count; i++)
		if (is_meant(run, bit, schedule->heap[i]))
			request(manager, schedule->heap[i], all);
	schedule_reorder(schedule);
	if (all)
		admission_wake_all(&manager->admission);
	log_event("queue-run", "name", run->name[0] != '\0' ? run->name : NULL, NULL);
}

static void
handle_runs(struct queue_manager *manager)
{
	for (size_t i = 0; i < manager->intake.run_count; i++)
		run_queue(manager, &manager->intake.runs[i]);
	queue_intake_runs_read(&manager->intake, manager->stopping);
}

static void
remember_domains(const struct active_entry *active)
{
	active->item->domains = 0;
	for (size_t i = 0; i < active->entry.count; i++)
		if (active->entry.recipients[i].state == QUEUE_WAITING)
			active->item->domains |= schedule_bits(queue_domain(&active->entry.recipients[i]));
}

static void
unlink_active(struct queue_manager *manager, struct active_entry *active)
{
	struct active_entry **at = &manager->first_active;
	while (*at != active)
		at = &(*at)->next;
	*at = active->next;
	manager->active_count--;
}

/* The entry is given back: it is due at its time, at once if it has changed meanwhile, or never again if it is gone. */
static void
retire(struct queue_manager *manager, struct active_entry *active)
{
	struct schedule_item *item = active->item;
	bool gone = active->gone && !item->changed;
	bool woken = (active->waits || active->down) && item->parked == NULL;
	int64_t due = item->changed || woken ? 0 : active->due;
	if (!item->unread)
		remember_domains(active);
	manager_event_withdraw(&manager->events, &active->woken);
	unlink_active(manager, active);
	active_entry_free(active);
	item->active = NULL;
	if (gone) {
		admission_forget(&manager->admission, item);
		schedule_forget(&manager->schedule, item);
		return;
	}
	schedule_set(&manager->schedule, item, due);
	admission_end(&manager->admission, item);
}

static void
keep_stuck(struct queue_manager *manager, struct active_entry *active)
{
	active->next_stuck = manager->stuck;
	manager->stuck = active;
	manager->stuck_due = milliseconds_from_now(manager, STUCK_WAIT);
}

/* The next step is made when all events that are there have been handled, so that one record holds all results. */
static void
step_later(struct queue_manager *manager, struct active_entry *active)
{
	manager_event_post(&manager->events, &active->woken);
}

static void
step(struct queue_manager *manager, struct active_entry *active, enum active_cause cause)
{
	switch (active_entry_step(active, cause)) {
	case ACTIVE_NEEDS_NOTHING: break;
	case ACTIVE_NEEDS_TIME: keep_stuck(manager, active); break;
	case ACTIVE_NEEDS_END: retire(manager, active); break;
	case ACTIVE_NEEDS_PLAN:
		active->stopping = manager->stopping;
		plan_attempts(&manager->admission, active);
		admission_admit(&manager->admission, active);
		step_later(manager, active);
		break;
	}
}

static struct active_entry *
of_event(struct manager_event *event)
{
	return (struct active_entry *)(void *)((char *)event - offsetof(struct active_entry, event));
}

static struct active_entry *
of_woken(struct manager_event *event)
{
	return (struct active_entry *)(void *)((char *)event - offsetof(struct active_entry, woken));
}

static void
handle_attempt(struct queue_manager *manager, struct attempt *attempt)
{
	struct active_entry *active = attempt->active;
	admission_go_on(&manager->admission, attempt);
	step_later(manager, active);
}

static void
handle(struct queue_manager *manager, struct manager_event *event)
{
	switch (event->kind) {
	case MANAGER_SCANNED: handle_scan(manager); break;
	case MANAGER_REQUESTED: handle_runs(manager); break;
	case MANAGER_ENTRY: step(manager, of_event(event), ACTIVE_OWN); break;
	case MANAGER_ATTEMPT: handle_attempt(manager, (struct attempt *)(void *)event); break;
	case MANAGER_WOKEN:
		admission_admit_woken(&manager->admission, of_woken(event));
		step(manager, of_woken(event), ACTIVE_ATTEMPT);
		break;
	}
}

/* Until the results are written, these entries make no other step; otherwise the message would be sent again. */
static void
step_stuck(struct queue_manager *manager)
{
	struct active_entry *stuck = manager->stuck, *next;
	manager->stuck = NULL;
	for (; stuck != NULL; stuck = next) {
		next = stuck->next_stuck;
		step(manager, stuck, ACTIVE_OWN);
	}
}

static void
begin(struct queue_manager *manager, struct schedule_item *item)
{
	struct active_entry *active = active_entry_new(manager->config, &manager->events, item);
	if (active == NULL) {
		schedule_set(&manager->schedule, item, milliseconds_from_now(manager, MEMORY_WAIT));
		return;
	}
	active->requested = item->requested;
	item->active = active;
	item->requested = item->changed = false;
	active->next = manager->first_active;
	manager->first_active = active;
	manager->active_count++;
	schedule_set(&manager->schedule, item, INT64_MAX);
	admission_begin(&manager->admission, item);
}

static bool
may_begin(const struct queue_manager *manager)
{
	return !manager->stopping && manager->active_count < manager->config->max_deliveries + CLAIMS;
}

static void
begin_due(struct queue_manager *manager, int64_t now)
{
	struct schedule_item *item;
	while (may_begin(manager) && (item = schedule_first(&manager->schedule)) != NULL && item->due <= now)
		if (!admission_park_unclaimed(&manager->admission, item))
			begin(manager, item);
}

static bool
is_idle(const struct queue_manager *manager)
{
	return manager->active_count == 0 && !manager->intake.scanning && !manager->intake.reading;
}

static int64_t
wait_until(int64_t due, int64_t now)
{
	const int64_t most = 1000 * RESCAN;
	return due <= now ? 0 : due - now < most ? due - now : most;
}

/* The time at which the next turn is due if no event arrives before. */
static void
set_alarm(struct queue_manager *manager)
{
	const struct queue_manager_config *config = manager->config;
	const struct schedule_item *first = schedule_first(&manager->schedule);
	int64_t due = manager->stopping ? INT64_MAX : manager->rescan;
	if (first != NULL && first->due < due && may_begin(manager))
		due = first->due;
	if (manager->stuck != NULL && manager->stuck_due < due)
		due = manager->stuck_due;
	config->alarm(config->context, wait_until(due, config->now()));
}

/* Events that arrive meanwhile wait for the next turn, so that the loop is not blocked. */
static void
handle_events(struct queue_manager *manager)
{
	const struct manager_event *last = manager->events.last, *event = NULL;
	while (manager->events.first != NULL && event != last) {
		struct manager_event *next = manager_event_take(&manager->events);
		event = next;
		handle(manager, next);
	}
}

void
queue_manager_turn(struct queue_manager *manager)
{
	int64_t now = manager->config->now();
	handle_events(manager);
	if (manager->stuck != NULL && manager->stuck_due <= now)
		step_stuck(manager);
	if (manager->rescan <= now && !manager->stopping) {
		manager->rescan = milliseconds_from_now(manager, RESCAN);
		manager->admission.down -= destinations_sweep(
		    &manager->admission.destinations, queue_config_now(manager->config));
		queue_intake_scan(&manager->intake);
	}
	begin_due(manager, now);
	if (manager->stopping && is_idle(manager) && !manager->stopped) {
		manager->stopped = true;
		manager->config->stopped(manager->config->context);
	} else if (manager->events.first == NULL) {
		set_alarm(manager);
	} else {
		ask_for_turn(manager);
	}
}

void
queue_manager_start(struct queue_manager *manager)
{
	manager->rescan = milliseconds_from_now(manager, RESCAN);
	queue_intake_scan(&manager->intake);
	queue_intake_read_runs(&manager->intake);
}

/* If it is active, the change may be that of another process. */
void
queue_manager_entry_changed(struct queue_manager *manager, const char *id)
{
	struct schedule_item *item = find_or_add(manager, id);
	if (item != NULL && item->active != NULL)
		item->changed = true;
	else if (item != NULL)
		schedule_set(&manager->schedule, item, 0);
	ask_for_turn(manager);
}

void
queue_manager_run_requested(struct queue_manager *manager)
{
	if (!manager->stopping)
		queue_intake_read_runs(&manager->intake);
}

static void
measure_item(struct measure *measure, const struct schedule_item *item)
{
	measure->active += item->active != NULL;
	measure->held += item->active == NULL && item->held;
	if (!item->held && item->arrival != 0 && (measure->oldest == 0 || item->arrival < measure->oldest))
		measure->oldest = item->arrival;
}

/* An entry may move in the heap between two calls, and be counted twice or not at all: in a queue of many thousands. */
void
queue_manager_measure(struct queue_manager *manager)
{
	const struct schedule *schedule = &manager->schedule;
	struct stats_queue *figures = manager->config->figures;
	struct measure *measure = &manager->measure;
	for (size_t i = 0; i < MEASURED && measure->at < schedule->count; i++)
		measure_item(measure, schedule->heap[measure->at++]);
	if (measure->at < schedule->count || figures == NULL)
		return;
	uint64_t others = measure->active + measure->held;
	figures->active = measure->active;
	figures->held = measure->held;
	figures->deferred = schedule->count > others ? schedule->count - others : 0;
	figures->oldest = measure->oldest;
	figures->next_hops_down = manager->admission.down;
	*measure = (struct measure) { 0 };
}

/* Waiting attempts are abandoned. */
void
queue_manager_stop(struct queue_manager *manager)
{
	manager->stopping = manager->admission.stopping = true;
	for (struct active_entry *active = manager->first_active; active != NULL; active = active->next) {
		active->stopping = true;
		manager_event_post(&manager->events, &active->woken);
	}
	ask_for_turn(manager);
}
