/* What a server lets a client do, whichever of its workers the client meets: limits by address and by account. */
#ifndef PORT_GUARD_H
#define PORT_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/limits.h"
#include "port/counters.h"

/* Of one worker, for its loop's thread. What it points at outlives it. */
struct guard {
	struct counters *counters; /* of all workers */
	struct clock *clock;
	const struct limits *limits;
	unsigned worker; /* its number */
};

enum guard_verdict {
	GUARD_WELCOME,
	GUARD_TOO_MANY,      /* the server has as many sessions as it may */
	GUARD_TOO_MANY_HERE, /* the address has: #1.04 */
};

/* Forgets the sessions that an earlier worker of the same number had. To be called at a worker's start. */
void guard_open(struct guard *guard);

/* A client connects. Unless it is welcome, it has not come in and need not leave. */
enum guard_verdict guard_enter(struct guard *guard, const char *address);
void guard_leave(struct guard *guard, const char *address);

/*
 * Is the address refused for now (#2.01)? Refuses it for blacklist-time, nothing where that is 0, and tells whether it
 * was not refused before.
 */
bool guard_is_blacklisted(struct guard *guard, const char *address);
bool guard_blacklist(struct guard *guard, const char *address);

/* Takes an address off the blacklist, if it is on it; all, and tells how many. Failed logins are forgotten, too. */
bool guard_pardon(struct guard *guard, const char *address);
size_t guard_pardon_all(struct guard *guard);

/* Counts a recipient of a sender (an account, or an address), and tells whether it is one too many in this hour. */
bool guard_recipient(struct guard *guard, const char *sender, size_t len);

/* Counts a failed login; the max-failed-logins-th within blacklist-time has the address blacklisted, which it tells. */
bool guard_failed_login(struct guard *guard, const char *address);

/* Notes a login of an account; is the next one too soon, within so many milliseconds? 0: never. */
void guard_logged_in(struct guard *guard, const char *account, int64_t delay);
bool guard_is_too_soon(struct guard *guard, const char *account);

#endif
