/*
 * Collects the counters that other servers must know, and adds the counts of
 * those servers. For one process of a server.
 */
#ifndef PORT_COUNTERS_SHARE_H
#define PORT_COUNTERS_SHARE_H

#include "port/counters.h"

enum {
	SHARED_MAX = 256,      /* entries that are sent at once */
	SHARED_MARKS_MAX = 64, /* of these, marks */
	SHARED_FRESH_MAX = 64, /* of these, new counters: bounds the rows that clients can create */
};

/* An entry to send. */
struct counter_shared {
	struct counter_key key;
	struct counter_note note;
	uint32_t count;  /* what this server has counted; 0: it was forgotten */
	uint32_t unsent; /* the part of it that the others do not know */
	int64_t left;    /* milliseconds until it expires */
	bool fresh;      /* it was not sent before */
};

/* Makes marks with a note, and counters with a share, known to others. For the master, before it starts processes. */
void counters_share(struct counters *counters);
bool counters_is_shared(const struct counters *counters);

/* A number for this server, at random. */
int64_t counters_server(const struct counters *counters);

/*
 * Has the next collections look at all entries. For a process that replaces one
 * that may have ended before it sent some.
 */
void counters_collect_all(struct counters *counters);

/*
 * Collects the entries that the others must know, or whose sum was asked for:
 * marks first, then counters by the part that the others do not know.
 */
size_t counters_collect(struct counters *counters, struct counter_shared entries[SHARED_MAX], int64_t now);

/*
 * Completes the sending of an entry from counters_collect(): the others know its count. Their own count is "others",
 * which expires in so many milliseconds.
 */
void counters_sent(
    struct counters *counters, const struct counter_shared *entry, uint32_t others, int64_t left, int64_t now);

/* Notes that an entry could not be sent: it is collected again. */
void counters_unsent(struct counters *counters, const struct counter_shared *entry);

/* Sets a mark that came from another server. */
void counters_learn(struct counters *counters, const struct counter_key *key, int64_t lifetime,
    const struct counter_note *note, int64_t now);

#endif
