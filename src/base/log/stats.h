/* The statistics of a server, in memory that all its processes share. Each worker counts in its own slot. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/system/workers.h"

enum stats_item {
#define FAMILY(...)
#define STAT(figure, ...) figure,
#include "base/log/stats.def"
#undef STAT
#undef FAMILY
	STAT_COUNT
};

enum {
	STATS_REPLIES = 256, /* kinds of replies, numbered from 0 */
	STATS_PEERS = 64,    /* policy services and filters, numbered from 0; further ones are not counted */
};

enum { STATS_ERROR_SIZE = 512 };

/*
 * The certificate of a worker. The worker writes it before it reports the end of a reload to the master, by a pipe; a
 * read during a reload may return a mix of the old and the new error, whose last octet is always a NUL.
 */
struct stats_certificate {
	_Atomic int64_t expiry;       /* of the one in use, in seconds since 1970; 0: there is none */
	_Atomic bool failed;          /* the last load did: */
	char error[STATS_ERROR_SIZE]; /* why */
};

/*
 * The relay queue, as its process last saw it: entries that are being sent, that wait for an
 * attempt, and that are held; when the oldest of the first two came, in seconds since 1970, 0:
 * there is none; servers that are left alone for a while; whether the name servers do not
 * validate by DNSSEC although DANE is demanded.
 */
struct stats_queue {
	_Atomic uint64_t active, deferred, held, next_hops_down;
	_Atomic int64_t oldest;
	_Atomic bool dnssec_missing;
};

/* The counts of one worker and of those that had its number before. Only the worker writes them; all processes read. */
struct stats_slot {
	_Alignas(64) _Atomic uint64_t value[STAT_COUNT];
	_Atomic uint64_t beat;          /* changes while the worker's loop turns */
	_Atomic uint64_t refused;       /* texts and files, by the last load of the catalogue */
	_Atomic uint64_t texts;         /* the generation of own texts, from the database, that it speaks; 0: none */
	_Atomic uint64_t texts_created; /* when that was made, in microseconds since 1970 */
	_Atomic uint64_t reply[STATS_REPLIES];
	struct stats_certificate certificate;
	_Atomic uint64_t
	    peers_down; /* bits of the peers that the worker treats as down, as peer/peer_breaker.h has them */
	/*
	 * Of the records in PostgreSQL: the number of the last change it knows;
	 * when it knew all, in seconds since 1970, 0: never.
	 */
	_Atomic uint64_t records_change;
	_Atomic int64_t records_read;
	_Atomic bool mailboxes_down; /* it treats the LMTP server of the mailboxes as down */
	_Atomic bool database_down;  /* it cannot use the database of the directory */
};

/* Reloads are numbered from 1: asked is the number of the last request, done that of the last reload that has ended. */
struct stats {
	int64_t pid;                 /* of the master */
	int64_t started;             /* seconds of CLOCK_MONOTONIC */
	_Atomic uint64_t generation; /* of the catalogue, from 1 */
	_Atomic uint64_t asked;      /* reloads */
	_Atomic uint64_t done;
	_Atomic uint64_t kept;    /* workers that kept the old catalogue at the last one */
	_Atomic int64_t reloaded; /* when the last one ended, in seconds since 1970; 0: none has */
	bool relays;              /* there is a queue process, which keeps: */
	struct stats_queue queue;
	struct stats_slot slot[PROCESSES_MAX];
};

/* Makes the statistics before the workers are forked. They last as long as the process. Returns NULL with errno. */
struct stats *stats_new(void);

/* Add to and subtract from a count. Do nothing if slot is NULL. No system call, no lock. */
static inline void
stats_add(struct stats_slot *slot, enum stats_item figure, uint64_t amount)
{
	if (slot != NULL)
		atomic_fetch_add_explicit(&slot->value[figure], amount, memory_order_relaxed);
}

/* Subtracts from a count. */
static inline void
stats_subtract(struct stats_slot *slot, enum stats_item figure, uint64_t amount)
{
	if (slot != NULL)
		atomic_fetch_sub_explicit(&slot->value[figure], amount, memory_order_relaxed);
}

/* Counts a TLS handshake that was completed: with a client, or out, with another server. version as "TLSv1.3". */
void stats_tls(struct stats_slot *slot, bool out, const char *version);

/* Counts a reply by its ID. */
static inline void
stats_reply(struct stats_slot *slot, unsigned reply)
{
	if (slot != NULL)
		atomic_fetch_add_explicit(&slot->reply[reply], 1, memory_order_relaxed);
}

/* The beat of a worker, which its master watches: counts it up, reads it. */
static inline void
stats_count_beat(struct stats_slot *slot)
{
	atomic_fetch_add_explicit(&slot->beat, 1, memory_order_relaxed);
}

/* Reads the beat. */
static inline uint64_t
stats_beat(const struct stats_slot *slot)
{
	return atomic_load_explicit(&slot->beat, memory_order_relaxed);
}

/* Clears the open connections of a worker that has ended. */
void stats_disown(struct stats *stats, unsigned worker);

/* Sums over all workers; of refused texts, the most that one worker has. */
uint64_t stats_sum(const struct stats *stats, enum stats_item figure);
uint64_t stats_replies(const struct stats *stats, unsigned reply);
uint64_t stats_refused(const struct stats *stats);

/* The oldest generation of own texts in use by any of the workers, which are numbered from 0. */
uint64_t stats_texts(const struct stats *stats, unsigned workers);

/* Whether all workers use a generation, by its number and its time. */
bool stats_texts_are(const struct stats *stats, unsigned workers, uint64_t number, uint64_t created);

/* Stores the state of a worker's certificate; error "": the last load did not fail. */
void stats_certificate(struct stats_slot *slot, int64_t expiry, const char *error);

/* When the first certificate of a worker expires, in seconds since 1970; 0: no worker has one. */
int64_t stats_certificate_expiry(const struct stats *stats);

/* How many workers could not load the certificate at the last reload; *error is why one of them could not, or NULL. */
unsigned stats_certificate_failures(const struct stats *stats, const char **error);

/* How many workers treat a peer as down. */
unsigned stats_peer_down(const struct stats *stats, size_t peer);

/* How many workers treat the LMTP server of the mailboxes as down. */
unsigned stats_mailboxes_down(const struct stats *stats);

/* How many processes cannot use the database of the directory. */
unsigned stats_database_down(const struct stats *stats);

/*
 * Seconds since the worker that lags most knew all changes of the records in PostgreSQL; -1: no worker has such
 * records. now is in seconds since 1970.
 */
int64_t stats_records_age(const struct stats *stats, int64_t now);

/*
 * The number of the last change that is known to all workers with records in PostgreSQL; 0: no worker has such records.
 */
uint64_t stats_records_change(const struct stats *stats);

/*
 * The age of the oldest entry of the queue, in seconds; 0: it is empty, or all is held. now is in seconds since 1970.
 */
uint64_t stats_queue_age(const struct stats *stats, int64_t now);

/* Seconds since stats_new(). */
int64_t stats_uptime(const struct stats *stats);

#endif
