/* Reads the folders of the queue for the queue manager: the entries, and requests for a run. Uses jobs. */
#include "relay/queue_intake.h"

#include <stdio.h>
#include <stdlib.h>

static struct queue_intake *
of_scan(struct job *job)
{
	return (struct queue_intake *)(void *)((char *)job - offsetof(struct queue_intake, scan_job));
}

static struct queue_intake *
of_run(struct job *job)
{
	return (struct queue_intake *)(void *)((char *)job - offsetof(struct queue_intake, run_job));
}

static bool
keep_id(void *context, const char *id)
{
	struct queue_intake *intake = context;
	if (intake->id_count == intake->id_room) {
		size_t room = intake->id_room == 0 ? 1024 : 2 * intake->id_room;
		char(*ids)[QUEUE_ID_SIZE] = reallocarray(intake->ids, room, sizeof *ids);
		if (ids == NULL)
			return false;
		intake->ids = ids;
		intake->id_room = room;
	}
	snprintf(intake->ids[intake->id_count++], QUEUE_ID_SIZE, "%s", id);
	return true;
}

static void
scan_work(struct job *job)
{
	struct queue_intake *intake = of_scan(job);
	(void)queue_scan(&intake->config->queue, keep_id, intake);
}

static void
scan_done(struct job *job)
{
	struct queue_intake *intake = of_scan(job);
	manager_event_post(intake->events, &intake->scanned);
}

static bool
keep_run(void *context, const struct queue_run *run)
{
	struct queue_intake *intake = context;
	if (intake->run_count == INTAKE_RUNS_MAX)
		return false;
	struct intake_run *kept = &intake->runs[intake->run_count++];
	kept->reach = run->reach;
	snprintf(kept->name, sizeof kept->name, "%s", run->name != NULL ? run->name : "");
	return true;
}

static void
run_work(struct job *job)
{
	struct queue_intake *intake = of_run(job);
	intake->runs = calloc(INTAKE_RUNS_MAX, sizeof *intake->runs);
	if (intake->runs != NULL && queue_take_runs(&intake->config->queue, keep_run, intake) > 0)
		intake->left = true;
}

static void
run_done(struct job *job)
{
	struct queue_intake *intake = of_run(job);
	manager_event_post(intake->events, &intake->requested);
}

void
queue_intake_open(struct queue_intake *intake, const struct queue_manager_config *config, struct manager_events *events)
{
	*intake = (struct queue_intake) {
		.config = config,
		.events = events,
		.scanned = { .kind = MANAGER_SCANNED },
		.requested = { .kind = MANAGER_REQUESTED },
		.scan_job = { .work = scan_work, .done = scan_done },
		.run_job = { .work = run_work, .done = run_done },
	};
}

void
queue_intake_scan(struct queue_intake *intake)
{
	if (intake->scanning)
		return;
	intake->scanning = true;
	intake->config->jobs->start(intake->config->jobs, &intake->scan_job);
}

void
queue_intake_read_runs(struct queue_intake *intake)
{
	intake->again = intake->reading;
	if (intake->reading)
		return;
	intake->reading = true;
	intake->left = false;
	intake->config->jobs->start(intake->config->jobs, &intake->run_job);
}

void
queue_intake_scanned(struct queue_intake *intake)
{
	intake->scanning = false;
	free(intake->ids);
	intake->ids = NULL;
	intake->id_count = intake->id_room = 0;
}

void
queue_intake_runs_read(struct queue_intake *intake, bool stopping)
{
	bool again = intake->again || intake->left;
	intake->reading = intake->again = false;
	free(intake->runs);
	intake->runs = NULL;
	intake->run_count = 0;
	if (again && !stopping)
		queue_intake_read_runs(intake);
}
