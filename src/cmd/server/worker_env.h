/* The environment of a worker of any server: loop, catalogue, directory, limits, SASL. */
#ifndef CMD_SERVER_WORKER_ENV_H
#define CMD_SERVER_WORKER_ENV_H

#include "base/log/stats.h"
#include "cmd/server/settings.h"
#include "cmd/server/sharing.h"
#include "port/counters.h"
#include "port/directory.h"
#include "port/limiter.h"
#include "process/master.h"
#include "process/worker.h"
#include "session/sasl.h"

/* The resources that the master opens before it starts workers. They outlive the workers. */
struct serve {
	const struct settings *settings;
	const char *data; /* the data folder's absolute path */
	const int *sockets;
	char (*names)[LISTEN_NAME_SIZE]; /* their addresses */
	size_t socket_count;
	unsigned char secret[SASL_SECRET_SIZE];
	unsigned grace;     /* seconds */
	uint64_t beat;      /* milliseconds between two beats of a worker */
	int metrics_socket; /* -1: none */
	int status_socket;  /* -1: none */
	struct stats *stats;
	struct counters *counters;   /* of all workers */
	struct tls_tickets *tickets; /* of all workers; NULL: no TLS */
};

struct text_follower;

/* A worker process has one. */
struct worker_env {
	const struct settings *settings;
	struct worker worker;
	struct worker_config config;
	struct listen_mode modes[LISTEN_MAX];
	struct status_listener listeners[LISTEN_MAX];
	struct limiter limiter;
	struct sasl_server *sasl;
	struct directory *directory;
	struct sharing sharing;      /* of the first worker */
	struct text_follower *texts; /* NULL: another worker follows the database, or none */
	char locale[PATH_MAX], overlay[PATH_MAX], database[PATH_MAX];
	char mail[PATH_MAX]; /* the folder of all mail */
};

/* Opens what a server without accounts needs: loop, catalogue and limits. Returns as worker_env_open(). */
int worker_env_open_loop(struct worker_env *env, const struct serve *serve, const struct worker_slot *slot);

/* Opens all of it. Returns 0, or an exit status of sysexits.h; the error has been logged. */
int worker_env_open(struct worker_env *env, const struct serve *serve, const struct worker_slot *slot);

/* How a server uses PostgreSQL; the name of the database is "" if the server uses none. */
struct postgres_settings worker_env_database(const struct settings *settings);

/* Serves until SIGTERM or SIGINT; protocols has one for each socket. Returns the same. */
int worker_env_run(struct worker_env *env, const struct protocol *const *protocols);

/* Frees the resources of either. Ends the process if sessions or jobs are left: see worker_close(). */
void worker_env_close(struct worker_env *env);

/* Logs what keeps the worker from starting, and why. Returns its exit status. */
int worker_env_fail(const char *what, const char *why);

#endif
