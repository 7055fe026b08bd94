/*
 * Decides which attempts may start: slots of all, shares of each domain and address, breakers. The others are parked.
 */
#include "relay/admission.h"

#include <string.h>

#include "base/log/log.h"
#include "relay/client/verdict.h"

enum { UNREAD_WAIT = 1800 }; /* seconds after which an entry is claimed that was parked unread: it may be late */

static int64_t
now(const struct admission *a)
{
	return queue_config_now(a->config);
}

static unsigned
left(unsigned limit, unsigned taken)
{
	return taken < limit ? limit - taken : 0;
}

static unsigned
smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
slots_free(const struct admission *a, bool user, bool proven)
{
	const struct slots *slots = &a->slots;
	unsigned all = a->config->max_deliveries, most = all - all / 4;
	unsigned free = left(all, slots->total);
	if (!user)
		free = smaller(free, left(most, slots->strangers));
	if (!proven)
		free = smaller(free, left(most, slots->unproven));
	if (!user && !proven)
		free = smaller(free, left(all - all / 2, slots->both));
	return free;
}

static unsigned
room_of(const struct admission *a, const struct destination *destination)
{
	for (int user = 0; user < 2; user++)
		for (int proven = 0; proven < 2; proven++)
			if (destination == &a->slots.lots[user][proven])
				return slots_free(a, user, proven);
	return destination_room(destination, now(a), a->config->max_per_server);
}

static void
wake_item(struct admission *a, struct destination *destination)
{
	struct schedule_item *item = destination->first;
	destination_unpark(item);
	if (item->woken_by != NULL)
		item->woken_by->woken--;
	item->woken_by = destination;
	destination->woken++;
	if (item->active != NULL)
		manager_event_post(a->events, &item->active->woken);
	else
		schedule_set(a->schedule, item, 0);
}

/* While the server is down, one of the waiting entries probes it when the pause is over. */
static void
choose_probe(struct admission *a, struct destination *destination)
{
	struct schedule_item *first = destination->first;
	bool busy = destination->active > 0 || destination->woken > 0 || destination->probe != NULL;
	if (first == NULL || busy || !breaker_has_failed(&destination->breaker) || first->active != NULL)
		return;
	destination->probe = first;
	schedule_set(a->schedule, first, 1000 * destination->breaker.until);
}

static void
wake(struct admission *a, struct destination *destination)
{
	if (a->stopping)
		return;
	while (destination->first != NULL && room_of(a, destination) > destination->woken)
		wake_item(a, destination);
	choose_probe(a, destination);
}

/* Users' mail goes first, and servers that answer. */
static void
wake_lots(struct admission *a)
{
	for (int user = 1; user >= 0; user--)
		for (int proven = 1; proven >= 0; proven--)
			wake(a, &a->slots.lots[user][proven]);
}

static void
forget_waking(struct schedule_item *item)
{
	if (item->woken_by != NULL)
		item->woken_by->woken--;
	item->woken_by = NULL;
}

/* Waiting entries go first, and the share for which an entry was woken is reserved for it. */
static bool
has_room(const struct admission *a, const struct destination *destination, const struct schedule_item *item)
{
	unsigned room = room_of(a, destination);
	if (item->woken_by == destination)
		return room > 0;
	return room > destination->woken && (destination->first == NULL || destination->first == item);
}

/* An entry that waits both for a share and for a server that is down is woken for the share. */
static void
park(struct admission *a, struct active_entry *active, struct destination *destination, bool down)
{
	struct schedule_item *item = active->item;
	if (item->woken_by == destination)
		forget_waking(item);
	struct destination *before = item->parked;
	if (before != NULL && active->parked_down && !down) {
		destination_unpark(item);
		choose_probe(a, before);
	}
	if (item->parked == NULL) {
		destination_park(destination, item);
		active->parked_down = down;
	}
	wake(a, destination);
}

static void
take_share(struct destination *destination, struct schedule_item *item)
{
	destination->active++;
	if (item->woken_by == destination)
		forget_waking(item);
}

static void
take_slot(struct admission *a, struct attempt *attempt)
{
	a->slots.total++;
	a->slots.strangers += !attempt->user;
	a->slots.unproven += !attempt->proven;
	a->slots.both += !attempt->user && !attempt->proven;
	attempt->has_slot = true;
	take_share(attempt->name, attempt->active->item);
	if (attempt->active->item->woken_by == &a->slots.lots[attempt->user][attempt->proven])
		forget_waking(attempt->active->item);
}

static void
release_server(struct admission *a, struct attempt *attempt)
{
	struct destination *server = attempt->server;
	if (server == NULL)
		return;
	attempt->server = NULL;
	server->active--;
	server->refs--;
	wake(a, server);
}

static void
release(struct admission *a, struct attempt *attempt)
{
	release_server(a, attempt);
	if (!attempt->has_slot)
		return;
	attempt->has_slot = false;
	a->slots.total--;
	a->slots.strangers -= !attempt->user;
	a->slots.unproven -= !attempt->proven;
	a->slots.both -= !attempt->user && !attempt->proven;
	attempt->name->active--;
	wake(a, attempt->name);
	wake_lots(a);
}

/* The failure counts as one of this attempt only if its entry cannot wait; otherwise nothing is recorded. */
static void
end_down(struct admission *a, struct attempt *attempt, struct destination *destination)
{
	struct active_entry *active = attempt->active;
	if (active_entry_is_over(active)) {
		attempt_end_all(attempt, TRANSPORT_LATER, destination->breaker.cause);
		return;
	}
	active->down = true;
	attempt_end_unmade(attempt);
	park(a, active, destination, true);
}

/* One of the destinations or lots that an attempt needs, and that has no room for it; NULL: it may start. */
static struct destination *
find_obstacle(struct admission *a, struct attempt *attempt)
{
	const struct schedule_item *item = attempt->active->item;
	struct destination *lot = &a->slots.lots[attempt->user][attempt->proven];
	if (attempt->blocked != NULL && !has_room(a, attempt->blocked, item))
		return attempt->blocked;
	if (!has_room(a, attempt->name, item))
		return attempt->name;
	return has_room(a, lot, item) ? NULL : lot;
}

void
admission_retry(const struct admission *a, struct destination *destination)
{
	destination->requests = a->requests;
	if (breaker_has_failed(&destination->breaker) && destination->breaker.until > now(a))
		destination->breaker.until = now(a);
}

/*
 * It waits for a share. If it is overdue, it counts as failed, so that its
 * sender is notified; otherwise nothing is recorded.
 */
static void
wait_for(struct admission *a, struct attempt *attempt, struct destination *obstacle)
{
	struct active_entry *active = attempt->active;
	if (active->item->overdue && active_entry_is_over(active))
		attempt_end_all(attempt, TRANSPORT_LATER, NULL);
	else
		park(a, active, obstacle, false);
}

/* Is it known that the server cannot be reached? A request for a run has it tried once more. */
static bool
is_down(const struct admission *a, const struct attempt *attempt, struct destination *destination)
{
	if (attempt->active->requested && destination->requests != a->requests)
		admission_retry(a, destination);
	return breaker_is_open(&destination->breaker, now(a));
}

static void
admit(struct admission *a, struct attempt *attempt)
{
	struct destination *name = attempt->name, *obstacle;
	attempt->proven = name->answered;
	if (a->stopping) {
		attempt_end_unmade(attempt);
	} else if (attempt_end_without_store(attempt)) {
		return;
	} else if (!attempt->by_route && !a->config->routes->mx) {
		attempt_end_without_route(attempt);
	} else if (is_down(a, attempt, name)) {
		end_down(a, attempt, name);
	} else if ((obstacle = find_obstacle(a, attempt)) != NULL) {
		wait_for(a, attempt, obstacle);
	} else {
		attempt_set_blocked(attempt, NULL);
		take_slot(a, attempt);
		(attempt_is_here(attempt) ? attempt_store : attempt_look_up)(attempt);
	}
}

void
admission_admit(struct admission *a, struct active_entry *active)
{
	bool waits = active->waits || active->down;
	for (struct attempt *attempt = active->attempts; attempt != NULL; attempt = attempt->next) {
		if (attempt->state == ATTEMPT_NEW)
			admit(a, attempt);
		waits = waits || active->down || attempt->state == ATTEMPT_NEW;
	}
	if (!waits)
		destination_unpark(active->item);
}

static void
open_breaker(struct admission *a, struct destination *destination, const char *verdict_text, bool log)
{
	struct verdict verdict;
	int64_t wait = queue_config_back_off(a->config, destination->breaker.failures + 1);
	destination->answered = false;
	destination->requests = a->requests;
	if (!breaker_open(&destination->breaker, now(a) + wait, verdict_text) || !log)
		return;
	a->down++;
	log_begin("next-hop-down");
	log_put("next", destination->key);
	if (verdict_text != NULL && verdict_read(&verdict, verdict_text))
		log_put("detail", verdict.detail);
	log_end();
}

static void
close_breaker(struct admission *a, struct destination *destination, bool timed_out, bool log)
{
	destination->answered = !timed_out;
	if (!breaker_close(&destination->breaker) || !log)
		return;
	a->down--;
	log_event("next-hop-up", "next", destination->key, NULL);
}

static const char *
verdict_of(const struct attempt *attempt)
{
	return attempt->results == ATTEMPT_TRANSPORT ? attempt->transport.recipients[0].verdict : attempt->verdict;
}

/* The results are known. */
static void
end(struct admission *a, struct attempt *attempt)
{
	attempt_end(attempt);
	if (attempt->answered)
		close_breaker(a, attempt->name, attempt->timed_out, true);
	else if (attempt->tried)
		open_breaker(a, attempt->name, verdict_of(attempt), true);
	release(a, attempt);
}

/* It waits, as if it had not started. */
static void
step_back(struct admission *a, struct attempt *attempt, struct destination *obstacle)
{
	attempt->state = ATTEMPT_NEW;
	attempt_set_blocked(attempt, obstacle);
	park(a, attempt->active, obstacle, false);
	release(a, attempt);
}

static void
send_to(struct attempt *attempt, struct destination *server)
{
	take_share(server, attempt->active->item);
	server->refs++;
	attempt->server = server;
	attempt_send(attempt);
}

static struct destination *
server_at(struct admission *a, const struct attempt *attempt)
{
	char key[ATTEMPT_KEY_SIZE];
	attempt_write_server_key(key, &attempt->hop->addresses[attempt->address].channel);
	return destination_get(&a->destinations, key);
}

/*
 * Has another message taken the only attempt of an address that has not answered, or not
 * lately, while the server's next address, of the other family, answers and has room? One
 * message alone then waits for a family that does not work.
 */
static bool
may_pass_over(struct admission *a, const struct attempt *attempt, const struct destination *server)
{
	const struct transport_address *one = &attempt->hop->addresses[attempt->address], *next = one + 1;
	char key[ATTEMPT_KEY_SIZE];
	if ((server->answered && !breaker_has_failed(&server->breaker)) ||
	    attempt->address + 1 >= attempt->hop->count || one->name == NULL || next->name == NULL)
		return false;
	bool six = strchr(one->channel.host, ':') != NULL, next_six = strchr(next->channel.host, ':') != NULL;
	if (six == next_six || strcmp(one->name, next->name) != 0)
		return false;
	attempt_write_server_key(key, &next->channel);
	const struct destination *other = destination_get(&a->destinations, key);
	return other != NULL && other->answered && has_room(a, other, attempt->active->item);
}

/* Sends to the next address that is not down. If a better one has no room, the message waits for it. */
static void
try_addresses(struct admission *a, struct attempt *attempt)
{
	struct destination *down = NULL;
	for (; attempt->address < attempt->hop->count; attempt->address++) {
		struct destination *server = server_at(a, attempt);
		if (server == NULL)
			break;
		if (is_down(a, attempt, server)) {
			down = down != NULL ? down : server;
		} else if (has_room(a, server, attempt->active->item)) {
			send_to(attempt, server);
			return;
		} else if (!attempt->tried && !may_pass_over(a, attempt, server)) {
			step_back(a, attempt, server);
			return;
		}
	}
	if (attempt->tried) {
		end(a, attempt);
		return;
	}
	if (down != NULL)
		end_down(a, attempt, down);
	else
		attempt_end_all(attempt, TRANSPORT_LATER, NULL);
	release(a, attempt);
}

static void
on_found(struct admission *a, struct attempt *attempt)
{
	attempt->address = 0;
	if (a->stopping) {
		attempt_end_unmade(attempt);
		release(a, attempt);
	} else if (attempt_check_next_hop(attempt)) {
		try_addresses(a, attempt);
	} else {
		if (attempt->result == TRANSPORT_LATER)
			open_breaker(a, attempt->name, attempt->verdict, true);
		release(a, attempt);
	}
}

static bool
is_accepted(const struct transport *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->recipients[i].result == TRANSPORT_DONE)
			return true;
	return false;
}

/*
 * Adjusts the load that the server bears: it has accepted the message, or
 * refused the session. A reply about the message says nothing about load.
 */
static void
learn(struct admission *a, struct attempt *attempt)
{
	const struct transport *t = &attempt->transport;
	unsigned max = a->config->max_per_server;
	if (is_accepted(t)) {
		destination_grow(attempt->server, max);
		destination_grow(attempt->name, max);
	} else if (t->turned_away) {
		destination_shrink(attempt->server);
		destination_shrink(attempt->name);
	}
}

static void
on_tried(struct admission *a, struct attempt *attempt)
{
	const struct transport *t = &attempt->transport;
	if (attempt->results == ATTEMPT_TRANSPORT && t->answered)
		learn(a, attempt);
	if (attempt->results == ATTEMPT_TRANSPORT && t->answered)
		close_breaker(a, attempt->server, t->timed_out, false);
	else if (attempt->results == ATTEMPT_TRANSPORT && t->dialled)
		open_breaker(a, attempt->server, verdict_of(attempt), false);
	release_server(a, attempt);
	if (!attempt_may_go_on(attempt) || a->stopping) {
		end(a, attempt);
		return;
	}
	attempt->address++;
	try_addresses(a, attempt);
}

void
admission_go_on(struct admission *a, struct attempt *attempt)
{
	if (attempt->state == ATTEMPT_FOUND)
		on_found(a, attempt);
	else if (attempt->state == ATTEMPT_TRIED)
		on_tried(a, attempt);
}

/*
 * With a smarthost alone the route of an entry is known without reading it, as long as no mailbox waits in the queue.
 */
static const struct route *
only_route(const struct admission *a)
{
	const struct routes *routes = a->config->routes;
	bool one = routes->count == 0 && routes->mailboxes.host == NULL && routes->smarthost.host != NULL &&
	    !a->has_mailboxes;
	return one ? &routes->smarthost : NULL;
}

bool
admission_park_unclaimed(struct admission *a, struct schedule_item *item)
{
	char key[ATTEMPT_KEY_SIZE];
	const struct route *route = only_route(a);
	if (route == NULL || item->parked != NULL || item->woken_by != NULL)
		return false;
	attempt_write_name_key(key, ACTIVE_ELSEWHERE, route, "");
	struct destination *name = destination_get(&a->destinations, key);
	if (name == NULL || !breaker_is_open(&name->breaker, now(a)) || !item->unread)
		return false;
	destination_park(name, item);
	schedule_set(a->schedule, item, 1000 * (now(a) + UNREAD_WAIT));
	choose_probe(a, name);
	return true;
}

void
admission_begin(struct admission *a, struct schedule_item *item)
{
	struct destination *parked = item->parked;
	bool probes = parked != NULL && parked->probe == item;
	(void)a;
	item->overdue = parked != NULL && !probes && item->woken_by == NULL;
	destination_unpark(item);
	if (!probes || item->woken_by != NULL)
		return;
	item->woken_by = parked;
	parked->woken++;
}

/* An entry that was woken and took no share passes it to the next one. */
static void
leave_share(struct admission *a, struct schedule_item *item)
{
	struct destination *woken_by = item->woken_by;
	forget_waking(item);
	if (woken_by != NULL)
		wake(a, woken_by);
}

/* An address is known, and its share taken, when the look-up has ended. */
static bool
may_need_share(const struct active_entry *active)
{
	for (const struct attempt *attempt = active->attempts; attempt != NULL; attempt = attempt->next)
		if (attempt->state == ATTEMPT_LOOKING_UP || attempt->state == ATTEMPT_FOUND)
			return true;
	return false;
}

void
admission_admit_woken(struct admission *a, struct active_entry *active)
{
	admission_admit(a, active);
	if (!may_need_share(active))
		leave_share(a, active->item);
}

void
admission_end(struct admission *a, struct schedule_item *item)
{
	leave_share(a, item);
	if (item->parked != NULL)
		wake(a, item->parked);
}

void
admission_forget(struct admission *a, struct schedule_item *item)
{
	struct destination *parked = item->parked;
	destination_unpark(item);
	leave_share(a, item);
	if (parked != NULL)
		wake(a, parked);
}

void
admission_wake_all(struct admission *a)
{
	for (size_t i = 0; i < DESTINATION_BUCKETS; i++)
		for (struct destination *at = a->destinations.buckets[i]; at != NULL; at = at->next)
			wake(a, at);
}
