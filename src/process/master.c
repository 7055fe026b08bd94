/* The master process: starts workers, and others in place of those that die or hang. It reads nothing from the network. */
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

#include "base/log/log.h"
#include "process/report.h"
#include "process/systemd.h"
#include "process/watchdog.h"

enum {
	YOUNG = 5000,      /* milliseconds; a worker that dies earlier has died at once */
	DELAY_FIRST = 100, /* milliseconds before the next one is started then; doubles each time */
	DELAY_MAX = 30000,
	ABORT_TIME =
	    5000, /* milliseconds for SIGABRT to end a worker, which may write a core file; the limit, if shorter */
};

/* The process of a worker number. */
struct child {
	pid_t process; /* 0: none */
	int64_t started;
	int64_t restart; /* time of the next start, if there is no process */
	int64_t delay;
	bool ready;        /* has taken connections once */
	bool awaited;      /* has yet to report how a reload ended */
	const char *cause; /* why the master has killed it, for the log */
	int64_t kill;      /* when SIGKILL follows; 0: never */
};

struct state {
	const struct master *master;
	int signals; /* of signalfd(2) */
	int reports[2];
	bool stopping;
	bool announced;   /* that all workers are ready */
	int64_t deadline; /* of a stop */
	unsigned loaded, kept;
	int64_t look;    /* time of the watchdog's next look */
	int64_t feeding; /* milliseconds between two notices to the service manager's watchdog; 0: it has none */
	int64_t feed;    /* time of the next one */
	struct watchdog watchdog;
	struct child children[PROCESSES_MAX];
};

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static unsigned
count_children(const struct state *state)
{
	return state->master->workers + state->master->relay;
}

static bool
is_relay(const struct state *state, unsigned number)
{
	return number == state->master->workers;
}

static struct child *
find_child(struct state *state, pid_t process)
{
	for (unsigned i = 0; i < count_children(state); i++)
		if (state->children[i].process == process)
			return &state->children[i];
	return NULL;
}

static unsigned
count_running(const struct state *state)
{
	unsigned count = 0;
	for (unsigned i = 0; i < count_children(state); i++)
		count += state->children[i].process != 0;
	return count;
}

/* The life of a worker. It ends if its master does. */
static void
become_worker(struct state *state, unsigned number, pid_t master)
{
	const struct worker_slot slot = { .number = number, .report = state->reports[1] };
	close(state->signals);
	close(state->reports[0]);
	state->master->leave(state->master->context);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(EX_OK);
	exit(state->master->work(state->master->context, &slot));
}

static void
start_worker(struct state *state, unsigned number)
{
	struct child *child = &state->children[number];
	pid_t master = getpid();
	pid_t process = fork();
	if (process == 0)
		become_worker(state, number, master);
	child->started = now();
	if (process < 0) {
		log_event("fork-failed", "detail", strerror(errno), NULL);
		child->restart = child->started + DELAY_MAX / 10;
		return;
	}
	child->process = process;
	child->cause = NULL;
	child->kill = 0;
	watchdog_start(&state->watchdog, number, stats_beat(&state->master->stats->slot[number]), child->started);
	log_begin(is_relay(state, number) ? "relay-started" : "worker-started");
	if (!is_relay(state, number))
		log_put_number("worker", number);
	log_put_number("pid", process);
	log_end();
}

/* Starts workers that are due. Returns the milliseconds until the next start; -1 if there is none. */
static int
start_workers(struct state *state)
{
	int64_t next = -1;
	for (unsigned i = 0; i < count_children(state) && !state->stopping; i++) {
		struct child *child = &state->children[i];
		if (child->process == 0 && child->restart <= now())
			start_worker(state, i);
		int64_t wait = child->restart - now();
		if (child->process == 0 && (next < 0 || wait < next))
			next = wait < 0 ? 0 : wait;
	}
	return (int)next;
}

/* Reports the outcome of a reload once each worker has reported its own. */
static void
finish_reload(struct state *state)
{
	struct stats *stats = state->master->stats;
	for (unsigned i = 0; i < count_children(state); i++)
		if (state->children[i].awaited)
			return;
	log_begin("reload");
	log_put_number("loaded", state->loaded);
	log_put_number("kept", state->kept);
	log_end();
	stats->generation += state->loaded > 0;
	stats->kept = state->kept;
	stats->reloaded = time(NULL);
	stats->done = stats->asked;
	if (state->announced)
		systemd_notify("READY=1");
}

/* The server has started when each worker has. */
static void
announce(struct state *state)
{
	for (unsigned i = 0; i < count_children(state); i++)
		if (!state->children[i].ready)
			return;
	if (!state->announced)
		systemd_notify("READY=1");
	state->announced = true;
}

static void
read_report(struct state *state)
{
	struct report report;
	if (read(state->reports[0], &report, sizeof report) != sizeof report)
		return;
	struct child *child = find_child(state, report.worker);
	if (child != NULL && report.event == REPORT_READY) {
		child->ready = true;
		announce(state);
		return;
	}
	if (child == NULL || !child->awaited)
		return;
	child->awaited = false;
	if (!is_relay(state, (unsigned)(child - state->children)))
		*(report.event == REPORT_LOADED ? &state->loaded : &state->kept) += 1;
	finish_reload(state);
}

static void
send_all(const struct state *state, int signal)
{
	for (unsigned i = 0; i < count_children(state); i++)
		if (state->children[i].process != 0)
			kill(state->children[i].process, signal);
}

static void
reload(struct state *state)
{
	log_reopen();
	state->loaded = state->kept = 0;
	state->master->stats->asked++;
	systemd_notify_reloading();
	for (unsigned i = 0; i < count_children(state); i++)
		state->children[i].awaited = state->children[i].process != 0;
	send_all(state, SIGHUP);
	finish_reload(state);
}

/*
 * A second request shortens the grace for sessions that wait for their clients. It kills no worker: one may be writing a
 * message to disk. SIGTERM would not do for it, since one that is sent to the whole group reaches each worker twice.
 */
static void
stop(struct state *state)
{
	log_event("stopping", NULL);
	if (state->stopping) {
		send_all(state, SIGUSR1);
		return;
	}
	systemd_notify("STOPPING=1");
	state->master->stop(state->master->context);
	state->deadline = now() + 1000 * (int64_t)state->master->grace;
	state->stopping = true;
	send_all(state, SIGTERM);
}

static void
log_death(const struct state *state, const struct child *child, int status)
{
	static const char *const events[2][2] = { { "worker-died", "worker-stopped" },
		{ "relay-died", "relay-stopped" } };
	unsigned number = (unsigned)(child - state->children);
	log_begin(events[is_relay(state, number)][state->stopping && WIFEXITED(status)]);
	if (!is_relay(state, number))
		log_put_number("worker", number);
	log_put_number("pid", child->process);
	if (WIFSIGNALED(status))
		log_put_number("signal", WTERMSIG(status));
	else
		log_put_number("status", WEXITSTATUS(status));
	if (child->cause != NULL)
		log_put("cause", child->cause);
	log_end();
}

static void
end_child(struct state *state, struct child *child, int status)
{
	log_death(state, child, status);
	if (now() - child->started >= YOUNG)
		child->delay = 0;
	else
		child->delay = child->delay == 0 ? DELAY_FIRST : 2 * child->delay;
	if (child->delay > DELAY_MAX)
		child->delay = DELAY_MAX;
	child->restart = now() + child->delay;
	child->process = 0;
	unsigned number = (unsigned)(child - state->children);
	watchdog_end(&state->watchdog, number);
	stats_disown(state->master->stats, number);
	stats_add(&state->master->stats->slot[number], STAT_RESTARTS, !state->stopping);
	state->master->ended(state->master->context, number);
	if (child->awaited) {
		child->awaited = false;
		finish_reload(state);
	}
}

static void
reap(struct state *state)
{
	int status;
	pid_t process;
	while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = find_child(state, process);
		if (child != NULL)
			end_child(state, child, status);
	}
}

static void
read_signal(struct state *state)
{
	struct signalfd_siginfo info;
	if (read(state->signals, &info, sizeof info) != sizeof info)
		return;
	switch (info.ssi_signo) {
	case SIGCHLD: reap(state); break;
	case SIGHUP: reload(state); break;
	default: stop(state); break;
	}
}

/* SIGABRT leaves a core file that shows where the worker hangs; SIGCONT lets it reach a worker that was stopped. */
static void
abort_hung(struct state *state, unsigned number)
{
	struct child *child = &state->children[number];
	if (child->kill != 0)
		return;
	log_begin(is_relay(state, number) ? "relay-hung" : "worker-hung");
	if (!is_relay(state, number))
		log_put_number("worker", number);
	log_put_number("pid", child->process);
	log_put_number("silent", watchdog_silence(&state->watchdog, number, now()) / 1000);
	log_end();
	stats_add(&state->master->stats->slot[number], STAT_HANGS, 1);
	child->cause = "hung";
	int64_t limit = state->watchdog.terms.limit;
	child->kill = now() + (limit < ABORT_TIME ? limit : ABORT_TIME);
	kill(child->process, SIGABRT);
	kill(child->process, SIGCONT);
}

/* Feeds the service manager's watchdog while at least one worker serves. */
static void
feed_manager(struct state *state)
{
	bool alive = state->stopping;
	if (state->feeding == 0 || now() < state->feed)
		return;
	for (unsigned i = 0; i < state->master->workers; i++)
		alive = alive || watchdog_is_alive(&state->watchdog, i, now());
	if (alive)
		systemd_notify("WATCHDOG=1");
	state->feed = now() + state->feeding;
}

/* Looks for a worker that hangs, and for those that SIGABRT has not ended. */
static void
look(struct state *state)
{
	struct stats *stats = state->master->stats;
	if (now() < state->look)
		return;
	state->look = now() + state->watchdog.terms.beat;
	watchdog_look(&state->watchdog, now());
	for (unsigned i = 0; i < count_children(state); i++) {
		struct child *child = &state->children[i];
		watchdog_note(&state->watchdog, i, stats_beat(&stats->slot[i]), now());
		if (child->process != 0 && child->kill != 0 && child->kill <= now())
			kill(child->process, SIGKILL);
	}
	int hung = watchdog_find_hung(&state->watchdog, now());
	if (hung >= 0)
		abort_hung(state, (unsigned)hung);
}

static void
end_grace(struct state *state)
{
	for (unsigned i = 0; i < count_children(state); i++)
		if (state->children[i].cause == NULL)
			state->children[i].cause = "grace-over";
	send_all(state, SIGKILL);
}

static int
earlier(int wait, int64_t other)
{
	other = other < 0 ? 0 : other;
	return wait < 0 || other < wait ? (int)other : wait;
}

/* Waits for a signal, a report or a time, and handles it. */
static void
turn(struct state *state)
{
	struct pollfd sources[] = {
		{ .fd = state->signals, .events = POLLIN },
		{ .fd = state->reports[0], .events = POLLIN },
	};
	int wait = earlier(start_workers(state), state->look - now());
	if (state->feeding > 0)
		wait = earlier(wait, state->feed - now());
	if (state->stopping) {
		int64_t left = state->deadline - now();
		if (left <= 0)
			end_grace(state);
		wait = earlier(wait, left <= 0 ? 100 : left);
	}
	if (poll(sources, 2, wait) > 0) {
		if (sources[0].revents != 0)
			read_signal(state);
		if (sources[1].revents != 0)
			read_report(state);
	}
	look(state);
	feed_manager(state);
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
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
master_run(const struct master *master)
{
	static struct state state;
	sigset_t signals = watched_signals();
	state = (struct state) { .master = master, .watchdog.terms = master->watchdog, .feeding = systemd_watchdog() };
	master_hold_signals();
	state.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (state.signals < 0 || pipe2(state.reports, O_CLOEXEC | O_NONBLOCK) < 0) {
		log_event("start-failed", "detail", strerror(errno), NULL);
		return EX_OSERR;
	}
	while (!state.stopping || count_running(&state) > 0)
		turn(&state);
	log_event("stopped", NULL);
	return EX_OK;
}
