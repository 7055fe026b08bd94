/* What a server counts of itself, in memory that all its processes share: each worker counts in a slot of its own. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum figure {
#define FIGURE(figure, ...) figure,
#include "base/stats.def"
#undef FIGURE
	FIGURE_COUNT
};

enum {
	FIGURES_WORKERS = 65,  /* numbered from 0, with the process that relays */
	FIGURES_REPLIES = 256, /* kinds of replies, numbered from 0 */
};

/* Of one worker, or of several that had its number one after another. */
struct figures_slot {
	_Alignas(64) _Atomic uint64_t value[FIGURE_COUNT];
	_Atomic uint64_t refused; /* texts and files, by the last load of the catalogue */
	_Atomic uint64_t reply[FIGURES_REPLIES];
};

/* The reload that was told last, and the last that has ended, are numbered from 1. */
struct figures {
	int64_t pid;                 /* of the master */
	int64_t started;             /* seconds of CLOCK_MONOTONIC */
	_Atomic uint64_t generation; /* of the catalogue, from 1 */
	_Atomic uint64_t asked;      /* reloads */
	_Atomic uint64_t done;
	_Atomic uint64_t kept; /* workers that kept the old catalogue at the last one */
	struct figures_slot slot[FIGURES_WORKERS];
};

/* Made before the workers are, who inherit it; it lasts as long as the process. NULL with errno. */
struct figures *figures_new(void);

/* Counts; a slot that is NULL counts nothing. No system call, no lock. */
static inline void
figure_add(struct figures_slot *slot, enum figure figure, uint64_t amount)
{
	if (slot != NULL)
		atomic_fetch_add_explicit(&slot->value[figure], amount, memory_order_relaxed);
}

static inline void
figure_take(struct figures_slot *slot, enum figure figure, uint64_t amount)
{
	if (slot != NULL)
		atomic_fetch_sub_explicit(&slot->value[figure], amount, memory_order_relaxed);
}

static inline void
figure_reply(struct figures_slot *slot, unsigned reply)
{
	if (slot != NULL)
		atomic_fetch_add_explicit(&slot->reply[reply], 1, memory_order_relaxed);
}

/* The worker of this number has ended, and its connections with it. */
void figures_disown(struct figures *figures, unsigned worker);

/* Sums of all workers; of the refusals the most that one of them had. */
uint64_t figures_sum(const struct figures *figures, enum figure figure);
uint64_t figures_replies(const struct figures *figures, unsigned reply);
uint64_t figures_refused(const struct figures *figures);

/* Seconds since figures_new(). */
int64_t figures_uptime(const struct figures *figures);

#endif
