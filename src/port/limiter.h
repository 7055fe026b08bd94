/* What a server lets a client do, whichever of its workers the client meets: limits by address and by account. */
#ifndef PORT_LIMITER_H
#define PORT_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/limits.h"
#include "port/counters.h"

/* Of one worker, for its loop's thread. What it points at outlives it. */
struct limiter {
	struct counters *counters; /* of all workers */
	struct clock *clock;
	const struct limits *limits;
	unsigned worker; /* its number */
};

enum limiter_verdict {
	LIMITER_WELCOME,
	LIMITER_TOO_MANY,      /* the server has as many sessions as it may */
	LIMITER_TOO_MANY_HERE, /* the address has: #1.04 */
};

/* Forgets the sessions that an earlier worker of the same number had. To be called at a worker's start. */
void limiter_open(struct limiter *limiter);

/* A number for the address, as sessions are counted: the same for all clients of an IPv6 network of 64 bits. */
uint64_t limiter_key(const struct limiter *limiter, const char *address);

/* A client connects. Unless it is welcome, it has not come in and need not leave. */
enum limiter_verdict limiter_enter(struct limiter *limiter, const char *address);
void limiter_leave(struct limiter *limiter, const char *address);

/*
 * Is the address refused for now (#2.01)? Refuses it for blacklist-time, nothing where that is 0, and tells whether it
 * was not refused before.
 */
bool limiter_is_blacklisted(struct limiter *limiter, const char *address);
bool limiter_blacklist(struct limiter *limiter, const char *address);

/* Takes an address off the blacklist, if it is on it; all, and tells how many. Failed logins are forgotten, too. */
bool limiter_pardon(struct limiter *limiter, const char *address);
size_t limiter_pardon_all(struct limiter *limiter);

/* Counts a recipient of a sender (an account, or an address), and tells whether it is one too many in this hour. */
bool limiter_recipient(struct limiter *limiter, const char *sender, size_t len);

/* Counts a failed login; the max-failed-logins-th within blacklist-time has the address blacklisted, which it tells. */
bool limiter_failed_login(struct limiter *limiter, const char *address);

/* Notes a login of an account; is the next one too soon, within so many milliseconds? 0: never. */
void limiter_logged_in(struct limiter *limiter, const char *account, int64_t delay);
bool limiter_is_too_soon(struct limiter *limiter, const char *account);

#endif
