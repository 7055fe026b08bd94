/* The master process: starts workers, and others in place of those that die. It reads nothing from the network. */
#include "process/master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "process/report.h"
#include "process/systemd.h"

enum {
	YOUNG = 5000,      /* milliseconds; a worker that dies earlier has died at once */
	DELAY_FIRST = 100, /* milliseconds before the next one is started then; doubles each time */
	DELAY_MAX = 30000,
};

/* A place for a worker, and the process at it. */
struct place {
	pid_t process; /* 0: none */
	int64_t started;
	int64_t restart; /* time of the next start, when there is none */
	int64_t delay;
	bool ready;   /* has taken connections once */
	bool awaited; /* has yet to tell how a reload ended */
};

struct state {
	const struct master *master;
	int signals; /* of signalfd(2) */
	int reports[2];
	bool stopping;
	bool announced;   /* that all workers are ready */
	int64_t deadline; /* of a stop */
	unsigned loaded, kept;
	struct place places[MASTER_WORKERS_MAX];
};

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static unsigned
count_places(const struct state *state)
{
	return state->master->workers + state->master->relay;
}

static bool
is_relay(const struct state *state, unsigned number)
{
	return number == state->master->workers;
}

static struct place *
find_place(struct state *state, pid_t process)
{
	for (unsigned i = 0; i < count_places(state); i++)
		if (state->places[i].process == process)
			return &state->places[i];
	return NULL;
}

static unsigned
count_running(const struct state *state)
{
	unsigned count = 0;
	for (unsigned i = 0; i < count_places(state); i++)
		count += state->places[i].process != 0;
	return count;
}

/* The life of a worker. It ends when its master does. */
static void
become_worker(struct state *state, unsigned number, pid_t master)
{
	const struct master_place place = { .number = number, .report = state->reports[1] };
	close(state->signals);
	close(state->reports[0]);
	state->master->leave(state->master->context);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(EX_OK);
	exit(state->master->work(state->master->context, &place));
}

static void
start_worker(struct state *state, unsigned number)
{
	struct place *place = &state->places[number];
	pid_t master = getpid();
	pid_t process = fork();
	if (process == 0)
		become_worker(state, number, master);
	place->started = now();
	if (process < 0) {
		log_event("fork-failed", "detail", strerror(errno), NULL);
		place->restart = place->started + DELAY_MAX / 10;
		return;
	}
	place->process = process;
	log_begin(is_relay(state, number) ? "relay-started" : "worker-started");
	if (!is_relay(state, number))
		log_put_number("worker", number);
	log_put_number("pid", process);
	log_end();
}

/* Starts those whose time has come. Returns the milliseconds until the next one; -1 if there is none to be started. */
static int
start_workers(struct state *state)
{
	int64_t next = -1;
	for (unsigned i = 0; i < count_places(state) && !state->stopping; i++) {
		struct place *place = &state->places[i];
		if (place->process == 0 && place->restart <= now())
			start_worker(state, i);
		int64_t wait = place->restart - now();
		if (place->process == 0 && (next < 0 || wait < next))
			next = wait < 0 ? 0 : wait;
	}
	return (int)next;
}

/* Tells the outcome of a reload once each worker has told its own. */
static void
tell_reload(struct state *state)
{
	struct stats *stats = state->master->stats;
	for (unsigned i = 0; i < count_places(state); i++)
		if (state->places[i].awaited)
			return;
	log_begin("reload");
	log_put_number("loaded", state->loaded);
	log_put_number("kept", state->kept);
	log_end();
	stats->generation += state->loaded > 0;
	stats->kept = state->kept;
	stats->done = stats->asked;
	if (state->announced)
		systemd_notify("READY=1");
}

/* Whoever has started the server may go on when all of it is there. */
static void
announce(struct state *state)
{
	for (unsigned i = 0; i < count_places(state); i++)
		if (!state->places[i].ready)
			return;
	if (!state->announced)
		systemd_notify("READY=1");
	state->announced = true;
}

static void
take_report(struct state *state)
{
	struct report report;
	if (read(state->reports[0], &report, sizeof report) != sizeof report)
		return;
	struct place *place = find_place(state, report.worker);
	if (place != NULL && report.event == REPORT_READY) {
		place->ready = true;
		announce(state);
		return;
	}
	if (place == NULL || !place->awaited)
		return;
	place->awaited = false;
	if (!is_relay(state, (unsigned)(place - state->places)))
		*(report.event == REPORT_LOADED ? &state->loaded : &state->kept) += 1;
	tell_reload(state);
}

static void
send_all(const struct state *state, int signal)
{
	for (unsigned i = 0; i < count_places(state); i++)
		if (state->places[i].process != 0)
			kill(state->places[i].process, signal);
}

static void
reload(struct state *state)
{
	state->loaded = state->kept = 0;
	state->master->stats->asked++;
	systemd_notify_reloading();
	for (unsigned i = 0; i < count_places(state); i++)
		state->places[i].awaited = state->places[i].process != 0;
	send_all(state, SIGHUP);
	tell_reload(state);
}

/* The second time it is meant: no more grace. */
static void
stop(struct state *state)
{
	log_event("stopping", NULL);
	systemd_notify("STOPPING=1");
	if (!state->stopping)
		state->master->stop(state->master->context);
	state->deadline = state->stopping ? now() : now() + 1000 * (int64_t)state->master->grace;
	state->stopping = true;
	send_all(state, SIGTERM);
}

static void
log_death(const struct state *state, const struct place *place, int status)
{
	static const char *const events[2][2] = { { "worker-died", "worker-stopped" },
		{ "relay-died", "relay-stopped" } };
	unsigned number = (unsigned)(place - state->places);
	log_begin(events[is_relay(state, number)][state->stopping && status == 0]);
	if (!is_relay(state, number))
		log_put_number("worker", number);
	log_put_number("pid", place->process);
	if (WIFSIGNALED(status))
		log_put_number("signal", WTERMSIG(status));
	else
		log_put_number("status", WEXITSTATUS(status));
	log_end();
}

static void
bury(struct state *state, struct place *place, int status)
{
	log_death(state, place, status);
	if (now() - place->started >= YOUNG)
		place->delay = 0;
	else
		place->delay = place->delay == 0 ? DELAY_FIRST : 2 * place->delay;
	if (place->delay > DELAY_MAX)
		place->delay = DELAY_MAX;
	place->restart = now() + place->delay;
	place->process = 0;
	unsigned number = (unsigned)(place - state->places);
	stats_disown(state->master->stats, number);
	stats_add(&state->master->stats->slot[number], STAT_RESTARTS, !state->stopping);
	state->master->ended(state->master->context, number);
	if (place->awaited) {
		place->awaited = false;
		tell_reload(state);
	}
}

static void
bury_dead(struct state *state)
{
	int status;
	pid_t process;
	while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
		struct place *place = find_place(state, process);
		if (place != NULL)
			bury(state, place, status);
	}
}

static void
take_signal(struct state *state)
{
	struct signalfd_siginfo info;
	if (read(state->signals, &info, sizeof info) != sizeof info)
		return;
	switch (info.ssi_signo) {
	case SIGCHLD: bury_dead(state); break;
	case SIGHUP: reload(state); break;
	default: stop(state); break;
	}
}

/* Waits for something to happen, and sees to it. */
static void
turn(struct state *state)
{
	struct pollfd sources[] = {
		{ .fd = state->signals, .events = POLLIN },
		{ .fd = state->reports[0], .events = POLLIN },
	};
	int wait = start_workers(state);
	if (state->stopping) {
		int64_t left = state->deadline - now();
		if (left <= 0)
			send_all(state, SIGKILL);
		wait = left <= 0 ? 100 : (int)left;
	}
	if (poll(sources, 2, wait) <= 0)
		return;
	if (sources[0].revents != 0)
		take_signal(state);
	if (sources[1].revents != 0)
		take_report(state);
}

static sigset_t
watched_signals(void)
{
	static const int watched[] = { SIGCHLD, SIGHUP, SIGINT, SIGTERM };
	sigset_t signals;
	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
		sigaddset(&signals, watched[i]);
	return signals;
}

void
master_hold_signals(void)
{
	sigset_t signals = watched_signals();
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
master_run(const struct master *master)
{
	static struct state state;
	sigset_t signals = watched_signals();
	state = (struct state) { .master = master };
	master_hold_signals();
	state.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (state.signals < 0 || pipe2(state.reports, O_CLOEXEC) < 0) {
		log_event("start-failed", "detail", strerror(errno), NULL);
		return EX_OSERR;
	}
	while (!state.stopping || count_running(&state) > 0)
		turn(&state);
	log_event("stopped", NULL);
	return EX_OK;
}
