/* The master, with workers that do as the test says: each is a process that writes to a pipe what happens to it. */
#include "process/master.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "process/report.h"

enum { WAIT = 30000 }; /* milliseconds for anything to happen, on a busy machine */

/* What a worker of the test does. */
enum conduct {
	BEAT,        /* beats until SIGTERM, and then ends */
	HANG,        /* never beats */
	END_AT_ONCE, /* ends with a status */
};

static struct stats *stats;
static enum conduct conducts[4]; /* by number */
static int notes[2];             /* what workers write of themselves */
static unsigned grace = 10;
static unsigned workers = 2;
static pid_t master_process;

/* A line of a worker: what has happened, its number, its process. */
struct note {
	char event; /* 's': started, 't': SIGTERM, 'u': SIGUSR1 */
	unsigned number;
	pid_t process;
};

static void
write_note(char event, unsigned number)
{
	const struct note note = { event, number, getpid() };
	cr_assert_eq(write(notes[1], &note, sizeof note), (ssize_t)sizeof note);
}

static void
report_to(const struct worker_slot *slot, enum report_event event)
{
	const struct report report = { .worker = getpid(), .event = event };
	cr_assert_eq(write(slot->report, &report, sizeof report), (ssize_t)sizeof report);
}

/* Reads signals, which are blocked when a worker begins, and beats while it should. */
static int
work(void *context, const struct worker_slot *slot)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	sigset_t signals;
	siginfo_t info;
	(void)context;
	write_note('s', slot->number);
	report_to(slot, REPORT_READY);
	if (conducts[slot->number] == END_AT_ONCE)
		return 7;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGHUP);
	for (;;) {
		int signal = sigtimedwait(&signals, &info, &pause);
		if (conducts[slot->number] == BEAT)
			stats_count_beat(&stats->slot[slot->number]);
		if (signal == SIGTERM)
			write_note('t', slot->number);
		if (signal == SIGUSR1)
			write_note('u', slot->number);
		if (signal == SIGHUP)
			report_to(slot, slot->number == 0 ? REPORT_LOADED : REPORT_KEPT);
		if (signal == SIGUSR1 || (signal == SIGTERM && grace == 10))
			return EX_OK;
	}
}

static void
ignore(void *context)
{
	(void)context;
}

static void
ignore_end(void *context, unsigned number)
{
	(void)context, (void)number;
}

static void
set_up(void)
{
	cr_assert_eq(pipe(notes), 0);
	stats = stats_new();
	cr_assert_not_null(stats);
}

TestSuite(master, .init = set_up, .timeout = 120);

/* Runs a master in a process of its own; watchdog is its limit in milliseconds. */
static void
start_master(int64_t watchdog)
{
	master_process = fork();
	cr_assert_geq(master_process, 0);
	if (master_process > 0)
		return;
	const struct master master = {
		.workers = workers,
		.stats = stats,
		.grace = grace,
		.watchdog = { .beat = WATCHDOG_BEAT, .limit = watchdog, .start = watchdog },
		.work = work,
		.ended = ignore_end,
		.leave = ignore,
		.stop = ignore,
	};
	master_hold_signals();
	_exit(master_run(&master));
}

/* The next note of an event. */
static struct note
await(char event)
{
	struct pollfd source = { .fd = notes[0], .events = POLLIN };
	struct note note;
	do {
		cr_assert_eq(poll(&source, 1, WAIT), 1, "no event %c", event);
		cr_assert_eq(read(notes[0], &note, sizeof note), (ssize_t)sizeof note);
	} while (note.event != event);
	return note;
}

static void
expect_end(int status)
{
	int got;
	cr_assert_eq(waitpid(master_process, &got, 0), master_process);
	cr_expect(WIFEXITED(got));
	cr_expect_eq(WEXITSTATUS(got), status);
}

static void
wait_for(const _Atomic uint64_t *value, uint64_t wanted)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	for (int i = 0; i < WAIT / 10 && *value != wanted; i++)
		nanosleep(&pause, NULL);
	cr_assert_eq(*value, wanted);
}

Test(master, starts_each_worker_and_stops_them)
{
	start_master(WAIT);
	cr_expect_eq(await('s').number + await('s').number, 0 + 1);
	kill(master_process, SIGTERM);
	cr_expect_eq(await('t').number + await('t').number, 0 + 1);
	expect_end(EX_OK);
}

Test(master, worker_that_dies_is_replaced_under_its_number)
{
	start_master(WAIT);
	struct note first = await('s'), second = await('s');
	kill(second.process, SIGKILL);
	struct note third = await('s');
	cr_expect_eq(third.number, second.number);
	cr_expect_neq(third.process, second.process);
	cr_expect_eq(kill(first.process, 0), 0);
	cr_expect_eq(stats->slot[second.number].value[STAT_RESTARTS], 1);
	kill(master_process, SIGTERM);
	expect_end(EX_OK);
}

Test(master, worker_that_ends_at_once_is_started_again)
{
	workers = 1;
	conducts[0] = END_AT_ONCE;
	start_master(WAIT);
	await('s'), await('s'), await('s');
	kill(master_process, SIGTERM);
	expect_end(EX_OK);
}

Test(master, worker_that_does_not_beat_is_aborted_and_replaced)
{
	conducts[1] = HANG;
	start_master(2000);
	struct note first = await('s'), second = await('s'), third = await('s');
	pid_t beating = first.number == 0 ? first.process : second.process;
	cr_expect_eq(third.number, 1);
	cr_expect_eq(kill(beating, 0), 0);
	cr_expect_eq(stats->slot[1].value[STAT_HANGS], 1);
	cr_expect_eq(stats->slot[0].value[STAT_HANGS], 0);
	kill(master_process, SIGTERM);
	expect_end(EX_OK);
}

Test(master, worker_that_is_stopped_is_aborted_and_replaced)
{
	workers = 1;
	start_master(2000);
	struct note first = await('s');
	kill(first.process, SIGSTOP);
	cr_expect_neq(await('s').process, first.process);
	kill(master_process, SIGTERM);
	expect_end(EX_OK);
}

Test(master, second_request_to_stop_hurries_workers_and_kills_none)
{
	grace = 60;
	start_master(WAIT);
	await('s'), await('s');
	kill(master_process, SIGTERM);
	await('t'), await('t');
	kill(master_process, SIGTERM);
	cr_expect_eq(await('u').number + await('u').number, 0 + 1);
	expect_end(EX_OK);
}

Test(master, worker_that_goes_on_after_the_grace_is_killed)
{
	grace = 1;
	start_master(WAIT);
	await('s'), await('s');
	kill(master_process, SIGTERM);
	await('t'), await('t');
	expect_end(EX_OK);
}

Test(master, reload_ends_when_each_worker_has_reported)
{
	start_master(WAIT);
	await('s'), await('s');
	kill(master_process, SIGHUP);
	wait_for(&stats->done, 1);
	cr_expect_eq(stats->kept, 1);
	cr_expect_eq(stats->generation, 2);
	kill(master_process, SIGTERM);
	expect_end(EX_OK);
}

Test(master, reload_does_not_wait_for_a_worker_that_dies)
{
	workers = 1;
	start_master(WAIT);
	struct note first = await('s');
	kill(first.process, SIGSTOP);
	kill(master_process, SIGHUP);
	wait_for(&stats->asked, 1);
	kill(first.process, SIGKILL);
	wait_for(&stats->done, 1);
	kill(master_process, SIGTERM);
	expect_end(EX_OK);
}
