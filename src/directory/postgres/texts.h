/* The questions of a server to PostgreSQL about the operator's own texts, and its reports. For the loop's thread. */
#ifndef DIRECTORY_POSTGRES_TEXTS_H
#define DIRECTORY_POSTGRES_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "directory/postgres/libpq.h"
#include "port/job.h"
#include "port/texts_state.h"

struct postgres_texts;

/*
 * A source of a generation, as the database has it: nothing of it has been
 * checked. The strings are valid during the call.
 */
struct postgres_part {
	const char *domain, *language;
	int64_t file; /* its number */
	size_t len;   /* octets of its source, more than TEXTS_SIZE if it is too large */
};

/* The report of a server. The strings must last until reported() is called. */
struct postgres_report {
	const char *host, *program;
	uint64_t generation; /* that all its workers use */
	const struct texts_state *state;
};

enum postgres_reported {
	POSTGRES_REPORTED,
	POSTGRES_REPORT_FAILED,
	POSTGRES_REPORT_TAKEN, /* another role has reported a server of this host and program */
};

/* Each function is called once for a question that was asked, on the loop. false: it failed, and
 * postgres_texts_trouble() is the cause. */
struct postgres_texts_listener {
	/* The last generation; its number is 0 if there is none. */
	void (*newest)(void *context, bool known, const struct texts_generation *generation);
	/*
	 * The parts of a generation, in the order of domain and language; part is NULL if the host has no such
	 * generation, as a replica that lags.
	 */
	void (*parts)(void *context, bool known, const struct postgres_part *part, size_t count);
	/* The source of a part, len octets and a NUL; NULL: it failed. */
	void (*source)(void *context, const char *octets, size_t len);
	void (*reported)(void *context, enum postgres_reported outcome);
	void *context;
};

struct postgres_texts_settings {
	const char *database; /* a URL of libpq in which postgres_setting_fault() finds no fault */
	bool pooled;          /* as pg_settings has it */
};

/*
 * Begins to connect, over a connection of its own, which is made again when it is lost. NULL
 * when memory is out, or with the errno of libuv. The database, the loop and the executor must
 * outlive it. Call postgres_texts_close() when the loop has ended.
 */
struct postgres_texts *postgres_texts_open(const struct libpq *libpq, const struct postgres_texts_settings *settings,
    uv_loop_t *loop, struct executor *executor, const struct postgres_texts_listener *listener);
void postgres_texts_close(struct postgres_texts *texts);

/* Ask. The next question is asked when the last one has been answered. At most max parts are listed. */
void postgres_texts_ask_newest(struct postgres_texts *texts);
void postgres_texts_ask_parts(struct postgres_texts *texts, const struct texts_generation *generation, unsigned max);
void postgres_texts_ask_source(struct postgres_texts *texts, int64_t file, size_t max);

/* Why the last question failed: an English sentence. */
const char *postgres_texts_trouble(const struct postgres_texts *texts);

/* Reports, with the time of the database. */
void postgres_texts_report(struct postgres_texts *texts, const struct postgres_report *report);

#endif
