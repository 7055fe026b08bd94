/* Shared by the two files of the connection: connection.c, its life, and pipeline.c, its questions. */
#ifndef DIRECTORY_POSTGRES_CONNECTION_INTERNAL_H
#define DIRECTORY_POSTGRES_CONNECTION_INTERNAL_H

#include "directory/postgres/connection.h"

enum {
	PG_NAME_SIZE = 32,
	PG_TRIES_MAX = 2, /* how often a question is sent: each is idempotent */
};

/* A connection and what watches its socket. */
struct pg_link {
	PGconn *connection;
	uv_poll_t poll;
	struct pg *pg;
	int events; /* that are watched */
};

/* A question with which a connection begins. */
struct pg_set_up {
	struct pg_query query;
	struct pg *pg;
	char limit[24]; /* its value, in milliseconds, if it sets that of statements */
};

/* The time of the loop's turn, in milliseconds. */
int64_t pg_now(const struct pg *pg);

void pg_queue_clear(struct pg_queue *queue);
void pg_queue_append(struct pg_queue *queue, struct pg_query *query);
void pg_queue_remove(struct pg_queue *queue, struct pg_query *query);
struct pg_query *pg_queue_take(struct pg_queue *queue); /* NULL: it is empty */

/* Empties a queue; its questions fail. */
void pg_fail_all(struct pg *pg, struct pg_queue *queue);

/*
 * Fails a question whose deadline has come, by way of a queue for pg_fail_all(). The answer to it is skipped if the
 * connection may still give it; else the connection is lost.
 */
void pg_give_up(struct pg *pg, struct pg_query *query, struct pg_queue *late);

/* Frees an abandoned question. */
void pg_drop(struct pg *pg, struct pg_query *query);

/* Sets settings.is_down. */
void pg_tell_down(const struct pg *pg);

/* Logs why questions failed, pg->trouble, at most once a second. */
void pg_complain(struct pg *pg);

/* The database violates what is asked of it: sets pg->trouble, and logs it as pg_complain() does. */
void pg_blame(struct pg *pg, const char *why);

/* Lets a question wait for the end of the turn, and for a connection. */
void pg_wait(struct pg *pg, struct pg_query *query);

/*
 * The name of a prepared statement is a hash of its text. So a name means the same statement in all processes; a pooler
 * may give one process the connection of another.
 */
uint64_t pg_hash_statement(const char *text);

/* Sends what waits, as one batch but for those that must be alone. */
void pg_send_waiting(struct pg *pg);

/* Sends the questions with which a connection begins. Returns false if libpq fails. */
bool pg_send_set_up(struct pg *pg);

/* Requests a turn of the loop; the questions are sent at its end. */
void pg_wake(struct pg *pg);

/* Reads one result, or the end of results. Returns false if there is no more to read, or the connection is lost. */
bool pg_read_result(struct pg *pg);

/* Writes what libpq has buffered, as far as the socket takes it. */
void pg_flush(struct pg *pg);

/* The connection is of no use any more, for a reason; the other one takes the reason from libpq. */
void pg_lose(struct pg *pg, const char *why);
void pg_lose_by_libpq(struct pg *pg);

#endif
