/* One entry of the queue while it is seen to: claimed, sent on, recorded, told of, let go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay/queue_manager_internal.h"

static struct visit *
of_job(struct job *job)
{
	return (struct visit *)(void *)((char *)job - offsetof(struct visit, job));
}

void
visit_work(struct visit *visit, void (*work)(struct job *job), void (*done)(struct job *job))
{
	struct job_runner *jobs = visit->runner->config->jobs;
	visit->working = true;
	visit->job = (struct job) { .work = work, .done = done };
	jobs->start(jobs, &visit->job);
}

static void
fail(const struct visit *visit, const char *what)
{
	log_event("queue-failed", "id", visit->item->id, "what", what, "detail", strerror(visit->error), NULL);
}

/* When is it to be looked at again, by what is in it? */
static int64_t
next_time(const struct visit *visit)
{
	const struct runner_config *config = visit->runner->config;
	const struct queue_entry *entry = &visit->entry;
	int64_t next = queue_next(entry), told = entry->arrival + config->delay_notice;
	if (entry->held)
		return INT64_MAX;
	for (size_t i = 0; i < entry->count && told < next && told > runner_now(visit->runner); i++)
		if (notice_due(entry, &entry->recipients[i], told, config->delay_notice) == DSN_DELAY)
			next = told;
	return next;
}

static void
remember_domains(const struct visit *visit)
{
	visit->item->domains = 0;
	for (size_t i = 0; i < visit->entry.count; i++)
		if (visit->entry.recipients[i].state == QUEUE_WAITING)
			visit->item->domains |= schedule_bits(queue_domain(&visit->entry.recipients[i]));
}

/* Lets go of the entry. */
static void
end(struct visit *visit)
{
	if (visit->claimed)
		remember_domains(visit);
	visit->item->busy = false;
	queue_entry_clear(&visit->entry);
	legs_free(visit);
	visit->runner->visits--;
	free(visit);
}

/* The entry is due at that time, in milliseconds, or at once where it has changed meanwhile. */
static void
leave(struct visit *visit, int64_t due)
{
	struct runner *runner = visit->runner;
	struct schedule_item *item = visit->item;
	end(visit);
	schedule_set(&runner->schedule, item, item->again ? 0 : due);
	runner_turn(runner);
}

/* It is not in the queue any more. */
static void
forget(struct visit *visit)
{
	struct runner *runner = visit->runner;
	struct schedule_item *item = visit->item;
	end(visit);
	if (item->again)
		schedule_set(&runner->schedule, item, 0);
	else
		schedule_forget(&runner->schedule, item);
	runner_turn(runner);
}

static void
remove_work(struct job *job)
{
	struct visit *visit = of_job(job);
	visit->error = queue_remove(&visit->runner->config->queue, &visit->entry) < 0 ? errno : 0;
}

static void
removed(struct job *job)
{
	struct visit *visit = of_job(job);
	if (visit->error == 0 || visit->error == ENOENT) {
		forget(visit);
		return;
	}
	fail(visit, "remove");
	leave(visit, runner_soon(visit->runner, AGAIN_LATER));
}

static void
record_work(struct job *job)
{
	struct visit *visit = of_job(job);
	visit->error = queue_record(&visit->runner->config->queue, &visit->entry) < 0 ? errno : 0;
}

/* What could not be recorded is kept, and the entry with it, until it can: else it would be sent again. */
static void
recorded(struct job *job)
{
	struct visit *visit = of_job(job);
	struct runner *runner = visit->runner;
	visit->working = false;
	if (visit->error == 0) {
		visit_proceed(visit);
		return;
	}
	fail(visit, "record");
	visit->dirty = true;
	visit->next_stuck = runner->stuck;
	runner->stuck = visit;
	runner->stuck_due = runner_soon(runner, AGAIN_SOON);
	runner_alarm(runner);
}

static void
record(struct visit *visit)
{
	visit->dirty = false;
	visit_work(visit, record_work, recorded);
}

/* When it is to be looked at again, now that all has been tried. */
static int64_t
due_time(const struct visit *visit)
{
	int64_t now = runner_now(visit->runner), next = next_time(visit);
	if (visit->parked && next < now + TURN_MAX)
		next = now + TURN_MAX; /* by its turn it is due before */
	if (visit->later != 0 && (next <= now || visit->later < next))
		next = visit->later;
	return next == INT64_MAX ? INT64_MAX : 1000 * next;
}

/* Nothing is under way for it any more. */
static void
conclude(struct visit *visit)
{
	if (visit_notice(visit))
		return;
	if (visit->dirty)
		record(visit);
	else if (queue_is_waiting(&visit->entry) || visit->later != 0)
		leave(visit, due_time(visit));
	else
		visit_work(visit, remove_work, removed);
}

void
visit_proceed(struct visit *visit)
{
	if (visit->working)
		return;
	legs_settle(visit);
	if (visit->dirty)
		record(visit);
	else if (visit->open == 0)
		conclude(visit);
}

/* Who is to be tried now. */
static void
plan(struct visit *visit)
{
	struct queue_entry *entry = &visit->entry;
	int64_t now = runner_now(visit->runner);
	for (size_t i = 0; i < entry->count && !entry->held && !visit->runner->stopping; i++) {
		const struct queue_recipient *recipient = &entry->recipients[i];
		if (recipient->state != QUEUE_WAITING || (!visit->wished && recipient->next > now))
			continue;
		if (!leg_add(visit, i)) {
			visit->error = ENOMEM;
			fail(visit, "plan");
			visit->later = now + AGAIN_LATER;
			return;
		}
	}
}

static void
claim_work(struct job *job)
{
	struct visit *visit = of_job(job);
	visit->error = queue_claim(&visit->runner->config->queue, visit->item->id, &visit->entry) < 0 ? errno : 0;
}

/* Milliseconds until an entry that somebody else has may be free: mostly that is the session that it comes from. */
static int64_t
blink(struct schedule_item *item)
{
	int64_t wait = BLINK << item->blinks;
	if (wait < 1000)
		item->blinks++;
	return wait;
}

static void
claimed(struct job *job)
{
	struct visit *visit = of_job(job);
	struct schedule_item *item = visit->item;
	switch (visit->error) {
	case 0:
		visit->claimed = true;
		item->blinks = 0;
		plan(visit);
		legs_start(visit);
		visit->working = false;
		visit_proceed(visit);
		break;
	case ENOENT: forget(visit); break;
	case EWOULDBLOCK: leave(visit, visit->runner->config->now() + blink(item)); break;
	case EBADMSG:
		log_event("queue-damaged", "id", visit->item->id, NULL);
		leave(visit, INT64_MAX);
		break;
	default:
		fail(visit, "claim");
		leave(visit, runner_soon(visit->runner, AGAIN_LATER));
		break;
	}
}

void
visit_begin(struct runner *runner, struct schedule_item *item)
{
	struct visit *visit = calloc(1, sizeof *visit);
	if (visit == NULL) {
		schedule_set(&runner->schedule, item, runner_soon(runner, AGAIN_LATER));
		return;
	}
	destination_unpark(item);
	item->busy = true;
	visit->runner = runner;
	visit->item = item;
	visit->wished = item->wished;
	item->wished = item->again = false;
	schedule_set(&runner->schedule, item, INT64_MAX);
	runner->visits++;
	visit_work(visit, claim_work, claimed);
}
