/* Remembers that a server could not be reached, so that the next message does not wait for it again. */
#ifndef RELAY_BREAKER_H
#define RELAY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is closed: the server is tried. Open, it is not tried before until; then one delivery may probe it. */
struct breaker {
	unsigned failures; /* in a row */
	int64_t until;     /* in the caller's unit of time */
	char *cause;       /* why it is open; NULL: nothing is known */
};

/* Is the server left alone at this time? */
bool breaker_is_open(const struct breaker *breaker, int64_t now);

/* Has the last attempt failed, even if the server may be tried again? Then only one delivery may try. */
bool breaker_has_failed(const struct breaker *breaker);

/* Notes a failure: open until that time. The cause is copied. Returns true if it was closed before. */
bool breaker_open(struct breaker *breaker, int64_t until, const char *cause);

/* Notes that the server was reached. Returns true if it was open before. */
bool breaker_close(struct breaker *breaker);

#endif
