/* Limits by address and by account that hold for all workers of a server together. */
#ifndef PORT_LIMITER_H
#define PORT_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/limits.h"
#include "port/account_rates.h"
#include "port/counters.h"

enum { LIMITER_SHARED_PART = 16 }; /* a counter is shared with other servers from this part of its limit on */

/* Stands for all addresses on the blacklist. */
#define LIMITER_ALL "*"

/* Of one worker, for its loop's thread. All that it points at outlives it. */
struct limiter {
	struct counters *counters; /* of all workers */
	struct clock *clock;
	const struct limits *limits;
	unsigned worker; /* its number */
};

enum limiter_verdict {
	LIMITER_WELCOME,
	LIMITER_TOO_MANY,      /* the server has max-sessions */
	LIMITER_TOO_MANY_HERE, /* the address has max-sessions-per-address: #1.04 */
};

/* Forgets the sessions of an earlier worker of the same number. Must be called when a worker starts. */
void limiter_open(struct limiter *limiter);

/* A number for the address, as sessions are counted: the same for all clients of an IPv6 network of 64 bits. */
uint64_t limiter_key(const struct limiter *limiter, const char *address);

/* Counts a session of an address, and counts it no longer. Only a client that is welcome is counted. */
enum limiter_verdict limiter_enter(struct limiter *limiter, const char *address);
void limiter_leave(struct limiter *limiter, const char *address);

/*
 * Is the address on the temporary blacklist (#2.01)? Puts it there for blacklist-time with its cause, the reference of
 * a reply, and returns whether it was not there before; false if that time is 0.
 */
bool limiter_is_blacklisted(struct limiter *limiter, const char *address);
bool limiter_blacklist(struct limiter *limiter, const char *address, const char *cause);

/* The entries of the blacklist: see counters_each(). The address of an IPv6 client is its network of 64 bits. */
size_t limiter_blacklisted(struct limiter *limiter, size_t skipped, size_t most,
    void (*call)(void *context, const struct counter_note *note, int64_t left), void *context);

/* Removes an address from the blacklist, if it is there; all, and returns their number. Forgets failed logins, too. */
bool limiter_pardon(struct limiter *limiter, const char *address);
size_t limiter_pardon_all(struct limiter *limiter);

/*
 * Applies a mark of another server: it blacklisted an address for so many
 * milliseconds, or, without a cause, pardoned it.
 */
void limiter_learn(struct limiter *limiter, const struct counter_note *note, int64_t left);

/*
 * Applies the number of failed logins of an address at all servers. Returns true
 * if there are too many: the address is then blacklisted.
 */
bool limiter_learn_logins(struct limiter *limiter, const struct counter_note *note, uint64_t failed);

/*
 * Would a recipient be one too many in this hour, by max-recipients-per-hour: one that a client at this address names,
 * which has not logged in, or one of an account? Counts it if count is set; of two workers that count the last one at
 * the same time, one is told that it is too many. Clients of an IPv6 network of 64 bits are counted together.
 */
bool limiter_recipient(struct limiter *limiter, const char *address, bool count);
bool limiter_account_recipient(struct limiter *limiter, int64_t account, bool count);

/*
 * The same for a recipient of an account and, if it is the first one of a message, the message:
 * by the account's own rates, which may be NULL, or max-messages-per-account- and
 * max-recipients-per-account-, -hour and -day. A recipient that is over one of them is not
 * counted. Returns the server's name of the limit that it is over, which is static, or NULL.
 */
const char *limiter_account(
    struct limiter *limiter, int64_t account, const struct account_rates *rates, bool is_first, bool count);

/* Counts a failed login. The max-failed-logins-th within blacklist-time blacklists the address, and returns true. */
bool limiter_failed_login(struct limiter *limiter, const char *address, const char *cause);

/* Records a login of an account. Is another one too soon, within delay milliseconds? 0: never. */
void limiter_logged_in(struct limiter *limiter, const char *account, int64_t delay);
bool limiter_is_too_soon(struct limiter *limiter, const char *account);

#endif
