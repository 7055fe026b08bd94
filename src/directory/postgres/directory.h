/* The directory of a server, from PostgreSQL. */
#ifndef DIRECTORY_POSTGRES_DIRECTORY_H
#define DIRECTORY_POSTGRES_DIRECTORY_H

#include <uv.h>

#include "base/log/stats.h"
#include "directory/postgres/libpq.h"
#include "directory/settings.h"
#include "port/directory.h"
#include "port/job.h"

enum {
	POSTGRES_TIMEOUT = 5000,           /* milliseconds for each question */
	POSTGRES_LIFETIME = 5 * 60 * 1000, /* milliseconds for which an answer is kept, if nothing changes */
	POSTGRES_ROUND_TRIPS_MAX = 8,      /* of a question; most need one */
};

/* How the directory uses the database. */
struct postgres_settings {
	const char *database;     /* a URL of libpq in which postgres_setting_fault() finds no fault */
	int64_t timeout;          /* milliseconds for each question, with all its round trips */
	bool pooled;              /* by a pooler of transactions (postgres/connection.h) */
	int64_t lifetime;         /* milliseconds for which an answer is kept; 0: none is */
	int64_t stale;            /* milliseconds for which kept answers are given while the database is unavailable */
	struct stats_slot *stats; /* may be NULL */
};

/*
 * The directory that reads a database of version POSTGRES_VERSION (postgres/schema.h), over one connection. Questions
 * of one turn of the loop go to the database as one batch, and most take one round trip. Answers about clients, senders
 * and recipients are kept until their records change. While the database cannot be used, other questions fail, which is
 * logged once as event=peer-down. Each is answered within the timeout, however many round trips it takes. NULL when
 * memory is out, or with the errno of libuv. The texts of settings, the loop and the executor, which makes connections,
 * must outlive it; close() is called when the loop has ended and its handles are closed.
 */
struct directory *postgres_directory_new(const struct libpq *libpq, const struct postgres_settings *settings,
    const struct directory_settings *addresses, uv_loop_t *loop, struct executor *executor);

#endif
