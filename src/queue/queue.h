/* The relay queue: a folder of messages for elsewhere, each with its envelope beside it, on stable storage. */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <time.h>

#include "port/queue_entry.h"

/*
 * DATA/queue holds for each entry ID.message and ID.envelope, which are both of one file system; an entry is there
 * when its envelope is. tmp/ holds what is not whole yet, run/ requests for a run. A message is stored as in a Maildir:
 * its lines end with LF, where CRLF came in, and its file may have further names in Maildirs. So it is never written
 * to.
 *
 * Who sends, changes or removes an entry has claimed it: holds an flock() on its envelope, which the system takes
 * back from a process that dies. So any number of processes may work on a queue, and none sends what another one is
 * sending.
 *
 * All of these block. They return 0, or -1 with errno.
 */
struct queue {
	int folder; /* descriptor */
};

/* The folder in it where a message may be written first. */
#define QUEUE_TMP "tmp"

enum { QUEUE_STALE = 36 * 60 * 60 }; /* seconds after which what is not whole belongs to nobody */

/* Opens a queue; its folder is made where it is missing. */
int queue_open(struct queue *queue, const char *path);
void queue_close(struct queue *queue);

/*
 * Tells the ID of each entry, in no order; an entry that comes or goes meanwhile may be told or not. Stops where tell
 * says false. Reads names alone. A change to an envelope, and a new one, is an event of the folder: ID.envelope is
 * renamed into place (inotify(7): IN_MOVED_TO); queue_id_of() knows it by its name.
 */
typedef bool queue_tell(void *context, const char *id);
int queue_scan(const struct queue *queue, queue_tell *tell, void *context);

/* The ID that the name of a file in the folder stands for; false where it is not that of an envelope. */
bool queue_id_of(char id[QUEUE_ID_SIZE], const char *file);

/*
 * Reads an entry: to look at, or with a claim to it, which queue_entry_clear() gives back; entry is to be cleared in
 * any case. ENOENT: there is none of this ID. EBADMSG: its envelope is damaged; it is claimed all the same, only to
 * be removed. EWOULDBLOCK: somebody else has claimed it just now, such as the session that it comes from, for the
 * blink until it is durable. Ask again in a moment then, for no event tells the end of a claim.
 */
int queue_load(const struct queue *queue, const char *id, struct queue_entry *entry);
int queue_claim(const struct queue *queue, const char *id, struct queue_entry *entry);

/*
 * Opens the message of an entry at the first octet that is sent. Returns a descriptor that the caller closes, or -1 with
 * errno.
 */
int queue_open_message(const struct queue *queue, const struct queue_entry *entry);

/*
 * Of an entry that is claimed: stores all of it, its ID apart; what is stored before it returns lasts, whatever
 * happens. Or takes entry and message out of the queue: once it returns, nothing of it is sent again. The claim
 * stays.
 */
int queue_record(const struct queue *queue, struct queue_entry *entry);
int queue_remove(const struct queue *queue, struct queue_entry *entry);

/*
 * Adds a message that is whole in memory, with lines that end with LF; durable when this returns. The entry's ID is
 * one of token_make(); size is set.
 */
int queue_add(const struct queue *queue, struct queue_entry *entry, const char *octets, size_t len);

/*
 * The steps of that for a message that is in a file already, for the spool, in their order: the envelope is written
 * and claimed (stage), with the file synced; the file gets a name in the queue too, or instead of one in the queue's
 * own tmp/ (link); the entry is there, on stable storage, and the claim is given back (show). Drop takes all of it
 * back, as stage and show do themselves where they fail.
 */
int queue_stage(const struct queue *queue, struct queue_entry *entry);
int queue_link(const struct queue *queue, const struct queue_entry *entry, int folder, const char *path);
int queue_show(const struct queue *queue, struct queue_entry *entry);

/* Takes back what queue_stage() and queue_link() have done. */
void queue_drop(const struct queue *queue, struct queue_entry *entry);

/* Removes what has been left of entries that never were whole. Returns how many files. */
unsigned queue_sweep(const struct queue *queue, time_t now);

/* A request that the queue manager try now what waits: all, one entry, those to a domain, or to it and those below it. */
enum queue_reach { QUEUE_RUN_ALL, QUEUE_RUN_ENTRY, QUEUE_RUN_DOMAIN, QUEUE_RUN_BELOW };
struct queue_run {
	enum queue_reach reach;
	const char *name; /* an ID, a domain in lower case; NULL: all */
};

/*
 * Leaves a request in the folder run/, where it is an event of the folder. A request that is repeated before it is taken
 * is one. Returns 0, or -1 with errno: EINVAL if the name can be none.
 */
int queue_request_run(const struct queue *queue, const struct queue_run *run);

/*
 * Takes the requests out of the folder: each is passed to take(), and removed if that returns true. The run must begin
 * after this has returned, since a request that is repeated meanwhile is removed, too. At the first one that take()
 * refuses, it stops and returns 1: more requests are left, for a further call. Returns 0 if none is left, or -1 with
 * errno.
 */
int queue_take_runs(const struct queue *queue, bool (*take)(void *context, const struct queue_run *run), void *context);

#endif
