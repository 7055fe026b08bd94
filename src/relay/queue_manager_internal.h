/* What the parts of the manager share: an entry that is being seen to, and its attempts to next servers. */
#ifndef RELAY_QUEUE_MANAGER_INTERNAL_H
#define RELAY_QUEUE_MANAGER_INTERNAL_H

#include "base/log.h"
#include "port/directory.h"
#include "relay/destination.h"
#include "relay/dsn.h"
#include "relay/queue_manager.h"

enum {
	KEY_SIZE = 300,
	RESCAN = 300,     /* seconds after which the folder is read again, in case that an event was lost */
	AGAIN_SOON = 1,   /* when the disk is full */
	AGAIN_LATER = 60, /* when this server is in trouble */
	TURN_MAX = 600,   /* when its turn has not come */
	BLINK = 25,       /* milliseconds */
};

struct active_entry;

/* One delivery: some recipients of an entry, to one destination. */
struct attempt {
	struct job job;
	struct active_entry *active;
	struct attempt *next; /* of the active */
	struct attempt
	    *next_waiting; /* for a delivery to end, or, when it has ended itself, for the job of the active */
	char key[KEY_SIZE];
	const struct route *route;       /* NULL: the MX of the domain */
	struct destination *destination; /* while it counts there */
	char *domain;
	size_t *recipients; /* their numbers in the entry */
	size_t count;
	struct next_hop hop;
	struct transport transport;
	size_t address;   /* of the next hop, that is tried */
	int64_t deadline; /* of all of it */
	bool answered;    /* by a server, whatever it said */
	bool sent; /* the results are those of the transport; else they are the following, for all its recipients */
	enum transport_result result;
	enum ftg_id reason;
	const char *detail;
};

/* One entry while it is claimed. */
struct active_entry {
	struct job job; /* one at a time: claim, record, dsn, remove */
	struct queue_manager *manager;
	struct schedule_item *item;
	struct active_entry *next_stuck;
	struct queue_entry entry;
	int error; /* of the job */
	bool claimed;
	bool working; /* the job is under way */
	bool dirty;   /* the entry is to be recorded */
	bool parked;  /* some recipients wait for their turn somewhere */
	bool wished;
	int64_t later; /* not to be tried before that, for reasons that are not in the entry; 0: none */
	struct attempt *attempts;
	struct attempt *ended;     /* whose results cannot be put down yet: the job reads the entry */
	unsigned open;             /* attempts under way */
	struct noticing *noticing; /* a notice on its way to the sender; NULL: none */
	bool mute;                 /* no further notice this time */
	struct {
		struct domain_question question; /* about the domain of a recipient */
		size_t next;                     /* recipient */
		bool waiting;                    /* for the answer */
		bool known;                      /* the answer is about the domain of the next recipient */
	} planning;
};

struct queue_manager {
	const struct queue_manager_config *config;
	struct schedule schedule;
	struct destinations destinations;
	unsigned active_count, deliveries;
	struct attempt *first_waiting, *last_waiting;
	struct active_entry *stuck; /* that could not be recorded, or freed: tried again */
	int64_t stuck_due, rescan;  /* milliseconds */
	bool stopping, stopped, scanning, wishing, wished_again;
	bool starting; /* attempts that have waited */
	struct job scan_job, wish_job;
	char (*ids)[QUEUE_ID_SIZE];
	size_t id_count, id_room;
	struct queue_manager_wish *wishes;
	bool wishes_left; /* in the folder, for want of room here */
	size_t wish_count;
};

/* manager.c: asks to be called when something is due; tells the end of a stop. */
void queue_manager_alarm(struct queue_manager *manager);

/* Seconds since 1970; and milliseconds as of so many seconds from now. */
int64_t queue_manager_now(const struct queue_manager *manager);
int64_t queue_manager_soon(const struct queue_manager *manager, int64_t seconds);

/* Seconds until the next attempt after so many in vain. */
int64_t queue_manager_back_off(const struct queue_manager *manager, unsigned attempts);

/* runner_visit.c: claims the entry of an item and sees to it. */
void active_entry_begin(struct queue_manager *manager, struct schedule_item *item);

/* Goes on once a attempt has ended, or a job. */
void active_entry_proceed(struct active_entry *active);

/* Runs a job for a active; after done(), active_entry_proceed() is to be called. */
void active_entry_work(struct active_entry *active, void (*work)(struct job *job), void (*done)(struct job *job));

/*
 * attempt.c: adds recipients that are due to the attempts of a active, and starts these, as many as there is room for. hosted:
 * the mailboxes of the domain are those of this server, which are at another one.
 */
bool attempt_add(struct active_entry *active, size_t recipient, bool hosted);
void attempts_start(struct active_entry *active);
void attempts_free(struct active_entry *active);

/* Puts down the results of attempts that had to wait for the job of the active. */
void attempts_settle(struct active_entry *active);

/* Starts attempts that have waited for others to end; gives them up. */
void attempts_start_waiting(struct queue_manager *manager);
void attempts_drop_waiting(struct queue_manager *manager);

/* runner_notice.c: begins a notice where one is due: true; active_entry_proceed() follows. */
bool active_entry_notice(struct active_entry *active);

#endif
