/* A circuit breaker: remembers that a peer is down, so that the next client need not wait for it. */
#ifndef PEER_PEER_BREAKER_H
#define PEER_PEER_BREAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	PEER_PAUSE_FIRST = 200,     /* milliseconds for which a peer that failed is not asked; doubles each time */
	PEER_PAUSE_MAX = 60 * 1000, /* at most */
	PEER_TRIAL_TIME = 2000,     /* milliseconds for a trial, at most */
	PEER_CAUSE_SIZE = 128,
};

/*
 * Closed, it admits all requests. It opens if the peer refuses a connection, or if the time of a request is up and the
 * peer has answered no other since the request was made: one message that takes long does not open it. Open, it admits
 * one request once its pause is over, the probe: if the peer answers that one it closes, else the pause doubles.
 *
 * A peer that refuses connections gets no other requests. A peer that accepts connections may be well: a stranger may
 * have sent only what takes it long. While the breaker is open for that reason, all other requests are trials, which get
 * little time: no sender can make the requests of others fail, and any answer closes the breaker.
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
	bool hangs;       /* open: the peer accepts connections, but has not answered in time */
	int64_t answered; /* when the peer answered last */
	char cause[PEER_CAUSE_SIZE];
};

/* How a request was admitted; to be given back with its end. A trial gets PEER_TRIAL_TIME at most. */
enum peer_pass { PEER_REFUSED, PEER_ADMITTED, PEER_PROBE, PEER_TRIAL };

/* May a request be made now? If not, the request fails at once, and breaker->cause says why. */
enum peer_pass peer_breaker_admit(struct peer_breaker *breaker, int64_t now);

/*
 * The end of a request that was admitted: the peer answered; it could not be reached, for a reason; it accepted the
 * connection, but did not answer in time; nothing is known of the peer.
 */
void peer_breaker_answered(struct peer_breaker *breaker, enum peer_pass pass, int64_t now);
void peer_breaker_failed(
    struct peer_breaker *breaker, enum peer_pass pass, int64_t started, int64_t now, const char *cause);
void peer_breaker_timed_out(
    struct peer_breaker *breaker, enum peer_pass pass, int64_t started, int64_t now, const char *cause);
void peer_breaker_unknown(struct peer_breaker *breaker, enum peer_pass pass);

/* Whether the peer is treated as down: requests are refused, or are trials. */
static inline bool
peer_breaker_is_open(const struct peer_breaker *breaker)
{
	return breaker->pause != 0;
}

/* Whether all requests but probes are refused at present. */
static inline bool
peer_breaker_refuses(const struct peer_breaker *breaker)
{
	return peer_breaker_is_open(breaker) && !breaker->hangs;
}

/* When a request stops waiting for a connection, if it may take until deadline, which is limit after it was made. */
static inline int64_t
peer_breaker_patience(const struct peer_breaker *breaker, int64_t deadline, int64_t limit)
{
	bool trial = peer_breaker_is_open(breaker) && limit > PEER_TRIAL_TIME;
	return trial ? deadline - limit + PEER_TRIAL_TIME : deadline;
}

/* When a request that was admitted at started must have its answer, if it may take until deadline. */
static inline int64_t
peer_pass_deadline(enum peer_pass pass, int64_t started, int64_t deadline)
{
	bool trial = pass == PEER_TRIAL && started + PEER_TRIAL_TIME < deadline;
	return trial ? started + PEER_TRIAL_TIME : deadline;
}

#endif
