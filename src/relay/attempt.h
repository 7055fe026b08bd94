/* One attempt to send some recipients of an entry to one next hop: its servers are looked up, and tried by address. */
#ifndef RELAY_ATTEMPT_H
#define RELAY_ATTEMPT_H

#include "relay/destination.h"
#include "relay/manager_event.h"
#include "relay/queue_config.h"

/* Where a recipient gets the message. */
enum active_place {
	ACTIVE_ELSEWHERE, /* at the server of its domain */
	ACTIVE_AT_STORE,  /* in a mailbox of an account */
	ACTIVE_NOWHERE,   /* the account was removed, and no server is configured that may know it */
	ACTIVE_UNFIT,     /* the directory names a store that cannot be one */
};

/* The operation that an attempt waits for. Steps end in an event MANAGER_ATTEMPT. */
enum attempt_state {
	ATTEMPT_NEW,        /* a slot and a share */
	ATTEMPT_LOOKING_UP, /* the DNS */
	ATTEMPT_FOUND,      /* event: the next hop is known, or why it is not */
	ATTEMPT_OPENING,    /* the job that opens the message */
	ATTEMPT_SENDING,    /* the server at an address */
	ATTEMPT_TRIED,      /* event: a server was tried, or the message could not be opened */
	ATTEMPT_ENDED,      /* until its results are put into the entry */
};

/* Location of its results. */
enum attempt_results {
	ATTEMPT_NOTHING,   /* it was not made: nothing changes */
	ATTEMPT_TRANSPORT, /* in the recipients of the transport */
	ATTEMPT_COMMON,    /* result and verdict, for all recipients */
};

struct active_entry;

struct attempt {
	struct manager_event event;
	struct manager_events *events;
	const struct queue_manager_config *config;
	struct job job;
	struct active_entry *active;
	struct attempt *next; /* of the entry */
	enum attempt_state state;
	enum attempt_results results;
	struct queue_entry *entry;
	const struct route *route; /* NULL: the MX of the domain */
	const struct transport_manner *manner;
	enum active_place place; /* of its recipients */
	bool by_route;           /* a route names the domain, maybe only to send its mail to its MX */
	char *domain;
	const char *sender; /* of all its recipients; the entry's */
	size_t *recipients; /* their numbers in the entry */
	size_t count, room;
	struct destination *name;    /* of the domain or route; referred to */
	struct destination *server;  /* of the address under way; referred to; NULL: none */
	struct destination *blocked; /* an address that had no room; referred to; NULL: none */
	bool has_slot, user, proven; /* a slot, and its class */
	struct next_hop *hop;
	size_t address; /* of the next hop: the one under way, or the next one */
	struct transport transport;
	bool tried, answered, timed_out; /* a server; has any answered; did the last one take too long */
	enum transport_result result;    /* ATTEMPT_COMMON */
	char *verdict;
};

/* Makes an attempt to a destination, for an entry that outlives it. Returns NULL when memory is out. */
struct attempt *attempt_new(const struct queue_manager_config *config, struct manager_events *events,
    struct queue_entry *entry, struct destination *name, const struct route *route, const char *domain);

/* Frees it; no step is under way. It refers to no destination any more. */
void attempt_free(struct attempt *attempt);

/* Adds a recipient of the entry by its number. False when memory is out. */
bool attempt_add(struct attempt *attempt, size_t recipient);

/* Starts to look up the next hop. The event may be posted before this returns. */
void attempt_look_up(struct attempt *attempt);

/* After ATTEMPT_FOUND: is there an address? If not, the attempt has ended with the reason. */
bool attempt_check_next_hop(struct attempt *attempt);

/* Sends the message to the address under way. */
void attempt_send(struct attempt *attempt);

/* After ATTEMPT_TRIED: may the next address be tried? */
bool attempt_may_go_on(const struct attempt *attempt);

/*
 * Ends it: with the results of the server that was tried last; with one for all; with nothing. The verdict is copied.
 */
void attempt_end(struct attempt *attempt);
void attempt_end_all(struct attempt *attempt, enum transport_result result, const char *verdict);
void attempt_end_unmade(struct attempt *attempt);

/* Fails it permanently: there is no route to the domain. */
void attempt_end_without_route(struct attempt *attempt);

/* Ends it if the mailboxes are nowhere, or at a store that cannot be one. Returns false if they are elsewhere. */
bool attempt_end_without_store(struct attempt *attempt);

/* Are the mailboxes here? */
bool attempt_is_here(const struct attempt *attempt);

/* Stores the message in mailboxes here. Posts the event ATTEMPT_TRIED when that is done. */
void attempt_store(struct attempt *attempt);

/* Remembers the address that had no room; NULL: none. */
void attempt_set_blocked(struct attempt *attempt, struct destination *blocked);

/* Writes the key of an address, or of a route or domain, as a destination has it. */
enum { ATTEMPT_KEY_SIZE = 300 };
void attempt_write_server_key(char key[ATTEMPT_KEY_SIZE], const struct channel_address *address);
void attempt_write_name_key(
    char key[ATTEMPT_KEY_SIZE], enum active_place place, const struct route *route, const char *domain);

#endif
