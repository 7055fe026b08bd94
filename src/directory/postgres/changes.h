/*
 * The changes of records that other programs make: each is a row of the table "changes", and a notification says that
 * there is one. Without notifications the table is read once a second. For the loop's thread.
 */
#ifndef DIRECTORY_POSTGRES_CHANGES_H
#define DIRECTORY_POSTGRES_CHANGES_H

#include "base/log/stats.h"
#include "directory/answer_cache.h"
#include "directory/postgres/connection.h"

/* The statement that asks for notifications. */
#define CHANGES_LISTEN "LISTEN ftgate"

enum {
	CHANGES_EVERY = 5000,      /* milliseconds between two readings, while notifications come */
	CHANGES_EVERY_DEAF = 1000, /* while none do */
	CHANGES_PAUSE = 20,        /* at least, however many notifications come */
	CHANGES_MAX = 1000,        /* changes that are applied one by one; if there are more, all answers are dropped */
	CHANGES_STALE_AGE = 60 * 60 *
	    1000, /* milliseconds: of answers that are given while the database is away, at most */
	CHANGES_NUMBER_SIZE = 24,
};

struct changes {
	struct pg *pg;
	struct answer_cache *cache;
	struct stats_slot *stats;
	struct pg_query query;
	uv_timer_t timer;
	char number[CHANGES_NUMBER_SIZE]; /* of the last change that is known; "": none is */
	char mark[CHANGES_NUMBER_SIZE];   /* its random number, which differs in another history of the database */
	bool known;                       /* all changes up to the last reading, over this connection */
	bool asking;
	bool again;           /* a change was announced meanwhile */
	bool announced;       /* there was a notification since the last reading */
	unsigned unannounced; /* readings one after the other that found changes without one */
	bool lost;            /* the connection, or a reading, since the last reading of changes that are followed */
	bool empty;           /* the table had no change at the last attempt to begin */
	int64_t asked;        /* when the last reading was asked for */
	int64_t read;         /* when the last one was that found changes that are followed */
	int64_t seen;         /* when the last connection was lost over which all changes were known; 0: none was */
	int64_t failing;      /* since when questions fail; 0: the last one was answered */
};

/*
 * Opens it for a connection that is open, before the loop turns. cache and
 * stats, which may be NULL, must outlive it. The loop has its timer from then on.
 */
void changes_open(
    struct changes *changes, struct pg *pg, uv_loop_t *loop, struct answer_cache *cache, struct stats_slot *stats);

/* Call these when the connection can be used, has received a notification, and is lost. */
void changes_ready(struct changes *changes);
void changes_notified(struct changes *changes);
void changes_lost(struct changes *changes);

/* Call it when the database has answered a question, or the question has failed. */
void changes_answered(struct changes *changes, bool failed);

/*
 * The earliest time at which an answer must have been asked to be given now. Answers last for lifetime milliseconds.
 * While the database is unavailable, answers of the last hour are given for stale milliseconds. failed: the question
 * has failed. INT64_MAX: no answer may be given.
 */
int64_t changes_horizon(const struct changes *changes, int64_t lifetime, int64_t stale, bool failed);

#endif
