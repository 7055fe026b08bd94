/* The relay queue: a folder of messages for elsewhere, each with its envelope beside it, on stable storage. */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <time.h>

#include "port/queue_entry.h"

/*
 * DATA/queue holds for each entry ID.message and ID.envelope, which are both of one file system; an entry is there when
 * its envelope is. tmp/ holds incomplete files, run/ requests for a run. A message is stored as in a Maildir: its lines
 * end with LF, where CRLF came in, and its file may have further names in Maildirs. So it is never written to.
 *
 * A process that sends, changes or removes an entry claims it: it holds an flock() on the envelope, which the system
 * takes back from a process that dies. So any number of processes may work on a queue, and none sends what another one
 * is sending.
 *
 * All of these block. They return 0, or -1 with errno.
 */
struct queue {
	int folder; /* descriptor */
};

/* The subfolder in which a message may be written first. */
#define QUEUE_TMP "tmp"

enum { QUEUE_STALE = 36 * 60 * 60 }; /* seconds after which an incomplete entry is left over */

/* Opens a queue, and makes its folders if they are missing. Returns 0, or -1 with errno. */
int queue_open(struct queue *queue, const char *path);

/* Opens a queue that queue_open() has made before. Returns 0, or -1 with errno: ENOENT if there is none. */
int queue_open_made(struct queue *queue, const char *path);

/* Closes a queue. */
void queue_close(struct queue *queue);

/* Receives the ID of an entry; false stops the scan. */
typedef bool queue_each_id(void *context, const char *id);

/*
 * Passes the ID of each entry, in no order; an entry that is added or removed meanwhile may be passed or not. Reads names
 * alone. A new or changed envelope is an event of the folder: ID.envelope is renamed into place (inotify(7):
 * IN_MOVED_TO), and queue_id_of() finds the ID in the name.
 */
int queue_scan(const struct queue *queue, queue_each_id *each_id, void *context);

/* The ID in the name of an envelope; false if the file is no envelope. */
bool queue_id_of(char id[QUEUE_ID_SIZE], const char *file);

/* Reads an entry without a claim. The caller clears entry in any case. errno as for queue_claim(). */
int queue_load(const struct queue *queue, const char *id, struct queue_entry *entry);

/*
 * Claims an entry and reads it. The caller clears entry in any case, which gives the claim back. ENOENT: no entry has this
 * ID. EBADMSG: the envelope is damaged; it is claimed all the same, and can only be removed. EWOULDBLOCK: another process
 * has claimed it, such as the session that adds it, until it is durable; ask again soon, since the end of a claim is no
 * event.
 */
int queue_claim(const struct queue *queue, const char *id, struct queue_entry *entry);

/*
 * Opens the message of an entry at the first octet that is sent. Returns a descriptor that the caller closes, or -1 with
 * errno.
 */
int queue_open_message(const struct queue *queue, const struct queue_entry *entry);

/* Stores the envelope of a claimed entry; it is durable when this returns. The claim remains. */
int queue_record(const struct queue *queue, struct queue_entry *entry);

/* Removes a claimed entry and its message: once this returns, nothing of it is sent again. The claim remains. */
int queue_remove(const struct queue *queue, struct queue_entry *entry);

/*
 * Adds a message that is whole in memory, with lines that end with LF; durable when this returns. The entry's ID is
 * one of token_make(); size is set.
 */
int queue_add(const struct queue *queue, struct queue_entry *entry, const char *octets, size_t len);

/*
 * The steps of queue_add() for a message that is in a file already, which the spool has synced. First: writes and
 * syncs the envelope, and claims the entry. If it fails, it leaves nothing.
 */
int queue_stage(const struct queue *queue, struct queue_entry *entry);

/* Writes and syncs the envelope of an entry again that has been staged, or was not for want of recipients; as above. */
int queue_restage(const struct queue *queue, struct queue_entry *entry);

/* Second: gives the message file a name in the queue; one in the queue's own tmp/ is renamed, another one is linked. */
int queue_link(const struct queue *queue, const struct queue_entry *entry, int folder, const char *path);

/*
 * Third: gives the envelope its name in the queue. The entry is durable once queue_sync_folder() has returned; the claim,
 * which keeps it from being sent, must last until then. Several entries can share the call.
 */
int queue_place_envelope(const struct queue *queue, const struct queue_entry *entry);
int queue_sync_folder(const struct queue *queue);

/* Gives a claim back. Keeps errno. */
void queue_let_go(struct queue_entry *entry);

/* Removes the files that the steps have made, and gives the claim back. Keeps errno. */
void queue_drop(const struct queue *queue, struct queue_entry *entry);

/* Removes the files of entries that were never completed, and are stale. Returns how many. */
unsigned queue_sweep(const struct queue *queue, time_t now);

/*
 * A request that the queue manager retry waiting entries now: all, one entry, those to a domain, or to it and those
 * below it.
 */
enum queue_reach { QUEUE_RUN_ALL, QUEUE_RUN_ENTRY, QUEUE_RUN_DOMAIN, QUEUE_RUN_BELOW };
struct queue_run {
	enum queue_reach reach;
	const char *name; /* an ID, a domain in lower case; NULL: all */
};

/*
 * Leaves a request in the folder run/, where it is an event of the folder. A request that is repeated before it is read
 * counts once. Returns 0, or -1 with errno: EINVAL if the name is invalid.
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
