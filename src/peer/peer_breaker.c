/* A circuit breaker: remembers that a peer is down, so that the next client need not wait for it. */
#include "peer/peer_breaker.h"

#include <stdio.h>

#include "base/log/log.h"

enum peer_pass
peer_breaker_admit(struct peer_breaker *breaker, int64_t now)
{
	if (!peer_breaker_is_open(breaker))
		return PEER_ADMITTED;
	if (breaker->probing || now < breaker->retry)
		return breaker->hangs ? PEER_TRIAL : PEER_REFUSED;
	breaker->probing = true;
	return PEER_PROBE;
}

static void
publish(const struct peer_breaker *breaker)
{
	if (breaker->down == NULL)
		return;
	if (peer_breaker_is_open(breaker))
		atomic_fetch_or(breaker->down, breaker->bit);
	else
		atomic_fetch_and(breaker->down, ~breaker->bit);
}

void
peer_breaker_answered(struct peer_breaker *breaker, enum peer_pass pass, int64_t now)
{
	breaker->answered = now;
	if (pass == PEER_PROBE)
		breaker->probing = false;
	if (!peer_breaker_is_open(breaker))
		return;
	breaker->pause = 0;
	breaker->hangs = false;
	publish(breaker);
	log_begin("peer-up");
	log_put("kind", breaker->kind);
	log_put("peer", breaker->name);
	log_put_number("seconds", (now - breaker->opened) / 1000);
	log_end();
}

static void
open_breaker(struct peer_breaker *breaker, int64_t now, const char *cause)
{
	breaker->pause = PEER_PAUSE_FIRST;
	breaker->opened = now;
	breaker->retry = now + breaker->pause;
	snprintf(breaker->cause, sizeof breaker->cause, "%s", cause);
	publish(breaker);
	log_event("peer-down", "kind", breaker->kind, "peer", breaker->name, "detail", cause, NULL);
}

static void
note_failure(struct peer_breaker *breaker, enum peer_pass pass, int64_t started, int64_t now, const char *cause)
{
	if (pass == PEER_PROBE)
		breaker->probing = false;
	if (pass == PEER_PROBE && peer_breaker_is_open(breaker)) {
		breaker->pause = 2 * breaker->pause < PEER_PAUSE_MAX ? 2 * breaker->pause : PEER_PAUSE_MAX;
		breaker->retry = now + breaker->pause;
	} else if (!peer_breaker_is_open(breaker) && (breaker->answered == 0 || breaker->answered < started)) {
		open_breaker(breaker, now, cause);
	}
}

void
peer_breaker_failed(struct peer_breaker *breaker, enum peer_pass pass, int64_t started, int64_t now, const char *cause)
{
	note_failure(breaker, pass, started, now, cause);
	breaker->hangs = false;
}

void
peer_breaker_timed_out(
    struct peer_breaker *breaker, enum peer_pass pass, int64_t started, int64_t now, const char *cause)
{
	bool changes = pass == PEER_PROBE || !peer_breaker_is_open(breaker);
	note_failure(breaker, pass, started, now, cause);
	if (changes)
		breaker->hangs = peer_breaker_is_open(breaker);
}

void
peer_breaker_unknown(struct peer_breaker *breaker, enum peer_pass pass)
{
	if (pass == PEER_PROBE)
		breaker->probing = false;
}
