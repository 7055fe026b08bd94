/* Turns of the loop: the share that a connection has in each, and the connections that wait for the next one. */
#include "net/turns.h"

void
turns_open(struct turns *turns, void (*wake)(struct turns *turns))
{
	*turns = (struct turns) { .wake = wake };
	turns_begin(turns);
}

static void
append(struct turn_list *list, struct turn_entry *entry)
{
	entry->next = NULL;
	entry->previous = list->last;
	if (list->last != NULL)
		list->last->next = entry;
	else
		list->first = entry;
	list->last = entry;
}

static void
unlink_entry(struct turn_list *list, struct turn_entry *entry)
{
	if (entry->previous != NULL)
		entry->previous->next = entry->next;
	else
		list->first = entry->next;
	if (entry->next != NULL)
		entry->next->previous = entry->previous;
	else
		list->last = entry->previous;
	entry->next = entry->previous = NULL;
	entry->queue = TURN_NONE;
}

bool
turns_are_empty(const struct turns *turns)
{
	for (size_t i = 0; i < TURN_QUEUES; i++)
		if (turns->lists[i].first != NULL)
			return false;
	return true;
}

void
turns_begin(struct turns *turns)
{
	struct turn_entry *entry;
	turns->number++;
	turns->handshakes = TURN_HANDSHAKES;
	while ((entry = turns->lists[TURN_NEXT].first) != NULL) {
		unlink_entry(&turns->lists[TURN_NEXT], entry);
		entry->queue = TURN_NOW;
		append(&turns->lists[TURN_NOW], entry);
	}
}

void
turns_wait(struct turns *turns, struct turn_entry *entry, enum turn_queue queue)
{
	bool were_empty = turns_are_empty(turns);
	if (entry->queue != TURN_NONE && (entry->queue != TURN_NEXT || queue != TURN_NOW))
		return;
	turns_forget(turns, entry);
	entry->queue = queue;
	append(&turns->lists[queue], entry);
	if (were_empty)
		turns->wake(turns);
}

void
turns_forget(struct turns *turns, struct turn_entry *entry)
{
	if (entry->queue != TURN_NONE)
		unlink_entry(&turns->lists[entry->queue], entry);
}

struct turn_entry *
turns_take(struct turns *turns)
{
	struct turn_entry *entry = turns->lists[TURN_NOW].first;
	if (entry == NULL && turns->handshakes > 0) {
		entry = turns->lists[TURN_HANDSHAKE].first;
		if (entry != NULL) {
			turns->handshakes--;
			entry->granted = true;
		}
	}
	if (entry != NULL)
		turns_forget(turns, entry);
	return entry;
}

bool
turns_take_handshake(struct turns *turns, struct turn_entry *entry)
{
	bool granted = entry->granted;
	entry->granted = false;
	if (granted)
		return true;
	if (turns->handshakes > 0 && turns->lists[TURN_HANDSHAKE].first == NULL) {
		turns->handshakes--;
		return true;
	}
	turns_wait(turns, entry, TURN_HANDSHAKE);
	return false;
}

bool
turns_has_share(const struct turns *turns, struct share *share)
{
	if (share->turn != turns->number)
		*share = (struct share) { .turn = turns->number };
	return share->octets < TURN_OCTETS && share->commands < TURN_COMMANDS;
}
