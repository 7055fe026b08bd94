/* A server: from its settings to its processes. */
#include "cmd/server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log/log.h"
#include "base/system/data.h"
#include "base/system/local_socket.h"
#include "base/system/privileges.h"
#include "base/system/program.h"
#include "base/text/translate.h"
#include "cmd/server/demo.h"
#include "cmd/server/log_target.h"
#include "cmd/server/service_user.h"
#include "cmd/user_language.h"
#include "directory/postgres/libpq.h"
#include "net/tls_context.h"
#include "net/tls_tickets.h"
#include "port/counters_share.h"
#include "process/master.h"
#include "process/systemd.h"
#include "process/watchdog.h"

enum {
	LOCK_TRIES = 20,     /* for the lock of a server that no longer runs */
	LOCK_PAUSE = 100000, /* microseconds between them */
};

enum {
	GRACE = 10,         /* seconds */
	COUNTERS = 1 << 18, /* addresses and accounts that are remembered */
};

/* The state of the master. */
struct server {
	const struct server_kind *kind;
	const struct settings *settings;
	struct serve serve;
	char names[LISTEN_MAX][LISTEN_NAME_SIZE];
	int sockets[LISTEN_MAX];
	size_t socket_count;
	int metrics; /* that listens; -1: none */
	char metrics_name[LISTEN_NAME_SIZE];
	struct service_user user;
	char data[PATH_MAX];
	char pid_file[64], status_file[64]; /* their names there */
	int lock;
};

static int __attribute__((format(printf, 3, 4))) fail(const struct server *server, int status, const char *format, ...)
{
	char text[LOG_WRITE_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	log_print("%s: %s", server->kind->name, text);
	return status;
}

/* Prefers a socket of that address that was passed to a new one. */
static int
listen_at(const char *address, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE])
{
	for (size_t i = 0; i < systemd_count(); i++) {
		int descriptor = systemd_socket(i, name, error);
		if (descriptor < 0 || listen_is_same(address, name))
			return descriptor;
	}
	return listen_open(address, name, error);
}

static int
listen_all(struct server *server)
{
	char error[LISTEN_ERROR_SIZE];
	server->metrics = -1;
	if (server->settings->metrics[0] != '\0') {
		server->metrics = listen_open(server->settings->metrics, server->metrics_name, error);
		if (server->metrics < 0)
			return fail(server, EX_UNAVAILABLE, "%s", error);
	}
	for (size_t i = 0; i < server->settings->listen_count; i++) {
		server->sockets[i] = listen_at(server->settings->listen[i].address, server->names[i], error);
		if (server->sockets[i] < 0)
			return fail(server, EX_UNAVAILABLE, "%s", error);
		server->socket_count = i + 1;
	}
	return EX_OK;
}

/* A child that was just forked when its server was killed has the lock until it ends, which is soon. */
static bool
lock_may_end(pid_t holder)
{
	int error = errno;
	bool gone = error == EWOULDBLOCK && holder > 0 && kill(holder, 0) < 0 && errno == ESRCH;
	errno = error;
	return gone;
}

static int
lock_data(struct server *server)
{
	pid_t holder = 0;
	server->lock = data_lock(server->data, server->pid_file, &holder);
	for (int tries = LOCK_TRIES; server->lock < 0 && tries > 0 && lock_may_end(holder); tries--) {
		(void)usleep(LOCK_PAUSE);
		server->lock = data_lock(server->data, server->pid_file, &holder);
	}
	if (server->lock >= 0)
		return EX_OK;
	if (errno == EWOULDBLOCK)
		return fail(server, EX_UNAVAILABLE,
		    _("another server, process %ld, uses the data folder %s: stop it, or name another folder by --data"),
		    (long)holder, server->data);
	return fail(server, EX_CANTCREAT, "%s/%s: %s", server->data, server->pid_file, strerror(errno));
}

static int
find_user(struct server *server)
{
	char error[SERVICE_USER_ERROR_SIZE];
	if (service_user_find(&server->user, server->settings, error) < 0)
		return fail(server, EX_CONFIG, "%s", error);
	if (geteuid() != 0 && server->user.user != geteuid())
		return fail(server, EX_CONFIG,
		    _("user: only root can become '%s'; start the server as root or as that user"),
		    server->settings->user);
	return EX_OK;
}

/* Makes the data folder, becomes the user of the server, and locks the folder. */
static int
open_data(struct server *server)
{
	const char *folder = server->settings->data;
	if (data_make(folder, server->user.user, server->user.group, server->data) < 0)
		return fail(server, EX_CANTCREAT, _("cannot make the data folder %s: %s; name another one by --data"),
		    folder, strerror(errno));
	if (privileges_become(server->user.user, server->user.group) < 0 || privileges_gain_none() < 0)
		return fail(
		    server, EX_OSERR, _("cannot become the user %s: %s"), server->settings->user, strerror(errno));
	if (privileges_dump_nothing() < 0)
		return fail(server, EX_OSERR, _("cannot switch off core dumps: %s"), strerror(errno));
	return lock_data(server);
}

/* Closes the descriptors that only the master needs. */
static void
leave(void *context)
{
	close(((struct server *)context)->lock);
}

static void
remove_file(const struct server *server, const char *name)
{
	char path[PATH_MAX];
	if (data_path(path, server->data, name) == 0)
		unlink(path);
}

static void
close_sockets(const struct server *server)
{
	for (size_t i = 0; i < server->socket_count; i++)
		close(server->sockets[i]);
	if (server->metrics >= 0)
		close(server->metrics);
	if (server->serve.status_socket >= 0)
		close(server->serve.status_socket);
}

static void
stop(void *context)
{
	const struct server *server = context;
	close_sockets(server);
	remove_file(server, server->status_file);
}

/* The queue process takes no connections: a socket that it held would outlive the workers. */
static int
work(void *context, const struct worker_slot *slot)
{
	const struct server *server = context;
	const struct server_kind *kind = server->kind;
	bool relay = slot->number == server->settings->workers;
	if (relay)
		close_sockets(server);
	return relay ? kind->relay(&server->serve, slot) : kind->work(&server->serve, slot);
}

/* The sessions of a worker that has ended are counted no longer. Its successor takes out those that are left. */
static void
ended(void *context, unsigned number)
{
	const struct serve *serve = &((struct server *)context)->serve;
	if (number < serve->settings->workers)
		counters_try_disown(serve->counters, number);
}

/* Reports a bad certificate before the server starts, where the operator sees it. */
static int
check_certificate(const struct server *server)
{
	const struct settings *settings = server->settings;
	char error[TLS_ERROR_SIZE];
	if (settings->tls_cert[0] == '\0')
		return EX_OK;
	struct tls_context *context = tls_context_new(settings->tls_cert, settings->tls_key, NULL, error);
	if (context == NULL)
		return fail(server, EX_CONFIG, "%s", error);
	tls_context_free(context);
	return EX_OK;
}

/* A failure here does not keep the server from serving mail. */
static int
open_status(const struct server *server)
{
	int socket = local_listen(server->data, server->status_file);
	if (socket < 0)
		log_event("status-failed", "detail", strerror(errno), NULL);
	return socket;
}

static struct watchdog_terms
watchdog_terms(const struct server_kind *kind)
{
	struct watchdog_terms terms = kind->watchdog;
	terms.limit = program_test_time("FTGATE_WATCHDOG", terms.limit);
	terms.start = program_test_time("FTGATE_WATCHDOG", terms.start);
	return terms;
}

static int
run_master(struct server *server)
{
	struct counters *counters = counters_new(COUNTERS);
	struct stats *stats = stats_new();
	if (counters == NULL || stats == NULL)
		return fail(server, EX_OSERR, _("no memory for the counters: %s"), strerror(errno));
	if (server->settings->database[0] != '\0')
		counters_share(counters);
	struct tls_tickets *tickets = server->settings->tls_cert[0] != '\0' ? tls_tickets_new() : NULL;
	if (tickets == NULL && server->settings->tls_cert[0] != '\0')
		return fail(server, EX_OSERR, _("no memory for the keys of TLS tickets: %s"), strerror(errno));
	const struct master master = {
		.workers = server->settings->workers,
		.relay = server->kind->relay != NULL && server->settings->config->relay.send,
		.stats = stats,
		.grace = GRACE,
		.watchdog = watchdog_terms(server->kind),
		.work = work,
		.ended = ended,
		.leave = leave,
		.stop = stop,
		.context = server,
	};
	stats->relays = master.relay;
	server->serve = (struct serve) {
		.counters = counters,
		.tickets = tickets,
		.stats = stats,
		.metrics_socket = server->metrics,
		.settings = server->settings,
		.data = server->data,
		.sockets = server->sockets,
		.names = server->names,
		.socket_count = server->socket_count,
		.grace = GRACE,
		.beat = (uint64_t)server->kind->watchdog.beat,
	};
	log_count_lost(&stats->slot[0]);
	if (server->user.user == 0)
		log_event("privileges-kept", "detail",
		    server->settings->user_named ? "root serves, as the configuration says"
		                                 : "root serves: name a user in the configuration",
		    NULL);
	server->serve.status_socket = open_status(server);
	if (server->kind->accounts &&
	    data_secret(server->data, "sasl-secret", server->serve.secret, SASL_SECRET_SIZE) < 0)
		return fail(server, EX_CANTCREAT, _("%s/sasl-secret: %s"), server->data, strerror(errno));
	for (size_t i = 0; i < server->socket_count; i++)
		log_print("listening on %s%s", server->names[i],
		    server->settings->listen[i].tls == CONFIG_TLS_IMPLICIT ? " with TLS" : "");
	if (server->metrics >= 0)
		log_print("metrics at http://%s/metrics", server->metrics_name);
	return master_run(&master);
}

/* The file must be one that the server's user can open again, so it is not opened before. */
static int
open_log(const struct server *server)
{
	const char *log = server->settings->log;
	if (log_target_open(log) == 0)
		return EX_OK;
	return fail(server, EX_CANTCREAT, "log: %s: %s; %s", log, strerror(errno), log_target_cure(log));
}

/* Makes the demo domain if the data folder is new, and has the accounts. */
static int
prepare_demo(const struct server *server, bool demo)
{
	char error[DEMO_ERROR_SIZE];
	bool made = false;
	if (!server->kind->accounts)
		return EX_OK;
	if (server->settings->database[0] != '\0')
		return libpq_load(error) != NULL ? EX_OK : fail(server, EX_UNAVAILABLE, "%s", error);
	if (demo_prepare(server->data, demo, &made, error) < 0)
		return fail(server, EX_UNAVAILABLE, "%s", error);
	if (made)
		server->kind->welcome(server->data, server->names[0]);
	return EX_OK;
}

int
server_run(const struct server_kind *kind, const struct settings *settings, bool demo)
{
	static struct server server;
	server.kind = kind;
	server.settings = settings;
	snprintf(server.pid_file, sizeof server.pid_file, "%s" DATA_PID, kind->name);
	snprintf(server.status_file, sizeof server.status_file, "%s" DATA_STATUS, kind->name);
	log_open(STDERR_FILENO, NULL);
	master_hold_signals();
	int status = find_user(&server);
	if (status == EX_OK)
		status = listen_all(&server);
	if (status == EX_OK)
		status = open_data(&server);
	if (status == EX_OK)
		status = open_log(&server);
	if (status == EX_OK)
		status = check_certificate(&server);
	if (status == EX_OK)
		status = prepare_demo(&server, demo);
	if (status != EX_OK)
		return status;
	user_language_close(); /* what follows is the log, in English */
	status = run_master(&server);
	remove_file(&server, server.pid_file);
	return status;
}
