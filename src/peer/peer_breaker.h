/* A circuit breaker: remembers that a peer is down, so that the next client need not wait for it. */
#ifndef PEER_PEER_BREAKER_H
#define PEER_PEER_BREAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	PEER_PAUSE_FIRST = 200,     /* milliseconds for which a peer that failed is not asked; doubles each time */
	PEER_PAUSE_MAX = 60 * 1000, /* at most */
	PEER_CAUSE_SIZE = 128,
};

/*
 * Closed, it admits all requests. It opens if the peer refuses a connection, or if the time of a request is up and the
 * peer has answered no other since the request was made: one message that takes long does not open it. Open, it admits
 * one request once its pause is over, the probe: if the peer answers that one it closes, else the pause doubles.
 *
 * It logs event=peer-down when it opens and event=peer-up when it closes. Of one worker, for its loop's thread; down is
 * in memory that all processes may read. All times are in milliseconds of the loop.
 */
struct peer_breaker {
	const char *kind;       /* "filter", "service"; for the log */
	const char *name;       /* of the peer; must outlive the breaker */
	_Atomic uint64_t *down; /* bits of the worker's peers that are down; NULL: nowhere */
	uint64_t bit;           /* of this peer; 0: none */

	int64_t pause;    /* 0: it is closed */
	int64_t opened;   /* when */
	int64_t retry;    /* when the next probe may be made */
	bool probing;     /* a probe is under way */
	int64_t answered; /* when the peer answered last */
	char cause[PEER_CAUSE_SIZE];
};

/* How a request was admitted; to be given back with its end. */
enum peer_pass { PEER_REFUSED, PEER_ADMITTED, PEER_PROBE };

/* May a request be made now? If not, the request fails at once, and breaker->cause says why. */
enum peer_pass peer_breaker_admit(struct peer_breaker *breaker, int64_t now);

/* The end of a request that was admitted: the peer answered; it did not, for a reason; nothing is known of the peer. */
void peer_breaker_answered(struct peer_breaker *breaker, enum peer_pass pass, int64_t now);
void peer_breaker_failed(
    struct peer_breaker *breaker, enum peer_pass pass, int64_t started, int64_t now, const char *cause);
void peer_breaker_unknown(struct peer_breaker *breaker, enum peer_pass pass);

/* Whether requests to the peer are refused at present. */
static inline bool
peer_breaker_is_open(const struct peer_breaker *breaker)
{
	return breaker->pause != 0;
}

#endif
