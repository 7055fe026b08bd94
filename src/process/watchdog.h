/* Finds worker processes whose loop no longer turns: each must change a counter, its beat, now and then. */
#ifndef PROCESS_WATCHDOG_H
#define PROCESS_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/system/workers.h"

enum {
	WATCHDOG_BEAT = 1000,   /* the beat of a server of mail */
	WATCHDOG_LIMIT = 30000, /* and its limit */
};

/* How closely the workers of a server are watched, in milliseconds. A limit is some beats, or busy workers hang. */
struct watchdog_terms {
	int64_t beat;  /* between two beats of a worker, and between two looks of the master */
	int64_t limit; /* without a beat; a worker hangs then */
	int64_t start; /* the same before its first beat: it loads its catalogue */
};

/* The last beat of one worker. */
struct watch {
	bool running;
	bool beaten;   /* once */
	uint64_t beat; /* that was seen last */
	int64_t since; /* when it was seen first */
};

/* All times are milliseconds of a steady clock. If all is zero but the terms, no process is watched. */
struct watchdog {
	struct watchdog_terms terms;
	int64_t looked; /* time of the last look; 0: none */
	struct watch watches[PROCESSES_MAX];
};

/* A worker has started, or has ended. */
void watchdog_start(struct watchdog *watchdog, unsigned worker, uint64_t beat, int64_t now);
void watchdog_end(struct watchdog *watchdog, unsigned worker);

/*
 * Begins a look. Of the time since the look before, one beat at most is counted: the rest is time in which the master
 * itself did not run, and the workers perhaps neither (they were stopped, the machine was busy or slept).
 */
void watchdog_look(struct watchdog *watchdog, int64_t now);

/* Notes the beat of a worker. */
void watchdog_note(struct watchdog *watchdog, unsigned worker, uint64_t beat, int64_t now);

/* Has the worker beaten within the limit? False if it does not run. */
bool watchdog_is_alive(const struct watchdog *watchdog, unsigned worker, int64_t now);

/* Milliseconds since the last beat that was seen. */
int64_t watchdog_silence(const struct watchdog *watchdog, unsigned worker, int64_t now);

/*
 * Returns the number of the worker that hangs, or -1. If there are several, it is the one that has been silent for
 * longest: the others may wait for a lock that this one holds, and continue once it has been killed.
 */
int watchdog_find_hung(const struct watchdog *watchdog, int64_t now);

#endif
