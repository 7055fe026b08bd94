/* What the parts of the runner share: an entry that is being seen to, and its legs to next servers. */
#ifndef RELAY_QUEUE_MANAGER_INTERNAL_H
#define RELAY_QUEUE_MANAGER_INTERNAL_H

#include "base/log.h"
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

struct visit;

/* One delivery: some recipients of an entry, to one destination. */
struct leg {
	struct job job;
	struct visit *visit;
	struct leg *next;         /* of the visit */
	struct leg *next_waiting; /* for a delivery to end, or, when it has ended itself, for the job of the visit */
	char key[KEY_SIZE];
	const struct route *route;       /* NULL: the MX of the domain */
	struct destination *destination; /* while it counts there */
	char *domain;
	size_t *recipients; /* their numbers in the entry */
	size_t count;
	struct hop hop;
	struct transport transport;
	bool sent; /* transport tells what came of it; else the following, of all its recipients */
	enum transport_result result;
	enum ftg_id reason;
	const char *detail;
};

/* One entry while it is claimed. */
struct visit {
	struct job job; /* one at a time: claim, record, notice, remove */
	struct runner *runner;
	struct schedule_item *item;
	struct visit *next_stuck;
	struct queue_entry entry;
	int error; /* of the job */
	bool claimed;
	bool working; /* the job is under way */
	bool dirty;   /* the entry is to be recorded */
	bool parked;  /* some recipients wait for their turn somewhere */
	bool wished;
	int64_t later; /* not to be tried before that, for reasons that are not in the entry; 0: none */
	struct leg *legs;
	struct leg *ended;         /* whose results cannot be put down yet: the job reads the entry */
	unsigned open;             /* legs under way */
	struct noticing *noticing; /* a notice on its way to the sender; NULL: none */
	bool mute;                 /* no further notice this time */
};

struct runner {
	const struct runner_config *config;
	struct schedule schedule;
	struct destinations destinations;
	unsigned visits, deliveries;
	struct leg *first_waiting, *last_waiting;
	struct visit *stuck;       /* that could not be recorded, or freed: tried again */
	int64_t stuck_due, rescan; /* milliseconds */
	bool stopping, stopped, scanning, wishing, wished_again;
	bool starting; /* legs that have waited */
	struct job scan_job, wish_job;
	char (*ids)[QUEUE_ID_SIZE];
	size_t id_count, id_room;
	struct runner_wish *wishes;
	size_t wish_count;
};

/* runner.c: asks to be called when something is due; tells the end of a stop. */
void runner_alarm(struct runner *runner);

/* Seconds since 1970; and milliseconds as of so many seconds from now. */
int64_t runner_now(const struct runner *runner);
int64_t runner_soon(const struct runner *runner, int64_t seconds);

/* Seconds until the next attempt after so many in vain. */
int64_t runner_back_off(const struct runner *runner, unsigned attempts);

/* runner_visit.c: claims the entry of an item and sees to it. */
void visit_begin(struct runner *runner, struct schedule_item *item);

/* Goes on once a leg has ended, or a job. */
void visit_proceed(struct visit *visit);

/* Runs a job for a visit; after done(), visit_proceed() is to be called. */
void visit_work(struct visit *visit, void (*work)(struct job *job), void (*done)(struct job *job));

/* runner_leg.c: adds recipients that are due to the legs of a visit, and starts these, as many as there is room for. */
bool leg_add(struct visit *visit, size_t recipient);
void legs_start(struct visit *visit);
void legs_free(struct visit *visit);

/* Puts down the results of legs that had to wait for the job of the visit. */
void legs_settle(struct visit *visit);

/* Starts legs that have waited for others to end; gives them up. */
void legs_start_waiting(struct runner *runner);
void legs_drop_waiting(struct runner *runner);

/* runner_notice.c: begins a notice where one is due: true; visit_proceed() follows. */
bool visit_notice(struct visit *visit);

/* runner_event.c: what became of a recipient. */
void event_outcome(const struct visit *visit, const struct queue_recipient *recipient, const char *event);

#endif
