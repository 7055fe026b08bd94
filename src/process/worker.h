/* A worker process: one loop, its connections, its thread pools, its catalogue. */
#ifndef PROCESS_WORKER_H
#define PROCESS_WORKER_H

#include "base/log/stats.h"
#include "net/listen.h"
#include "net/loop_clock.h"
#include "net/streams.h"
#include "process/catalog_holder.h"
#include "process/control.h"
#include "process/master.h"
#include "process/pools.h"
#include "process/status.h"

/* The settings of a worker. All that it points at must outlive the worker. */
struct worker_config {
	struct catalog_request catalogs;
	const int *sockets;                      /* that listen */
	const struct listen_mode *modes;         /* of each */
	const struct status_listener *listeners; /* the same, for the status */
	size_t socket_count;
	const char *certificate, *key; /* files; NULL: no TLS */
	struct tls_tickets *tickets;   /* of all workers; NULL: each has its own */
	const char *postmaster;        /* of the setting, for the status; "": it is missing */
	const char *server, *protocol; /* "smtpd" and "smtp", "pop3d" and "pop3" */
	int metrics_socket;            /* that listens; -1: none */
	int status_socket;             /* that listens; -1: none */
	struct stats *stats;
	struct limiter *limiter; /* whose blacklist can be changed at the status socket; NULL: none */
	unsigned workers;        /* of the server */
	unsigned max_sessions;
	unsigned grace; /* seconds that sessions may go on after SIGTERM; the master kills then */
	uint64_t beat;  /* milliseconds between two beats */
};

/* The state of a worker. A process has one, and all of it is for the loop's thread. */
struct worker {
	const struct worker_config *config;
	struct worker_slot slot;
	uv_loop_t loop;
	struct loop_clock clock;
	struct pools pools;
	struct catalog_holder catalogs;
	struct certificate certificate;
	uv_signal_t reload, stop, interrupt, hurry;
	uv_timer_t grace, beat;
	struct streams_cut cut; /* at the end of the grace */
	/*
	 * Ends operations that wait for other servers, near the end of the grace, so that their clients still get a
	 * reply. NULL: none.
	 */
	void (*last_call)(struct worker *worker);
	void (*reloading)(struct worker *worker); /* loads again what the worker does not know of. NULL: nothing */
	uv_timer_t expiry;                        /* looks at the date of the certificate */
	struct stream_listener listeners[LISTEN_MAX];
	struct streams streams;
	const struct status_peer *peers; /* for the status: set before worker_run() by whoever asks them */
	size_t peer_count;
	struct status status;
	struct control status_control, metrics_control;
};

/* Sets up the loop, the log and the catalogue. Returns 0, or an error of libuv. config must outlive the worker. */
int worker_open(struct worker *worker, const struct worker_config *config, const struct worker_slot *slot);

/* The worker's own statistics. */
struct stats_slot *worker_stats(const struct worker *worker);

/* Accepts connections until SIGTERM or SIGINT; protocols has one for each socket. Returns 0, or an error of libuv. */
int worker_run(struct worker *worker, const struct protocol *const *protocols);

/*
 * Frees the resources of worker_open(). If sessions are left, it logs how many and why, and ends the process with the
 * status EX_TEMPFAIL; if another job is under way, with EX_OK.
 */
void worker_close(struct worker *worker);

#endif
