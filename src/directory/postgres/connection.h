/*
 * The connection of a worker to PostgreSQL: questions are sent as one batch a turn of the loop, in pipeline mode, and answered
 * in their order. For the loop's thread.
 */
#ifndef DIRECTORY_POSTGRES_CONNECTION_H
#define DIRECTORY_POSTGRES_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "directory/postgres/libpq.h"
#include "port/job.h"

enum {
	PG_PARAMETERS_MAX = 4,
	PG_TROUBLE_SIZE = 256,
	PG_SQLSTATE_SIZE = 6,
	PG_BACKOFF_FIRST =
	    500, /* milliseconds after which a connection that could not be made is tried again; doubles */
	PG_BACKOFF_MAX = 30000, /* at most; of either, half to all at random */
};

struct pg_settings {
	const char *database; /* a URL of libpq: "postgresql://..." */
	int64_t timeout;      /* milliseconds for each question */
	/* Statements by number; NULL is the last. The first is asked of each new connection before any other. */
	const char *const *statements;
};

/* What a query is for. */
enum pg_purpose { PG_ANSWER, PG_CHECK, PG_PREPARE };

/* A question. Embedded in whatever it is about, which must not move before done(). */
struct pg_query {
	size_t statement;                      /* its number */
	const char *values[PG_PARAMETERS_MAX]; /* as texts; NULL is null. They must last until done() */
	int count;
	/* Called once, on the loop, never before pg_ask() returns. NULL: it failed, and pg_trouble() is the cause. */
	void (*done)(struct pg_query *query, PGresult *result); /* the result is the callee's, for PQclear() */
	/* for the connection */
	struct pg_query *next;
	enum pg_purpose purpose;
	int64_t deadline;
	unsigned tries;
	bool alone;      /* in a batch of its own */
	bool ends_batch; /* the last one before a synchronisation */
	PGresult *result;
};

struct pg_queue {
	struct pg_query *first, **end;
};

struct connecting;
struct pg_link;
struct pg_set_up;

struct pg {
	const struct libpq *libpq;
	struct pg_settings settings;
	uv_loop_t *loop;
	struct executor *executor;
	/*
	 * Is set before pg_open(), and called on the loop: looks at the answer to the first statement, NULL if that failed, and
	 * returns NULL, or why the database cannot be used, a text that lasts until the next call.
	 */
	const char *(*check)(struct pg *pg, const PGresult *result);

	enum { PG_DOWN, PG_CONNECTING, PG_CHECKING, PG_READY } state;
	struct pg_link *link;       /* the connection, while there is one */
	struct connecting *attempt; /* while one is being made */
	struct pg_set_up *set_up;   /* the questions with which a connection begins */
	size_t set_up_count;
	struct pg_queue waiting, sent, refused;
	bool expects_sync;
	uv_timer_t timer;
	uv_prepare_t turn;
	int64_t ready;      /* since when the last connection that could be used was so */
	int64_t retry;      /* when to connect again */
	int64_t pause;      /* 0: the last connection could be made */
	int64_t down;       /* since when it is down; 0: it is not */
	int64_t complained; /* when a failure was logged last; 0: never */
	char peer[128];
	char trouble[PG_TROUBLE_SIZE];
	char refusal
	    [PG_SQLSTATE_SIZE]; /* the SQLSTATE of the question that was refused last; "": none, or it has none */
};

/*
 * Opens it, and begins to connect, by a job: names are looked up there, and passwords hashed. executor and the texts of
 * the settings must outlive it. Returns 0, or an error of libuv.
 */
int pg_open(struct pg *pg, const struct libpq *libpq, const struct pg_settings *settings, uv_loop_t *loop,
    struct executor *executor);

/*
 * Asks. While there is no connection, questions wait for the one that is being made, but fail at once if the last one could
 * not be made. If the connection is lost, questions are asked once more on the next one. Each fails after the timeout, which
 * also ends the connection that did not answer.
 */
void pg_ask(struct pg *pg, struct pg_query *query);

/* Why the last question failed: an English sentence. */
const char *pg_trouble(const struct pg *pg);

/* Frees what it has. Call it when the loop has ended, and its handles are closed. No question may wait. */
void pg_close(struct pg *pg);

#endif
