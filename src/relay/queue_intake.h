/* Reads the folders of the queue for the queue manager: the entries, and requests for a run. Uses jobs. */
#ifndef RELAY_QUEUE_INTAKE_H
#define RELAY_QUEUE_INTAKE_H

#include "relay/manager_event.h"
#include "relay/queue_config.h"

enum {
	INTAKE_RUNS_MAX = 1000, /* requests that are read at a time */
	INTAKE_NAME_SIZE = 256,
};

struct intake_run {
	enum queue_reach reach;
	char name[INTAKE_NAME_SIZE]; /* "": all */
};

/* One of each manager. While a job is under way, its results are the job's; after its event they are the loop's. */
struct queue_intake {
	const struct queue_manager_config *config;
	struct manager_events *events;
	struct manager_event scanned, requested; /* MANAGER_SCANNED, MANAGER_REQUESTED */
	struct job scan_job, run_job;
	bool scanning, reading;
	bool again; /* more requests arrived meanwhile */
	bool left;  /* more requests are left in the folder; set by the job */
	char (*ids)[QUEUE_ID_SIZE];
	size_t id_count, id_room;
	struct intake_run *runs;
	size_t run_count;
};

void queue_intake_open(
    struct queue_intake *intake, const struct queue_manager_config *config, struct manager_events *events);

/* Starts to read the IDs of all entries, unless that is under way; the event follows. */
void queue_intake_scan(struct queue_intake *intake);

/* Starts to read the requests for a run, now or once those that are being read are handled; the event follows. */
void queue_intake_read_runs(struct queue_intake *intake);

/* After the events: the results have been handled, and are freed. */
void queue_intake_scanned(struct queue_intake *intake);
void queue_intake_runs_read(struct queue_intake *intake, bool stopping);

#endif
