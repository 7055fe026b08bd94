/*
 * The connection of a worker to PostgreSQL: questions are sent as one batch a turn of the loop, in pipeline mode, and
 * answered in their order. For the loop's thread.
 */
#ifndef DIRECTORY_POSTGRES_CONNECTION_H
#define DIRECTORY_POSTGRES_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "directory/postgres/deadlines.h"
#include "directory/postgres/libpq.h"
#include "port/job.h"

enum {
	PG_PARAMETERS_MAX = 8,
	PG_TROUBLE_SIZE = 256,
	PG_SQLSTATE_SIZE = 6,
	PG_RECHECK_PAUSE = 30000, /* milliseconds between checks of the schema while statements do not fit it */
	PG_HANG_LASTS = 60000,    /* milliseconds: see is_down */
};

struct pg;

struct pg_settings {
	const char *database; /* a URL of libpq: "postgresql://..." */
	int64_t timeout;      /* milliseconds for each question */
	/*
	 * Each transaction may run over another connection of a pooler: no
	 * prepared statements, no settings of a session, no notifications.
	 */
	bool pooled;
	bool writes;                   /* a host that can be changed is preferred, whatever the URL says */
	const char *const *statements; /* by number; NULL is the last */
	const char *name;              /* of the program, as the database lists it */
	bool quiet;                    /* nothing is logged here: the asker logs */
	const char *listen;            /* the statement that asks for notifications; NULL: they are not asked for */
	/*
	 * Set while it is down, as the log has it, and from when it has not answered a question in time until it answers
	 * one of the same statement or, PG_HANG_LASTS later, of another one. NULL: nobody is told.
	 */
	_Atomic bool *is_down;
	/*
	 * Called on the loop: the connection can be used; it has brought a notification; it is lost. Each may be NULL.
	 */
	void (*usable)(struct pg *pg);
	void (*notified)(struct pg *pg);
	void (*lost)(struct pg *pg);
};

/* The purpose of a query. An abandoned query takes the place of one whose owner no longer waits for the answer. */
enum pg_purpose { PG_ANSWER, PG_LIMIT, PG_CHECK, PG_PREPARE, PG_LISTEN, PG_ABANDONED };

/* A question. Embedded in whatever it is about, which must not move before done(). */
struct pg_query {
	size_t statement;                      /* its number */
	const char *values[PG_PARAMETERS_MAX]; /* as texts; NULL is null. They must last until done() */
	int count;
	int columns; /* that the answer must have, else the connection is replaced; 0: it is not checked */
	/* Called once, on the loop, never before pg_ask() returns. NULL: it failed, and pg_trouble() is the cause. */
	void (*done)(struct pg_query *query, PGresult *result); /* the result is the callee's, for PQclear() */
	bool writes; /* it is a transaction of its own, so that its locks are held for a moment only */
	bool once;   /* it is not asked again, since those before it in its transaction may be undone */
	/* for the connection */
	struct pg_query *next, *previous;
	enum pg_purpose purpose;
	int64_t deadline;
	int64_t slot; /* of the deadlines, with its neighbours there */
	struct pg_query *due_next, **due_link;
	int64_t sent; /* when it was sent last; 0: it waits */
	unsigned tries;
	bool alone;      /* in a batch of its own */
	bool ends_batch; /* the last one before a synchronisation */
	PGresult *result;
};

struct pg_queue {
	struct pg_query *first, *last;
};

struct connecting;
struct pg_link;
struct pg_set_up;

struct pg {
	const struct libpq *libpq;
	struct pg_settings settings;
	uv_loop_t *loop;
	struct executor *executor;
	enum { PG_DOWN, PG_CONNECTING, PG_CHECKING, PG_READY } state;
	struct pg_link *link;       /* the connection, while there is one */
	struct connecting *attempt; /* while one is being made */
	struct pg_set_up *set_up;   /* the questions with which a connection begins */
	size_t set_up_count;
	uint64_t *hashes;          /* of the statements, by number */
	struct pg_query listening; /* the statement that asks for notifications */
	bool deaf;                 /* none come: the database refuses it, or it is not asked */
	struct pg_queue waiting, sent, refused;
	struct pg_deadlines deadlines; /* of all in these queues */
	bool expects_sync;
	uv_timer_t timer;
	uv_prepare_t turn;
	int64_t ready; /* since when the last connection that could be used was so */
	int64_t retry; /* when to connect again */
	int64_t pause; /* 0: the last connection could be made */
	int64_t down;  /* since when it is down; 0: it is not */
	int64_t hung;  /* when a question was last not answered in time; 0: it has been answered since */
	size_t hung_statement;
	int64_t complained; /* when a failure was logged last; 0: never */
	int64_t rechecked;  /* when a connection was ended last because a statement did not fit the schema; 0: never */
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

/* The deadline of what begins now, in milliseconds of the loop's clock. */
int64_t pg_deadline(const struct pg *pg);

/*
 * Asks. While there is no connection, questions wait for the one that is being made, but fail at once if the last one
 * could not be made. If the connection is lost, questions are asked once more on the next one. Each fails at its
 * deadline, which is pg_deadline() or, in a later round trip, what that was in the first one. A connection that has not
 * answered for the timeout is replaced.
 */
void pg_ask(struct pg *pg, struct pg_query *query, int64_t deadline);

/* Why the last question failed: an English sentence. */
const char *pg_trouble(const struct pg *pg);

/* Calls done() of all waiting questions. Call it before pg_close(). */
void pg_abandon(struct pg *pg);

/* Frees what it has. Call it when the loop has ended, and its handles are closed. No question may wait. */
void pg_close(struct pg *pg);

#endif
