/* Plays conversations with a session of any protocol: what is on fixture is told by an actor. */
#ifndef SUPPORT_TALK_RUN_H
#define SUPPORT_TALK_RUN_H

#include "talk.h"

struct talk_actor {
	/* Octets come from the client, in pieces of so many. */
	void (*feed)(struct talk_actor *actor, const char *bytes, size_t len, size_t piece);
	/* Sets or does something; false: there is no such setting. */
	bool (*set)(struct talk_actor *actor, const char *name, const char *value);
	struct octets *
	    got[SET]; /* by kind of step: what the client has received, the message, the log ...; NULL: there is none */
	struct octets *fault; /* what went wrong, for people */
};

/* Returns whether it went as it is written. */
bool talk_run(const struct talk *talk, const struct talk_run *run, struct talk_actor *actor);

/* Plays a conversation in one piece, in pieces, split at every octet, pipelined, with jobs late. */
void talk_run_all_ways(const struct talk *talk, enum ftg_profile profile,
    bool (*play)(const struct talk *talk, const struct talk_run *run, struct octets *fault), const char *path);

#endif
