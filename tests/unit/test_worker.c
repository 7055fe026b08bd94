/* A worker in a process of its own, which speaks the protocol of the tests: signals, reports, beats, its exit status. */
#include "process/worker.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "process/report.h"
#include "support/fake_protocol.h"

enum { WAIT = 30000 }; /* milliseconds for anything to happen, on a busy machine */

static struct worker_config config;
static const struct listen_mode modes[1];
static int listening, reports[2];
static struct sockaddr_in address = { .sin_family = AF_INET };
static pid_t process;

static void
run_worker(void)
{
	static struct worker worker;
	const struct protocol *protocols[1] = { &fake_protocol };
	const struct worker_slot slot = { .number = 0, .report = reports[1] };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (worker_open(&worker, &config, &slot) < 0 || worker_run(&worker, protocols) < 0)
		_exit(EX_OSERR);
	worker_close(&worker);
	_exit(EX_OK);
}

static enum report_event
next_report(void)
{
	struct pollfd source = { .fd = reports[0], .events = POLLIN };
	struct report report;
	cr_assert_eq(poll(&source, 1, WAIT), 1);
	cr_assert_eq(read(reports[0], &report, sizeof report), (ssize_t)sizeof report);
	cr_expect_eq(report.worker, process);
	return report.event;
}

static void
set_up(void)
{
	socklen_t len = sizeof address;
	sigset_t held;
	fake_protocol_reset();
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	cr_assert_eq(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(getsockname(listening, (struct sockaddr *)&address, &len), 0);
	cr_assert_eq(listen(listening, 16), 0);
	cr_assert_eq(pipe(reports), 0);
	config = (struct worker_config) {
		.catalogs = { "nowhere", "nowhere", "", "", FTG_PUBLISHED, "host", "contact", "" },
		.sockets = &listening,
		.modes = modes,
		.socket_count = 1,
		.metrics_socket = -1,
		.status_socket = -1,
		.stats = stats_new(),
		.workers = 1,
		.max_sessions = 100,
		.grace = 1,
		.beat = 1000,
	};
	sigfillset(&held);
	sigdelset(&held, SIGALRM);
	sigprocmask(SIG_BLOCK, &held, NULL);
	process = fork();
	if (process == 0)
		run_worker();
	cr_assert_gt(process, 0);
	close(listening);
	cr_assert_eq(next_report(), REPORT_READY);
}

TestSuite(worker, .init = set_up, .timeout = 120);

static int
join(void)
{
	const struct timeval time = { .tv_sec = WAIT / 1000 };
	int client = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
	return client;
}

/* Reads until the text has come. */
static void
expect(int client, const char *text)
{
	char got[64] = "";
	size_t len = 0;
	while (len < strlen(text)) {
		ssize_t more = recv(client, got + len, strlen(text) - len, 0);
		cr_assert_gt(more, 0, "%s in place of %s", got, text);
		len += (size_t)more;
	}
	cr_expect_str_eq(got, text);
}

static void
expect_closed(int client)
{
	char octet;
	cr_expect_eq(recv(client, &octet, 1, 0), 0);
}

static int
exit_status(void)
{
	int status;
	cr_assert_eq(waitpid(process, &status, 0), process);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

Test(worker, serves_beats_and_counts)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	struct stats_slot *slot = &config.stats->slot[0];
	int client = join();
	expect(client, "hello\n");
	cr_expect_eq(send(client, "x\nq\n", 4, 0), 4);
	expect(client, "ok\nok\n");
	expect_closed(client);
	cr_expect_eq(slot->value[STAT_CONNECTIONS_TOTAL], 1);
	uint64_t beat = stats_beat(slot);
	for (int i = 0; i < WAIT / 10 && stats_beat(slot) == beat; i++)
		nanosleep(&pause, NULL);
	cr_expect_neq(stats_beat(slot), beat);
	kill(process, SIGTERM);
	cr_expect_eq(exit_status(), EX_OK);
}

Test(worker, reload_is_reported_and_open_sessions_go_on)
{
	int client = join();
	expect(client, "hello\n");
	kill(process, SIGHUP);
	cr_expect_eq(next_report(), REPORT_LOADED);
	cr_expect_eq(send(client, "x\n", 2, 0), 2);
	expect(client, "ok\n");
	kill(process, SIGTERM);
	expect(client, "bye\n");
	cr_expect_eq(exit_status(), EX_OK);
}

Test(worker, session_that_cannot_be_ended_is_cut_with_a_status_of_failure)
{
	int client = join();
	expect(client, "hello\n");
	cr_expect_eq(send(client, "x\nw\n", 4, 0), 4);
	expect(client, "ok\n");
	kill(process, SIGTERM);
	cr_expect_eq(exit_status(), EX_TEMPFAIL);
}

Test(worker, message_gets_the_grace_and_then_a_last_reply)
{
	int client = join();
	expect(client, "hello\n");
	cr_expect_eq(send(client, "x\nd\nhalf", 8, 0), 8);
	expect(client, "ok\n");
	kill(process, SIGTERM);
	expect(client, "bye\n");
	expect_closed(client);
	cr_expect_eq(exit_status(), EX_OK);
}

Test(worker, nobody_is_accepted_after_a_stop)
{
	int client = join();
	expect(client, "hello\n");
	cr_expect_eq(send(client, "x\nw\n", 4, 0), 4);
	expect(client, "ok\n");
	kill(process, SIGTERM);
	cr_expect_eq(exit_status(), EX_TEMPFAIL);
	int late = socket(AF_INET, SOCK_STREAM, 0);
	cr_expect_eq(connect(late, (struct sockaddr *)&address, sizeof address), -1);
}
