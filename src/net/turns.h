/* Turns of the loop: the share that a connection has in each, and the connections that wait for the next one. */
#ifndef NET_TURNS_H
#define NET_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TURN_OCTETS = 64 * 1024, /* of one connection in a turn, in and out */
	TURN_COMMANDS = 64,      /* of one connection in a turn */
	TURN_HANDSHAKES = 4, /* steps of TLS handshakes in a turn, of all connections: each may cost a millisecond */
};

/* The part of its share that a connection has used. All zero is none. */
struct share {
	uint64_t turn; /* in which it was used */
	size_t octets;
	unsigned commands;
};

enum turn_queue {
	TURN_NONE,      /* waits for nothing */
	TURN_NOW,       /* has something to do in this turn: a job of it is done */
	TURN_NEXT,      /* has used its share */
	TURN_HANDSHAKE, /* the steps of this turn are used up, or others came before */
	TURN_QUEUES
};

/* Embedded in a connection; in one queue at most. All zero is in none. */
struct turn_entry {
	struct turn_entry *next, *previous;
	enum turn_queue queue;
	bool granted; /* may take a step of its handshake */
};

struct turn_list {
	struct turn_entry *first, *last;
};

/* For the loop's thread. Queues are served in the order in which the entries came. */
struct turns {
	uint64_t number;     /* of the turn, from 1 */
	unsigned handshakes; /* that are left in this turn */
	struct turn_list lists[TURN_QUEUES];
	/* Called when an entry begins to wait while none did: the loop must not sleep before the next turn. */
	void (*wake)(struct turns *turns);
};

/* Begins the first turn. */
void turns_open(struct turns *turns, void (*wake)(struct turns *turns));

/* Begins another turn: resets every share, and moves the entries of the next turn to this one. */
void turns_begin(struct turns *turns);

/* Appends an entry to a queue. No effect if it is in a queue already, except that it moves from NEXT to NOW. */
void turns_wait(struct turns *turns, struct turn_entry *entry, enum turn_queue queue);

/* Takes an entry out of its queue. To be called before it is freed. */
void turns_forget(struct turns *turns, struct turn_entry *entry);

/* Returns and takes out the next entry that can do something in this turn; NULL if there is none. */
struct turn_entry *turns_take(struct turns *turns);

/* Are all queues empty? */
bool turns_are_empty(const struct turns *turns);

/* May the entry take a step of its handshake in this turn? If not, it waits in the queue for handshakes. */
bool turns_take_handshake(struct turns *turns, struct turn_entry *entry);

/* Is something left of a share in this turn? A share of an earlier turn is made whole. */
bool turns_has_share(const struct turns *turns, struct share *share);

#endif
