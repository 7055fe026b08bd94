/* Divides the recipients of an entry among attempts: one for each next hop and sender. */
#include "relay/plan.h"

#include <errno.h>
#include <search.h>
#include <string.h>

#include "relay/active_entry.h"
#include "relay/attempt.h"

/*
 * Recipients with different senders need transactions of their own: an alias of each hosted domain makes one sender.
 * The attempts of a plan are found by destination and sender in a tree, since a message can have thousands of each.
 */
static int
compare_planned(const void *one, const void *other)
{
	const struct attempt *a = one, *b = other;
	if (a->name != b->name)
		return (uintptr_t)a->name < (uintptr_t)b->name ? -1 : 1;
	return strcmp(a->sender, b->sender);
}

static struct attempt *
find_planned(void *const *plan, struct destination *name, const char *sender)
{
	const struct attempt wanted = { .name = name, .sender = sender };
	struct attempt *const *found = tfind(&wanted, plan, compare_planned);
	return found != NULL ? *found : NULL;
}

static struct attempt *
plan_attempt(struct active_entry *active, void **plan, struct attempt *attempt, const char *sender)
{
	attempt->sender = sender;
	attempt->active = active;
	attempt->user = active->entry.user != NULL;
	attempt->next = active->attempts;
	active->attempts = attempt;
	return tsearch(attempt, plan, compare_planned) != NULL ? attempt : NULL;
}

static struct attempt *
attempt_for(struct admission *a, struct active_entry *active, void **plan, size_t recipient)
{
	char key[ATTEMPT_KEY_SIZE];
	const char *domain = queue_domain(&active->entry.recipients[recipient]);
	enum active_place place = active_entry_place(active, recipient);
	a->has_mailboxes = a->has_mailboxes || place != ACTIVE_ELSEWHERE;
	const struct route *route = place == ACTIVE_ELSEWHERE ? route_find(a->config->routes, domain)
	    : place == ACTIVE_AT_STORE                        ? &active->mailboxes[recipient].store->route
	                                                      : NULL;
	attempt_write_name_key(key, place, route, domain);
	struct destination *name = destination_get(&a->destinations, key);
	if (name == NULL)
		return NULL;
	const char *sender = queue_sender(&active->entry, &active->entry.recipients[recipient]);
	struct attempt *attempt = find_planned(plan, name, sender);
	if (attempt != NULL)
		return attempt;
	attempt = attempt_new(a->config, a->events, &active->entry, name, route, domain);
	if (attempt == NULL)
		return NULL;
	attempt->place = place;
	return plan_attempt(active, plan, attempt, sender);
}

static void
keep_attempt(void *attempt)
{
	(void)attempt;
}

void
plan_attempts(struct admission *a, struct active_entry *active)
{
	struct queue_entry *entry = &active->entry;
	void *plan = NULL;
	bool enough = true;
	for (size_t i = 0; i < entry->count && enough; i++) {
		if (!active_entry_is_due(active, i))
			continue;
		struct attempt *attempt = attempt_for(a, active, &plan, i);
		enough = attempt != NULL && attempt_add(attempt, i);
	}
	tdestroy(plan, keep_attempt);
	if (!enough)
		active_entry_fail(active, ENOMEM, "plan");
}
