/* The events of the queue manager: completions append one, and its turn handles them in their order. */
#ifndef RELAY_MANAGER_EVENT_H
#define RELAY_MANAGER_EVENT_H

#include <stdbool.h>
#include <stddef.h>

enum manager_event_kind {
	MANAGER_SCANNED,   /* the folder has been read */
	MANAGER_REQUESTED, /* requests for a run have been read */
	MANAGER_ENTRY,     /* the job of an active entry has ended */
	MANAGER_ATTEMPT,   /* a step of an attempt has ended */
	MANAGER_WOKEN,     /* an active entry may get the share that it waits for */
};

/* Embedded in whatever it is about, which must outlive it. It is in the list at most once. */
struct manager_event {
	enum manager_event_kind kind;
	struct manager_event *next;
	bool posted;
};

struct manager_events {
	struct manager_event *first, *last;
	/* Asks for a turn; called for the first event of a list that was empty. */
	void (*ask)(void *context);
	void *context;
};

/* Appends an event. Nothing else happens before the turn. */
static inline void
manager_event_post(struct manager_events *events, struct manager_event *event)
{
	bool empty = events->first == NULL;
	if (event->posted)
		return;
	event->posted = true;
	event->next = NULL;
	if (empty)
		events->first = event;
	else
		events->last->next = event;
	events->last = event;
	if (empty)
		events->ask(events->context);
}

/* Takes out the first event; NULL: there is none. */
static inline struct manager_event *
manager_event_take(struct manager_events *events)
{
	struct manager_event *event = events->first;
	if (event == NULL)
		return NULL;
	events->first = event->next;
	event->posted = false;
	return event;
}

/* Takes out an event before what it is about is freed. Nothing happens if it is not in the list. */
static inline void
manager_event_withdraw(struct manager_events *events, struct manager_event *event)
{
	struct manager_event *before = NULL, *at = events->first;
	if (!event->posted)
		return;
	for (; at != event; at = at->next)
		before = at;
	if (before != NULL)
		before->next = event->next;
	else
		events->first = event->next;
	if (events->last == event)
		events->last = before;
	event->posted = false;
}

#endif
