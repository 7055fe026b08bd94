/*
 * Decides which attempts may start: slots of all, shares of each domain and address, breakers. The others are parked.
 */
#ifndef RELAY_ADMISSION_H
#define RELAY_ADMISSION_H

#include "relay/active_entry.h"

/*
 * A slot has a class: is the message one of a user who has logged in, and has a server of the domain answered before?
 * The mail of strangers, which includes DSNs, gets at most three quarters of all slots; mail to unproven domains gets
 * three quarters; strangers' mail to unproven domains gets half. So a quarter is left for users' mail to any domain,
 * and a quarter for domains that answer. An entry that finds no slot is parked with those of its class.
 */
struct slots {
	unsigned total, strangers, unproven, both; /* that are taken */
	struct destination lots[2][2];             /* by user, by proven: the entries that wait */
};

struct admission {
	const struct queue_manager_config *config;
	struct manager_events *events;
	struct schedule *schedule;
	struct destinations destinations;
	struct slots slots;
	unsigned requests;  /* for a run, so far */
	unsigned down;      /* domains and routes whose server was logged as unreachable */
	bool has_mailboxes; /* a recipient with a mailbox was in the queue */
	bool stopping;
};

/* Starts the attempts of an entry that may start, and parks the entry if some may not. */
void admission_admit(struct admission *admission, struct active_entry *active);

/* Goes on with an attempt after its event; it may have ended then. */
void admission_go_on(struct admission *admission, struct attempt *attempt);

/* Parks an item without claiming it if all mail goes by one route whose server is down. False: it must be claimed. */
bool admission_park_unclaimed(struct admission *admission, struct schedule_item *item);

/* The same for an entry that was woken, which leaves the share to the next one if it needs none. */
void admission_admit_woken(struct admission *admission, struct active_entry *active);

/* An item becomes active; an active one has ended, and its due time is set; an item is about to be freed. */
void admission_begin(struct admission *admission, struct schedule_item *item);
void admission_end(struct admission *admission, struct schedule_item *item);
void admission_forget(struct admission *admission, struct schedule_item *item);

/* A server that is down may be tried now. */
void admission_retry(const struct admission *admission, struct destination *destination);

/* Wakes as many of the parked entries as there is room for. */
void admission_wake_all(struct admission *admission);

#endif
