/* Counters and marks that all processes of a server share: by kind and address or account, each with its expiry. */
#ifndef PORT_COUNTERS_H
#define PORT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/system/workers.h"

/* The kinds of counters. If there is no room, entries of the first kinds are dropped first. */
enum counter_kind {
	COUNTER_LOGINS,        /* mark: of an account, a moment ago */
	COUNTER_FAILED_LOGINS, /* by address */
	COUNTER_RECIPIENTS,    /* in the hour, by address */
	COUNTER_RATES,         /* in the hour or day, by account: of recipients, and of messages */
	COUNTER_BLACKLIST,     /* mark: the address is refused for a while */
	COUNTER_PARDONS,       /* mark: the address was taken from the blacklist, which other servers must learn */
	COUNTER_SESSIONS,      /* open now, by address; owned by the worker that has them, a number below WORKERS_MAX */
};

struct counters;

/* Names an entry. Made by counter_address() and counter_name(); it holds for the table that it was made for. */
struct counter_key {
	enum counter_kind kind;
	uint64_t digest[2];
};

/*
 * Makes a table for at least so many entries. Every process that is forked later shares it; a process that is killed at
 * any instant leaves it neither locked nor broken. Its size never changes: if it is full, the least valuable of some
 * entries makes room, but not for one of a lower kind. No function makes a system call, unless two processes wait for
 * the same lock. Returns NULL with errno.
 */
struct counters *counters_new(size_t entries);
void counters_free(struct counters *counters);

/*
 * The key of a client's address, as text. IPv6 clients are one by their first 64 bits; an IPv4 address in IPv6 form is
 * the IPv4 address; any other text is its own key.
 */
struct counter_key counter_address(const struct counters *counters, enum counter_kind kind, const char *address);
struct counter_key counter_name(const struct counters *counters, enum counter_kind kind, const char *name, size_t len);

/* What a mark says, for a list of marks: texts that are cut to their room. */
struct counter_note {
	char address[40]; /* an address, or its network of 64 bits; 40 octets hold each that is not IPv4-mapped */
	char cause[8];    /* the reference of a reply: "#4.29" */
};

/*
 * Adds to a counter and returns its new value, UINT32_MAX at most. The first addition starts its lifetime; after that
 * it is 0 again. Times are milliseconds of a steady clock of this machine.
 */
uint32_t counters_add(
    struct counters *counters, const struct counter_key *key, uint32_t amount, int64_t lifetime, int64_t now);
uint32_t counters_read(struct counters *counters, const struct counter_key *key, int64_t now);

/* How a counter is shared with other servers: under the address of its note, from a count on that is not 0. */
struct counter_share {
	struct counter_note note;
	uint32_t from;
};

/*
 * The same for a counter that other servers have, too. The values of counters_add_shared() and counters_read() are then
 * the sum of what this server has counted and what is known of the others (counters_share.h). NULL: it is not shared.
 */
uint32_t counters_add_shared(struct counters *counters, const struct counter_key *key, uint32_t amount,
    int64_t lifetime, const struct counter_share *share, int64_t now);

/* Sets a mark unless it is there, with a note or NULL. Returns whether it was not there. */
bool counters_mark(struct counters *counters, const struct counter_key *key, int64_t lifetime,
    const struct counter_note *note, int64_t now);

/*
 * Calls a function for the marks of a kind that have a note, behind the first "skipped" ones,
 * and "most" at most, with the milliseconds that they have left. Marks that come and go
 * meanwhile may be left out. Returns how many it was called for.
 */
size_t counters_each(struct counters *counters, enum counter_kind kind, size_t skipped, size_t most,
    void (*call)(void *context, const struct counter_note *note, int64_t left), void *context, int64_t now);

/* Forgets a counter or a mark, and returns whether it was there; all of a kind, and returns their number. */
bool counters_forget(struct counters *counters, const struct counter_key *key, int64_t now);
size_t counters_clear(struct counters *counters, enum counter_kind kind, int64_t now);

/*
 * Enters and leaves on behalf of an owner. counters_enter() returns how many are in with it, of all owners; they don't
 * expire. counters_disown() takes out all of an owner: for its end, and before its number is given anew.
 */
uint32_t counters_enter(struct counters *counters, const struct counter_key *key, unsigned owner, int64_t now);
void counters_leave(struct counters *counters, const struct counter_key *key, unsigned owner);
void counters_disown(struct counters *counters, unsigned owner);

/*
 * As counters_disown(), but without waiting: it skips stripes that another process has locked. For the master, which
 * must not wait for a worker that was stopped while it held a lock.
 */
void counters_try_disown(struct counters *counters, unsigned owner);

#endif
