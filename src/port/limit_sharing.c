/* Exchanges counters and the temporary blacklist with other servers. */
#include "port/limit_sharing.h"

#include <stdio.h>
#include <string.h>

#include "base/log/log.h"

/* The names that servers give the kinds of shared counters. */
static const char *const kinds[] = {
	[COUNTER_FAILED_LOGINS] = "failed-logins",
	[COUNTER_RECIPIENTS] = "recipients",
	[COUNTER_RATES] = "rates",
};

static int64_t
now(const struct limit_sharing *sharing)
{
	return sharing->limiter->clock->now(sharing->limiter->clock);
}

static void
put_count(struct limit_sharing *sharing, const struct counter_shared *entry)
{
	struct shared_exchange *exchange = &sharing->exchange;
	struct shared_count *count = &exchange->counts[exchange->count++];
	*count = (struct shared_count) { .count = entry->count, .left = entry->left };
	snprintf(count->name, sizeof count->name, "%s %s %.39s", exchange->service, kinds[entry->key.kind],
	    entry->note.address);
}

static void
put_mark(struct limit_sharing *sharing, const struct counter_shared *entry)
{
	struct shared_exchange *exchange = &sharing->exchange;
	exchange->marks[exchange->mark_count++] = (struct shared_mark) { .note = entry->note, .left = entry->left };
}

static bool
is_mark(const struct counter_shared *entry)
{
	return entry->key.kind == COUNTER_BLACKLIST || entry->key.kind == COUNTER_PARDONS;
}

static void
take_sum(struct limit_sharing *sharing, const struct counter_shared *entry, const struct shared_count *count)
{
	counters_sent(sharing->limiter->counters, entry, count->others, count->others_left, now(sharing));
	if (entry->key.kind == COUNTER_FAILED_LOGINS && entry->count > 0 &&
	    limiter_learn_logins(sharing->limiter, &entry->note, (uint64_t)entry->count + count->others))
		log_event("blacklisted", "client", entry->note.address, "cause", entry->note.cause, NULL);
}

/* The sums are in the order of the counts. */
static void
take_sums(struct limit_sharing *sharing, size_t entry_count)
{
	const struct shared_count *count = sharing->exchange.counts;
	for (size_t i = 0; i < entry_count; i++) {
		if (is_mark(&sharing->entries[i]))
			counters_sent(sharing->limiter->counters, &sharing->entries[i], 0, 0, now(sharing));
		else
			take_sum(sharing, &sharing->entries[i], count++);
	}
}

static void
send_again(struct limit_sharing *sharing, size_t entry_count)
{
	for (size_t i = 0; i < entry_count; i++)
		counters_unsent(sharing->limiter->counters, &sharing->entries[i]);
}

static void
log_failure(struct limit_sharing *sharing)
{
	if (!sharing->failing)
		log_event("limits-unshared", "detail", sharing->store->ops->trouble(sharing->store), NULL);
	sharing->failing = true;
	int64_t pause = sharing->pause < SHARING_PAUSE ? SHARING_PAUSE : sharing->pause;
	sharing->pause = 2 * pause < SHARING_PAUSE_MAX ? 2 * pause : SHARING_PAUSE_MAX;
}

static void
log_success(struct limit_sharing *sharing)
{
	if (sharing->failing)
		log_event("limits-shared", NULL);
	sharing->failing = false;
	sharing->pause = sharing->exchange.more ? 0 : SHARING_PAUSE;
}

/* A pardon that is read again must not remove a mark that was set after it. */
static void
take_news(struct limit_sharing *sharing)
{
	const struct shared_exchange *exchange = &sharing->exchange;
	for (size_t i = 0; i < exchange->news_count; i++)
		if (!sharing->rereads || exchange->news[i].note.cause[0] != '\0')
			limiter_learn(sharing->limiter, &exchange->news[i].note, exchange->news[i].left);
	sharing->rereads = exchange->restarted || (sharing->rereads && exchange->more);
}

static void
done(struct shared_exchange *exchange, bool ok)
{
	struct limit_sharing *sharing = (struct limit_sharing *)((char *)exchange -
	    offsetof(struct limit_sharing, exchange));
	size_t entry_count = exchange->count + exchange->mark_count;
	sharing->under_way = false;
	if (ok) {
		take_sums(sharing, entry_count);
		take_news(sharing);
		log_success(sharing);
	} else {
		send_again(sharing, entry_count);
		log_failure(sharing);
	}
	if (sharing->ended != NULL)
		sharing->ended(sharing);
}

void
limit_sharing_open(
    struct limit_sharing *sharing, struct limiter *limiter, struct shared_store *store, const char *service)
{
	*sharing = (struct limit_sharing) {
		.limiter = limiter, .store = store, .pause = SHARING_PAUSE, .rereads = true
	};
	counters_collect_all(limiter->counters);
	sharing->exchange.done = done;
	sharing->exchange.service = service;
	sharing->exchange.server = counters_server(limiter->counters);
}

void
limit_sharing_begin(struct limit_sharing *sharing)
{
	struct shared_exchange *exchange = &sharing->exchange;
	size_t count = counters_collect(sharing->limiter->counters, sharing->entries, now(sharing));
	exchange->count = exchange->mark_count = exchange->news_count = 0;
	exchange->more = exchange->restarted = false;
	exchange->stamp = now(sharing);
	for (size_t i = 0; i < count; i++) {
		if (is_mark(&sharing->entries[i]))
			put_mark(sharing, &sharing->entries[i]);
		else
			put_count(sharing, &sharing->entries[i]);
	}
	sharing->under_way = true;
	sharing->store->ops->exchange(sharing->store, exchange);
}
