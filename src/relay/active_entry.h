/* One entry of the queue while it is claimed: its recipients are sent, recorded and reported, step by step. */
#ifndef RELAY_ACTIVE_ENTRY_H
#define RELAY_ACTIVE_ENTRY_H

#include "relay/attempt.h"
#include "relay/notification.h"
#include "relay/schedule.h"

/* Each state but SENDING and STUCK has one job or question under way, which ends in an event MANAGER_ENTRY. */
enum active_state {
	ACTIVE_CLAIMING,
	ACTIVE_PLANNING,  /* the directory is asked for the stores of mailboxes */
	ACTIVE_SENDING,   /* attempts are under way, or none is left */
	ACTIVE_RECORDING, /* results, before anything else is done */
	ACTIVE_STUCK,     /* results that could not be recorded; the manager tries again */
	ACTIVE_NOTIFYING, /* the sender, by a DSN */
	ACTIVE_REMOVING,
	ACTIVE_ENDED,
};

/* Its address is that of the recipient. */
struct active_mailbox {
	enum active_place place;
	const struct store *store; /* ACTIVE_AT_STORE */
	int64_t account;
	struct quota quota;
};

struct active_entry {
	struct manager_event event; /* of its job */
	struct manager_event woken; /* there may be a share now for an attempt that waits */
	struct manager_events *events;
	const struct queue_manager_config *config;
	struct job job;
	struct schedule_item *item;
	struct active_entry *next, *next_stuck;
	enum active_state state;
	int error; /* errno of the job; 0: none */
	struct queue_entry entry;
	struct attempt *attempts;
	struct recipient_question question; /* PLANNING: about a recipient */
	enum { ACTIVE_UNASKED, ACTIVE_ASKED, ACTIVE_ANSWERED } answer;
	size_t asked;                     /* recipients whose mailboxes are known */
	struct active_mailbox *mailboxes; /* of each recipient; NULL: none has one */
	struct notification *notification;
	bool requested;   /* recipients are due whatever their time */
	bool stopping;    /* nothing new is started */
	bool dirty;       /* the entry must be recorded */
	bool waits;       /* some recipients were not tried: they wait for a share */
	bool down;        /* some wait until their server is back */
	bool parked_down; /* the item is parked for the latter */
	bool mute;        /* no further DSN this time */
	int64_t claimed;  /* seconds since 1970 */
	int64_t later;    /* seconds since 1970: not due before, for reasons that are not in the entry; 0: none */
	int64_t due;      /* ENDED: milliseconds since 1970 */
	bool gone;        /* ENDED: it is not in the queue any more */
};

/* Starts to claim the entry of an item. Returns NULL when memory is out. */
struct active_entry *active_entry_new(
    const struct queue_manager_config *config, struct manager_events *events, struct schedule_item *item);

/* Gives the claim back and frees all of it, ENDED. */
void active_entry_free(struct active_entry *active);

/* The action that the manager must take after a step. */
enum active_need {
	ACTIVE_NEEDS_NOTHING, /* it waits for events */
	ACTIVE_NEEDS_PLAN, /* it has been claimed: the manager adds attempts and admits them, and calls the next step */
	ACTIVE_NEEDS_TIME, /* it is STUCK: the manager calls the next step in a while */
	ACTIVE_NEEDS_END,  /* it is ENDED: the manager takes it back */
};

/* Why a step is made: the job of the state has ended, or the time of STUCK has come; or something about an attempt. */
enum active_cause { ACTIVE_OWN, ACTIVE_ATTEMPT };

/* One step of the state machine. Calls nothing above it. */
enum active_need active_entry_step(struct active_entry *active, enum active_cause cause);

/* Is this recipient due? */
bool active_entry_is_due(const struct active_entry *active, size_t recipient);

/* The place of this recipient, ACTIVE_ELSEWHERE without a mailbox. */
enum active_place active_entry_place(const struct active_entry *active, size_t recipient);

/*
 * Must an attempt that is not made count as failed? Yes, if the entry has
 * expired or its sender must be notified of the delay.
 */
bool active_entry_is_over(const struct active_entry *active);

/* Logs a failure of this server, because of which the entry is tried again later. */
void active_entry_fail(struct active_entry *active, int error, const char *what);

#endif
