/* A worker process: one loop, its connections, its thread pools, its catalogue. */
#include "process/worker.h"

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/log/log.h"
#include "process/metrics.h"
#include "process/report.h"

enum {
	DESCRIPTORS = 64, /* for the loop, the database, files of messages */
	LAST_CALL = 2000, /* milliseconds before the end of the grace at which waiting for other servers ends */
	LAST_WORDS = 500, /* milliseconds for the last replies to leave, at the end of the grace */
	EXPIRY_TIME = 60 * 60 * 1000, /* milliseconds between looks at the date of the certificate */
};

/* The log is flushed first, so that its lines stand before those that the master logs about the report. */
static void
report(const struct worker *worker, enum report_event event)
{
	const struct report report = { .worker = getpid(), .event = event };
	log_flush();
	ssize_t written = write(worker->slot.report, &report, sizeof report);
	(void)written;
}

static struct stats_slot *
slot_of(const struct worker *worker)
{
	return &worker->config->stats->slot[worker->slot.number];
}

struct stats_slot *
worker_stats(const struct worker *worker)
{
	return slot_of(worker);
}

static void
note_texts(const struct worker *worker)
{
	slot_of(worker)->texts_created = worker->catalogs.texts.created;
	slot_of(worker)->texts = worker->catalogs.texts.number;
}

static void
on_reloaded(struct catalog_holder *catalogs, bool fresh)
{
	const struct worker *worker = (struct worker *)((char *)catalogs - offsetof(struct worker, catalogs));
	slot_of(worker)->refused = catalogs->refusals.count;
	note_texts(worker);
	report(worker, fresh ? REPORT_LOADED : REPORT_KEPT);
}

static void
on_emptied(struct streams *streams)
{
	uv_stop(streams->host.loop);
}

/* The first worker warns for all. */
static void
publish_certificate(struct worker *worker)
{
	const struct certificate *certificate = &worker->certificate;
	stats_certificate(slot_of(worker), certificate->expiry, certificate->error);
	if (worker->slot.number == 0)
		certificate_check(&worker->certificate, time(NULL));
}

static void
on_expiry_time(uv_timer_t *timer)
{
	struct worker *worker = timer->loop->data;
	certificate_check(&worker->certificate, time(NULL));
}

static int
open_certificate(struct worker *worker)
{
	const struct certificate_source source = {
		.file = worker->config->certificate,
		.key = worker->config->key,
		.tickets = worker->config->tickets,
		.worker = worker->slot.number,
	};
	certificate_open(&worker->certificate, &source);
	publish_certificate(worker);
	int error = uv_timer_init(&worker->loop, &worker->expiry);
	if (error < 0 || source.file == NULL || source.worker != 0)
		return error;
	return uv_timer_start(&worker->expiry, on_expiry_time, EXPIRY_TIME, EXPIRY_TIME);
}

static void
on_reload(uv_signal_t *signal, int number)
{
	(void)number;
	struct worker *worker = signal->loop->data;
	log_reopen();
	certificate_reload(&worker->certificate);
	publish_certificate(worker);
	catalog_holder_reload(&worker->catalogs);
	if (worker->reloading != NULL)
		worker->reloading(worker);
}

static void
on_beat(uv_timer_t *timer)
{
	struct worker *worker = timer->loop->data;
	stats_count_beat(slot_of(worker));
	for (size_t i = 0; i < worker->streams.listener_count; i++)
		listener_look(&worker->listeners[i].listener);
}

/* The sessions that are left wait for a job, or for a client that does not read: they end without a word. */
static void
on_last_second(uv_timer_t *timer)
{
	struct worker *worker = timer->loop->data;
	worker->cut = streams_cut(&worker->streams);
	uv_stop(timer->loop);
}

static void
on_grace_over(uv_timer_t *timer)
{
	struct worker *worker = timer->loop->data;
	uv_timer_start(timer, on_last_second, LAST_WORDS, 0);
	streams_end(&worker->streams);
}

static void
on_last_call(uv_timer_t *timer)
{
	struct worker *worker = timer->loop->data;
	uv_timer_start(timer, on_grace_over, worker->config->grace > 2 ? LAST_CALL / 2 : 50, 0);
	if (worker->last_call != NULL)
		worker->last_call(worker);
}

/* The master shortens the grace. Sessions with a job under way keep the rest of it. */
static void
on_hurry(uv_signal_t *signal, int number)
{
	struct worker *worker = signal->loop->data;
	(void)number;
	if (worker->streams.host.stopping)
		streams_end(&worker->streams);
}

/* A second before the master kills the worker, the sessions that have not ended get a last reply. */
static void
on_stop(uv_signal_t *signal, int number)
{
	struct worker *worker = signal->loop->data;
	unsigned grace = worker->config->grace;
	(void)number;
	if (worker->streams.host.stopping)
		return;
	uv_timer_start(&worker->grace, on_last_call, grace > 2 ? 1000 * grace - LAST_CALL : 50, 0);
	control_close(&worker->status_control);
	control_close(&worker->metrics_control);
	streams_stop(&worker->streams);
}

/* As many descriptors as the system lets a process have. */
static int
take_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return INT_MAX;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur : INT_MAX;
}

/*
 * Connections over a number get the reply that there are too many. That takes descriptors, and so do the files of
 * messages: a connection whose own descriptor is near the limit gets that reply, too.
 */
static void
limit_streams(struct streams *streams, unsigned wanted, int descriptors)
{
	int left = descriptors > 2 * DESCRIPTORS ? DESCRIPTORS : descriptors / 2;
	streams->max = wanted < (unsigned)(descriptors - left) ? wanted : (unsigned)(descriptors - left);
	streams->descriptors = descriptors - left / 4;
}

static int
open_signals(struct worker *worker)
{
	int error = uv_signal_init(&worker->loop, &worker->reload);
	if (error == 0)
		error = uv_signal_init(&worker->loop, &worker->stop);
	if (error == 0)
		error = uv_signal_init(&worker->loop, &worker->interrupt);
	if (error == 0)
		error = uv_signal_init(&worker->loop, &worker->hurry);
	if (error == 0)
		error = uv_signal_start(&worker->reload, on_reload, SIGHUP);
	if (error == 0)
		error = uv_signal_start(&worker->stop, on_stop, SIGTERM);
	if (error == 0)
		error = uv_signal_start(&worker->interrupt, on_stop, SIGINT);
	if (error == 0)
		error = uv_signal_start(&worker->hurry, on_hurry, SIGUSR1);
	return error;
}

int
worker_open(struct worker *worker, const struct worker_config *config, const struct worker_slot *slot)
{
	worker->config = config;
	worker->slot = *slot;
	int error = uv_loop_init(&worker->loop);
	if (error < 0)
		return error;
	worker->loop.data = worker;
	error = loop_clock_open(&worker->clock, &worker->loop);
	if (error == 0)
		error = uv_timer_init(&worker->loop, &worker->grace);
	if (error == 0)
		error = uv_timer_init(&worker->loop, &worker->beat);
	if (error < 0)
		return error;
	log_set_clock(&worker->clock.clock);
	log_count_lost(slot_of(worker));
	error = pools_open(&worker->pools, &worker->loop, &worker->clock.clock);
	if (error < 0)
		return error;
	catalog_holder_open(&worker->catalogs, &config->catalogs, slot->number);
	slot_of(worker)->refused = worker->catalogs.refusals.count;
	note_texts(worker);
	worker->catalogs.executor = pools_disk(&worker->pools);
	worker->catalogs.reloaded = on_reloaded;
	error = open_certificate(worker);
	if (error < 0)
		return error;
	worker->streams = (struct streams) {
		.host = {
			.loop = &worker->loop,
			.clock = &worker->clock.clock,
			.source = &worker->catalogs.source,
			.certificate = &worker->certificate,
			.stats = slot_of(worker),
		},
		.listeners = worker->listeners,
		.emptied = on_emptied,
	};
	limit_streams(&worker->streams, config->max_sessions, take_descriptors());
	return streams_open(&worker->streams);
}

/* A failure here does not keep the worker from serving mail. */
static void
open_controls(struct worker *worker)
{
	const struct worker_config *config = worker->config;
	worker->status = (struct status) {
		.server = config->server,
		.protocol = config->protocol,
		.stats = config->stats,
		.catalogs = &worker->catalogs,
		.certificate = &worker->certificate,
		.postmaster = config->postmaster,
		.listeners = config->listeners,
		.listener_count = config->socket_count,
		.workers = config->workers,
		.limiter = config->limiter,
		.peers = worker->peers,
		.peer_count = worker->peer_count,
	};
	worker->status_control.end = "\n";
	worker->status_control.answer = status_answer;
	worker->status_control.context = &worker->status;
	worker->metrics_control.end = "\r\n\r\n";
	worker->metrics_control.answer = metrics_answer;
	worker->metrics_control.context = &worker->status;
	if (config->metrics_socket >= 0)
		control_open(&worker->metrics_control, &worker->loop, config->metrics_socket, false);
	if (config->status_socket >= 0)
		control_open(&worker->status_control, &worker->loop, config->status_socket, true);
}

int
worker_run(struct worker *worker, const struct protocol *const *protocols)
{
	sigset_t none;
	struct streams *streams = &worker->streams;
	int error = open_signals(worker);
	for (size_t i = 0; i < worker->config->socket_count && error == 0; i++) {
		error = streams_listen(
		    streams, &worker->listeners[i], worker->config->sockets[i], protocols[i], worker->config->modes[i]);
		streams->listener_count = i + 1;
	}
	if (error < 0)
		return error;
	open_controls(worker);
	uv_timer_start(&worker->beat, on_beat, 0, worker->config->beat);
	report(worker, REPORT_READY);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	return 0;
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Is a job under way of no session, such as a sweep? It can be left alone at any time. */
static bool
is_working(const struct worker *worker)
{
	unsigned jobs = 0;
	for (int i = 0; i < POOLS; i++)
		jobs += pools_under_way(&worker->pools, (enum pool_id)i);
	return jobs > 0;
}

static void
log_cut(const struct worker *worker)
{
	const struct streams_cut *cut = &worker->cut;
	if (worker->streams.count == 0)
		return;
	log_begin("sessions-cut");
	log_put_number("worker", worker->slot.number);
	log_put_number("sessions", worker->streams.count);
	log_put_number("working", cut->working);
	log_put_number("unsent", cut->unsent);
	log_put_number("disk", pools_under_way(&worker->pools, POOL_DISK));
	log_put_number("hashing", pools_under_way(&worker->pools, POOL_HASHING));
	log_end();
}

void
worker_close(struct worker *worker)
{
	sigset_t all;

	/* A signal to the whole group comes twice, the second time perhaps when its handler has been removed. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	log_cut(worker);
	log_flush();
	if (worker->streams.count > 0 || is_working(worker))
		_exit(worker->streams.count > 0 ? EX_TEMPFAIL : EX_OK);
	pools_close(&worker->pools);
	log_set_clock(NULL);
	uv_walk(&worker->loop, close_handle, NULL);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	uv_loop_close(&worker->loop);
	streams_close(&worker->streams);
	catalog_holder_close(&worker->catalogs);
	certificate_close(&worker->certificate);
}
