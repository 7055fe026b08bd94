/* One entry of the queue while it is seen to: claimed, sent on, recorded, told of, let go. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "relay/queue_manager_internal.h"

static struct active_entry *
of_job(struct job *job)
{
	return (struct active_entry *)(void *)((char *)job - offsetof(struct active_entry, job));
}

void
active_entry_work(struct active_entry *active, void (*work)(struct job *job), void (*done)(struct job *job))
{
	struct executor *jobs = active->manager->config->jobs;
	active->working = true;
	active->job = (struct job) { .work = work, .done = done };
	jobs->start(jobs, &active->job);
}

static void
fail(const struct active_entry *active, const char *what)
{
	log_event("queue-failed", "id", active->item->id, "what", what, "detail", strerror(active->error), NULL);
}

/* When is it to be looked at again, by what is in it? */
static int64_t
next_time(const struct active_entry *active)
{
	const struct queue_manager_config *config = active->manager->config;
	const struct queue_entry *entry = &active->entry;
	int64_t next = queue_next(entry), told = entry->arrival + config->delay_notice;
	if (entry->held)
		return INT64_MAX;
	for (size_t i = 0; i < entry->count && told < next && told > queue_manager_now(active->manager); i++)
		if (dsn_due(entry, &entry->recipients[i], told, config->delay_notice) == DSN_DELAY)
			next = told;
	return next;
}

static void
remember_domains(const struct active_entry *active)
{
	active->item->domains = 0;
	for (size_t i = 0; i < active->entry.count; i++)
		if (active->entry.recipients[i].state == QUEUE_WAITING)
			active->item->domains |= schedule_bits(queue_domain(&active->entry.recipients[i]));
}

/* Lets go of the entry. */
static void
end(struct active_entry *active)
{
	if (active->claimed)
		remember_domains(active);
	active->item->busy = false;
	queue_entry_clear(&active->entry);
	attempts_free(active);
	active->manager->active_count--;
	free(active);
}

/* The entry is due at that time, in milliseconds, or at once where it has changed meanwhile. */
static void
leave(struct active_entry *active, int64_t due)
{
	struct queue_manager *manager = active->manager;
	struct schedule_item *item = active->item;
	end(active);
	schedule_set(&manager->schedule, item, item->again ? 0 : due);
	queue_manager_turn(manager);
}

/* It is not in the queue any more. */
static void
forget(struct active_entry *active)
{
	struct queue_manager *manager = active->manager;
	struct schedule_item *item = active->item;
	end(active);
	if (item->again)
		schedule_set(&manager->schedule, item, 0);
	else
		schedule_forget(&manager->schedule, item);
	queue_manager_turn(manager);
}

static void
remove_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->error = queue_remove(&active->manager->config->queue, &active->entry) < 0 ? errno : 0;
}

static void
removed(struct job *job)
{
	struct active_entry *active = of_job(job);
	if (active->error == 0 || active->error == ENOENT) {
		forget(active);
		return;
	}
	fail(active, "remove");
	leave(active, queue_manager_soon(active->manager, AGAIN_LATER));
}

static void
record_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->error = queue_record(&active->manager->config->queue, &active->entry) < 0 ? errno : 0;
}

/* What could not be recorded is kept, and the entry with it, until it can: else it would be sent again. */
static void
recorded(struct job *job)
{
	struct active_entry *active = of_job(job);
	struct queue_manager *manager = active->manager;
	active->working = false;
	if (active->error == 0) {
		active_entry_proceed(active);
		return;
	}
	fail(active, "record");
	active->dirty = true;
	active->next_stuck = manager->stuck;
	manager->stuck = active;
	manager->stuck_due = queue_manager_soon(manager, AGAIN_SOON);
	queue_manager_alarm(manager);
}

static void
record(struct active_entry *active)
{
	active->dirty = false;
	active_entry_work(active, record_work, recorded);
}

/* When it is to be looked at again, now that all has been tried. */
static int64_t
due_time(const struct active_entry *active)
{
	int64_t now = queue_manager_now(active->manager), next = next_time(active);
	if (active->parked && next < now + TURN_MAX)
		next = now + TURN_MAX; /* by its turn it is due before */
	if (active->later != 0 && (next <= now || active->later < next))
		next = active->later;
	return next == INT64_MAX ? INT64_MAX : 1000 * next;
}

/* Nothing is under way for it any more. */
static void
conclude(struct active_entry *active)
{
	if (active_entry_notice(active))
		return;
	if (active->dirty)
		record(active);
	else if (queue_is_waiting(&active->entry) || active->later != 0)
		leave(active, due_time(active));
	else
		active_entry_work(active, remove_work, removed);
}

void
active_entry_proceed(struct active_entry *active)
{
	if (active->working)
		return;
	attempts_settle(active);
	if (active->dirty)
		record(active);
	else if (active->open == 0)
		conclude(active);
}

static bool
is_due(const struct active_entry *active, const struct queue_recipient *recipient)
{
	return recipient->state == QUEUE_WAITING &&
	    (active->wished || recipient->next <= queue_manager_now(active->manager));
}

/* All recipients that are due are in an attempt. */
static void
start(struct active_entry *active)
{
	attempts_start(active);
	active->working = false;
	active_entry_proceed(active);
}

static void plan(struct active_entry *active);

static void
domain_is_known(struct directory_question *question)
{
	struct active_entry *active = (struct active_entry *)(void *)((char *)question -
	    offsetof(struct active_entry, planning.question));
	active->planning.known = true;
	if (active->planning.waiting)
		plan(active);
}

/*
 * Is it known whether the mailboxes of a recipient's domain are those of this server? That matters if they are at
 * another server. False: plan() will be called when it is known.
 */
static bool
ask_domain(struct active_entry *active, const char *name)
{
	struct directory *directory = active->manager->config->directory;
	if (active->manager->config->routes->mailboxes.host == NULL || active->planning.known)
		return true;
	active->planning.question = (struct domain_question) { .base = { .done = domain_is_known }, .name = name };
	directory->ops->domain(directory, &active->planning.question);
	active->planning.waiting = !active->planning.known;
	return active->planning.known;
}

static bool
is_hosted(const struct active_entry *active)
{
	const struct domain_question *question = &active->planning.question;
	return active->planning.known && question->base.verdict == DIRECTORY_FOUND && !question->domain.relayed;
}

/* Puts the recipients that are due now into attempts, then starts these. */
static void
plan(struct active_entry *active)
{
	struct queue_entry *entry = &active->entry;
	active->planning.waiting = false;
	while (active->planning.next < entry->count && !entry->held && !active->manager->stopping) {
		const struct queue_recipient *recipient = &entry->recipients[active->planning.next];
		if (is_due(active, recipient)) {
			if (!ask_domain(active, queue_domain(recipient)))
				return;
			if (!attempt_add(active, active->planning.next, is_hosted(active))) {
				active->error = ENOMEM;
				fail(active, "plan");
				active->later = queue_manager_now(active->manager) + AGAIN_LATER;
				break;
			}
		}
		active->planning.known = false;
		active->planning.next++;
	}
	start(active);
}

static void
claim_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->error = queue_claim(&active->manager->config->queue, active->item->id, &active->entry) < 0 ? errno : 0;
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
	struct active_entry *active = of_job(job);
	struct schedule_item *item = active->item;
	switch (active->error) {
	case 0:
		active->claimed = true;
		item->blinks = 0;
		plan(active);
		break;
	case ENOENT: forget(active); break;
	case EWOULDBLOCK: leave(active, active->manager->config->now() + blink(item)); break;
	case EBADMSG:
		log_event("queue-damaged", "id", active->item->id, NULL);
		leave(active, INT64_MAX);
		break;
	default:
		fail(active, "claim");
		leave(active, queue_manager_soon(active->manager, AGAIN_LATER));
		break;
	}
}

void
active_entry_begin(struct queue_manager *manager, struct schedule_item *item)
{
	struct active_entry *active = calloc(1, sizeof *active);
	if (active == NULL) {
		schedule_set(&manager->schedule, item, queue_manager_soon(manager, AGAIN_LATER));
		return;
	}
	destination_unpark(item);
	item->busy = true;
	active->manager = manager;
	active->item = item;
	active->wished = item->wished;
	item->wished = item->again = false;
	schedule_set(&manager->schedule, item, INT64_MAX);
	manager->active_count++;
	active_entry_work(active, claim_work, claimed);
}
